"""No more drug than prescribed. The pump's own volume limit comes first; this looks whether it held."""

from typing import Final

from syntherm.core.checks.verdict import Verdict, at_most
from syntherm.core.faults import Code
from syntherm.core.state import SessionState

_TOLERANCE: Final = 1.01


def check(state: SessionState) -> Verdict:
    """Volume that reached the patient against the prescribed one and 1 %."""
    limit = state.plan.prescription.volume_ml * _TOLERANCE
    return at_most(state.ledger.patient_ml, limit, "mL", Code.PUMP_OVER, "infused")
