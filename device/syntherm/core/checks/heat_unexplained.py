"""The target may warm by no more than the energy lent explains."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.thermometry.balance import unexplained_degC


def check(state: SessionState) -> Verdict:
    """Rise over the last images beyond the upper bound of the lumped target."""
    watching, known = state.plan.thermometry, state.thermometry
    if watching is None:
        return passed()
    if known.baseline is None:
        return not_yet("no baseline is learned")
    over = unexplained_degC(known.balance, watching)
    return at_most(over, watching.balance_floor_degC, "degC", Code.HEAT_UNEXPLAINED, "rise without energy:")
