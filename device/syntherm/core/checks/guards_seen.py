"""Enough of every guard region must have a temperature."""

from syntherm.core.checks.relevance import unmatched
from syntherm.core.checks.verdict import Verdict, failed, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The guard region that falls furthest short of its plan."""
    if state.thermometry.baseline is None:
        return not_yet("no baseline is learned")
    if unmatched(state) is not None:
        return not_yet("no guard region is seen: the image is unmatched")
    if len(state.thermometry.guards) != len(state.plan.guard):
        return failed(Code.GUARD_NOT_SEEN, "no guard region has a temperature")
    pairs = list(zip(state.thermometry.guards, state.plan.guard, strict=True))
    blind = [pair for pair in pairs if not pair[0].hottest.known]
    summary, guard = min(blind or pairs, key=lambda pair: pair[0].valid_fraction - pair[1].min_valid_fraction)
    share, least = summary.valid_fraction, guard.min_valid_fraction
    if not blind and share >= least:
        return passed(share, least, "1")
    return failed(Code.GUARD_NOT_SEEN, f"{share:.0%} of {guard.name} is seen, needs {least:.0%}", share, least, "1")
