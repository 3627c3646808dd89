"""What a shot on one focal point looks like in an image: a map around the focus, at any time, for any tissue.

The map is the thermal model's, on fine cells around the focus, as voxels show it: each point of the map is the mean
over a voxel that has its centre there. Modes that spread alike fade alike, so that they are kept in a few bins: what
shots do over time is computed for the bins alone.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.control.lattice import Vector
from syntherm.core.control.thermal_model import Sines, density
from syntherm.core.loan import Loan
from syntherm.core.thermometry.regions import Indices

CELL_MM: Final = 1.0
HALF_CELLS: Final = 20
CELLS: Final = 2 * HALF_CELLS + 1
BINS: Final = 96
Matrix3 = tuple[Vector, Vector, Vector]


@attrs.frozen
class Tissue:
    """How heat leaves: by spreading, mm2/s, and by blood, per second."""

    diffusivity_mm2_per_s: float
    perfusion_per_s: float


@attrs.frozen(eq=False)
class BeamMap:
    """Of a plan's voxels. `heat`: modes of the deposition of a watt at gain 1; `bin_of`: the bin of each mode.

    `spread_per_mm2`: of each bin. `shown`: per axis, from modes to means over a voxel.
    """

    heat: Vector
    bin_of: Indices
    spread_per_mm2: Vector
    shown: Matrix3

    @classmethod
    def of(cls, voxel_mm: tuple[float, float, float]) -> "BeamMap":
        """Of the plan alone: the same for every day."""
        along = (np.arange(CELLS) - HALF_CELLS) * CELL_MM
        points = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
        cell = (CELL_MM, CELL_MM, CELL_MM)
        sines = Sines.along((CELLS, CELLS, CELLS), cell)
        heat = sines.turned(density(points, cell, np.zeros(3)))
        logs = np.log(sines.spread_per_mm2)
        edges = np.linspace(logs.min(), logs.max(), BINS + 1)[1:-1]
        bin_of = np.searchsorted(edges, logs)
        count = np.maximum(np.bincount(bin_of, minlength=BINS), 1)
        spread = np.bincount(bin_of, weights=sines.spread_per_mm2, minlength=BINS) / count
        x, y, z = (_mean_over(size_mm) @ axis for size_mm, axis in zip(voxel_mm, sines.axes, strict=True))
        return cls(heat, bin_of, spread, (x, y, z))

    def at(self, fading: Vector) -> Vector:
        """The map, shape (CELLS, CELLS, CELLS), for what `driven` says of each bin."""
        return _turned(self.shown, self.heat * fading[self.bin_of])

    def weighed(self, weights: Vector) -> Vector:
        """For each bin, what a weighted sum over the map gets from it. `weights`: flat, by point of the map."""
        x, y, z = self.shown
        back = _turned((x.T, y.T, z.T), weights).reshape(-1)
        return np.asarray(np.bincount(self.bin_of, weights=self.heat * back, minlength=BINS), dtype=np.float64)

    def driven(self, sent: tuple[Loan, ...], at_s: Vector, tissue: Tissue) -> Vector:
        """For each moment and bin, what the loans on one focal point have left, shape (moments, BINS)."""
        per_s = tissue.diffusivity_mm2_per_s * self.spread_per_mm2 + tissue.perfusion_per_s
        left = np.zeros((len(at_s), BINS))
        for loan in sent:
            since_end = np.maximum(at_s - loan.until_s, 0.0)[:, None]
            since_begin = np.maximum(at_s - loan.from_s, 0.0)[:, None]
            left += loan.power_W * (np.exp(-per_s * since_end) - np.exp(-per_s * since_begin)) / per_s
        return left


def _turned(axes: Matrix3, flat: Vector) -> Vector:
    x, y, z = axes
    part = (flat.reshape(-1, CELLS) @ z.T).reshape(CELLS, CELLS, CELLS)
    part = np.matmul(y, part)
    return np.asarray((x @ part.reshape(CELLS, -1)).reshape(CELLS, CELLS, CELLS))


def _mean_over(size_mm: float) -> Vector:
    """The mean of cells over a voxel's size around each cell's centre; beyond the ends nothing is warm."""
    apart = np.abs(np.arange(CELLS)[:, None] - np.arange(CELLS)[None, :]) * CELL_MM
    overlap = np.clip((size_mm + CELL_MM) / 2.0 - apart, 0.0, min(CELL_MM, size_mm))
    return np.asarray(overlap / size_mm)


def corners(at_mm: Vector) -> tuple[Indices, Vector]:
    """The eight points of the map around each position, shape (..., 3) from the focus, and their weights.

    What lies beyond the map is taken as its edge.
    """
    place = np.clip(at_mm / CELL_MM + HALF_CELLS, 0.0, CELLS - 1.000001)
    low = np.floor(place).astype(np.intp)
    part = place - low
    flat = (low[..., 0] * CELLS + low[..., 1]) * CELLS + low[..., 2]
    steps, shares = [], []
    for x in (0, 1):
        for y in (0, 1):
            for z in (0, 1):
                steps.append((x * CELLS + y) * CELLS + z)
                chosen = [part[..., a] if side else 1.0 - part[..., a] for a, side in enumerate((x, y, z))]
                shares.append(chosen[0] * chosen[1] * chosen[2])
    return flat[..., None] + np.asarray(steps), np.stack(shares, axis=-1)


def read(shown: Vector, at_mm: Vector) -> Vector:
    """A map's values at positions from the focus, shape (..., 3)."""
    flat, share = corners(at_mm)
    return np.asarray((shown.reshape(-1)[flat] * share).sum(axis=-1))
