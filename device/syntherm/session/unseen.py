"""What can have happened after the last durable entry of a session whose controller ended: bounds, from what was lent.

Whatever rises is on record before it leaves, so the last entry knows every loan that may have been out.
"""

from typing import Final

import attrs

from syntherm.core.bounds import Bounded
from syntherm.core.drug.ledger import reached_patient_ml
from syntherm.core.events import Channel
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Infusion

_SECONDS_PER_HOUR: Final = 3600.0
DIGIT_ML: Final = 0.01
"""Last digit of the coarsest counter of a pump that is accepted."""
_NEVER_RELEASED: Final = (Infusion.IDLE, Infusion.ARMED)


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
    # The pump's counter shows whole digits only: up to one of them may be missing.
    pumped_ml = max(ledger.pumped_ml, min(ledger.pumped_ml + DIGIT_ML + ran_s * per_s, most_ml))
    moved_s = ledger.pending_s + ran_s  # pending: the pump ran, and its counter has not shown it yet
    patient_ml = max(ledger.patient_ml, reached_patient_ml(pumped_ml, prescription))
    return Unseen(
        patient_ml=_from(ledger.patient_ml, patient_ml),
        heated_s=_from(ledger.heated_s, ledger.heated_s + moved_s),
        unheated_s=_from(ledger.unheated_s, ledger.unheated_s + moved_s),
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
    told_s = at_s if seen.held_s is None else seen.held_s
    # Held, and the pump may have run until then, also if it was released after it was looked at; that it stopped was
    # not seen.
    unlooked = seen.held_s is not None and seen.held_s > seen.pump_s
    released = state.phases.infusion not in _NEVER_RELEASED
    running = (seen.pump is not None and seen.pump.infusing) or (unlooked and released)
    return max(0.0, told_s - seen.pump_s) + state.plan.pump.watchdog_s if running else 0.0


def _lent_J(state: SessionState) -> float:
    beam, at_s, seen = state.beam, state.at_s, state.equipment
    if at_s is None or beam.last_energy_s is None:
        return 0.0
    left_s = max(0.0, beam.last_energy_s - at_s)
    if beam.lease is not None and beam.granted_s != at_s and seen.refused is not Channel.TRANSDUCER:
        return beam.lease.power_W * left_s
    looked = beam.off_s is not None and seen.transducer_s is not None and seen.transducer_s > beam.off_s
    if beam.lease is None and looked and seen.transducer is not None and not seen.transducer.output_on:
        return 0.0
    # The loan before flows on where the last one did not leave, was not taken, or was told to end and not seen to have
    # ended; how much it lent is not kept.
    return state.plan.sonication.max_power_W * left_s
