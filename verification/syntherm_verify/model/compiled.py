"""A model as functions over arrays of states: one for each event, made from its program.

A column of states is an array of small integers; all states of a frontier take a step at once.
"""

from collections.abc import Callable
from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.properties import Property
from syntherm.core.vocabulary import Effect, Trigger
from syntherm_verify.model.claims import claims
from syntherm_verify.model.dead import forget
from syntherm_verify.model.environment import ModelEvent, events, given
from syntherm_verify.model.expr import Expr, Num, Var, both
from syntherm_verify.model.monitors import watch
from syntherm_verify.model.program import Assign, React, Step, enabled, tells
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, code, variables
from syntherm_verify.model.tables import BROKEN, NEVER, REFUSES, Tables

Column = NDArray[np.int8]
States = dict[str, Column]
_FLAGS: Final = ("refused", "broken", "never", *(f"effect_{e.name.lower()}" for e in Effect))


def text(expression: Expr) -> str:
    """An expression over arrays, as Python."""
    if isinstance(expression, Num):
        return f"i8({expression.value})"
    if isinstance(expression, Var):
        return expression.name
    parts = [text(part) for part in expression.of]
    if expression.sign == "!":
        return f"({parts[0]} == 0)"
    if expression.sign == "?":
        return f"where({', '.join(parts)})"
    return f"({f' {expression.sign} '.join(parts)})"


class Reactor:
    """Looks up what the table answers, and remembers which rows decided something."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.decided = np.zeros(len(tables.rows) + 1, dtype=bool)
        self.marks = True
        self.ids: NDArray[np.int64] | None = None
        self.witnesses: dict[int, list[int]] = {}

    def __call__(self, trigger: int, when: Any, places: list[Any], facts: list[Any], size: int) -> list[Any]:
        """New places, then refused, broken, never, and one column for each effect."""
        regions = self.tables.of(TRIGGERS[trigger])
        bits: Any = np.int32(0)
        for number, fact in enumerate(facts):
            bits = bits + (np.asarray(fact, dtype=np.int32) << number)
        at = [np.broadcast_to((np.asarray(p, dtype=np.int32) << len(facts)) + bits, size) for p in places]
        answers = [region.answer[index] for region, index in zip(regions, at, strict=True)]
        every = answers[0] | answers[1] | answers[2] | answers[3]
        on = np.broadcast_to(np.asarray(when) != 0, size)
        refused = (every & REFUSES) != 0
        if self.marks:
            self._mark(regions, at, answers, on, refused)
        moves = on & ~refused
        new = [np.where(moves, r.target[i], p) for r, i, p in zip(regions, at, places, strict=True)]
        effects = [moves & ((every >> code(effect)) & 1 != 0) for effect in Effect]
        return [*new, on & refused, on & ((every & BROKEN) != 0), moves & ((every & NEVER) != 0), *effects]

    def _mark(self, regions: Any, at: Any, answers: Any, on: Any, refused: Any) -> None:
        unsaid = on & refused
        for region, index, answer in zip(regions, at, answers, strict=True):
            mine = (answer & REFUSES) != 0
            # Of several that refuse, the first gives the reason.
            decides = (on & ~refused) | (unsaid & mine)
            unsaid = unsaid & ~mine
            rows, first = np.unique(region.row[index[decides]], return_index=True)
            self.decided[rows] = True
            if self.ids is not None:
                for row, state in zip(rows.tolist(), self.ids[decides][first].tolist(), strict=True):
                    self.witnesses.setdefault(row, []).append(state)


TRIGGERS: Final = tuple(Trigger)


@attrs.frozen(eq=False)
class Compiled:
    """One event: whether it is enabled, and what it leads to."""

    event: ModelEvent
    properties: tuple[Property, ...]
    enabled: Callable[..., Any]
    run: Callable[..., tuple[States, list[Any]]]


class Model:
    """A table under given constants, ready to be searched."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.variables = variables(rules.k)
        self.names = tuple(v.name for v in self.variables)
        self.react = Reactor(Tables(rules.rows))
        self.events = tuple(self.compiled(rules, event) for event in events(rules.k))

    def initial(self) -> States:
        """The one state in which a session begins."""
        return {v.name: np.array([v.initial], dtype=np.int8) for v in self.variables}

    def compiled(self, rules: Rules, event: ModelEvent) -> Compiled:
        """One event under these rules."""
        step = Step(rules, given(event))
        step.build()
        watch(step)
        claimed = [(claim, step.program.let(f"claim_{n}", formula)) for n, (claim, formula) in enumerate(claims(step))]
        forget(step)
        body = [f"    {name} = S[{name!r}]" for name in self.names]
        body += [f"    {flag} = i8(0)" for flag in _FLAGS]
        body += [line for statement in step.program.statements for line in self._lines(statement)]
        body.append(f"    return dict({', '.join(f'{n}={n}' for n in self.names)}), [")
        body += [f"        {text(formula)}," for _, formula in claimed]
        body.append("    ]")
        head = [f"    {name} = S[{name!r}]" for name in self.names]
        source = "\n".join(
            [
                "def run(S, size):",
                *body,
                "def is_enabled(S):",
                *head,
                f"    return {text(both(enabled(event.kind), tells(rules, event)))}",
            ]
        )
        space: dict[str, Any] = {"i8": np.int8, "where": np.where, "react": self.react}
        exec(compile(source, f"<{event.name}>", "exec"), space)  # noqa: S102 - made here, from expressions only
        return Compiled(event, tuple(p for p, _ in claimed), space["is_enabled"], space["run"])

    def _lines(self, statement: Assign | React) -> list[str]:
        if isinstance(statement, Assign):
            value = text(statement.value)
            if statement.when == Num(1):
                return [f"    {statement.name} = {value}"]
            return [f"    {statement.name} = where({text(statement.when)}, {value}, {statement.name})"]
        asked = self.react.tables.facts[statement.trigger]
        facts = ", ".join(text(statement.facts[fact]) for fact in asked)
        places = ", ".join(REGION_NAMES)
        flags = [f"effect_{effect.name.lower()}" for effect in Effect]
        number = TRIGGERS.index(statement.trigger)
        return [
            f"    R = react({number}, {text(statement.when)}, [{places}], [{facts}], size)",
            f"    {places}, refused, b, n, *E = R",
            "    broken, never = broken | b, never | n",
            f"    {', '.join(flags)} = [a | b for a, b in zip(({', '.join(flags)}), E, strict=True)]",
        ]
