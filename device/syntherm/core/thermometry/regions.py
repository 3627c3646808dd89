"""Where the plan's regions lie on the scanner's grid: each is an index into the flattened volume."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import Geometry
from syntherm.core.plan.values import Guard, Plan, Reference, Target

Indices = NDArray[np.intp]
Points = NDArray[np.float32]


@attrs.frozen(eq=False)
class Region:
    """A named set of voxels: flat indices, shape (n,)."""

    name: str
    voxels: Indices


@attrs.frozen(eq=False)
class Layout:
    """The grid and every region of the plan on it. `points_mm` has shape (voxels, 3)."""

    geometry: Geometry
    points_mm: Points
    target: Region
    guards: tuple[Region, ...]
    reference: Indices


def geometry_of(plan: Plan) -> Geometry:
    """The geometry that every frame must have."""
    return Geometry(plan.scanner.matrix, plan.scanner.voxel_mm, plan.scanner.first_voxel_mm)


def grid_points_mm(geometry: Geometry) -> Points:
    """Centres of all voxels in C order, shape (voxels, 3), in millimetres."""
    axes = [
        first + spacing * np.arange(count)
        for first, spacing, count in zip(geometry.first_voxel_mm, geometry.voxel_mm, geometry.matrix, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.float32)


def inside(shape: Target | Guard | Reference, points_mm: Points) -> Indices:
    """Flat indices of the voxels whose centres lie in the ellipsoid."""
    scaled = (points_mm - np.asarray(shape.centre_mm)) / np.asarray(shape.radii_mm)
    return np.flatnonzero((scaled * scaled).sum(axis=1) <= 1.0)


def lay_out(plan: Plan) -> Layout:
    """Place the plan's regions on its grid."""
    geometry = geometry_of(plan)
    points = grid_points_mm(geometry)
    reference = np.unique(np.concatenate([inside(shape, points) for shape in plan.reference]))
    return Layout(
        geometry=geometry,
        points_mm=points,
        target=Region("target", inside(plan.target, points)),
        guards=tuple(Region(guard.name, inside(guard, points)) for guard in plan.guard),
        reference=reference,
    )
