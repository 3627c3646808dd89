"""Enough of the target must have a temperature."""

from syntherm.core.checks.relevance import unmatched
from syntherm.core.checks.verdict import Verdict, failed, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Valid share of the target against the plan."""
    target, least = state.thermometry.target, state.plan.limits.target_min_valid_fraction
    if state.thermometry.baseline is None:
        return not_yet("no baseline is learned")
    if unmatched(state) is not None:
        return not_yet("the target is not seen: the image is unmatched")
    share = 0.0 if target is None else target.valid_fraction
    if target is not None and target.hottest.known and share >= least:
        return passed(share, least, "1")
    return failed(Code.TARGET_NOT_SEEN, f"{share:.0%} of the target is seen, needs {least:.0%}", share, least, "1")
