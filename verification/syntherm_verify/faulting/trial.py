"""One trial, in a process that was forked for it: acts and faults are planned, then the session is watched."""

import json
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.guidance import guide
from syntherm.core.vocabulary import Trigger
from syntherm_verify.faulting.day import RECORD, Day
from syntherm_verify.faulting.expected import Times
from syntherm_verify.faulting.faults import FAULTS, Fault
from syntherm_verify.faulting.judging import Seen, problems
from syntherm_verify.faulting.moments import (
    ACTS_AFTER_S,
    SETTLES_S,
    SPREAD_S,
    TAKES_AWAY_S,
    WAYS,
    Moment,
    Way,
    takes_away,
)
from syntherm_verify.faulting.reading import said
from syntherm_verify.faulting.room import Flow, Generator

_SOON_S: Final = 0.1
_HOTTER: Final = ("console/lies", "tpo/lies")
"""Faults of which only the truth of the tissue tells."""
_BETWEEN_S: Final = 6.0
"""The longest time between the two faults of a pair."""
_PATIENCE_S: Final = 9.0
"""So long a person who takes away heat or drug waits for a moment at which there is some."""
_RELEASES_S: Final = 40.0
"""So long a person who releases waits until the target has been in range for the dwell."""
_BEFORE_S: Final = 30.0
"""So long before a fault the loans are read that may still be out."""


@attrs.frozen
class Trial:
    """One or two faults at a moment."""

    moment: Moment
    faults: tuple[Fault, ...]

    @property
    def of_the_pump(self) -> bool:
        """Whether nothing but the pump is at fault."""
        return all(fault.device == "pump" for fault in self.faults)

    @property
    def generator(self) -> Generator:
        """The one that treats."""
        of_tpo = any(fault.generator is Generator.TPO for fault in self.faults)
        return Generator.TPO if of_tpo else Generator.OPENLIFU

    @property
    def name(self) -> str:
        """As `--only` takes it, and as it is printed."""
        return f"{'+'.join(fault.label for fault in self.faults)}@{self.moment.name.lower().replace('_', '-')}"


def named(name: str) -> Trial | None:
    """The trial of that name."""
    labels, _, moment = name.partition("@")
    by_label = {fault.label: fault for fault in FAULTS}
    member = moment.upper().replace("-", "_")
    faults = tuple(by_label[label] for label in labels.split("+") if label in by_label)
    if member not in Moment.__members__ or len(faults) != len(labels.split("+")):
        return None
    return Trial(Moment[member], faults)


@attrs.frozen
class Outcome:
    """What came of it. `off_s`, `held_s`: from the first fault's begin to the last flow; None: nothing flowed."""

    name: str
    moment: str
    seed: int
    named: tuple[str, ...]
    blocked: tuple[str, ...]
    off_s: float | None
    held_s: float | None
    harmless: bool
    problems: tuple[str, ...]


@attrs.frozen
class _Act:
    """What a person does at the first look from a moment on at which it has a meaning."""

    trigger: Trigger
    from_s: float
    when: Callable[[], bool]
    patience_s: float


