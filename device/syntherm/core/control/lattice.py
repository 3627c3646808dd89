"""The lattice of the thermal model: cells finer than a voxel where the voxel is thick, in blocks that an image can see.

A block is one or more whole voxels; the cells of a block divide it along the axes where a voxel is longer than a cell.
What happens within a block no image shows: there the model alone says how heat lies.
"""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout

Vector = NDArray[np.float64]
BLOCK_MM: Final = 4.0
"""No axis of a block is longer, unless a voxel is."""
CELL_MM: Final = 2.0
"""No axis of a cell is longer, unless it is a block's."""
MARGIN_MM: Final = 12.0
"""Beyond target and guards; heat passes through the lattice's outer faces as into unheated tissue."""
_PARTS: Final = 4


@attrs.frozen(eq=False)
class Lattice:
    """Cells and blocks, each in C order.

    `shape`, `cell_mm`: cells per axis and their size. `points_mm`: centres, shape (cells, 3). `within`: the cells of
    each block, shape (blocks, cells per block). `voxels`: image voxels that lie in a block, and `block_of`: for each of
    them, its block; blocks outside the image have none. `target`: cells that hold any of the target, and
    `target_share`: the part of the target in each, 1 together. `target_blocks`, `target_voxels`: blocks that hold
    target voxels and how many. `guards`: for each guard the blocks that hold any of its voxels.
    """

    shape: tuple[int, int, int]
    cell_mm: tuple[float, float, float]
    points_mm: Vector
    within: Indices
    voxels: Indices
    block_of: Indices
    target: Indices
    target_share: Vector
    target_blocks: Indices
    target_voxels: Vector
    guards: tuple[Indices, ...]

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.points_mm)

    @property
    def blocks(self) -> int:
        """How many there are."""
        return len(self.within)

    def seen(self, values: Vector) -> Vector:
        """What an image would show: the mean of each block's cells."""
        return np.asarray(values[self.within].mean(axis=1))

    def spread(self, values: Vector) -> Vector:
        """A block's value for each of its cells."""
        spread = np.zeros(self.cells)
        spread[self.within] = values[:, None]
        return spread


def lay_lattice(plan: Plan, layout: Layout) -> Lattice:
    """The lattice of a plan: its blocks are aligned with the image's voxels and may lie outside of the image."""
    voxel_mm = np.asarray(layout.geometry.voxel_mm)
    block_mm = voxel_mm * np.maximum(1, np.floor(BLOCK_MM / voxel_mm + 1e-9)).astype(int)
    parts = np.where(block_mm > BLOCK_MM, np.ceil(block_mm / CELL_MM - 1e-9), 1.0).astype(int)
    edge_mm = np.asarray(layout.geometry.first_voxel_mm) - voxel_mm / 2.0
    low_mm, high_mm = _extent_mm(plan)
    first = np.floor((low_mm - edge_mm) / block_mm).astype(int)
    count = np.ceil((high_mm - edge_mm) / block_mm).astype(int) - first
    shape, cell_mm = count * parts, block_mm / parts
    points = _mesh([edge_mm[a] + block_mm[a] * first[a] + cell_mm[a] * (np.arange(shape[a]) + 0.5) for a in range(3)])
    index = np.floor((layout.points_mm.astype(np.float64) - edge_mm) / block_mm).astype(int) - first
    voxels = np.flatnonzero(((index >= 0) & (index < count)).all(axis=1))
    flat = np.full(len(layout.points_mm), -1, dtype=np.intp)
    flat[voxels] = np.ravel_multi_index(tuple(index[voxels].T), tuple(count))
    target_blocks, target_voxels = np.unique(flat[layout.target.voxels], return_counts=True)
    share = _share_of_target(plan, points, cell_mm)
    target = np.flatnonzero(share > 0.0)
    return Lattice(
        shape=(int(shape[0]), int(shape[1]), int(shape[2])),
        cell_mm=(float(cell_mm[0]), float(cell_mm[1]), float(cell_mm[2])),
        points_mm=points,
        within=_within(count, parts),
        voxels=voxels,
        block_of=flat[voxels],
        target=target,
        target_share=share[target] / max(float(share.sum()), 1e-12),
        target_blocks=target_blocks,
        target_voxels=target_voxels.astype(np.float64),
        guards=tuple(np.unique(flat[guard.voxels]) for guard in layout.guards),
    )


def _mesh(axes: list[Vector]) -> Vector:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _within(count: Indices, parts: Indices) -> Indices:
    """The cells of each block: numbers of all cells, cut into blocks."""
    number = np.arange(int((count * parts).prod()))
    cut = number.reshape(count[0], parts[0], count[1], parts[1], count[2], parts[2])
    return np.ascontiguousarray(cut.transpose(0, 2, 4, 1, 3, 5).reshape(int(count.prod()), -1))


def _share_of_target(plan: Plan, points_mm: Vector, cell_mm: Vector) -> Vector:
    """The part of each cell that lies in the target's ellipsoid, by parts of the cell."""
    offsets = _mesh([((np.arange(_PARTS) + 0.5) / _PARTS - 0.5) * size for size in cell_mm])
    centre, radii = np.asarray(plan.target.centre_mm), np.asarray(plan.target.radii_mm)
    inside = np.zeros(len(points_mm))
    for offset in offsets:
        inside += ((((points_mm + offset - centre) / radii) ** 2).sum(axis=1) <= 1.0).astype(np.float64)
    return inside / len(offsets)


def _extent_mm(plan: Plan) -> tuple[Vector, Vector]:
    centres = np.asarray([plan.target.centre_mm, *(guard.centre_mm for guard in plan.guard)])
    radii = np.asarray([plan.target.radii_mm, *(guard.radii_mm for guard in plan.guard)])
    return (centres - radii).min(axis=0) - MARGIN_MM, (centres + radii).max(axis=0) + MARGIN_MM
