"""Learning the unheated patient: reference image, noise, and the unrest that drift correction leaves.

Images are summed as they come, so memory does not grow with their number.
"""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.thermometry.drift import fit_drift
from syntherm.core.thermometry.prfs import phase_difference, turned_back
from syntherm.core.thermometry.regions import Layout

Real = NDArray[np.float64]
_POOL = 2
_SIGNIFICANT = 6.0
"""In scatters of a variance: one voxel in 50,000 stands out by chance at 18 degrees of freedom."""
_PHASE_KNOWN_RAD2 = 0.04
"""Noise above a fifth of a radian (signal five times the noise) says nothing about unrest."""


@attrs.frozen(eq=False)
class Learning:
    """Running sums over the baseline images so far, all turned to the first one's drift."""

    first: ComplexVolume
    count: int
    total: NDArray[np.complex128]
    power: NDArray[np.float64]
    phase: NDArray[np.float64]
    phase2: NDArray[np.float64]


@attrs.frozen(eq=False)
class Baseline:
    """What calibration learned.

    `reference`: mean image, shape of the volume. `noise`: SD of one channel of one image, in its units.
    `excess_rad2`: phase variance between images beyond what noise explains, one entry per voxel.
    """

    reference: ComplexVolume
    frames: int
    noise: float
    excess_rad2: NDArray[np.float32]


def start(volume: ComplexVolume) -> Learning:
    """Begin with the first image."""
    flat = volume.reshape(-1).astype(np.complex128)
    nothing = np.zeros(flat.shape, dtype=np.float64)
    return Learning(volume, 1, flat, np.abs(flat) ** 2, nothing, nothing)


def learn(learning: Learning, volume: ComplexVolume, layout: Layout) -> Learning:
    """Add an image; one whose drift cannot be fitted adds nothing."""
    product = phase_difference(volume, learning.first)
    usable = np.ones(product.size, dtype=np.bool_)
    drift = fit_drift(product, layout, usable)
    if drift is None:
        return learning
    field = drift.field_rad.reshape(volume.shape)
    aligned = turned_back(volume, field).reshape(-1).astype(np.complex128)
    angle = np.angle(turned_back(product, field)).reshape(-1).astype(np.float64)
    return Learning(
        first=learning.first,
        count=learning.count + 1,
        total=learning.total + aligned,
        power=learning.power + np.abs(aligned) ** 2,
        phase=learning.phase + angle,
        phase2=learning.phase2 + angle * angle,
    )


def _noise(variance: NDArray[np.float64], magnitude: NDArray[np.float64], degrees: int) -> float:
    # The darker half holds air, water and voids: its variance is noise, not unrest of bright tissue.
    dark = variance[magnitude <= np.median(magnitude)]
    median_of_chi2 = (1.0 - 2.0 / (9.0 * degrees)) ** 3
    return float(np.sqrt(np.median(dark) / median_of_chi2))


def finish(learning: Learning) -> Baseline:
    """Close the learning; needs at least two images.

    The phase sums are relative to the first image, whose own noise is a constant and drops out of the variance;
    the first image itself is left out of them for that reason.
    """
    count = learning.count
    mean = learning.total / count
    magnitude = np.abs(mean)
    variance = np.maximum(learning.power / count - magnitude**2, 0.0) * count / (count - 1) / 2.0
    noise = _noise(variance, magnitude, 2 * (count - 1))
    others = count - 1
    spread = np.maximum(learning.phase2 - learning.phase**2 / others, 0.0) / max(others - 1, 1)
    expected = (noise / np.maximum(magnitude, noise)) ** 2
    return Baseline(
        reference=mean.reshape(learning.first.shape).astype(np.complex64),
        frames=count,
        noise=noise,
        excess_rad2=_excess(spread, expected, others - 1, learning.first.shape),
    )


def unrest(
    left_rad: NDArray[np.float32], magnitude: NDArray[np.float32], known: Baseline, fit_rad2: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`excess_rad2` anew, from phases [images, voxels] of which more than drift was taken out.

    `fit_rad2`: variance of the drift's fit, which each image states for itself and which does not count twice.
    """
    count = len(left_rad)
    spread = left_rad.astype(np.float64).var(axis=0) * count / max(count - 1, 1)
    expected = (known.noise / np.maximum(magnitude.astype(np.float64), known.noise)) ** 2 + fit_rad2
    return _excess(spread, expected, count - 1, known.reference.shape)


def _excess(spread: Real, expected: Real, degrees: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Phase variance beyond noise: what breathing and drift leave is smooth, so it is pooled over neighbours.

    A variance from few images scatters by sqrt(2 / degrees). A voxel that stands out of that scatter keeps its own.
    """
    own = spread - expected
    seen = expected < _PHASE_KNOWN_RAD2
    pooled = _in_plane_sum(np.where(seen, own, 0.0), shape) / np.maximum(_in_plane_sum(seen.astype(float), shape), 1.0)
    stands_out = own > _SIGNIFICANT * np.sqrt(2.0 / max(degrees, 1)) * expected
    return np.maximum(np.where(stands_out, own, pooled), 0.0).astype(np.float32)


def _in_plane_sum(values: Real, shape: tuple[int, ...]) -> Real:
    """Sum over 5 x 5 neighbours within a slice, fewer at the edges; flat in, flat out."""
    total = values.reshape(shape)
    for axis in (0, 1):
        padded = np.pad(total, [(_POOL, _POOL) if a == axis else (0, 0) for a in range(3)])
        shifts = [np.take(padded, range(i, i + shape[axis]), axis=axis) for i in range(2 * _POOL + 1)]
        total = np.sum(shifts, axis=0)
    return np.asarray(total.reshape(-1), dtype=np.float64)
