"""The pump's own count may only grow: the account of what the patient got rests on it."""

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The count as last reported against the ledger's; a count that is no number has not grown either."""
    pump, known_ml = state.equipment.pump, state.ledger.pumped_ml
    if pump is None or pump.pumped_ml >= known_ml:
        return passed(None if pump is None else pump.pumped_ml, known_ml, "mL")
    what = f"the pump's counter fell to {pump.pumped_ml:.3f} mL"
    return failed(Code.PUMP_UNASKED, what, pump.pumped_ml, known_ml, "mL")
