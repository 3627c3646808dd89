"""Why a voxel has no temperature. Only VALID voxels count; all others are not known."""

from enum import IntEnum, unique

import numpy as np
from numpy.typing import NDArray

Validity = NDArray[np.uint8]


@unique
class Reason(IntEnum):
    """The worst reason wins: a larger number overrides a smaller one."""

    VALID = 0
    STEP = 1
    """Temperature jumped by more than tissue can within one dynamic: a wrap or a movement."""
    UNSTABLE = 2
    """Fluctuated in calibration by more than the plan's precision allows."""
    FAT = 3
    """Too much fat: its resonance does not shift with temperature."""
    LOW_SIGNAL = 4
    """Signal above the noise floor, but too low for a temperature."""
    NOISE = 5
    """At the noise floor: air, void or cortical bone."""
    NOT_A_NUMBER = 6
    """The phase could not be computed: the image's numbers are too large."""


NOISE_FLOOR_SNR = 4.0
"""Below this ratio a magnitude cannot be told from noise (Rayleigh tail 3e-4)."""


def judge(
    snr: NDArray[np.float32],
    fat_fraction: NDArray[np.float32],
    excess_degC: NDArray[np.float32],
    *,
    min_snr: float,
    max_fat_fraction: float,
    max_excess_degC: float,
) -> Validity:
    """Reason per voxel from its signal-to-noise ratio, fat fraction (both flat) and unrest in calibration."""
    reasons = np.zeros(snr.shape, dtype=np.uint8)
    reasons[~(excess_degC <= max_excess_degC)] = Reason.UNSTABLE
    reasons[~(fat_fraction <= max_fat_fraction)] = Reason.FAT
    reasons[~(snr >= min_snr)] = Reason.LOW_SIGNAL
    reasons[~(snr >= NOISE_FLOOR_SNR)] = Reason.NOISE
    return reasons
