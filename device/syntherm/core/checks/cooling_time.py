"""Tissue that does not cool as expected is told to the operators; there is no energy left to take away."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session


def check(state: SessionState) -> Verdict:
    """Time since cooling began against the plan."""
    limit = state.plan.limits.cooling_max_min
    since_s = state.beam.cooling_since_s
    if since_s is None or state.phases.session is not Session.COOLING:
        return passed(0.0, limit, "min")
    return at_most(age_s(state, since_s) / 60.0, limit, "min", Code.COOLING_SLOW, "cooling has lasted")
