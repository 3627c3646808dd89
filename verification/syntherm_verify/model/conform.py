"""The shipped step held against the model, one event at a time.

`Conformance.compare` puts what happened to the model under the model's own numbers: every variable of the controller,
every command and every refusal must come out the same. `same_answer` needs no model numbers: it compares the order of
answers and what the table says to them, at any time and under any plan. `walk` compares the machine of the library
with the arrays that the model looks up.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from syntherm.core.checks.registry import examine
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.events import EquipmentPolled, Event, FrameReceived, OperatorActed, Restarted
from syntherm.core.guards import PREDICATES, Situation, person_of
from syntherm.core.latch import failing, latch
from syntherm.core.machine import IllegalEvent, Phases, TableBroken, react
from syntherm.core.observe.event import observe
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome
from syntherm.core.table import TABLE
from syntherm.core.vocabulary import ACTS, FALLING_ACTS, Effect, Fact, Trigger
from syntherm_verify.model.abstraction import abstract, answers, decision_of, fault_triggers
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.kindwise import After, Answer, Kindwise, Lookup
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, code, phases, variables
from syntherm_verify.model.tables import Tables

UNSEEN: Final = ("unheard",)
"""What the model keeps of the world between the controller and its devices; a step of the core does not hold it."""
_COMMANDS: Final[Mapping[type[Command], str]] = {
    EnergyOff: "off", HoldInfusion: "hold", GrantLease: "lends", GrantInfusion: "infuses",
}  # fmt: skip
_TRIGGERS: Final[Mapping[type[Event], Trigger]] = {
    FrameReceived: Trigger.FRAME, EquipmentPolled: Trigger.POLL, Restarted: Trigger.RESTART,
}  # fmt: skip


# -------------------------------------------------------------------------------------------------- under the model
class Conformance:
    """The model under given constants, and what of it has been compared."""

    def __init__(self, k: Constants) -> None:
        self.k = k
        self.model = Kindwise(Rules(k))
        self.steps = 0
        self._names = [v.name for v in variables(k) if v.part == "controller" and v.name not in UNSEEN]

    def compare(self, before: SessionState, event: Event, outcome: Outcome | None) -> str | None:
        """What differs between the model's step and the real one, by name; None where nothing does.

        `outcome` is None where the table refused the event.
        """
        self.steps += 1
        said = answers(self.model, before, event, outcome)
        start = {**abstract(before, self.k, event.at_s), **said.devices}
        after = self.model.one(said.kind, start, said.inputs)
        real = abstract(before if outcome is None else outcome.state, self.k, event.at_s)
        pairs: dict[str, tuple[object, object]] = {name: (after.values[name], real[name]) for name in self._names}
        pairs |= self._told(after, event, outcome)
        differing = [f"{name}: model {m}, step {r}" for name, (m, r) in pairs.items() if m != r]
        if not differing:
            return None
        given = ", ".join(f"{name}={value}" for name, value in said.inputs.items() if value)
        return f"{said.kind.name} in {_named(before.phases)} ({given}): {'; '.join(differing)}"

    def _told(self, after: After, event: Event, outcome: Outcome | None) -> dict[str, tuple[object, object]]:
        commands = () if outcome is None else outcome.commands
        left = [_COMMANDS[type(command)] for command in commands]
        pairs: dict[str, tuple[object, object]] = {
            f"command {name}": (after.told[name], left.count(name)) for name in _COMMANDS.values()
        }
        for command in commands:
            if isinstance(command, GrantLease | GrantInfusion):
                lent = after.lease if isinstance(command, GrantLease) else after.watch
                pairs[f"ticks of {_COMMANDS[type(command)]}"] = (lent, (command.until_s - event.at_s) / self.k.tick_s)
        pairs["refused"] = (after.told["refused"], int(outcome is None or outcome.refused is not None))
        return pairs | {name: (after.told[name], 0) for name in ("broken", "never")}


def _named(at: Phases) -> str:
    return ", ".join(place.value for place in at.all())


# ---------------------------------------------------------------------------------------------- under any plan
@attrs.define
class _Moved:
    """Where the session stands while its answers are given one after the other."""

    state: SessionState
    effects: int = 0
    refused: bool = False


class Answers:
    """What the table's rows answer to an event, in the order that is prescribed: no number of the model is used."""

    def __init__(self) -> None:
        self.lookup = Lookup(Tables(TABLE))

    def compare(self, before: SessionState, event: Event, outcome: Outcome | None) -> str | None:
        """Where the real step moved, did or refused something else; None where it did not."""
        if isinstance(event, OperatorActed) and _nobodys(event):
            return None if outcome is None else f"{event.act.value} was answered, that no person can do"
        seen = observe(before, event)
        verdicts = examine(seen) if outcome is None else decision_of(outcome).verdicts
        faults = fault_triggers(before, verdicts)
        standing = latch(before.faults, failing(verdicts), before.phases.session, event.at_s)
        moved = _Moved(attrs.evolve(seen, faults=standing))
        for trigger in faults:
            self._answer(moved, trigger, event, verdicts)
        own = event.act if isinstance(event, OperatorActed) else _TRIGGERS.get(type(event))
        rests = isinstance(event, OperatorActed) and event.act not in FALLING_ACTS
        if own is not None and rests and moved.state.phases != before.phases:
            moved.refused = True
        elif own is not None:
            self._answer(moved, own, event, verdicts)
        return self._differs(moved, before, outcome, alone=not faults)

    def _answer(self, moved: _Moved, trigger: Trigger, event: Event, verdicts: Mapping[str, Any]) -> None:
        at = Situation(moved.state, event, verdicts)
        asked = self.lookup.tables.facts[trigger]
        truths = [int(PREDICATES[fact](at)) for fact in asked]
        found = self.lookup.answer(trigger, [code(place) for place in moved.state.phases.all()], truths)
        moved.refused = found.refused
        moved.effects |= found.effects
        moved.state = attrs.evolve(moved.state, phases=_phases(found))

    def _differs(self, moved: _Moved, before: SessionState, outcome: Outcome | None, *, alone: bool) -> str | None:
        if outcome is None or (alone and moved.refused):
            agree = outcome is None and alone and moved.refused
            return None if agree else f"refused by {'the step' if outcome is None else 'the table'} only"
        decision = decision_of(outcome)
        effects = tuple(effect for effect in Effect if moved.effects >> code(effect) & 1)
        pairs = {
            "phases": (_named(moved.state.phases), _named(outcome.state.phases)),
            "effects": ([e.name for e in effects], [e.name for e in decision.effects]),
            "refused": (moved.refused, outcome.refused is not None),
        }
        differing = [f"{name}: table {t}, step {s}" for name, (t, s) in pairs.items() if t != s]
        return f"in {_named(before.phases)}: {'; '.join(differing)}" if differing else None


