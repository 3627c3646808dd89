"""The model's controller as functions: one for each kind of event, over one state or over arrays of states.

What the environment answers comes in as inputs, so that whatever happened to the real controller can be put to the
model, too. Nothing is forgotten and nothing is watched here: a step leads to the controller's own variables only.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from syntherm.core.vocabulary import Effect, Trigger
from syntherm_verify.model.compiled import TRIGGERS, Reactor, text
from syntherm_verify.model.environment import CONTROLLER, Kind
from syntherm_verify.model.expr import Expr, Num
from syntherm_verify.model.inputs import any_of, inputs
from syntherm_verify.model.program import Assign, React, Step
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, variables
from syntherm_verify.model.tables import BROKEN, NEVER, REFUSES, Tables

_FLAGS: Final = ("refused", "broken", "never", *(f"effect_{e.name.lower()}" for e in Effect))
_TOLD: Final = ("off", "hold", "lends", "infuses", "refused", "broken", "never")
Values = Mapping[str, int]


@attrs.frozen
class Answer:
    """What the table answers: new places, whether it refuses, has no row, or came to a row that never decides."""

    places: tuple[int, ...]
    refused: bool
    broken: bool
    never: bool
    effects: int
    """One bit for each effect, in the order of the enum."""


class Lookup:
    """The table's answers for one place at a time. `decided`: numbers of the rows that decided something."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.decided: set[int] = set()
        self._known: dict[Trigger, list[tuple[list[int], list[int], list[int]]]] = {}

    def answer(self, trigger: Trigger, places: Sequence[int], facts: Sequence[int]) -> Answer:
        """The answer to a trigger; `facts` in the order of the tables."""
        known = self._known.get(trigger)
        if known is None:
            regions = self.tables.of(trigger)
            known = [(r.target.tolist(), r.answer.tolist(), r.row.tolist()) for r in regions]
            self._known[trigger] = known
        bits = sum(1 << number for number, fact in enumerate(facts) if fact)
        at = [(place << len(facts)) + bits for place in places]
        answers = [answer[index] for (_, answer, _), index in zip(known, at, strict=True)]
        every = answers[0] | answers[1] | answers[2] | answers[3]
        rows = [row[index] for (_, _, row), index in zip(known, at, strict=True)]
        if every & REFUSES:
            self.decided.add(next(row for row, answer in zip(rows, answers, strict=True) if answer & REFUSES))
            return Answer(tuple(places), True, bool(every & BROKEN), False, 0)
        self.decided.update(rows)
        new = tuple(target[index] for (target, _, _), index in zip(known, at, strict=True))
        return Answer(new, False, bool(every & BROKEN), bool(every & NEVER), every & (REFUSES - 1))

    def __call__(self, trigger: int, when: int, places: list[int], facts: list[int], size: int) -> list[int]:
        """As `compiled.Reactor`, for a single state."""
        if not when:
            return [*places, 0, 0, 0, *(0 for _ in Effect)]
        found = self.answer(TRIGGERS[trigger], places, facts)
        effects = (found.effects >> number & 1 for number in range(len(Effect)))
        return [*found.places, int(found.refused), int(found.broken), int(found.never), *effects]


@attrs.frozen
class After:
    """Where a step of the model leads, and what it tells. `lease` and `watch`: for how many ticks it lends."""

    values: dict[str, Any]
    told: dict[str, Any]
    lease: int
    watch: int


@attrs.frozen(eq=False)
class _Compiled:
    one: Callable[..., Any]
    many: Callable[..., Any]
    lease: int
    watch: int


class Kindwise:
    """The controller's steps under given rules."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.names = tuple(v.name for v in variables(rules.k))
        self.inputs = inputs(rules)
        self.lookup = Lookup(Tables(rules.rows))
        self.reactor = Reactor(self.lookup.tables)
        self._initial = {v.name: v.initial for v in variables(rules.k)}
        self._made: dict[Kind, _Compiled] = {}

    def one(self, kind: Kind, state: Values, answers: Values) -> After:
        """One step from one state; variables that are not given have their initial value, and inputs are 0."""
        made = self._of(kind)
        values, told = made.one({**self._initial, **state}, {**dict.fromkeys(self.inputs, 0), **answers}, 1)
        return After(_whole(values), _whole(dict(zip(_TOLD, told, strict=True))), made.lease, made.watch)

    def many(self, kind: Kind, states: Mapping[str, Any], answers: Mapping[str, Any], size: int) -> After:
        """As `one`, with arrays of `size` in place of numbers."""
        made = self._of(kind)
        start = {name: np.full(size, value, dtype=np.int8) for name, value in self._initial.items()}
        given = {name: np.zeros(size, dtype=np.int8) for name in self.inputs}
        values, told = made.many({**start, **states}, {**given, **answers}, size)
        return After(values, dict(zip(_TOLD, told, strict=True)), made.lease, made.watch)

    def _of(self, kind: Kind) -> _Compiled:
        if kind not in CONTROLLER:
            raise ValueError(f"{kind.name} is no event of the controller")
        if kind not in self._made:
            self._made[kind] = self._compiled(kind)
        return self._made[kind]

    def _compiled(self, kind: Kind) -> _Compiled:
        step = Step(self.rules, any_of(kind))
        step.build()
        out = step.out
        told: tuple[Expr, ...] = (out.off, out.hold, out.lends, out.infuses, out.refused)
        body = [f"    {name} = S[{name!r}]" for name in self.names]
        body += [f"    {name} = I[{name!r}]" for name in self.inputs]
        body += [f"    {flag} = i8(0)" for flag in _FLAGS]
        body += [line for statement in step.program.statements for line in self._lines(statement)]
        body.append(f"    return dict({', '.join(f'{n}={n}' for n in self.names)}), [")
        body += [f"        {text(formula)}," for formula in told]
        body.append("        broken, never]")
        code = compile("\n".join(["def run(S, I, size):", *body]), f"<any {kind.name}>", "exec")
        arrays: dict[str, Any] = {"i8": np.int8, "where": np.where, "react": self.reactor}
        numbers: dict[str, Any] = {"i8": int, "where": _chosen, "react": self.lookup}
        for space in (arrays, numbers):
            exec(code, space)  # noqa: S102 - made here, from expressions only
        return _Compiled(numbers["run"], arrays["run"], out.longest_lease, out.watch)

    def _lines(self, statement: Assign | React) -> list[str]:
        if isinstance(statement, Assign):
            value = text(statement.value)
            if statement.when == Num(1):
                return [f"    {statement.name} = {value}"]
            return [f"    {statement.name} = where({text(statement.when)}, {value}, {statement.name})"]
        asked = self.lookup.tables.facts[statement.trigger]
        facts = ", ".join(text(statement.facts[fact]) for fact in asked)
        places = ", ".join(REGION_NAMES)
        flags = [f"effect_{effect.name.lower()}" for effect in Effect]
        return [
            f"    R = react({TRIGGERS.index(statement.trigger)}, {text(statement.when)}, [{places}], [{facts}], size)",
            f"    {places}, r, b, n, *E = R",
            "    refused, broken, never = refused | r, broken | b, never | n",
            f"    {', '.join(flags)} = [a | b for a, b in zip(({', '.join(flags)}), E, strict=True)]",
        ]


def _chosen(condition: int, yes: int, no: int) -> int:
    return yes if condition else no


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(value) for name, value in values.items()}
