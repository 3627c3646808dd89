"""Every command that takes energy or drug away must have been confirmed."""

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Latched by the first channel that failed to confirm; a reset by two people clears it."""
    if state.equipment.unconfirmed is not None:
        return failed(Code.OFF_NOT_CONFIRMED, state.equipment.unconfirmed)
    return passed()