def _nobodys(act: OperatorActed) -> bool:
    return act.act not in ACTS or (person_of(act) == "" and act.act is not Trigger.STOP)


def _phases(found: Answer) -> Phases:
    return phases(dict(zip(REGION_NAMES, found.places, strict=True)))


_answers = Answers()


def same_answer(before: SessionState, event: Event, outcome: Outcome | None) -> str | None:
    """Where a step of any session moved, did or refused something else than the rows say; None where it did not."""
    return _answers.compare(before, event, outcome)


# ------------------------------------------------------------------------------------------------ library and arrays
def walk(steps: int, seed: int) -> int:
    """Compare `machine.react` with the arrays so many times; how many times something moved.

    Each comparison sets out from any of the places that were reached, with any trigger and any truths of the facts
    that it asks. Raises ValueError at the first difference.
    """
    lookup, draw, places, moves = Lookup(Tables(TABLE)), random.Random(seed), {Phases(): None}, 0
    triggers, reached = tuple(Trigger), list(places)
    for _ in range(steps):
        at, trigger = draw.choice(reached), draw.choice(triggers)
        asked = lookup.tables.facts[trigger]
        truth = {fact: draw.random() < _LIKELY for fact in asked}
        found = lookup.answer(trigger, [code(place) for place in at.all()], list(truth.values()))
        here = (
            "broken" if found.broken or found.never else "refused" if found.refused else (_phases(found), found.effects)
        )
        there = _by_library(at, trigger, truth)
        if here != there:
            raise ValueError(f"{trigger.value} in {_named(at)} with {truth}: arrays {here}, machine {there}")
        if not isinstance(there, str) and there[0] != at:
            moves += 1
            if there[0] not in places:
                places[there[0]] = None
                reached.append(there[0])
    return moves


_LIKELY: Final = 0.7
"""Most rows that lead on ask facts to be true."""


def _by_library(at: Phases, trigger: Trigger, truth: Mapping[Fact, bool]) -> tuple[Phases, int] | str:
    try:
        reaction = react(at, trigger, truth.__getitem__)
    except IllegalEvent:
        return "refused"
    except TableBroken:
        return "broken"
    return reaction.phases, sum(1 << code(effect) for effect in reaction.effects)


def unreached(conformance: Conformance) -> Iterator[int]:
    """Numbers of rows that decided nothing in what was compared."""
    decided = conformance.model.lookup.decided
    return (number for number in range(len(TABLE)) if number not in decided)
