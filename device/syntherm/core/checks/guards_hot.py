"""No voxel of a guard region may be above the region's limit, on its upper bound."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The guard region that is nearest to its limit, or furthest above it."""
    known = [
        (summary, guard)
        for summary, guard in zip(state.thermometry.guards, state.plan.guard, strict=False)
        if summary.hottest.known
    ]
    if not known:
        return not_yet("no guard region's temperature is known")
    summary, guard = max(known, key=lambda pair: pair[0].hottest.upper - pair[1].max_degC)
    return at_most(summary.hottest.upper, guard.max_degC, "degC", Code.GUARD_HOT, f"{guard.name} may be at")
