"""A valid image must have come lately."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Age of the last accepted image against the plan."""
    age = age_s(state, state.imaging.acquired_s)
    return at_most(age, state.plan.limits.frame_age_s, "s", Code.FRAME_LATE, "last valid image is old by")
