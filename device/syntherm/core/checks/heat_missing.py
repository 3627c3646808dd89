"""Energy that went in must be seen as heat: what is not seen in the target may be somewhere else."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.thermometry.balance import missing_degC


def check(state: SessionState) -> Verdict:
    """What the energy must have warmed at least, less what is seen at most."""
    watching, known = state.plan.thermometry, state.thermometry
    if watching is None:
        return passed()
    if known.baseline is None:
        return not_yet("no baseline is learned")
    short = missing_degC(known.balance)
    return at_most(short, watching.balance_floor_degC, "degC", Code.HEAT_MISSING, "heat that is not seen:")
