"""Breadth-first search over all that can happen; the first way to a broken claim is a shortest one."""

import time
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.properties import Property
from syntherm_verify.model.compiled import Column, Model, States
from syntherm_verify.model.hashing import Keys, StateSet


@attrs.frozen
class Broken:
    """A claim that a step breaks: from which state, by which event."""

    claim: Property
    state: int
    event: int


class Search:
    """All states that were reached, how, and what was broken on the way."""

    def __init__(self, model: Model, *, edges: bool = False) -> None:
        self.model = model
        self.seen = StateSet()
        self.columns: States = {name: np.empty(0, dtype=np.int8) for name in model.names}
        self.parent = np.empty(0, dtype=np.int64)
        self.by = np.empty(0, dtype=np.int16)
        self.broken: dict[Property, Broken] = {}
        self.steps = 0
        self.depth = 0
        self.seconds = 0.0
        self.edges: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]] | None = [] if edges else None
        self._found: list[tuple[States, NDArray[np.int64], int]] = []
        self._radix = _halves([v.most - v.least + 1 for v in model.variables])

    def keys(self, states: States, size: int) -> tuple[Keys, Keys]:
        """Two whole numbers that tell each state from every other."""
        halves: list[Keys] = [np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.uint64)]
        for half, variable in zip(self._radix, self.model.variables, strict=True):
            value = np.asarray(states[variable.name]).astype(np.int64) - variable.least
            halves[half] *= np.uint64(variable.most - variable.least + 1)
            halves[half] += value.astype(np.uint64)
        return halves[0], halves[1]

    def run(self, *, stop_at_first: bool = False) -> "Search":
        """Search from the initial state until nothing new comes."""
        began = time.perf_counter()
        start = self.model.initial()
        self.seen.add(*self.keys(start, 1))
        self._found.append((start, np.array([-1]), -1))
        first = 0
        while self._found and not (stop_at_first and self.broken):
            self._keep()
            level = {name: column[first:] for name, column in self.columns.items()}
            ids = np.arange(first, self.seen.count)
            first = self.seen.count
            for number in range(len(self.model.events)):
                self._take(number, ids, level)
            self.depth += 1
        self.seconds = time.perf_counter() - began
        return self

    def _take(self, number: int, ids: NDArray[np.int64], sources: States) -> None:
        """One event from every state of a level."""
        event = self.model.events[number]
        on = np.broadcast_to(np.asarray(event.enabled(sources)) != 0, len(ids))
        ids = ids[on]
        if len(ids) == 0:
            return
        self.steps += len(ids)
        sources = {name: column[on] for name, column in sources.items()}
        self.model.react.ids = ids
        after, held = event.run(sources, len(ids))
        good = np.ones(len(ids), dtype=bool)
        for claim, truth in zip(event.properties, held, strict=True):
            holds = np.broadcast_to(np.asarray(truth) != 0, len(ids))
            if not holds.all():
                if claim not in self.broken:
                    self.broken[claim] = Broken(claim, int(ids[np.argmin(holds)]), number)
                good &= holds
        if not good.all():
            ids = ids[good]
            after = {name: np.broadcast_to(column, len(good))[good] for name, column in after.items()}
        before = self.seen.count
        found = self.seen.add(*self.keys(after, len(ids)))
        if self.edges is not None:
            self.edges.append((number, ids, found))
        if self.seen.count > before:
            fresh = found >= before
            _, index = np.unique(found[fresh], return_index=True)
            chosen = np.flatnonzero(fresh)[index]
            new = {name: np.broadcast_to(column, len(ids))[chosen].astype(np.int8) for name, column in after.items()}
            self._found.append((new, ids[chosen], number))

    def _keep(self) -> None:
        """What a level has found, behind what was known: in the order of its numbers."""
        news, parents, numbers = zip(*self._found, strict=True)
        by = [np.full(len(ids), number, dtype=np.int16) for ids, number in zip(parents, numbers, strict=True)]
        self.columns = {
            name: np.concatenate([column, *(np.asarray(new[name], dtype=np.int8) for new in news)])
            for name, column in self.columns.items()
        }
        self.parent = np.concatenate([self.parent, *parents])
        self.by = np.concatenate([self.by, *by])
        self._found = []

    def way_to(self, state: int) -> list[int]:
        """The events, by number, on the way to a state."""
        way: list[int] = []
        while self.parent[state] >= 0:
            way.append(int(self.by[state]))
            state = int(self.parent[state])
        return way[::-1]

    def state(self, number: int) -> dict[str, int]:
        """The numbers of one state."""
        return {name: int(column[number]) for name, column in self.columns.items()}

    def dead_rows(self) -> Iterator[int]:
        """Numbers of rows that decided nothing."""
        decided = self.model.react.decided
        return (n for n in range(len(self.model.rules.rows)) if not decided[n])


def _halves(sizes: list[int]) -> list[int]:
    product, half, result = 1, 0, []
    for size in sizes:
        product *= size
        if product >= 1 << 62:
            product, half = size, half + 1
        result.append(half)
    if half > 1:
        raise ValueError("the model has too many variables for two keys")
    return result


__all__ = ["Broken", "Column", "Search"]
