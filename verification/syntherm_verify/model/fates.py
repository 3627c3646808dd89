"""What becomes of a mutant: which claim it breaks, and how that was found."""

import copy
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.faults import TRIGGERS as FAULT_TRIGGERS
from syntherm.core.properties import Property
from syntherm.core.table import TABLE, Kind, Row
from syntherm.core.vocabulary import REGIONS, State, Trigger
from syntherm_verify.model.compiled import Compiled, Model, States
from syntherm_verify.model.constants import Constants, plan_of
from syntherm_verify.model.engine_explorer import explore
from syntherm_verify.model.environment import CONTROLLER, ModelEvent
from syntherm_verify.model.explorer import Search
from syntherm_verify.model.hashing import StateSet
from syntherm_verify.model.mutants import Mutant
from syntherm_verify.model.program import effects_of
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, code
from syntherm_verify.model.tables import Tables
from syntherm_verify.model.words import misworded

_MOST_NEW = 400_000
_ROWS = frozenset(TABLE)
_FEW = 4_000
_FAULTS = frozenset(FAULT_TRIGGERS.values())


@attrs.frozen
class Fate:
    """`killed` is None for a survivor. `how`: by reading rows, by a step, or by the whole graph."""

    mutant: str
    killed: Property | None
    how: str


class Judge:
    """Judges mutants against one good search."""

    def __init__(self, k: Constants) -> None:
        self.k = k
        self.model = Model(Rules(k))
        self.good = Search(self.model).run()
        if self.good.broken:
            raise ValueError("the table itself is broken: prove it first")
        self.model.react.marks = False

    def fate(self, mutant: Mutant) -> Fate:
        """The first claim that the mutant breaks."""
        if misworded(mutant.rows):
            return Fate(mutant.name, Property.REFUSAL_SAYS_WHY, "rows")
        if mutant.constants is not None or mutant.trigger is None or mutant.source is None:
            return self._whole(mutant)
        if Tables(mutant.rows).gaps([mutant.trigger]):
            return Fate(mutant.name, Property.ONE_ROW, "rows")
        if self._never_asked(mutant, mutant.trigger):
            return Fate(mutant.name, Property.NO_DEAD_ROW, "rows")
        base = self.model.react.tables
        self.model.react.tables = Tables(mutant.rows, base, mutant.trigger)
        try:
            by_step = self._by_step(mutant, mutant.trigger, mutant.source, base)
        finally:
            self.model.react.tables = base
        return self._whole(mutant) if by_step is None else by_step

    def _never_asked(self, mutant: Mutant, trigger: Trigger) -> bool:
        """Whether a row that is proven never to decide now claims to do something: it cannot, so it is dead."""
        changed = [row for row in mutant.rows if row not in _ROWS]
        if len(changed) != 1 or len(mutant.rows) != len(TABLE):
            return False
        row = changed[0]
        was = [old for old in TABLE if (old.source, old.trigger, old.guard) == (row.source, row.trigger, row.guard)]
        if [old.kind for old in was] != [Kind.NEVER]:
            return False
        # One that refuses could still be the first of several to say so.
        others = (old for old in TABLE if old.trigger is trigger and old.kind is Kind.REFUSE)
        return row.kind is not Kind.REFUSE or not any(others)

    def _whole(self, mutant: Mutant) -> Fate:
        rules = Rules(self.k, mutant.rows)
        if mutant.constants is not None:
            rules.plan = plan_of(mutant.constants)
        run = explore(rules)
        broken = run.broken
        return Fate(mutant.name, broken[0].claim if broken else None, "whole")

    def _by_step(self, mutant: Mutant, trigger: Trigger, source: State, base: Tables) -> Fate | None:
        """What steps show: a broken claim, or that nothing is different. None where only a search of the whole can."""
        events = self._events(mutant.rows, trigger)
        first = _concerned(events, trigger)
        onward = _Onward(self.good, events)
        broken = onward.judge(self._witnesses(trigger, source), first, onward=False)
        if broken is not None:
            return Fate(mutant.name, broken, "step")
        region = REGION_NAMES[[isinstance(source, kind) for kind in REGIONS].index(True)]
        broken = onward.judge(np.flatnonzero(self.good.columns[region] == code(source)), first)
        if broken is not None:
            return Fate(mutant.name, broken, "step")
        if not self._same(first, base):
            return None
        undecided = self._undecided(first, trigger)
        return Fate(mutant.name, Property.NO_DEAD_ROW if undecided else None, "step")

    def _witnesses(self, trigger: Trigger, source: State) -> NDArray[np.int64]:
        rows = [n for n, row in enumerate(TABLE) if row.trigger is trigger and row.source is source]
        found = {state for n in rows for state in self.good.model.react.witnesses.get(n, [])}
        return np.array(sorted(found)[:_FEW], dtype=np.int64)

    def _same(self, events: list[Compiled], base: Tables) -> bool:
        """Whether every step leads where it leads in the good table."""
        react, wrong = self.model.react, self.model.react.tables
        for event in events:
            on = np.broadcast_to(np.asarray(event.enabled(self.good.columns)) != 0, self.good.seen.count)
            states, size = {name: column[on] for name, column in self.good.columns.items()}, int(on.sum())
            if size == 0:
                continue
            react.tables = base
            right, _ = event.run(states, size)
            react.tables = wrong
            after, _ = event.run(states, size)
            if any(not np.array_equal(right[name], after[name]) for name in right):
                return False
        return True

    def _undecided(self, events: list[Compiled], trigger: Trigger) -> bool:
        """Whether a row of the trigger, other than those that never do, decides nothing any more."""
        react = self.model.react
        rows = react.tables.rows
        react.decided, react.marks, react.ids = np.zeros(len(rows) + 1, dtype=bool), True, None
        for event in events:
            on = np.broadcast_to(np.asarray(event.enabled(self.good.columns)) != 0, self.good.seen.count)
            if on.any():
                event.run({name: column[on] for name, column in self.good.columns.items()}, int(on.sum()))
        react.marks = False
        asked = [n for n, row in enumerate(rows) if row.trigger is trigger and row.kind is not Kind.NEVER]
        return not all(react.decided[n] for n in asked)

    def _events(self, rows: tuple[Row, ...], trigger: Trigger) -> tuple[Compiled, ...]:
        old, rules = self.model.rules, copy.copy(self.model.rules)
        rules.rows = rows
        if set(effects_of(rules, [trigger])) <= set(effects_of(old, [trigger])):
            return self.model.events
        return tuple(
            self.model.compiled(rules, each.event) if _can_fire(each.event, trigger) else each
            for each in self.model.events
        )


