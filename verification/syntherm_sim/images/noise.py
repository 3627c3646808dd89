"""Noise of a single image that has no empty background to measure it in."""

from math import log, sqrt

import numpy as np

from syntherm.core.events import ComplexVolume

_SD_PER_MAD = 1.4826
_THIRD_DIFFERENCE_GAIN = sqrt(1.0 + 9.0 + 9.0 + 1.0)
"""White noise of SD 1 has this SD after three differences along an axis."""
FALSE_ALARM = 1e-3
"""Share of empty voxels that noise alone lifts above the noise floor."""


def noise_sd(volume: ComplexVolume) -> float:
    """SD of the noise of one channel (real or imaginary), in the image's units.

    Third differences along an axis take out whatever is smooth, coils and field included; the median of their
    absolute values passes over edges and vessels. The largest of the three axes is taken: resampling smooths noise
    along some axes and lowers it there. Fine texture counts as noise, so the figure errs on the large side.
    """
    found = []
    for axis in range(3):
        differences = np.diff(volume.astype(np.complex128), n=3, axis=axis)
        parts = np.abs(np.concatenate([differences.real.reshape(-1), differences.imag.reshape(-1)]))
        found.append(_SD_PER_MAD * float(np.median(parts)) / _THIRD_DIFFERENCE_GAIN)
    return max(found)


def noise_floor(sd: float) -> float:
    """The magnitude that an empty voxel exceeds once in a thousand times (tail of the Rayleigh distribution)."""
    return sd * sqrt(-2.0 * log(FALSE_ALARM))
