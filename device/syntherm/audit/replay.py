"""Executing a record again: the shipped core answers every recorded event, and each decision is compared."""

import json
from collections.abc import Iterator
from math import inf
from pathlib import Path

import attrs

from syntherm.audit.chain import Entry
from syntherm.audit.encoding import Encoder, Undecodable, decode
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.releases import refusal
from syntherm.core.events import EVENTS, Event
from syntherm.core.machine import IllegalEvent
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.step import step

_ANSWERS = ("decision", "maps", "refusal", "crash")


@attrs.frozen(eq=False)
class Replay:
    """How far the record was executed. `difference` is None when every decision is equal bit for bit.

    `crashes`: events on which the core failed when recorded. It decided nothing on them, and is not asked again.
    """

    state: SessionState
    events: int
    decisions: int
    compared: int
    difference: str | None
    last_at_s: float
    crashes: int


def _grouped(entries: Iterator[Entry]) -> Iterator[tuple[Entry, list[Entry]]]:
    event: Entry | None = None
    answers: list[Entry] = []
    for entry in entries:
        if entry.kind == "event":
            if event is not None:
                yield event, answers
            event, answers = entry, []
        elif entry.kind in _ANSWERS:
            answers.append(entry)
    if event is not None:
        yield event, answers


def _answer(state: SessionState, event: Event) -> tuple[SessionState, list[str]]:
    try:
        outcome = step(state, event)
    except IllegalEvent as refusal:
        return state, [Encoder().text(refusal.because)]
    return outcome.state, [Encoder().text(record) for record in outcome.records]


def _difference(recorded: str, again: str) -> str:
    old, new = json.loads(recorded), json.loads(again)
    if isinstance(old, dict) and isinstance(new, dict):
        fields = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        name = fields[0] if fields else "encoding"
        return f"{name}: recorded {json.dumps(old.get(name))[:200]}, now {json.dumps(new.get(name))[:200]}"
    return f"recorded {recorded[:200]}, now {again[:200]}"


def _compare(event: Entry, answers: list[Entry], again: list[str]) -> str | None:
    for entry, text in zip(answers, again, strict=False):
        if entry.body != text:
            return f"entry {entry.seq} ({entry.kind}): {_difference(entry.body, text)}"
    if len(answers) != len(again):
        return f"event {event.seq} led to {len(answers)} entries when recorded, to {len(again)} now"
    return None


def replay(path: Path, until_s: float = inf) -> Replay:
    """Execute a record from its first event to its last, to the first difference, or to the last event by `until_s`.

    `until_s` is a moment of the record's clock.

    Raises UnreadableRecord for a file that is no record, that another release wrote which this one does not repeat, or
    whose plan or events this software cannot read.
    """
    with AuditReader(path) as reader:
        opened = reader.opened()
        because = refusal(opened)
        if because is not None:
            raise UnreadableRecord(f"{path}: {because}")
        try:
            state = SessionState.begin(read_plan(str(opened.get("plan", ""))))
        except PlanRefused as error:
            count, first = len(error.problems), error.problems[0]
            raise UnreadableRecord(f"{path}: the recorded plan is refused, {count} problem(s): {first}") from error
        events = decisions = compared = crashes = 0
        last_s = 0.0
        for entry, answers in _grouped(reader.entries()):
            try:
                event = decode(EVENTS, entry.body, reader.array)
            except (Undecodable, KeyError, ValueError, TypeError) as error:
                raise UnreadableRecord(f"{path}: entry {entry.seq} cannot be read as an event: {error}") from error
            if event.at_s > until_s:
                break
            if [answer.kind for answer in answers] == ["crash"]:
                # The core failed on this event and decided nothing: the state before it stands, to be gone on from.
                events, crashes, last_s = events + 1, crashes + 1, entry.at_s
                continue
            state, again = _answer(state, event)
            events, decisions, last_s = events + 1, decisions + len(answers), entry.at_s
            difference = _compare(entry, answers, again)
            if difference is not None:
                return Replay(state, events, decisions, compared, difference, last_s, crashes)
            compared += len(answers)
    return Replay(state, events, decisions, compared, None, last_s, crashes)
