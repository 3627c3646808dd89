"""The proton-resonance-frequency shift: phase to temperature.

dT = dphi / (2 pi gammabar B0 alpha TE), with alpha negative, so that heating turns the phase backwards where the
source's phase sign is +1. Facts: alpha -0.0090 to -0.0100 ppm/degC in water-based tissue, near zero in fat.
"""

from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Scanner

GAMMABAR_MHZ_PER_T: Final = 42.577478518
"""Proton gyromagnetic ratio over 2 pi (CODATA)."""


def degC_per_radian(scanner: Scanner) -> float:
    """Temperature change of water-based tissue that turns the phase by one radian; signed."""
    shift_hz_per_degC = GAMMABAR_MHZ_PER_T * scanner.field_T * scanner.prf_ppm_per_degC
    return scanner.phase_sign / (2.0 * pi * shift_hz_per_degC * scanner.echo_time_ms * 1e-3)


def phase_difference(volume: ComplexVolume, reference: ComplexVolume) -> ComplexVolume:
    """The complex product whose angle is the phase of `volume` against `reference`; same shape as both."""
    return np.asarray(volume * np.conj(reference), dtype=np.complex64)


def turned_back(product: ComplexVolume, field_rad: NDArray[np.float32]) -> ComplexVolume:
    """`product` with the phase `field_rad` taken out of it."""
    return np.asarray(product * np.exp(-1j * field_rad), dtype=np.complex64)
