"""The guided session: the next step for the operators, found from the table itself.

Each state lists its prompts in order; the step is the first whose act the table would accept now.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from syntherm.core.checks.registry import examine
from syntherm.core.checks.verdict import Verdict
from syntherm.core.events import OperatorActed
from syntherm.core.guards import Situation, people_for, topic_of
from syntherm.core.machine import select
from syntherm.core.said import coverage_in_words, refused_for, shown_with
from syntherm.core.state import SessionState
from syntherm.core.table import Kind
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, SetupItem, Trigger


@attrs.frozen
class Prompt:
    """A question to the operators and the act that answers it with yes."""

    act: Trigger
    question: str
    people: int = 1
    item: SetupItem | None = None
    only_in: Calibration | None = None


@attrs.frozen
class Step:
    """What the operators do now. `prompt` is None while there is only to wait; `missing` people have yet to agree."""

    text: str
    prompt: Prompt | None = None
    missing: int = 0


def _confirm(item: SetupItem, question: str) -> Prompt:
    return Prompt(Trigger.CONFIRM, question, item.people, item)


PROMPTS: Final[Mapping[Session, tuple[Prompt, ...]]] = {
    Session.SETUP: (
        _confirm(SetupItem.PLAN, "Is this the approved plan for today? Compare title, patient and fingerprint."),
        _confirm(SetupItem.IDENTITY, "Has the patient been identified by two identifiers, and do they match the plan?"),
        _confirm(SetupItem.DEVICES, "Do scanner, generator and pump show that they are ready and without alarms?"),
        _confirm(SetupItem.STOP_PATH, "Press and release the patient stop. Was it shown open, then closed?"),
        _confirm(SetupItem.PUMP, "Check drug, concentration, syringe volume, rate and line. Do they match the plan?"),
        _confirm(SetupItem.REGIONS, "Are target and guard regions where the anatomical scan shows them?"),
        Prompt(Trigger.BEGIN_CALIBRATION, "Start the dynamic scan. Begin calibration?"),
    ),
    Session.CALIBRATION: (
        Prompt(Trigger.BEGIN_TEST, "The baseline is learned. Fire the low-power test sonication?"),
        Prompt(Trigger.ACCEPT_CALIBRATION, "Accept precision, focus and response of this calibration?", 2),
        Prompt(Trigger.BEGIN_HEATING, "Begin heating?"),
        Prompt(Trigger.REPEAT_CALIBRATION, "The calibration was refused. Repeat it?", only_in=Calibration.REFUSED),
    ),
    Session.HEATING: (
        Prompt(Trigger.RESUME, "The cause of the pause is gone. Resume heating?"),
        Prompt(Trigger.RELEASE_INFUSION, "The target is in range. Release the infusion?"),
    ),
    Session.DRUG_INFUSION_SYNC: (
        Prompt(Trigger.RESUME, "The cause of the pause is gone. Resume heating?"),
        Prompt(Trigger.RELEASE_INFUSION, "The target is in range again. Release the infusion again?"),
    ),
    Session.COOLING: (),
    Session.COMPLETE: (Prompt(Trigger.SIGN, "Sign that you have reviewed heat, drug and events of this session?", 2),),
    Session.ABORT: (Prompt(Trigger.RESET, "Reset the session to setup? A reason and two people are needed.", 2),),
}
"""Prompts of each state, in the order in which they are asked."""

WAITING: Final[Mapping[Session, str]] = {
    Session.SETUP: "Waiting until calibration may begin.",
    Session.CALIBRATION: "Calibrating: images are being taken.",
    Session.HEATING: "Heating. Watch patient and image quality.",
    Session.DRUG_INFUSION_SYNC: "Drug is infused into heated tissue. Watch patient and pump.",
    Session.COOLING: "Energy is off. Imaging goes on until all tissue has cooled.",
    Session.COMPLETE: "The session is signed. It can be closed.",
    Session.ABORT: "Aborted. Energy is off and the pump is held. Attend to the patient.",
}


def _accepted(state: SessionState, prompt: Prompt, verdicts: Situation) -> bool:
    if prompt.only_in not in (None, state.phases.calibration):
        return False
    kinds = {select(phase, prompt.act, verdicts.holds).kind for phase in state.phases.all()}
    return Kind.MOVE in kinds and kinds <= {Kind.MOVE, Kind.IGNORE}


def guide(state: SessionState) -> Step:
    """The operators' next step."""
    at_s = state.at_s or 0.0
    verdicts = examine(state)
    for prompt in PROMPTS[state.phases.session]:
        asking = OperatorActed(at_s, prompt.act, "whoever asks", prompt.item, reason="asking")
        missing = prompt.people - len(people_for(state, topic_of(asking)))
        if missing > 0 and _accepted(state, prompt, Situation(state, asking, verdicts)):
            return Step(_asked(state, prompt, verdicts) + shown_with(state, prompt.act), prompt, missing)
    return Step(_waiting(state, verdicts))


def _asked(state: SessionState, prompt: Prompt, verdicts: Mapping[str, Verdict]) -> str:
    return f"{_refusal(state, verdicts)} Repeat it?" if prompt.act is Trigger.REPEAT_CALIBRATION else prompt.question


def _refusal(state: SessionState, verdicts: Mapping[str, Verdict]) -> str:
    """That the calibration was refused, and why: by its shots, or if images are too imprecise for the plan's band."""
    precision = verdicts["precision"]
    because = refused_for(state) or ("" if precision.may_start else f": {precision.detail}")
    return f"The calibration was refused{because}."


def _waiting(state: SessionState, verdicts: Mapping[str, Verdict]) -> str:
    """What is waited for; beside a pause's faults, or where drug is to be released, also what no fault names yet."""
    phases = state.phases
    if phases.energy is Energy.PAUSED:
        faults = [fault.code.value.text for fault in state.faults if fault.active]
        return " ".join(("Paused.", *(faults or _missing(verdicts))))
    if phases.session is Session.HEATING and phases.infusion is Infusion.ARMED:
        foreseen = coverage_in_words(state)
        return " ".join((WAITING[phases.session] + foreseen + _steering(state), *_missing(verdicts)))
    if phases.session is Session.CALIBRATION and phases.calibration is Calibration.REFUSED:
        return f"{_refusal(state, verdicts)} It can be repeated when heated tissue has settled."
    return WAITING[phases.session] + _steering(state)


def _missing(verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
    """What is not ready, and what to do about it where a fault would say so."""
    failing = [verdict for verdict in verdicts.values() if not verdict.may_start and verdict.detail]
    texts = dict.fromkeys(verdict.code.value.text for verdict in failing if verdict.code is not None)
    return (f"Not ready: {'; '.join(verdict.detail for verdict in failing)}.", *texts) if failing else ()


def _steering(state: SessionState) -> str:
    """That the plan's controller was left, if it was at the last image of a heating that goes on."""
    steered = state.beam.steered
    if steered is None or steered.fallback is None or state.phases.energy is not Energy.ON:
        return ""
    return f" The controller has left its own rule: {steered.fallback.value}."
