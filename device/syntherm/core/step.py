"""The way of the data, on one page: event -> what is known -> checks -> faults -> table -> effects -> commands.

What comes out is judged before it leaves: an answer that breaks a property of the session is not given, and everything
is taken away instead.

Pure: no clock, no IO, no randomness. The same state and event give the same outcome, bit for bit, so that a
recorded session can be executed again and compared.
"""

from typing import Final

import attrs

from syntherm.core.checks.registry import examine
from syntherm.core.commands import Command, EnergyOff, HoldInfusion
from syntherm.core.decision import Decision, Record, key_moment
from syntherm.core.effects import carry_out
from syntherm.core.events import Event, FrameReceived
from syntherm.core.guards import Situation, trigger_of
from syntherm.core.latch import asked_for, failing, latch
from syntherm.core.machine import IllegalEvent, Reaction, react
from syntherm.core.monitors.look import look_at
from syntherm.core.monitors.registry import judge, judge_refusal
from syntherm.core.observe.event import observe
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import ACTS, FALLING_ACTS, Effect, Fact, Session, Trigger
from syntherm.core.watch import Violation

ALL_OFF: Final[tuple[Command, ...]] = (EnergyOff(), HoldInfusion())


_RESTING: Final = frozenset(ACTS) - FALLING_ACTS
"""Acts that rest on what the person saw: none of them counts in a state that began after it was done."""


@attrs.frozen(eq=False)
class Outcome:
    """The next state, the commands that leave (falling ones first), and what goes on record.

    `refused` says why the event's own act was refused, where a fault of the same moment was answered all the same.
    """

    state: SessionState
    commands: tuple[Command, ...]
    records: tuple[Record, ...]
    refused: str | None


def step(state: SessionState, event: Event) -> Outcome:
    """Answer one event.

    Faults are answered before the event itself, the worst first. Raises IllegalEvent when the table refuses an
    operator's act and there was no fault to answer: then nothing has changed.
    """
    try:
        after, decision = _decide(state, event)
    except IllegalEvent as illegal:
        broken = judge_refusal(event, illegal.because)
        if not broken:
            raise
        return _stopped(state, event, broken)
    watch, broken = judge(state.watch, look_at(event, decision), state.plan)
    if broken:
        return _stopped(state, event, broken)
    return _outcome(attrs.evolve(after, watch=watch), decision)


def _stopped(state: SessionState, event: Event, broken: tuple[Violation, ...]) -> Outcome:
    """The answer in place of one that breaks a property: its fault aborts, and whatever it says, nothing is lent."""
    known = attrs.evolve(state, watch=state.watch.holding(broken))
    after, decision = _decide(known, event)
    decision = attrs.evolve(decision, commands=ALL_OFF, violations=broken)
    watch, more = judge(known.watch, look_at(event, decision), state.plan)
    return _outcome(attrs.evolve(after, watch=watch.holding(more)), decision)


def _outcome(after: SessionState, decision: Decision) -> Outcome:
    label = f"{decision.before.session.value} to {decision.after.session.value}"
    kept = key_moment(after, label) if Effect.KEEP_MAPS in decision.effects else None
    records = (decision,) if kept is None else (decision, kept)
    return Outcome(after, decision.commands, records, decision.refused)


def _decide(state: SessionState, event: Event) -> tuple[SessionState, Decision]:
    seen = observe(state, event)
    verdicts = examine(seen)
    causes = failing(verdicts)
    seen = attrs.evolve(seen, faults=latch(seen.faults, causes, seen.phases.session, event.at_s))

    own = trigger_of(event, seen.phases.session)
    triggers = asked_for(causes, seen.phases.session) + (() if own is None else (own,))
    moved = _move(Situation(seen, event, verdicts), triggers)
    after, commands = carry_out(_mark_cooling(moved.state), event, moved.effects)

    decision = Decision(
        at_s=event.at_s,
        before=state.phases,
        after=after.phases,
        triggers=triggers,
        effects=moved.effects,
        facts=moved.facts,
        refused=moved.refused,
        verdicts=verdicts,
        faults=after.faults,
        commands=commands,
        range_clock=after.range_clock,
        ledger=after.ledger,
        heating_s=after.beam.heating_s,
        focus_offset_mm=None if after.beam.response is None else after.beam.response.offset_mm,
        target=after.thermometry.target,
        guards=after.thermometry.guards,
        maps=after.thermometry.thermal if isinstance(event, FrameReceived) else None,
        drug=None if after.drug is None or after.drug is state.drug else after.drug.summary,
        steered=after.beam.steered if Effect.GRANT_LEASE in moved.effects else None,
        identified=None if after.beam.identified is state.beam.identified else after.beam.identified,
        coverage=None if after.beam.coverage is state.beam.coverage else after.beam.coverage,
    )
    return after, decision


@attrs.frozen(eq=False)
class _Moved:
    state: SessionState
    effects: tuple[Effect, ...]
    facts: tuple[Fact, ...]
    refused: str | None


def _move(at: Situation, triggers: tuple[Trigger, ...]) -> _Moved:
    wanted: set[Effect] = set()
    asked: set[Fact] = set()
    refused, seen_by_people = None, at.state.phases
    for trigger in triggers:
        if trigger in _RESTING and at.state.phases != seen_by_people:
            refused = "a fault of the same moment was answered first: look again"
            continue
        answer = _answer(at, trigger, alone=len(triggers) == 1)
        if isinstance(answer, str):
            refused = answer
            continue
        wanted.update(answer.effects)
        asked.update(_held(answer))
        at = attrs.evolve(at, state=attrs.evolve(at.state, phases=answer.phases))
    return _Moved(at.state, tuple(e for e in Effect if e in wanted), tuple(f for f in Fact if f in asked), refused)


def _held(reaction: Reaction) -> set[Fact]:
    return {fact for row in reaction.rows for fact, truth in row.guard if truth}


def _answer(at: Situation, trigger: Trigger, *, alone: bool) -> Reaction | str:
    try:
        return react(at.state.phases, trigger, at.holds)
    except IllegalEvent as illegal:
        if alone:
            raise
        return illegal.because


def _mark_cooling(state: SessionState) -> SessionState:
    since_s = state.beam.cooling_since_s
    if state.phases.session is not Session.COOLING or since_s is not None:
        return state
    return attrs.evolve(state, beam=attrs.evolve(state.beam, cooling_since_s=state.at_s))
