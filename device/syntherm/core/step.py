"""The way of the data, on one page: event -> what is known -> checks -> faults -> table -> effects -> commands.

Pure: no clock, no IO, no randomness. The same state and event give the same outcome, bit for bit, so that a
recorded session can be executed again and compared.
"""

import attrs

from syntherm.core.checks.registry import examine
from syntherm.core.commands import Command
from syntherm.core.decision import Decision, Record, key_moment
from syntherm.core.effects import carry_out
from syntherm.core.events import Event, FrameReceived
from syntherm.core.guards import Situation, trigger_of
from syntherm.core.latch import asked_for, failing, latch
from syntherm.core.machine import IllegalEvent, Reaction, react
from syntherm.core.observe.event import observe
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Effect, Fact, Session, Trigger


@attrs.frozen(eq=False)
class Outcome:
    """The next state, the commands that leave (falling ones first), and what goes on record.

    `refused` says why the event's own act was refused, where a fault of the same moment was answered all the same.
    """

    state: SessionState
    commands: tuple[Command, ...]
    records: tuple[Record, ...]
    refused: str | None = None


def step(state: SessionState, event: Event) -> Outcome:
    """Answer one event.

    Faults are answered before the event itself, the worst first. Raises IllegalEvent when the table refuses an
    operator's act and there was no fault to answer: then nothing has changed.
    """
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
    )
    label = f"{state.phases.session.value} to {after.phases.session.value}"
    kept = key_moment(after, label) if Effect.KEEP_MAPS in moved.effects else None
    return Outcome(after, commands, (decision,) if kept is None else (decision, kept), moved.refused)


@attrs.frozen(eq=False)
class _Moved:
    state: SessionState
    effects: tuple[Effect, ...]
    facts: tuple[Fact, ...]
    refused: str | None


def _move(at: Situation, triggers: tuple[Trigger, ...]) -> _Moved:
    wanted: set[Effect] = set()
    asked: set[Fact] = set()
    refused = None
    for trigger in triggers:
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
