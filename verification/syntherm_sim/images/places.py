"""Where to heat and where to look for drift: found in the magnitude, in tissue that gives a signal.

The hot spot lies near the middle of the volume, one reference region in each of its eight corners, and a guard
region (which the session asks for) between two of them. Each is put where the fewest dim voxels are.
"""

from itertools import product

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from scipy import ndimage

from syntherm.core.plan.values import Guard, Millimetres3, Reference, Target
from syntherm_sim.images.still import Still

HOT_SD_OF_WIDTH = 1.0 / 8.0
"""SD of the hot spot over the volume's smallest width: the references then lie four SDs away and more."""
HALF_PEAK_SDS = 1.1774
"""Radius of a Gaussian at half its peak, in SDs."""
_RADIUS_OF_WIDTH = 0.09
_MIDDLE, _LOW, _HIGH, _BETWEEN = (0.45, 0.55), (0.09, 0.16), (0.84, 0.91), (0.40, 0.60)
"""Zones of centres along an axis, as parts of the volume's width; `_LOW` keeps a whole region inside."""
Zone = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


@frozen
class Places:
    """The regions, in mm from the centre of the first voxel; the hot spot is the target's centre."""

    target: Target
    hot_sd_mm: float
    guard: Guard
    references: tuple[Reference, ...]


def find_places(still: Still, least_magnitude: float) -> Places:
    """Place hot spot, guard and references; a voxel below `least_magnitude` is dim."""
    width_mm = [count * mm for count, mm in zip(still.volume.shape, still.voxel_mm, strict=True)]
    radii_mm = _triple([_RADIUS_OF_WIDTH * mm for mm in width_mm])
    box = tuple(max(1, round(2.0 * r / mm)) for r, mm in zip(radii_mm, still.voxel_mm, strict=True))
    dim = (np.abs(still.volume) < least_magnitude).astype(np.float64)
    share = np.asarray(ndimage.uniform_filter(dim, size=box, mode="nearest"), dtype=np.float64)

    def at(zone: Zone) -> Millimetres3:
        return _least_dim_mm(share, zone, still.voxel_mm)

    hot_sd_mm = HOT_SD_OF_WIDTH * min(width_mm)
    corners = [
        Reference(name, at((x, y, z)), radii_mm)
        for name, (x, y, z) in zip(
            [f"corner-{number}" for number in range(1, 9)], product((_LOW, _HIGH), repeat=3), strict=True
        )
    ]
    half_mm = HALF_PEAK_SDS * hot_sd_mm
    return Places(
        target=Target(at((_MIDDLE, _MIDDLE, _MIDDLE)), (half_mm, half_mm, half_mm)),
        hot_sd_mm=hot_sd_mm,
        guard=Guard("beside", at((_LOW, _BETWEEN, _BETWEEN)), radii_mm, 45.0, 9.0, 0.3),
        references=tuple(corners),
    )


def _least_dim_mm(share: NDArray[np.float64], zone: Zone, voxel_mm: Millimetres3) -> Millimetres3:
    """Voxel of the zone with the smallest share of dim voxels around it; of equals, the nearest to its middle."""
    ends = [
        (int(low * count), max(int(low * count) + 1, round(high * count)))
        for (low, high), count in zip(zone, share.shape, strict=True)
    ]
    inner = share[tuple(slice(first, last) for first, last in ends)]
    middle = (np.array(inner.shape) - 1) / 2.0
    candidates = np.argwhere(inner <= inner.min() + 1e-9)
    nearest = candidates[int(np.argmin(((candidates - middle) ** 2).sum(axis=1)))]
    return _triple([(ends[axis][0] + int(nearest[axis])) * voxel_mm[axis] for axis in range(3)])


def _triple(values: list[float]) -> Millimetres3:
    return (values[0], values[1], values[2])
