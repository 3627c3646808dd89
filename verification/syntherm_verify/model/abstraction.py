"""From the real session to the model: the numbers of a state, and what the environment answered to an event.

The answers are read off what came in and what the checks said of it, never off what the controller then did.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from syntherm.core.checks.registry import ALL, EQUIPMENT, examine
from syntherm.core.checks.verdict import Verdict
from syntherm.core.decision import Decision
from syntherm.core.events import (
    ChannelFailed,
    EquipmentPolled,
    Event,
    FatMapReceived,
    FrameReceived,
    OperatorActed,
    Restarted,
)
from syntherm.core.faults import TRIGGERS, Code
from syntherm.core.guards import PREDICATES, Situation, people_for
from syntherm.core.observe.defects import defect_of
from syntherm.core.observe.event import observe
from syntherm.core.observe.range_clock import in_range
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome
from syntherm.core.vocabulary import ACTS, Calibration, Fact, Session, SetupItem, Trigger
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.environment import Group, Kind
from syntherm_verify.model.extract import COUNTED
from syntherm_verify.model.kindwise import Kindwise, Lookup
from syntherm_verify.model.lens import ONE, PEOPLE, TWO, values_of
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, code, phases, variables
from syntherm_verify.model.symbolic import NotOnTheGrid

_KINDS: Final[Mapping[type[Event], Kind]] = {
    OperatorActed: Kind.ACT, FrameReceived: Kind.FRAME, EquipmentPolled: Kind.POLL, FatMapReceived: Kind.NOTICE,
    ChannelFailed: Kind.FAILURE, Restarted: Kind.RESTART,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- states
def abstract(state: SessionState, k: Constants, now_s: float | None = None) -> dict[str, int]:
    """The controller's variables of a state of the core, as they are at `now_s` (default: at its last event).

    Raises NotOnTheGrid for a time that is no whole number of ticks.
    """
    held = {v.name: v for v in variables(k)}
    first_s = 0.0 if state.at_s is None else state.at_s
    found = values_of(_now_is_0(state, k, first_s if now_s is None else now_s))
    result = {name: code(place) for name, place in zip(REGION_NAMES, state.phases.all(), strict=True)}
    for name, value in found.items():
        ticks = _ticks(name, value, k)
        result[name] = min(ticks, held[name].most)
    return result


def _now_is_0(state: SessionState, k: Constants, now_s: float) -> SessionState:
    never_s = {v.name: v.initial * k.tick_s for v in variables(k)}

    def seen(moment_s: float | None, name: str) -> float:
        return -never_s[name] if moment_s is None else moment_s - now_s

    out_s = state.range_clock.out_since_s
    return attrs.evolve(
        state,
        at_s=seen(state.at_s, "silent"),
        imaging=attrs.evolve(state.imaging, acquired_s=seen(state.imaging.acquired_s, "image")),
        beam=attrs.evolve(state.beam, last_energy_s=seen(state.beam.last_energy_s, "rest")),
        range_clock=attrs.evolve(state.range_clock, out_since_s=None if out_s is None else out_s - now_s),
    )


_NO_TIMES: Final = frozenset(
    {"two", "one", "accepts", "resets", "opened", "ranged", "learned", "thermal", "unconfirmed", "test"}
    | {"by_reset", "for_good", "known", "patient"}
)


def _ticks(name: str, value: object, k: Constants) -> int:
    if not isinstance(value, bool | int | float):
        raise NotOnTheGrid(f"{name} is {value!r}, which is no number")
    if name == "out" and value == -1:
        return -1
    ticks = value if name in _NO_TIMES else value / k.tick_s
    if ticks != round(ticks):
        raise NotOnTheGrid(f"{name} is {value}, which is no whole number of ticks")
    return round(ticks)


# ------------------------------------------------------------------------------------------------------------ answers
@attrs.frozen
class Answers:
    """What the environment did: the model's event, its inputs, and what devices did to the model's variables."""

    kind: Kind
    inputs: Mapping[str, int]
    devices: Mapping[str, int]


def decision_of(outcome: Outcome) -> Decision:
    """The decision of a step. Raises TypeError for an outcome without one."""
    decision = outcome.records[0]
    if not isinstance(decision, Decision):
        raise TypeError("a step without its decision")
    return decision


def answers(model: Kindwise, before: SessionState, event: Event, outcome: Outcome | None) -> Answers:
    """What the environment answered to an event; `outcome` is None where the table refused it."""
    seen = observe(before, event)
    verdicts = examine(seen) if outcome is None else decision_of(outcome).verdicts
    lends = isinstance(event, ChannelFailed) and not event.falling
    kind = Kind.NOTICE if lends else _KINDS[type(event)]
    inputs = {"in_pumps": 1, "in_reason": 1, **_faults(model.rules, before, verdicts)}
    devices = {"pumped": round(before.ledger.pumped_ml)}
    if isinstance(event, OperatorActed):
        inputs |= _act(seen, event, verdicts)
    elif isinstance(event, FrameReceived):
        inputs |= _image(model, before, seen, event, verdicts)
    elif isinstance(event, EquipmentPolled):
        loop = seen.equipment.stop_loop
        inputs["in_stop_open"] = int(loop is not None and not loop.closed)
        if event.pump is not None:
            # A count that falls enters nothing.
            devices["pumped"] = max(devices["pumped"], round(event.pump.pumped_ml))
        if _sounds_unlent(before, event):
            devices["rest"] = 0
    return Answers(kind, inputs, devices)


def _sounds_unlent(before: SessionState, poll: EquipmentPolled) -> bool:
    # The model's generator never sounds by itself: what heats the tissue then is put right before its step.
    last_s = before.beam.last_energy_s
    return poll.transducer is not None and poll.transducer.output_on and (last_s is None or last_s < poll.at_s)


def _faults(rules: Rules, before: SessionState, verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    """Which groups of faults have a cause that is watched here and that the model does not count for itself."""
    counted = {fault for *_, fault in rules.checks.values()}
    causes = {v.code or Code.CHECK_DID_NOT_RUN for v in verdicts.values() if not v.may_continue} - counted
    watched = {fault for fault in causes if before.phases.session in fault.value.watched_in}
    return {f"in_fault_{group.name.lower()}": int(not watched.isdisjoint(group.codes)) for group in Group}


def _act(seen: SessionState, act: OperatorActed, verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    asked = EQUIPMENT if act.act is Trigger.BEGIN_CALIBRATION else ALL
    equipment = seen.equipment
    closed = equipment.stop_loop is not None and equipment.stop_loop.closed
    silent = equipment.transducer is not None and not equipment.transducer.output_on
    others = (item for item in SetupItem if item not in (ONE, TWO))
    return {
        "in_trigger": ACTS.index(act.act),
        "in_person": PEOPLE.index(act.person),
        "in_item": {TWO: 1, ONE: 2}.get(act.item or SetupItem.PUMP, 0),
        "in_reason": int(act.reason.strip() != ""),
        "in_passes": int(all(verdicts[name].may_start for name in asked if name not in COUNTED)),
        "in_others": int(all(len(people_for(seen, item.value)) >= item.people for item in others)),
        "in_suits": int(closed and silent),
    }


def _image(
    model: Kindwise, before: SessionState, seen: SessionState, frame: FrameReceived, verdicts: Mapping[str, Verdict]
) -> dict[str, int]:
    # What is wrong with an image beside its times, which the model counts.
    timely = attrs.evolve(frame, acquired_s=frame.at_s)
    unfit = defect_of(timely, attrs.evolve(before.imaging, acquired_s=None), before.plan) is not None
    known, was = seen.thermometry, before.thermometry
    triggers = fault_triggers(before, verdicts)
    at = Situation(seen, frame, verdicts)
    return {
        "in_delay": _ticks("in_delay", frame.at_s - frame.acquired_s, model.rules.k),
        "in_unfit": int(unfit),
        "in_thermal": int(known.thermal is not None),
        "in_finishes": int(was.baseline is None and known.baseline is not None),
        "in_in_range": int(in_range(known.target, before.plan)),
        "in_suits": int(PREDICATES[_shown(model.lookup, before, triggers)](at)),
    }


def fault_triggers(before: SessionState, verdicts: Mapping[str, Verdict]) -> tuple[Trigger, ...]:
    """What the checks ask for in the state before the event, the worst first."""
    causes = {v.code or Code.CHECK_DID_NOT_RUN for v in verdicts.values() if not v.may_continue}
    asked = {code.value.response for code in causes if before.phases.session in code.value.watched_in}
    return tuple(TRIGGERS[response] for response in sorted(TRIGGERS, reverse=True) if response in asked)


def _shown(lookup: Lookup, before: SessionState, faults: Iterable[Trigger]) -> Fact:
    """What an image is asked for where it finds the session after the faults of its moment."""
    places = tuple(code(place) for place in before.phases.all())
    for trigger in faults:
        places = lookup.answer(trigger, places, ()).places
    now = phases(dict(zip(REGION_NAMES, places, strict=True)))
    if now.session is Session.COOLING:
        return Fact.COOLED
    return Fact.PRECISION_GOOD if now.calibration is Calibration.BASELINE else Fact.RESPONSE_GOOD
