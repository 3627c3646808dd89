"""The coarse lattice of the thermal model: blocks of image voxels about target and guards, and a margin around them."""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout

Vector = NDArray[np.float64]
CELL_MM: Final = 4.0
"""No axis of a cell is longer, unless a voxel is."""
MARGIN_MM: Final = 12.0
"""Beyond target and guards; heat passes through the lattice's outer faces as into unheated tissue."""


@attrs.frozen(eq=False)
class Lattice:
    """Cells in C order.

    `shape`, `cell_mm`: per axis. `points_mm`: centres, shape (cells, 3). `voxels`: image voxels that lie in a cell,
    and `cell_of`: for each of them, its cell; cells outside the image have none. `target`: cells that hold target
    voxels, and `target_voxels`: how many in each. `guards`: for each guard the cells that hold any of its voxels.
    """

    shape: tuple[int, int, int]
    cell_mm: tuple[float, float, float]
    points_mm: Vector
    voxels: Indices
    cell_of: Indices
    target: Indices
    target_voxels: Vector
    guards: tuple[Indices, ...]

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.points_mm)


def lay_lattice(plan: Plan, layout: Layout) -> Lattice:
    """The lattice of a plan: its cells are aligned with the image's voxels and may lie outside of the image."""
    voxel_mm = np.asarray(layout.geometry.voxel_mm)
    factor = np.maximum(1, np.floor(CELL_MM / voxel_mm + 1e-9)).astype(int)
    cell_mm = voxel_mm * factor
    edge_mm = np.asarray(layout.geometry.first_voxel_mm) - voxel_mm / 2.0
    low_mm, high_mm = _extent_mm(plan)
    first = np.floor((low_mm - edge_mm) / cell_mm).astype(int)
    count = np.ceil((high_mm - edge_mm) / cell_mm).astype(int) - first
    axes = [edge_mm[a] + cell_mm[a] * (first[a] + np.arange(count[a]) + 0.5) for a in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    index = np.floor((layout.points_mm.astype(np.float64) - edge_mm) / cell_mm).astype(int) - first
    voxels = np.flatnonzero(((index >= 0) & (index < count)).all(axis=1))
    flat = np.full(len(layout.points_mm), -1, dtype=np.intp)
    flat[voxels] = np.ravel_multi_index(tuple(index[voxels].T), tuple(count))
    target, target_voxels = np.unique(flat[layout.target.voxels], return_counts=True)
    return Lattice(
        shape=(int(count[0]), int(count[1]), int(count[2])),
        cell_mm=(float(cell_mm[0]), float(cell_mm[1]), float(cell_mm[2])),
        points_mm=points,
        voxels=voxels,
        cell_of=flat[voxels],
        target=target,
        target_voxels=target_voxels.astype(np.float64),
        guards=tuple(np.unique(flat[guard.voxels]) for guard in layout.guards),
    )


def _extent_mm(plan: Plan) -> tuple[Vector, Vector]:
    centres = np.asarray([plan.target.centre_mm, *(guard.centre_mm for guard in plan.guard)])
    radii = np.asarray([plan.target.radii_mm, *(guard.radii_mm for guard in plan.guard)])
    return (centres - radii).min(axis=0) - MARGIN_MM, (centres + radii).max(axis=0) + MARGIN_MM
