"""While drug flows, the target may be out of range, or not known to be in it, for a short time only."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Infusion


def check(state: SessionState) -> Verdict:
    """Time out of range against the plan, while the pump is released."""
    limit = state.plan.heating.loss_of_range_s
    lost_s = state.range_clock.out_since_s
    if state.phases.infusion is not Infusion.INFUSING or lost_s is None:
        return passed(0.0, limit, "s")
    return at_most(age_s(state, lost_s), limit, "s", Code.OUT_OF_RANGE, "out of range for")
