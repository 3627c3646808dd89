"""Judging a recorded session: the monitors that watched it look at its events and decisions again.

The core is not executed: what it decided is read, and the monitors count for themselves. So a defect of the core that
a replay repeats faithfully is found here.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from syntherm.audit.arrays import Array
from syntherm.audit.chain import Entry
from syntherm.audit.encoding import Json, Undecodable, decode, value_of
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.checks.verdict import Verdict
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.drug.ledger import Ledger
from syntherm.core.events import EVENTS, Event, FatMapReceived, FrameReceived
from syntherm.core.faults import Code
from syntherm.core.machine import Phases
from syntherm.core.monitors.look import Look, failing, ready
from syntherm.core.monitors.registry import judge, judge_refusal
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.properties import Property
from syntherm.core.thermometry.summary import Summary
from syntherm.core.watch import Violation, Watch

_COMMANDS: Final[tuple[type[Command], ...]] = (EnergyOff, HoldInfusion, GrantLease, GrantInfusion)
_UNSEEN: Final[dict[str, Array]] = {
    FrameReceived.__name__: np.empty(0, np.complex64),
    FatMapReceived.__name__: np.empty(0, np.float32),
}
"""The monitors look at what images showed, not at the images: those need not be unpacked."""


@attrs.frozen
class Finding:
    """One violation: the entry whose answer broke the property, its time, and whether the session saw it itself."""

    entry: int
    at_s: float
    violation: Violation
    by_session: bool


@attrs.frozen
class Judged:
    """How a recorded session stands against the properties. A lasting violation is found where it begins."""

    decisions: int
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> frozenset[Property]:
        """The properties that did not hold."""
        return frozenset(finding.violation.property for finding in self.findings)


def check(path: Path) -> Judged:
    """Judge a record from its first decision to its last.

    Raises UnreadableRecord for a file that is no record, or whose plan, events or decisions cannot be read.
    """
    with AuditReader(path) as reader:
        opened = reader.opened()
        try:
            plan = read_plan(str(opened.get("plan", "")))
        except PlanRefused as error:
            raise UnreadableRecord(f"{path}: the recorded plan is refused: {error.problems[0]}") from error
        watch, decisions = Watch(), 0
        findings: list[Finding] = []
        lasting: frozenset[Property] = frozenset()
        for event, entry in _answered(path, reader.entries()):
            watch, by_session, broken = _judged(path, watch, event, entry, plan)
            decisions += entry.kind == "decision"
            begun = [(v, False) for v in broken if v.property not in lasting]
            findings += [
                Finding(entry.seq, event.at_s, v, own) for v, own in [*((v, True) for v in by_session), *begun]
            ]
            lasting = frozenset(v.property for v in broken)
    return Judged(decisions, tuple(findings))


def _answered(path: Path, entries: Iterator[Entry]) -> Iterator[tuple[Event, Entry]]:
    """Each event with the entry that answers it: a decision or a refusal. An event that crashed the core has none."""
    event: Event | None = None
    for entry in entries:
        if entry.kind == "event":
            event = _read(path, entry, _event)
        elif entry.kind in ("decision", "refusal"):
            if event is None:
                raise UnreadableRecord(f"{path}: entry {entry.seq} ({entry.kind}) answers no event")
            yield event, entry
            event = None


def _read(path: Path, entry: Entry, read: Callable[[str], Any]) -> Any:
    try:
        return read(entry.body)
    except (Undecodable, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableRecord(f"{path}: entry {entry.seq} cannot be read as a {entry.kind}: {error}") from error


def _event(body: str) -> Event:
    name = json.loads(body).get("$type")
    event: Event = decode(EVENTS, body, lambda _: _UNSEEN[name])
    return event


def _judged(
    path: Path, watch: Watch, event: Event, entry: Entry, plan: Plan
) -> tuple[Watch, tuple[Violation, ...], tuple[Violation, ...]]:
    """The watch after an answer, what the session itself found, and what is found now."""
    if entry.kind == "refusal":
        return watch, (), judge_refusal(event, str(_read(path, entry, json.loads)))
    raw = _read(path, entry, json.loads)
    look, by_session = _read(path, entry, lambda _: (_look(event, raw), _violations(raw)))
    watch, broken = judge(watch, look, plan)
    return watch, by_session, broken


def _look(event: Event, raw: Json) -> Look:
    """What a recorded step shows: the same as `look_at` shows of one that was just made."""
    verdicts = {name: _verdict(verdict) for name, verdict in raw["verdicts"].items()}
    return Look(
        event=event,
        before=value_of(Phases, raw["before"]),
        after=value_of(Phases, raw["after"]),
        commands=tuple(_command(command) for command in raw["commands"]),
        refused=None if raw["refused"] is None else str(raw["refused"]),
        failing=failing(verdicts),
        ready=ready(verdicts),
        target=None if raw["target"] is None else value_of(Summary, raw["target"]),
        guards=tuple(value_of(Summary, guard) for guard in raw["guards"]),
        patient_ml=value_of(Ledger, raw["ledger"]).patient_ml,
    )


def _verdict(raw: Json) -> Verdict:
    code = None if raw["code"] is None else value_of(Code, raw["code"])
    return Verdict(value_of(bool, raw["may_start"]), value_of(bool, raw["may_continue"]), code)


def _command(raw: Json) -> Command:
    for kind in _COMMANDS:
        if raw["$type"] == kind.__name__:
            return value_of(kind, raw)
    raise Undecodable(f"expected a command, found {raw['$type']!r:.40}")


def _violations(raw: Json) -> tuple[Violation, ...]:
    return tuple(value_of(Violation, violation) for violation in raw["violations"])