class Watch:
    """Lives in the forked session, and ends its process with the outcome written to `into`."""

    def __init__(self, day: Day, trial: Trial, seed: int, folder: Path, into: int) -> None:
        self._day, self._trial, self._seed, self._into = day, trial, seed, into
        self._record = folder / RECORD
        self._rng = random.Random(f"{seed} {trial.name}")
        self._hottest_degC = 0.0
        day.go_on_in(self._record)
        self._plan()
        day.clock.looks = self.look

    def _plan(self) -> None:
        day, clock, way = self._day, self._day.clock, WAYS[self._trial.moment]
        now_s = clock.now_s()
        for fault in self._trial.faults:
            fault.prepare(day.room)
        lease, spread_s = day.state.beam.lease, SPREAD_S
        if way.before is not None:
            clock.at(now_s + _SOON_S, partial(day.crew.act, way.before))
            now_s += SETTLES_S
        elif lease is not None:
            spread_s = lease.until_s - now_s
        first_s = now_s + self._rng.uniform(0.0, spread_s)
        self._began_s = (first_s, first_s + self._rng.uniform(0.0, _BETWEEN_S))[: len(self._trial.faults)]
        for fault, at_s in zip(self._trial.faults, self._began_s, strict=True):
            clock.at(at_s, partial(fault.begin, day.room))
        self._acts = list(self._planned(way, first_s))
        self._later_s = 0.0
        self._guided: dict[str, None] = {}
        self._until_s = self._began_s[-1] + max(fault.watched_s for fault in self._trial.faults)

    def _planned(self, way: Way, first_s: float) -> Iterator[_Act]:
        day, plan = self._day, self._day.plan
        if way.after is Trigger.RELEASE_INFUSION:
            dwell_s = plan.heating.dwell_s
            patience_s = _RELEASES_S if self._trial.of_the_pump else 0.0
            yield _Act(way.after, first_s + ACTS_AFTER_S, lambda: day.state.range_clock.dwell_s >= dwell_s, patience_s)
        elif way.after is not None:
            yield _Act(way.after, first_s + ACTS_AFTER_S, lambda: True, 0.0)
        if any(fault.shows_at_off for fault in self._trial.faults):
            from_s = self._began_s[-1] + TAKES_AWAY_S
            yield _Act(takes_away(self._trial.moment), from_s, self._flows, _PATIENCE_S)

    def _flows(self) -> bool:
        """Whether there is something to take away from what is at fault."""
        room = self._day.room
        return room.pump.motor.running if self._trial.of_the_pump else room.sounds

    def look(self) -> None:
        """At each waking of the session."""
        day, now_s = self._day, self._day.clock.now_s()
        if any(fault.label in _HOTTER for fault in self._trial.faults):
            self._hottest_degC = max(self._hottest_degC, day.room.patient.truth().hottest_degC)
        if self._acts and now_s >= (due_s := self._acts[0].from_s + self._later_s):
            act = self._acts[0]
            if act.when() or now_s >= due_s + act.patience_s:
                day.clock.at(now_s + _SOON_S, partial(self._act, act.trigger))
                self._later_s += now_s + _SOON_S - due_s
                del self._acts[0]
        if not self._acts and now_s >= self._until_s + self._later_s:
            self.end()

    def _act(self, trigger: Trigger) -> None:
        self._day.crew.act(trigger)
        clock = self._day.clock
        clock.at(clock.now_s() + _SOON_S, lambda: self._guided.update({guide(self._day.state).text: None}))

    def end(self, failed: str = "") -> None:
        """Judge, say so, and end this process."""
        self._day.let_go()
        outcome = self._outcome(failed)
        os.write(self._into, json.dumps(attrs.asdict(outcome)).encode() + b"\n")
        os._exit(0)

    def _outcome(self, failed: str) -> Outcome:
        day, trial, first_s = self._day, self._trial, self._began_s[0]
        on_record = said(self._record, first_s, first_s - _BEFORE_S)
        energy = tuple(flow for flow in day.room.energy if flow.to_s > first_s)
        drug = tuple(flow for flow in day.room.drug if flow.to_s > first_s)
        seen = Seen(
            self._began_s, day.clock.now_s(), energy, drug, on_record,
            self._hottest_degC, day.plan.limits.target_max_degC, self._later_s, failed, tuple(self._guided),
        )  # fmt: skip
        times = Times.of(day.plan)
        demands = tuple(fault.demand(trial.moment, times) for fault in trial.faults)
        return Outcome(
            trial.name, trial.moment.value, self._seed, on_record.named, on_record.blocked,
            _after(energy, first_s), _after(drug, first_s), all(demand.harmless for demand in demands),
            tuple(problems(seen, demands)),
        )  # fmt: skip


def _after(flows: tuple[Flow, ...], first_s: float) -> float | None:
    return max((flow.to_s - first_s for flow in flows), default=None)
