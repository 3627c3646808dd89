"""The rows as arrays: for a trigger, a state of a region and the truths of facts, the row that applies."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.table import Kind, Row
from syntherm.core.vocabulary import REGIONS, Effect, Fact, Trigger
from syntherm_verify.model.space import code

Numbers = NDArray[np.int32]
REFUSES: Final = 1 << len(Effect)
BROKEN: Final = REFUSES << 1
NEVER: Final = BROKEN << 1


@attrs.frozen(eq=False)
class Region:
    """Answers of one region to one trigger, by state x 2^facts + truths. `row` is -1 where not exactly one applies."""

    target: NDArray[np.int8]
    answer: Numbers
    row: Numbers


class Tables:
    """Answers of all regions to all triggers. `like`: tables whose facts and whose other triggers' answers are kept."""

    def __init__(self, rows: tuple[Row, ...], like: "Tables | None" = None, changed: Trigger | None = None) -> None:
        self.rows = rows
        self._regions: dict[Trigger, tuple[Region, ...]] = {} if like is None else dict(like._regions)
        if changed is not None:
            self._regions.pop(changed, None)
        if like is not None:
            self.facts = like.facts

    @cached_property
    def facts(self) -> dict[Trigger, tuple[Fact, ...]]:
        """The facts that the rows of each trigger ask, in order."""
        asked: dict[Trigger, set[Fact]] = {trigger: set() for trigger in Trigger}
        for row in self.rows:
            asked[row.trigger].update(fact for fact, _ in row.guard)
        return {trigger: tuple(f for f in Fact if f in facts) for trigger, facts in asked.items()}

    def of(self, trigger: Trigger) -> tuple[Region, ...]:
        """The answers of the four regions to a trigger."""
        if trigger not in self._regions:
            self._regions[trigger] = tuple(self._region(trigger, number) for number in range(len(REGIONS)))
        return self._regions[trigger]

    def gaps(self, triggers: Iterable[Trigger] = Trigger) -> list[str]:
        """Where not exactly one row applies, whatever gets there: trigger and state."""
        return [
            f"{trigger.value} in {list(region)[at // (1 << len(self.facts[trigger]))].value}"
            for trigger in triggers
            for region, answers in zip(REGIONS, self.of(trigger), strict=True)
            for at in np.flatnonzero(answers.answer & BROKEN)
        ]

    def _region(self, trigger: Trigger, number: int) -> Region:
        states, facts = tuple(REGIONS[number]), self.facts[trigger]
        size = 1 << len(facts)
        target = np.zeros(len(states) * size, dtype=np.int8)
        answer = np.full(target.shape, BROKEN, dtype=np.int32)
        chosen = np.full(target.shape, -1, dtype=np.int32)
        for state in states:
            mine = [(n, r) for n, r in enumerate(self.rows) if r.source is state and r.trigger is trigger]
            for truths in range(size):
                at = code(state) * size + truths
                fits = [(n, r) for n, r in mine if _holds(r, facts, truths)]
                target[at] = code(state)
                if len(fits) == 1:
                    chosen[at], row = fits[0]
                    target[at], answer[at] = code(row.target), _answer(row)
        return Region(target, answer, chosen)


def _holds(row: Row, facts: tuple[Fact, ...], truths: int) -> bool:
    return all(bool(truths >> facts.index(fact) & 1) is wanted for fact, wanted in row.guard)


def _answer(row: Row) -> int:
    if row.kind is Kind.REFUSE:
        return REFUSES
    if row.kind is Kind.NEVER:
        return NEVER
    return sum(1 << code(effect) for effect in row.effects)
