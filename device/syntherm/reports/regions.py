"""The plan's ellipsoids on its grid, computed here anew so that the report does not rest on the code it reports on."""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Guard, Scanner, Target

VALID: Final = 0
"""What the record's validity maps hold for a voxel with a valid temperature."""

Mask = NDArray[np.bool_]
Volume = NDArray[np.float64]


@attrs.frozen
class Outline:
    """An ellipse in a plane: centre and semi-axes in mm, along the plane's two axes."""

    centre_mm: tuple[float, float]
    radii_mm: tuple[float, float]


def axis_mm(scanner: Scanner, axis: int) -> Volume:
    """Centres of the voxels along one axis, shape (n,)."""
    count = scanner.matrix[axis]
    return scanner.first_voxel_mm[axis] + scanner.voxel_mm[axis] * np.arange(count, dtype=np.float64)


def inside(shape: Target | Guard, scanner: Scanner) -> Mask:
    """Which voxels have their centre in the ellipsoid, shape (nx, ny, nz)."""
    scaled = [((axis_mm(scanner, axis) - shape.centre_mm[axis]) / shape.radii_mm[axis]) ** 2 for axis in range(3)]
    return np.asarray(
        scaled[0][:, None, None] + scaled[1][None, :, None] + scaled[2][None, None, :] <= 1.0, dtype=np.bool_
    )


def nearest(scanner: Scanner, axis: int, at_mm: float) -> int:
    """Index of the voxel plane nearest to a position."""
    return int(np.argmin(np.abs(axis_mm(scanner, axis) - at_mm)))


def section(shape: Target | Guard, normal: int, at_mm: float) -> Outline | None:
    """The ellipse in which a plane cuts the ellipsoid; None if it passes it by."""
    left = 1.0 - ((at_mm - shape.centre_mm[normal]) / shape.radii_mm[normal]) ** 2
    if left <= 0.0:
        return None
    a, b = (axis for axis in range(3) if axis != normal)
    factor = float(np.sqrt(left))
    return Outline((shape.centre_mm[a], shape.centre_mm[b]), (factor * shape.radii_mm[a], factor * shape.radii_mm[b]))
