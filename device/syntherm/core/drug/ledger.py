"""The account of the infusion. Every second in which the pump moved is counted once, in one of three columns.

The line holds its dead volume of drug-free fluid at the start: the first that is pumped only fills it, and
the same volume of drug stays in it at the end. What the patient got is therefore pumped minus dead volume.
"""

from typing import Final

import attrs

from syntherm.core.plan.values import Prescription

_SECONDS_PER_HOUR: Final = 3600.0
_COUNT_RESOLUTION_ML: Final = 0.005
"""Half the last digit of a syringe pump's volume counter of 0.01 mL, the coarsest that is accepted."""


@attrs.frozen
class Ledger:
    """Volumes in mL, times in s. `pumped_ml` is the pump's own count at the last look that moved it.

    `pending_s` is how long ago that was: a coarse counter shows nothing of the seconds between two of its digits.
    """

    pumped_ml: float = 0.0
    patient_ml: float = 0.0
    heated_s: float = 0.0
    unheated_s: float = 0.0
    filling_s: float = 0.0
    heated_ml: float = 0.0
    unheated_ml: float = 0.0
    pending_s: float = 0.0


def reached_patient_ml(pumped_ml: float, prescription: Prescription) -> float:
    """What has left the line, of what was pumped."""
    return max(0.0, pumped_ml - prescription.line_dead_volume_ml)


def book(ledger: Ledger, pumped_ml: float, elapsed_s: float, in_range: bool, prescription: Prescription) -> Ledger:
    """Enter a new count of a pump that runs or has run, `elapsed_s` after the last look.

    It may have run for only a part of that time (a watchdog, a gap): at the prescribed rate the volume says
    for how long. A count that fell, or is no number, enters nothing, and a check names it. In range is heated; not
    in range, and not known, are unheated.
    """
    if not pumped_ml > ledger.pumped_ml:
        return attrs.evolve(ledger, pending_s=ledger.pending_s + elapsed_s)
    at_most_ml = pumped_ml - ledger.pumped_ml + 2.0 * _COUNT_RESOLUTION_ML
    elapsed_s = min(elapsed_s + ledger.pending_s, at_most_ml / prescription.rate_ml_per_h * _SECONDS_PER_HOUR)
    ledger = attrs.evolve(ledger, pending_s=0.0)
    patient = reached_patient_ml(pumped_ml, prescription)
    gained = patient - ledger.patient_ml
    if gained <= 0.0:
        return attrs.evolve(ledger, pumped_ml=pumped_ml, filling_s=ledger.filling_s + elapsed_s)
    if in_range:
        return attrs.evolve(
            ledger,
            pumped_ml=pumped_ml,
            patient_ml=patient,
            heated_s=ledger.heated_s + elapsed_s,
            heated_ml=ledger.heated_ml + gained,
        )
    return attrs.evolve(
        ledger,
        pumped_ml=pumped_ml,
        patient_ml=patient,
        unheated_s=ledger.unheated_s + elapsed_s,
        unheated_ml=ledger.unheated_ml + gained,
    )


def volume_limit_ml(prescription: Prescription) -> float:
    """The pump's own limit, counted at the syringe: the prescription behind the line."""
    return prescription.volume_ml + prescription.line_dead_volume_ml


def delivered(ledger: Ledger, prescription: Prescription) -> bool:
    """Whether the prescribed volume has reached the patient, to the resolution of the pump's counter."""
    return ledger.patient_ml >= prescription.volume_ml - _COUNT_RESOLUTION_ML
