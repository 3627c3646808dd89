"""Proportional, integral and derivative control of the target's mean, on its upper bound.

One number is steered: the share of the plan's power, spread evenly over the focal points. The error is the set point
less the upper bound of the target's mean, so that a worse image means less power. A mean that is not known gives no
power and leaves the integral as it is.

Windup. The integral stands still while the output is at its end and the error pushes further; and it follows what was
really lent when the lease's bound cut the power (tracking), so that it does not grow against a cut that it cannot see.
"""

from math import isfinite
from typing import Final

import attrs
import numpy as np

from syntherm.core.control.remembering import Answer, Course, Fallback
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.summary import summarise


@attrs.frozen
class Gains:
    """`share_per_degC`: of the plan's power, per degree below the set point."""

    share_per_degC: float
    integral_s: float
    derivative_s: float


USUAL: Final = Gains(share_per_degC=0.4, integral_s=60.0, derivative_s=3.0)
"""Where the plan does not tune: full power from 2.5 degC below the set point."""
TRACKING_S: Final = 15.0
"""How fast the integral follows a power that was cut."""
LONGEST_STEP_S: Final = 10.0
"""A longer gap between images counts as this: the integral must not grow over what nobody saw."""


@attrs.frozen
class PidMemory:
    """The integral and the share last wanted, as shares of the plan's power; the last bound and when it was seen."""

    integral: float = 0.0
    wanted: float = 0.0
    upper_degC: float | None = None
    acquired_s: float | None = None


def pid(course: Course, memory: PidMemory | None) -> Answer[PidMemory]:
    """Even power over the focal points; none when the target's mean or the time is not known."""
    known = PidMemory() if memory is None else memory
    plan, count = course.given.plan, len(course.given.foci.points_mm)
    nothing = np.zeros(count)
    if not isfinite(course.acquired_s) or not _in_order(course, known):
        return Answer(nothing, PidMemory(), Fallback.TIME_UNKNOWN)
    upper = summarise(course.layout.target, course.given.thermal, plan.limits.coverage_factor).mean.upper
    if not isfinite(upper):
        return Answer(nothing, attrs.evolve(known, wanted=0.0, upper_degC=None), Fallback.TARGET_NOT_SEEN)
    known = _steered(course, known, plan.heating.setpoint_degC - upper, upper)
    return Answer(np.full(count, known.wanted * plan.sonication.max_power_W / count), known)


def _in_order(course: Course, known: PidMemory) -> bool:
    return known.acquired_s is None or course.acquired_s >= known.acquired_s


def _steered(course: Course, known: PidMemory, error_degC: float, upper_degC: float) -> PidMemory:
    gains = _gains(course.given.plan)
    elapsed_s = 0.0 if known.acquired_s is None else min(course.acquired_s - known.acquired_s, LONGEST_STEP_S)
    slope = 0.0
    if known.upper_degC is not None and elapsed_s > 0.0:
        slope = (upper_degC - known.upper_degC) / elapsed_s
    prompt = gains.share_per_degC * (error_degC - gains.derivative_s * slope)
    grown = known.integral + gains.share_per_degC * error_degC * elapsed_s / gains.integral_s
    pushes = (prompt + grown >= 1.0 and error_degC > 0.0) or (prompt + grown <= 0.0 and error_degC < 0.0)
    integral = (known.integral if pushes else grown) - _cut(course, known) * elapsed_s / TRACKING_S
    integral = min(max(integral, 0.0), 1.0)
    return PidMemory(integral, min(max(prompt + integral, 0.0), 1.0), upper_degC, course.acquired_s)


def _gains(plan: Plan) -> Gains:
    tuned = plan.control
    return USUAL if tuned is None else Gains(tuned.pid_share_per_degC, tuned.pid_integral_s, tuned.pid_derivative_s)


def _cut(course: Course, known: PidMemory) -> float:
    """Share of the plan's power that was wanted and not lent."""
    if course.lent is None:
        return 0.0
    lent = float(course.lent.powers_W.sum()) / course.given.plan.sonication.max_power_W
    return max(known.wanted - lent, 0.0) if isfinite(lent) else known.wanted
