"""Heating may not last longer than the plan allows, whatever has been reached by then."""

from syntherm.core.checks.verdict import Verdict, at_most
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Time spent in the heating states, over all of the session, against the plan."""
    limit = state.plan.heating.max_heating_min
    return at_most(state.beam.heating_s / 60.0, limit, "min", Code.HEATING_TOO_LONG, "heating has lasted")
