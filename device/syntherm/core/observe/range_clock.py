"""Whether the target is in range, on bounds, and for how long."""

import attrs

from syntherm.core.plan.values import Plan
from syntherm.core.state import RangeClock, SessionState
from syntherm.core.table import ENERGISED
from syntherm.core.thermometry.summary import Summary


def in_range(target: Summary | None, plan: Plan) -> bool:
    """Enough of the target is seen, its coldest tenth is warm enough and its hottest tenth not too warm."""
    if target is None or target.valid_fraction < plan.limits.target_min_valid_fraction:
        return False
    heating = plan.heating
    return target.cold90.lower >= heating.range_cold90_min_degC and target.hot10.upper <= heating.range_hot10_max_degC


def gained(clock: RangeClock, elapsed_s: float, *, unbroken: bool) -> RangeClock:
    """The clock of a target that is in range: time grows between two looks near each other that were both in range."""
    if not (clock.in_range and unbroken):
        return RangeClock(in_range=True, total_s=clock.total_s)
    return RangeClock(in_range=True, dwell_s=clock.dwell_s + elapsed_s, total_s=clock.total_s + elapsed_s)


def lost(clock: RangeClock, since_s: float) -> RangeClock:
    """The clock of a target that is not known in range since a moment, or since an earlier one."""
    since_s = since_s if clock.out_since_s is None else clock.out_since_s
    return attrs.evolve(clock, in_range=False, dwell_s=0.0, out_since_s=since_s)


def known_until_s(at_s: float, acquired_s: float | None, plan: Plan) -> float:
    """Until when an image told whether the target is in range: until now, or until it grew too old."""
    return at_s if acquired_s is None else min(at_s, acquired_s + plan.limits.frame_age_s)


def aged(state: SessionState, at_s: float) -> RangeClock:
    """The clock at a moment at which no image has come."""
    # Without a fresh image, in range is not known, and not known is out: since the image grew too old, and not only
    # since somebody looked.
    acquired_s = state.imaging.acquired_s
    heating = state.phases.session in ENERGISED
    if heating and (acquired_s is None or at_s - acquired_s > state.plan.limits.frame_age_s):
        return lost(state.range_clock, known_until_s(at_s, acquired_s, state.plan))
    return state.range_clock
