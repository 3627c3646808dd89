"""Thermal dose CEM43: sum of dt R^(43 - T), R = 0.5 from 43 degC up and 0.25 below (Sapareto and Dewey 1984).

Two variants are in use, and each is named where it is told. Limits are compared with the one in which every temperature
counts; the one without what is below 39 degC is never more, and only told beside it. A voxel without a valid
temperature keeps its last one, so that a lost image never hides heat; a voxel that never had one gains nothing, and the
region's valid fraction answers for it. Limits are compared with the dose of an upper bound that takes in only the
uncertainty that images share: what is independent from image to image averages out over a dose, and its convexity errs
upwards already.
"""

from enum import Enum, unique
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import ResidualDose
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

Map = NDArray[np.float32]
_CUT_DEGC: Final = 39.0
_TIME_CONSTANTS: Final = 5
_PARTS: Final = 64
"""Steps of a decay, short at its beginning."""
_STARTS: Final = _TIME_CONSTANTS * (np.arange(_PARTS) / _PARTS) ** 2
"""When each of them begins, in time constants."""


@unique
class DoseVariant(Enum):
    """How CEM43 is counted, in words that may stand beside the figure."""

    WHOLE = "R 0.5 from 43 °C up, 0.25 below; every temperature counts"
    CUT39 = "R 0.5 from 43 °C up, 0.25 below; nothing below 39 °C"


@attrs.frozen(eq=False)
class Dose:
    """CEM43 minutes per voxel. Flat arrays, one entry per voxel.

    `estimate_min` and `cut39_min` are of the estimate, whole and cut; `upper_min` is whole, of the upper bound.
    """

    at_s: float
    estimate_min: Map
    upper_min: Map
    last_degC: Map
    last_upper_degC: Map
    cut39_min: Map


def rate(temperature_degC: Map, variant: DoseVariant = DoseVariant.WHOLE) -> Map:
    """Minutes of CEM43 gained per minute at each temperature."""
    base = np.where(temperature_degC >= 43.0, np.float32(2.0), np.float32(4.0))
    found = np.asarray(base ** (temperature_degC - np.float32(43.0)), dtype=np.float32)
    if variant is DoseVariant.CUT39:
        found[temperature_degC < _CUT_DEGC] = 0.0
    return found


def residual_min(upper_degC: Map, baseline_degC: float, residual: ResidualDose) -> Map:
    """CEM43 minutes that each voxel may still gain if energy ends now; 0 where it never had a temperature.

    From its upper bound and the plan's rise, it falls towards the baseline with the plan's time constant. Each part of
    the decay counts with the rate at its beginning, which is its highest. After five time constants, what is left
    counts as gained at rest, which is nothing.
    """
    above = np.nan_to_num(upper_degC, nan=-np.inf) + np.float32(residual.rise_degC - baseline_degC)
    left = np.exp(-_STARTS).astype(np.float32)[:, None]
    minutes = (residual.decay_s / 60.0 * np.diff(_STARTS, append=_TIME_CONSTANTS)).astype(np.float32)[:, None]
    return np.asarray((minutes * rate(np.float32(baseline_degC) + left * above)).sum(axis=0), dtype=np.float32)


def begin(at_s: float, thermal: Thermal, k: float) -> Dose:
    """No dose yet; temperatures of the first map, not a number where there is none."""
    nothing = np.zeros(thermal.temperature_degC.shape, dtype=np.float32)
    never = np.full(nothing.shape, np.nan, dtype=np.float32)
    now, now_upper = _now(thermal, k, never, never)
    return Dose(at_s, nothing, nothing, now, now_upper, nothing)


def _now(thermal: Thermal, k: float, last: Map, last_upper: Map) -> tuple[Map, Map]:
    valid = thermal.validity == Reason.VALID
    upper = (thermal.temperature_degC + np.float32(k) * thermal.common_degC).astype(np.float32)
    return np.where(valid, thermal.temperature_degC, last), np.where(valid, upper, last_upper)


def _gain(minutes: np.float32, now_degC: Map, last_degC: Map, variant: DoseVariant = DoseVariant.WHOLE) -> Map:
    # The mean of both ends; of one alone where the other is not known.
    both = rate(np.stack([np.where(np.isnan(last_degC), now_degC, last_degC), now_degC]), variant)
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
        cut39_min=dose.cut39_min + _gain(minutes, now, dose.last_degC, DoseVariant.CUT39),
    )
