"""Every controller on every patient: what the truth was behind the first ten minutes, and what the best could be."""

import time
from typing import Final

import attrs
import numpy as np

from syntherm.core.control.binary import binary
from syntherm.core.control.controller import Powers
from syntherm.core.control.mpc import MpcMemory, mpc
from syntherm.core.control.pid import PidMemory, pid
from syntherm.core.control.remembering import Course, Fallback
from syntherm.core.plan.values import Plan
from syntherm_verify.bench.control_bed import Bed, Seen
from syntherm_verify.bench.control_cases import Case
from syntherm_verify.bench.oracle import least_span_degC, steady_rises
from syntherm_verify.bench.oracle_rise import least_rise_s
from syntherm_verify.bench.oracle_seen import seen_span_degC, voxel_of

SETTLED_S: Final = 600.0
REACHED_DEGC: Final = 40.0
BINARY, PID, MPC = "binary-multipoint", "pid-mean", "mpc-offset-free"
CONTROLLERS: Final = (BINARY, PID, MPC)


@attrs.frozen
class Outcome:
    """One controller on one patient: true values behind the first ten minutes, of the whole time where it says so.

    `span_degC`: mean hot10 - cold90. `in_band`, `above_43`: shares of voxel-time. `reached_s`: when cold90 first was
    40 degC, the whole time if never. `hottest_degC`, `over_guard_degC`: of the whole time. `step_ms`: median and
    longest of a decision behind the first. `fallbacks`: share of images at which it did not answer by its own rule.
    """

    case: str
    controller: str
    span_degC: float
    cold90_degC: float
    in_band: float
    above_43: float
    reached_s: float
    reached: bool
    hottest_degC: float
    over_guard_degC: float
    power_W: float
    step_ms: float
    longest_ms: float
    first_ms: float
    fallbacks: float


@attrs.frozen(eq=False)
class PatientDay:
    """All controllers on one patient, and the best span that can be held at binary's mean.

    `oracle_degC`: by who knows every 2 mm of tissue. `seen_degC`: by who knows the means that an image shows. `rise_s`:
    about the least time to a cold90 of 40 degC, infinite if never; None where nobody has asked.
    """

    case: str
    oracle_degC: float
    seen_degC: float
    outcomes: tuple[Outcome, ...]
    rise_s: float | None = None

    def of(self, controller: str) -> Outcome:
        """One controller's."""
        return next(each for each in self.outcomes if each.controller == controller)


class _Hand:
    """Carries a controller's memory from image to image, and looks at the clock."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pid: PidMemory | None = None
        self._mpc: MpcMemory | None = None
        self.took_ms: list[float] = []
        self.reasons: list[Fallback | None] = []

    def __call__(self, course: Course) -> Powers:
        began_s = time.perf_counter()
        powers = self._answer(course)
        self.took_ms.append(1000.0 * (time.perf_counter() - began_s))
        return powers

    def _answer(self, course: Course) -> Powers:
        if self._name == BINARY:
            self.reasons.append(None)
            return binary(course.given)
        if self._name == PID:
            kept = pid(course, self._pid)
            self._pid = kept.memory
            self.reasons.append(kept.fallback)
            return kept.powers_W
        answer = mpc(course, self._mpc)
        self._mpc = answer.memory
        self.reasons.append(answer.fallback)
        return answer.powers_W


def day_of(case: Case, demonstration: Plan, minutes: float) -> PatientDay:
    """One patient under each controller. Raises NotCalibrated, NoOptimum."""
    bed = Bed(case, demonstration)
    outcomes = []
    oracle_degC = seen_degC = float("nan")
    for name in CONTROLLERS:
        hand = _Hand(name)
        outcomes.append(_outcome(case, name, bed.heat(hand, minutes), hand))
        if name == BINARY:
            oracle_degC, seen_degC = _oracles(bed)
    return PatientDay(case.name, oracle_degC, seen_degC, tuple(outcomes), _rise_s(bed))


def with_rise(day: PatientDay, case: Case, demonstration: Plan) -> PatientDay:
    """A day that was kept without the least time. Raises NotCalibrated, NoOptimum."""
    return attrs.evolve(day, rise_s=_rise_s(Bed(case, demonstration)))


def _outcome(case: Case, name: str, seen: list[Seen], hand: _Hand) -> Outcome:
    late = [each for each in seen if each.at_s >= SETTLED_S]
    reached = [each.at_s for each in seen if each.cold90 >= REACHED_DEGC]
    return Outcome(
        case=case.name,
        controller=name,
        span_degC=float(np.mean([each.hot10 - each.cold90 for each in late])),
        cold90_degC=float(np.mean([each.cold90 for each in late])),
        in_band=float(np.mean([each.in_band for each in late])),
        above_43=float(np.mean([each.above_43 for each in late])),
        reached_s=reached[0] if reached else seen[-1].at_s,
        reached=bool(reached),
        hottest_degC=max(each.hottest for each in seen),
        over_guard_degC=max(each.over_guard for each in seen),
        power_W=float(np.mean([each.power_W for each in late])),
        step_ms=float(np.median(hand.took_ms[1:])),
        longest_ms=max(hand.took_ms[1:]),
        first_ms=hand.took_ms[0],
        fallbacks=sum(reason is not None for reason in hand.reasons) / len(hand.reasons),
    )


def _rise_s(bed: Bed) -> float:
    return least_rise_s(bed.anatomy, bed.before_degC, bed.patterns, bed.guard_limits_degC(), bed.plan)


def _oracles(bed: Bed) -> tuple[float, float]:
    """About the field that binary feedback has reached, at its mean."""
    limits = bed.guard_limits_degC()
    kept = bed.tumour | np.isfinite(limits)
    base, rises = steady_rises(bed.anatomy, bed.temperature_degC, bed.patterns, kept)
    mean_degC = float(bed.temperature_degC[bed.tumour].mean())
    tumour, limits = bed.tumour[kept], limits[kept]
    known = least_span_degC(base, rises, tumour, limits, mean_degC, bed.plan)
    seen = seen_span_degC(base, rises, tumour, voxel_of()[kept], mean_degC, bed.plan)
    # Who sees less does not do better: where it seems so, the mean was not reached.
    return known, max(known, seen)
