"""What came out against what was put in, voxel by voxel, counted over frames."""

from collections.abc import Iterable
from functools import reduce
from math import pi

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.prfs import degC_per_radian
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]
K95 = 1.959964
"""Standard uncertainties of a 95 % interval of the normal distribution."""
HEATED_OF_PEAK = 0.5
NO_SIGNAL = (Reason.NOISE, Reason.LOW_SIGNAL)


@frozen(eq=False)
class Compared:
    """One heating frame; every array is flat. `crossed` marks voxels whose phase the heating carries across +-pi."""

    sequence: int
    peak_degC: float
    put_in_degC: Map
    crossed: Mask
    thermal: Thermal


@frozen
class Tally:
    """Valid voxels, how many are within their bounds, and sums of their errors; sums over frames add up."""

    valid: int
    within: int
    error_degC: float
    error2_degC2: float
    score2: float

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.valid + other.valid,
            self.within + other.within,
            self.error_degC + other.error_degC,
            self.error2_degC2 + other.error2_degC2,
            self.score2 + other.score2,
        )

    @property
    def coverage(self) -> float:
        """Share of valid voxels within their 95 % bounds; not a number without any."""
        return self.within / self.valid if self.valid else float("nan")

    @property
    def bias_degC(self) -> float:
        """Mean error."""
        return self.error_degC / self.valid if self.valid else float("nan")

    @property
    def sd_degC(self) -> float:
        """SD of the error."""
        spread2 = self.error2_degC2 / self.valid - self.bias_degC**2 if self.valid else float("nan")
        return float(np.sqrt(np.maximum(spread2, 0.0)))

    @property
    def score_rms(self) -> float:
        """Root mean square of error over stated uncertainty: 1 where the stated is the true one."""
        return float(np.sqrt(self.score2 / self.valid)) if self.valid else float("nan")


@frozen
class Figures:
    """One frame, or all.

    `image` leaves out the parts of the uncertainty that nothing in this test can show. `wraps_off` counts valid voxels
    whose error is nearer to a whole turn of the phase than to nothing.
    """

    peak_degC: float
    stated: Tally
    image: Tally
    heated: Tally
    crossed: Tally
    reasons: tuple[int, ...]
    floor_voxels: int
    floor_valid: int
    floor_no_signal: int
    well_seen: int
    well_seen_valid: int
    wraps_off: int


@frozen(eq=False)
class Expected:
    """What the magnitude alone says of each voxel, flat: below the noise floor, or far above the plan's least."""

    below_floor: Mask
    well_seen: Mask


def image_uncertainty(thermal: Thermal, plan: Plan) -> Map:
    """The standard uncertainty without the baseline's temperature and the shift coefficient.

    The heating is written with the plan's own coefficient onto an exact baseline, so neither can be wrong here.
    """
    heating = plan.heating
    rise = thermal.temperature_degC - heating.baseline_degC
    absent2 = heating.baseline_uncertainty_degC**2 + (plan.scanner.prf_relative_uncertainty * rise) ** 2
    return np.sqrt(np.maximum(thermal.uncertainty_degC**2 - absent2, 0.0)).astype(np.float32)


def compare(frame: Compared, expected: Expected, plan: Plan) -> Figures:
    """Count one frame."""
    below_floor = expected.below_floor
    thermal = frame.thermal
    error = (thermal.temperature_degC - plan.heating.baseline_degC - frame.put_in_degC).astype(np.float64)
    valid: Mask = thermal.validity == Reason.VALID
    stated, image = thermal.uncertainty_degC, image_uncertainty(thermal, plan)
    heated: Mask = (frame.put_in_degC > 0.0) & (frame.put_in_degC >= HEATED_OF_PEAK * frame.peak_degC)
    reasons = np.bincount(thermal.validity, minlength=len(Reason))
    return Figures(
        peak_degC=frame.peak_degC,
        stated=_tally(error, stated, valid),
        image=_tally(error, image, valid),
        heated=_tally(error, stated, valid & heated),
        crossed=_tally(error, stated, valid & frame.crossed),
        reasons=tuple(int(count) for count in reasons),
        floor_voxels=int(below_floor.sum()),
        floor_valid=int((valid & below_floor).sum()),
        floor_no_signal=int((np.isin(thermal.validity, NO_SIGNAL) & below_floor).sum()),
        well_seen=int(expected.well_seen.sum()),
        well_seen_valid=int((valid & expected.well_seen).sum()),
        wraps_off=int((valid & (np.abs(error) > pi * abs(degC_per_radian(plan.scanner)))).sum()),
    )


def _tally(error: NDArray[np.float64], uncertainty: Map, chosen: Mask) -> Tally:
    e, u = error[chosen], uncertainty[chosen].astype(np.float64)
    within = int((np.abs(e) <= K95 * u).sum())
    score2 = float(((e / np.maximum(u, np.finfo(np.float32).tiny)) ** 2).sum())
    return Tally(int(chosen.sum()), within, float(e.sum()), float((e * e).sum()), score2)


def total(frames: Iterable[Figures]) -> Figures:
    """All frames as one; the peak is the highest. Raises TypeError without any frame."""
    return reduce(_together, frames)


def _together(one: Figures, other: Figures) -> Figures:
    return Figures(
        peak_degC=max(one.peak_degC, other.peak_degC),
        stated=one.stated + other.stated,
        image=one.image + other.image,
        heated=one.heated + other.heated,
        crossed=one.crossed + other.crossed,
        reasons=tuple(a + b for a, b in zip(one.reasons, other.reasons, strict=True)),
        floor_voxels=one.floor_voxels + other.floor_voxels,
        floor_valid=one.floor_valid + other.floor_valid,
        floor_no_signal=one.floor_no_signal + other.floor_no_signal,
        well_seen=one.well_seen + other.well_seen,
        well_seen_valid=one.well_seen_valid + other.well_seen_valid,
        wraps_off=one.wraps_off + other.wraps_off,
    )
