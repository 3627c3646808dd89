"""The fit that finds the chemical shift between OH and CH2 in a magnitude signal over echo time."""

from typing import Literal

import attrs
import numpy as np
from scipy.optimize import least_squares

from syntherm.qa.model import (
    FIXED,
    PHASE,
    SHIFT,
    Array,
    Echoes,
    NoFit,
    RANGE_degC,
    SLOPE_degC_PER_ppm,
    magnitude,
    shift_ppm,
    temperature_degC,
)
from syntherm.qa.seeds import seeds

_PHASE_LIMIT_rad = 1.2
_DECAY_LIMIT_per_s = 400.0
_SPREAD_LIMIT_per_s2 = 2e4


@attrs.frozen(eq=False)
class Spectrum:
    """The fitted model.

    `shift_ppm` between the components with its standard uncertainty from the residuals; `fraction`: weaker over
    stronger component at echo time 0; `phase_rad` between them there; `residual`: standard deviation of the residuals
    over the largest magnitude; `parameters`: the solver's own, to start a neighbouring fit from.
    """

    shift_ppm: float
    shift_uncertainty_ppm: float
    fraction: float
    phase_rad: float
    residual: float
    parameters: Array

    @property
    def temperature_degC(self) -> float:
        """Absolute temperature from the shift."""
        return temperature_degC(self.shift_ppm)

    @property
    def uncertainty_degC(self) -> float:
        """Standard uncertainty by the fit alone."""
        return SLOPE_degC_PER_ppm * self.shift_uncertainty_ppm


@attrs.frozen(eq=False)
class _Solution:
    cost: float
    parameters: Array
    jacobian: Array
    residuals: Array
    settled: bool

    @property
    def median_residual(self) -> float:
        return float(np.median(np.abs(self.residuals)))


def fit(echoes: Echoes, start: Array | None = None, phase_free: bool = True) -> Spectrum:
    """The model that fits best, from every promising start, or only from `start` (parameters of a neighbouring fit).

    Raises `NoFit` where the signal is empty or has too few echoes, and where the fit does not settle within the range.
    """
    top = float(echoes.magnitude.max(initial=0.0))
    gains = int(echoes.train.max(initial=0))
    if top <= 0.0 or not np.all(np.isfinite(echoes.magnitude)):
        raise NoFit("no signal")
    free = FIXED + gains - (not phase_free)
    if len(echoes.time_s) <= free:
        raise NoFit(f"{len(echoes.time_s)} echoes cannot determine {free} parameters")
    scaled = attrs.evolve(echoes, magnitude=echoes.magnitude / top)
    starts = seeds(scaled, gains) if start is None else (start,)
    plain = min((_solve(scaled, each, phase_free) for each in starts), key=lambda found: found.cost)
    # A single echo can be spoilt (flow, a spike): the last fit weighs residuals beyond the usual ones down.
    best = _solve(scaled, plain.parameters, phase_free, usual=max(1.4826 * plain.median_residual, 1e-4))
    if not best.settled:
        raise NoFit("the fit did not settle")
    solution = best.parameters
    shift = float(solution[SHIFT])
    if not shift_ppm(RANGE_degC[1]) + 1e-3 < shift < shift_ppm(RANGE_degC[0]) - 1e-3:
        raise NoFit(f"no shift between the two components within {RANGE_degC[0]:g} to {RANGE_degC[1]:g} degC")
    variance = 2.0 * best.cost / (len(echoes.time_s) - free)
    covariance = np.linalg.pinv(best.jacobian.T @ best.jacobian) * variance
    a, b = solution[:2]
    return Spectrum(
        shift_ppm=shift,
        shift_uncertainty_ppm=float(np.sqrt(covariance[SHIFT, SHIFT])),
        fraction=float(min(a, b) / max(a, b, 1e-12)),
        phase_rad=float(solution[PHASE]),
        residual=float(np.sqrt(variance)),
        parameters=solution,
    )


def _solve(echoes: Echoes, start: Array, phase_free: bool, usual: float | None = None) -> _Solution:
    """One local fit; magnitudes are at most 1. Least squares, or with `usual` robust beyond residuals of that size."""
    gains = len(start) - FIXED
    phase = _PHASE_LIMIT_rad if phase_free else 1e-9
    shifts = (shift_ppm(RANGE_degC[1]), shift_ppm(RANGE_degC[0]))
    low = np.array([0, 0, 0, 0, shifts[0], -phase, 0.0, *[0.5] * gains])
    high = np.array([9, 9, *[_DECAY_LIMIT_per_s] * 2, shifts[1], phase, _SPREAD_LIMIT_per_s2, *[2.0] * gains])
    scale = np.array([1, 1, 20, 20, 0.05, 0.1, 500, *[0.05] * gains])
    inside = np.clip(start, low, high)
    loss: Literal["linear", "soft_l1"] = "linear" if usual is None else "soft_l1"
    result = least_squares(
        lambda p: magnitude(p, echoes) - echoes.magnitude,
        inside,
        bounds=(low, high),
        x_scale=scale,
        max_nfev=400,
        loss=loss,
        f_scale=usual or 1.0,
    )
    return _Solution(
        cost=float(result.cost),
        parameters=np.asarray(result.x),
        jacobian=np.asarray(result.jac),
        residuals=np.asarray(result.fun),
        settled=bool(result.success),
    )
