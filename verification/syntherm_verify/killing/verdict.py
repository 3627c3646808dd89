"""What is demanded of one end of a session, by the truth of the simulators and by the record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.drug.ledger import reached_patient_ml
from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Session
from syntherm_sim.site import demonstration_key
from syntherm_verify.killing.gone_on import gone_on
from syntherm_verify.killing.gone_on import problems as gone_on_problems
from syntherm_verify.killing.recovered import Recovered
from syntherm_verify.recording.verifiers import independent, ours

ROUNDING_S: Final = 1e-5
ROUNDING_ML: Final = 1e-6
DISPLAY_ML: Final = 0.01
"""A pump's counter is cut off after two or three digits."""
ROUNDING_J: Final = 1e-3


@attrs.frozen
class Truth:
    """What the simulators know. -1 where nothing flowed after the end; volumes since the day began.

    `sounded_s`, `pumped_s`: when energy and drug last flowed before the next session. `at_once`: that one came while
    they may still have flowed; `later_s`: then the begin of the last stretch in which drug moved.
    """

    ended_s: float
    sounded_s: float
    pumped_s: float
    before_J: float
    """Radiated up to the last durable entry."""
    alone_J: float
    alone_ml: float
    after_J: float
    after_ml: float
    at_once: bool = False
    later_s: float = -1.0


def problems(truth: Truth, found: Recovered, record: Path, plan: Plan, seed: int) -> Iterator[str]:
    """What is wrong, one line each."""
    yield from _energy(truth, found)
    yield from _drug(truth, found, plan)
    if truth.after_J > truth.alone_J:
        yield f"{truth.after_J - truth.alone_J:.3f} J flowed after the recovery, expected none"
    if truth.after_ml > truth.alone_ml and not truth.at_once:
        yield f"{truth.after_ml - truth.alone_ml:.4f} mL moved after the recovery, expected none"
    if found.states != (Session.ABORT.name,):
        yield f"the recovered session was in {' '.join(found.states) or 'no state'}, expected ABORT"
    yield from _bounds(truth, record, plan)
    try:
        yield from gone_on_problems(gone_on(record), truth.after_ml, DISPLAY_ML)
    except (UnreadableRecord, ValueError, LookupError, TypeError) as error:
        yield f"how the session went on is not on record: {error!r}"
    keys = (demonstration_key(seed).public,)
    for name, verifier in (("syntherm", ours), ("independent", independent)):
        answer = verifier(record, found.head, keys)
        if not answer.sound:
            yield f"{name}: {answer.refused or answer.findings[0][1]}"


def _energy(truth: Truth, found: Recovered) -> Iterator[str]:
    if truth.sounded_s < 0.0:
        return
    if found.lease_s is None:
        yield "energy flowed after the end, and the record knows no lease"
    elif truth.sounded_s > found.lease_s + ROUNDING_S:
        yield f"energy was off {truth.sounded_s - found.lease_s:.3f} s after its lease, expected by its end"


def _drug(truth: Truth, found: Recovered, plan: Plan) -> Iterator[str]:
    after_s = truth.pumped_s - truth.ended_s
    later_s = truth.later_s - truth.ended_s
    if truth.later_s >= 0.0 and later_s > plan.pump.watchdog_s + ROUNDING_S:
        yield f"the pump still ran {later_s:.3f} s after the end, expected at most {plan.pump.watchdog_s} s"
    if truth.pumped_s >= 0.0 and after_s > plan.pump.watchdog_s + ROUNDING_S:
        yield f"the pump stood after {after_s:.3f} s, expected within {plan.pump.watchdog_s} s"
    if truth.pumped_s >= 0.0 and found.drug_s is None:
        yield "the pump ran after the end, and the record knows no grant"
    if found.drug_s is not None and truth.pumped_s > found.drug_s + ROUNDING_S:
        yield f"the pump stood {truth.pumped_s - found.drug_s:.3f} s after its grant, expected by its end"
    whole_ml = plan.prescription.volume_ml + plan.prescription.line_dead_volume_ml
    limit_ml = whole_ml if found.drug_limit_ml is None else min(whole_ml, found.drug_limit_ml)
    if truth.after_ml > limit_ml + ROUNDING_ML:
        yield f"{truth.after_ml:.4f} mL were pumped, expected at most {limit_ml:.4f} mL"


def _bounds(truth: Truth, record: Path, plan: Plan) -> Iterator[str]:
    try:
        with AuditReader(record) as reader:
            resumed = [json.loads(entry.body) for entry in reader.entries() if entry.kind == "resumed"]
        between = resumed[0]["between"]
        drug_ml, energy_J = (
            (float(between[name]["lower"]), float(between[name]["upper"])) for name in ("patient_ml", "lent_J")
        )
    except (UnreadableRecord, ValueError, LookupError, TypeError) as error:
        yield f"no bounds are on record: {error!r}"
        return
    reached_ml = reached_patient_ml(truth.after_ml, plan.prescription)
    if not drug_ml[0] - ROUNDING_ML <= reached_ml <= drug_ml[1] + ROUNDING_ML:
        yield f"{reached_ml:.4f} mL reached the patient, recorded as {drug_ml[0]:.4f} to {drug_ml[1]:.4f} mL"
    flowed_J = truth.after_J - truth.before_J
    if not energy_J[0] - ROUNDING_J <= flowed_J <= energy_J[1] + ROUNDING_J:
        yield f"{flowed_J:.3f} J flowed after the last entry, recorded as {energy_J[0]:.3f} to {energy_J[1]:.3f} J"
