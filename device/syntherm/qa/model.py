"""The magnitude of a two-component signal over echo time.

    S(t) = exp(-q t^2) |A exp(-r_A t) + B exp(-r_B t + i (2 pi shift f t + phase))|, times a gain for every train

A and B are CH2 and OH of ethylene glycol; r is 1/T2*; q >= 0 is the dephasing over the voxel by a field gradient, which
both share and which no exponential describes; the gain is that of each train's own prescan. The phase at echo time 0
is fitted, not assumed: what the model leaves out (water beside the vial, ringing into it) shifts it.
"""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHIFT_ZERO_degC: Final = 193.35
SLOPE_degC_PER_ppm: Final = 102.0
"""T = 193.35 - 102.0 shift / ppm: the calibration of pure ethylene glycol as a thermometer in NMR spectroscopy."""
RANGE_degC: Final = (-15.0, 100.0)
"""Where the fit looks. Interleaved echoes 0.89 and 1.49 ms apart leave one answer in it at 1.5 T and at 3 T."""

FIXED: Final = 7
"""Parameters that do not depend on the number of trains."""
SHIFT, PHASE = 4, 5
"""Their places among the parameters."""


class NoFit(ValueError):
    """The signal does not determine a chemical shift; the message says why."""


@attrs.frozen(eq=False)
class Echoes:
    """One magnitude per echo. `time_s`, `magnitude`, `train`: (echoes,); trains are numbered from 0."""

    time_s: Array
    magnitude: Array
    train: NDArray[np.intp]
    frequency_MHz: float


def temperature_degC(shift_ppm: float) -> float:
    """Temperature of ethylene glycol whose OH and CH2 resonances lie `shift_ppm` apart."""
    return SHIFT_ZERO_degC - SLOPE_degC_PER_ppm * shift_ppm


def shift_ppm(temperature_degC: float) -> float:
    """The inverse of `temperature_degC`."""
    return (SHIFT_ZERO_degC - temperature_degC) / SLOPE_degC_PER_ppm


def magnitude(parameters: Array, echoes: Echoes) -> Array:
    """The model, (echoes,).

    `parameters`: A, B, r_A, r_B, shift_ppm, phase, q, then a gain for every train but the first.
    """
    a, b, decay_a, decay_b, shift, phase, spread = parameters[:FIXED]
    t = echoes.time_s
    angle = 2.0 * np.pi * shift * echoes.frequency_MHz * t + phase
    signal = a * np.exp(-decay_a * t) + b * np.exp(-decay_b * t + 1j * angle)
    gain = np.concatenate(([1.0], parameters[FIXED:]))[echoes.train]
    return np.asarray(gain * np.exp(-spread * t * t) * np.abs(signal), dtype=np.float64)
