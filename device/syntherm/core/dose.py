"""Thermal dose CEM43: sum of dt R^(43 - T), R = 0.5 from 43 degC up and 0.25 below (Sapareto and Dewey 1984).

Every temperature counts: there is no lower cut. A voxel without a valid temperature keeps its last one, so that a
lost image never hides heat; a voxel that never had one gains nothing, and the region's valid fraction answers for
it. Limits are compared with the dose of an upper bound that takes in only the uncertainty that images share: what
is independent from image to image averages out over a dose, and its convexity errs upwards already.
"""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

Map = NDArray[np.float32]


@attrs.frozen(eq=False)
class Dose:
    """CEM43 minutes per voxel: of the estimate, and of the upper bound. Flat arrays, one entry per voxel."""

    at_s: float
    estimate_min: Map
    upper_min: Map
    last_degC: Map
    last_upper_degC: Map


def rate(temperature_degC: Map) -> Map:
    """Minutes of CEM43 gained per minute at each temperature."""
    base = np.where(temperature_degC >= 43.0, np.float32(2.0), np.float32(4.0))
    return np.asarray(base ** (temperature_degC - np.float32(43.0)), dtype=np.float32)


def begin(at_s: float, thermal: Thermal, k: float) -> Dose:
    """No dose yet; temperatures of the first map, not a number where there is none."""
    nothing = np.zeros(thermal.temperature_degC.shape, dtype=np.float32)
    never = np.full(nothing.shape, np.nan, dtype=np.float32)
    now, now_upper = _now(thermal, k, never, never)
    return Dose(at_s, nothing, nothing, now, now_upper)


def _now(thermal: Thermal, k: float, last: Map, last_upper: Map) -> tuple[Map, Map]:
    valid = thermal.validity == Reason.VALID
    upper = (thermal.temperature_degC + np.float32(k) * thermal.common_degC).astype(np.float32)
    return np.where(valid, thermal.temperature_degC, last), np.where(valid, upper, last_upper)


def _gain(minutes: np.float32, now_degC: Map, last_degC: Map) -> Map:
    # The mean of both ends; of one alone where the other is not known.
    both = rate(np.stack([np.where(np.isnan(last_degC), now_degC, last_degC), now_degC]))
    return np.asarray(np.nan_to_num(minutes * both.mean(axis=0), nan=0.0), dtype=np.float32)


def accumulate(dose: Dose, at_s: float, thermal: Thermal, k: float) -> Dose:
    """Add the time since the last map, at the mean rate of then and now."""
    minutes = np.float32(max(at_s - dose.at_s, 0.0) / 60.0)
    now, now_upper = _now(thermal, k, dose.last_degC, dose.last_upper_degC)
    return Dose(
        at_s=at_s,
        estimate_min=dose.estimate_min + _gain(minutes, now, dose.last_degC),
        upper_min=dose.upper_min + _gain(minutes, now_upper, dose.last_upper_degC),
        last_degC=now,
        last_upper_degC=now_upper,
    )
