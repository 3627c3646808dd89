"""Sums and differences over neighbouring voxels of a volume; all arrays have the volume's shape."""

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
Complex = NDArray[np.complex64]
Reach = tuple[int, int, int]
_SHORT = 2
"""Longer boxes are summed by running totals."""


def box_sum(values: Real | Complex, reach: Reach) -> NDArray[np.float32] | NDArray[np.complex64]:
    """Sum over the box of `reach` voxels to either side along each axis, fewer at the edges; the type stays."""
    total = values
    for axis, half in enumerate(reach):
        if half:
            total = _run(total, axis, half)
    return total


def _run(values: Real | Complex, axis: int, half: int) -> Real | Complex:
    moved = np.moveaxis(values, axis, 0)
    if half > _SHORT:
        return np.moveaxis(_by_running_total(moved, half), 0, axis)
    total = moved.copy()
    for shift in range(1, min(half, len(moved) - 1) + 1):
        total[shift:] += moved[:-shift]
        total[:-shift] += moved[shift:]
    return np.moveaxis(total, 0, axis)


def _by_running_total(values: Real | Complex, half: int) -> Real | Complex:
    count = len(values)
    running = np.zeros((count + 1, *values.shape[1:]), dtype=values.dtype)
    np.cumsum(values, axis=0, out=running[1:])
    last = np.minimum(np.arange(count) + half + 1, count)
    first = np.maximum(np.arange(count) - half, 0)
    return np.asarray(running[last] - running[first])


def grown(mask: NDArray[np.bool_], reach: Reach) -> NDArray[np.bool_]:
    """The mask and all within `reach` voxels of it."""
    return np.asarray(box_sum(mask.astype(np.float32), reach) > 0.5)


def slope(values: Real, axis: int, spacing_mm: float) -> Real:
    """Central difference per millimetre, one-sided at the edges; zero along an axis of one voxel."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, spacing_mm, axis=axis), dtype=np.float32)


def turn(values: Complex, axis: int) -> Complex:
    """Product of each voxel's two neighbours along an axis: its angle is the phase of two steps.

    At the edges the voxel itself stands for the neighbour that is missing, and the angle is that of one step only.
    """
    moved = np.moveaxis(values, axis, 0)
    after, before = np.concatenate([moved[1:], moved[-1:]]), np.concatenate([moved[:1], moved[:-1]])
    return np.moveaxis(np.asarray(after * np.conj(before), dtype=np.complex64), 0, axis)


def bend(values: Complex, axis: int) -> Real:
    """Magnitude of the second difference along an axis; zero at the edges."""
    moved = np.moveaxis(values, axis, 0)
    out = np.zeros(moved.shape, dtype=np.float32)
    out[1:-1] = np.abs(moved[2:] - 2.0 * moved[1:-1] + moved[:-2])
    return np.moveaxis(out, 0, axis)
