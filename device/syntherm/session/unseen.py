"""What can have happened after the last durable entry of a session whose controller ended: bounds, from what was lent.

Whatever rises is on record before it leaves, so the last entry knows every loan that may have been out.
"""

import attrs

from syntherm.core.bounds import Bounded
from syntherm.core.drug.ledger import reached_patient_ml
from syntherm.core.state import SessionState

_SECONDS_PER_HOUR = 3600.0


@attrs.frozen
class Unseen:
    """Totals of the session, right to the last durable entry, and what they can be at most beyond it.

    `lent_J`: energy of the last loan that can have flowed after the entry.
    """

    patient_ml: Bounded
    heated_s: Bounded
    unheated_s: Bounded
    lent_J: Bounded

    def said(self) -> str:
        """In a sentence for the operators."""
        drug, energy = self.patient_ml, self.lent_J
        return (
            f"after the last entry up to {energy.upper:.0f} J may have flowed; "
            f"{drug.lower:.2f} to {drug.upper:.2f} mL have reached the patient in all"
        )


def unseen(state: SessionState) -> Unseen:
    """The bounds after a state that was durable."""
    ledger, prescription = state.ledger, state.plan.prescription
    ran_s = _pump_ran_s(state)
    per_s = prescription.rate_ml_per_h / _SECONDS_PER_HOUR * (1.0 + state.plan.pump.rate_tolerance_fraction)
    most_ml = prescription.volume_ml + prescription.line_dead_volume_ml
    pumped_ml = max(ledger.pumped_ml, min(ledger.pumped_ml + ran_s * per_s, most_ml))
    patient_ml = max(ledger.patient_ml, reached_patient_ml(pumped_ml, prescription))
    return Unseen(
        patient_ml=_from(ledger.patient_ml, patient_ml),
        heated_s=_from(ledger.heated_s, ledger.heated_s + ran_s),
        unheated_s=_from(ledger.unheated_s, ledger.unheated_s + ran_s),
        lent_J=_from(0.0, _lent_J(state)),
    )


def _from(known: float, most: float) -> Bounded:
    return Bounded(known, known, most)


def _pump_ran_s(state: SessionState) -> float:
    """The longest that the pump can have run since it was last looked at."""
    seen, at_s = state.equipment, state.at_s
    if seen.pump_s is None or at_s is None:
        return 0.0
    if seen.granted_infusion is not None:
        return max(0.0, seen.granted_infusion.until_s - seen.pump_s)
    running = seen.pump is not None and seen.pump.infusing
    # Held, and the pump may have run until then; that it stopped was not seen.
    told_s = at_s if seen.held_s is None else seen.held_s
    return max(0.0, told_s - seen.pump_s) + state.plan.pump.watchdog_s if running else 0.0


def _lent_J(state: SessionState) -> float:
    lease, at_s = state.beam.lease, state.at_s
    if lease is None or at_s is None:
        return 0.0
    return lease.power_W * max(0.0, lease.until_s - at_s)
