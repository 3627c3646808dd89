"""Time must move forwards, and events must not stay away: what happened in a gap is not known."""

from syntherm.core.checks.verdict import Verdict, at_most, failed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Step since the last event, against the plan's longest."""
    if state.jumped_s < 0.0:
        return failed(Code.CLOCK_JUMPED, f"time went back by {-state.jumped_s:.2f} s", state.jumped_s, 0.0, "s")
    return at_most(state.jumped_s, state.plan.limits.clock_step_s, "s", Code.CLOCK_JUMPED, "time moved on by")