def _can_fire(event: ModelEvent, trigger: Trigger) -> bool:
    return event.trigger is trigger or (trigger in _FAULTS and event.kind in CONTROLLER)


def _concerned(events: tuple[Compiled, ...], trigger: Trigger) -> list[Compiled]:
    chosen = [each for each in events if _can_fire(each.event, trigger)]
    # Those that ask for it outright first: they break soonest.
    return sorted(chosen, key=lambda each: (each.event.fault is None, each.event.kind is not chosen[0].event.kind))


class _Onward:
    """A search that begins in the good states and goes on where it leaves them."""

    def __init__(self, good: Search, events: tuple[Compiled, ...]) -> None:
        self.good, self.events = good, events
        self.new = StateSet()

    def judge(self, ids: NDArray[np.int64], first: list[Compiled], *, onward: bool = True) -> Property | None:
        """The first broken claim, in these states or, `onward`, in those that they lead to."""
        frontier = {name: column[ids] for name, column in self.good.columns.items()}
        events = first
        while len(next(iter(frontier.values()))) and self.new.count < _MOST_NEW:
            found: list[States] = []
            for event in events:
                broken, fresh = self._take(event, frontier)
                if broken is not None:
                    return broken
                found.extend(fresh)
            if not onward:
                return None
            names = self.good.model.names
            frontier = {name: np.concatenate([part[name] for part in found] or [frontier[name][:0]]) for name in names}
            events = list(self.events)
        return None

    def _take(self, event: Compiled, states: States) -> tuple[Property | None, Iterator[States]]:
        size = len(next(iter(states.values())))
        on = np.broadcast_to(np.asarray(event.enabled(states)) != 0, size)
        sources = {name: column[on] for name, column in states.items()}
        count = int(on.sum())
        if count == 0:
            return None, iter(())
        after, held = event.run(sources, count)
        for claim, truth in zip(event.properties, held, strict=True):
            if not np.all(np.broadcast_to(np.asarray(truth) != 0, count)):
                return claim, iter(())
        full = {name: np.broadcast_to(column, count) for name, column in after.items()}
        high, low = self.good.keys(full, count)
        outside = np.flatnonzero(self.good.seen.find(high, low) < 0)
        before = self.new.count
        numbers = self.new.add(high[outside], low[outside])
        _, index = np.unique(numbers, return_index=True)
        chosen = outside[index[numbers[index] >= before]]
        return None, iter([{name: np.asarray(column[chosen], dtype=np.int8) for name, column in full.items()}])
