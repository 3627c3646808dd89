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


def run_clock(clock: RangeClock, in_range: bool, at_s: float, elapsed_s: float) -> RangeClock:
    """Time in range grows only between two looks that were both in range."""
    if not in_range:
        lost = at_s if clock.out_since_s is None else clock.out_since_s
        return attrs.evolve(clock, in_range=False, dwell_s=0.0, out_since_s=lost)
    gained = elapsed_s if clock.in_range else 0.0
    return RangeClock(True, clock.dwell_s + gained, clock.total_s + gained, None)


def aged(state: SessionState, at_s: float) -> RangeClock:
    """The clock at a moment at which no image has come."""
    # Without a fresh image, in range is not known, and not known is out.
    acquired_s = state.imaging.acquired_s
    heating = state.phases.session in ENERGISED
    if heating and (acquired_s is None or at_s - acquired_s > state.plan.limits.frame_age_s):
        return run_clock(state.range_clock, False, at_s, 0.0)
    return state.range_clock
