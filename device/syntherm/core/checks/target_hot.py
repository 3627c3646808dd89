"""No voxel of the target may be above its limit, on its upper bound."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Upper bound of the hottest voxel. What cannot be seen is left to the checks of what is seen."""
    target = state.thermometry.target
    if target is None or not target.hottest.known:
        return not_yet("the target's temperature is not known")
    limit = state.plan.limits.target_max_degC
    return at_most(target.hottest.upper, limit, "degC", Code.TARGET_HOT, "target may be at")
