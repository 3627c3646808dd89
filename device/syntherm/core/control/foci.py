"""The steered focal points that serve a target: a body-centred cubic lattice within its ellipsoid."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout


@attrs.frozen(eq=False)
class Foci:
    """Focal points, shape (n, 3) in mm, for each the voxels it answers for, and who heats whom, shape (n, n)."""

    points_mm: NDArray[np.float64]
    voxels: tuple[Indices, ...]
    neighbours: NDArray[np.bool_]


def place_foci(plan: Plan, layout: Layout) -> Foci:
    """The lattice within the target grown by the plan's margin; each point owns the nearest voxels.

    A point owns the voxels within one lattice spacing (or one voxel diagonal, if that is longer), so that each has
    some; neighbours share.
    """
    radii = np.asarray(plan.target.radii_mm) + plan.sonication.focal_margin_mm
    spacing = plan.sonication.focal_spacing_mm
    steps = np.arange(-np.ceil(radii.max() / spacing), np.ceil(radii.max() / spacing) + 1) * spacing
    corner = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lattice = np.concatenate([corner, corner + spacing / 2.0])
    within = lattice[((lattice / np.maximum(radii, spacing / 4.0)) ** 2).sum(axis=1) <= 1.0]
    points = within + np.asarray(plan.target.centre_mm)
    reach = max(spacing, float(np.linalg.norm(layout.geometry.voxel_mm)) / 2.0)
    owned = tuple(np.flatnonzero(np.linalg.norm(layout.points_mm - point, axis=1) <= reach) for point in points)
    apart = np.linalg.norm(points[:, None, :] - points[None, :, :], axis=2)
    return Foci(points, owned, apart <= reach)
