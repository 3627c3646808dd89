"""The whole model in Promela, for Spin: one alternative of one loop for each event.

It is plain Promela without embedded C, so that Spin's own language decides what a step does; its checker is compiled
in seconds all the same. The table is printed row by row, and each step counts the rows that apply, so that nothing
of what the search uses to look rows up is used here. What a step works with and no state keeps is `hidden`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import attrs

from syntherm.core.properties import Property
from syntherm.core.table import Kind as RowKind
from syntherm.core.table import Row
from syntherm.core.vocabulary import REGIONS, Effect, Session
from syntherm_verify.model.claims import claims
from syntherm_verify.model.dead import forget
from syntherm_verify.model.environment import ModelEvent, events, given
from syntherm_verify.model.expr import NO, YES, Expr, Num, Op, Var, add, both, choose, eq, negate
from syntherm_verify.model.expr import variables as names_in
from syntherm_verify.model.fairness import Needed, needed
from syntherm_verify.model.monitors import heating, watch
from syntherm_verify.model.program import Assign, React, Statement, Step, enabled, tells
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, Variable, code, variables

PROPERTIES: Final = tuple(Property)
EVENT: Final = "event"
BROKEN: Final = "broken"
"""Words that a replayed trail prints before the number of an event, and before the bits of broken properties."""
FORMULAS: Final = ("heating", "cooling")
"""Names of the formulas: that it ends."""
VIOLATED: Final = "violated"
"""The variable of a step with a bit for each property that the step breaks."""

_MOST_BITS: Final = 31
_SIGNS: Final = {"&": "&&", "|": "||"}
_OUTCOMES: Final = ("refused", "broken", "never", *(f"effect_{effect.name.lower()}" for effect in Effect))
_OTHER: Final = 0
_LAST: Final = {need: number for number, need in enumerate(Needed, start=1)}
"""What happened last, of the events that must go on happening, as `last` holds it."""


class _Text:
    """Prints expressions; the names of the state are the model's, all others have a prefix of their own."""

    def __init__(self, state: Iterable[str]) -> None:
        self.state = frozenset(state)
        self.hidden: dict[str, None] = {}

    def name(self, name: str) -> str:
        """A variable of the state as it is; anything else as a hidden one, to be declared."""
        if name in self.state:
            return name
        self.hidden[f"t_{name}"] = None
        return f"t_{name}"

    def __call__(self, expression: Expr) -> str:
        if isinstance(expression, Num):
            return f"({expression.value})" if expression.value < 0 else str(expression.value)
        if isinstance(expression, Var):
            return self.name(expression.name)
        parts = [self(part) for part in expression.of]
        if expression.sign == "!":
            return f"!{parts[0]}" if not isinstance(expression.of[0], Op) else f"(!{parts[0]})"
        if expression.sign == "?":
            return f"({parts[0]} -> {parts[1]} : {parts[2]})"
        return f"({f' {_SIGNS.get(expression.sign, expression.sign)} '.join(parts)})"

    def lines(self, statement: Statement, rows: tuple[Row, ...], wanted: frozenset[str]) -> Iterator[str]:
        """One statement; of what the table answers, only what is wanted."""
        if isinstance(statement, React):
            yield from self._reaction(statement, rows, wanted)
            return
        name, value = self.name(statement.name), self(statement.value)
        if statement.when != YES:
            value = f"({self(statement.when)} -> {value} : {name})"
        yield f"{name} = {value};"

    def _reaction(self, react: React, rows: tuple[Row, ...], wanted: frozenset[str]) -> Iterator[str]:
        asked = [(row, self._applies(row, react)) for row in rows if row.trigger is react.trigger]
        yield f"if :: {self(react.when)} ->"
        if "broken" in wanted:
            yield f"  t_broken = (t_broken || !({_one_of_each(asked)}));"
        yield f"  t_refused = {_any(fits for row, fits in asked if row.kind is RowKind.REFUSE)};"
        yield "  if :: !t_refused ->"
        if "never" in wanted:
            yield f"    t_never = (t_never || {_any(fits for row, fits in asked if row.kind is RowKind.NEVER)});"
        for effect in Effect:
            does = [fits for row, fits in asked if row.kind is RowKind.MOVE and effect in row.effects]
            if does and (flag := f"effect_{effect.name.lower()}") in wanted:
                yield f"    t_{flag} = (t_{flag} || {_any(does)});"
        for region in REGION_NAMES:
            moves = [(row, fits) for row, fits in asked if _region(row) == region and row.target is not row.source]
            # What a row asks of the state concerns its own region only, so the regions may move one by one.
            choices = "".join(f"({fits} -> {code(row.target)} : " for row, fits in moves)
            if moves:
                yield f"    {region} = {choices}{region}{')' * len(moves)};"
        yield "    skip; :: else fi; :: else -> t_refused = 0; fi;"

    def _applies(self, row: Row, react: React) -> str:
        literals = (react.facts[fact] if wanted else negate(react.facts[fact]) for fact, wanted in row.guard)
        return self(both(eq(Var(_region(row)), code(row.source)), *literals))


def _one_of_each(asked: list[tuple[Row, str]]) -> str:
    counts = ([fits for row, fits in asked if type(row.source) is region] for region in REGIONS)
    return " && ".join(f"({' + '.join(count) or 0}) == 1" for count in counts)


def _any(conditions: Iterable[str]) -> str:
    return f"({' || '.join(c for c in conditions if c != '0') or 0})"


def _region(row: Row) -> str:
    return REGION_NAMES[REGIONS.index(type(row.source))]


# -------------------------------------------------------------------------------------------------------------- steps
@attrs.frozen
class _Event:
    """What one event does, and when it may happen."""

    event: ModelEvent
    when: Expr
    statements: tuple[Statement, ...]


def _event(rules: Rules, event: ModelEvent) -> _Event:
    step = Step(rules, given(event))
    step.build()
    watch(step)
    step.program.put(VIOLATED, _violated(list(claims(step))))
    forget(step)
    return _Event(event, both(enabled(event.kind), tells(rules, event)), tuple(step.program.statements))


def _violated(stated: list[tuple[Property, Expr]]) -> Expr:
    """A bit for every property that a claim of which is broken."""
    if len(PROPERTIES) > _MOST_BITS:
        raise ValueError(f"{len(PROPERTIES)} properties: a number in Promela has bits for {_MOST_BITS}")
    bits: Expr = NO
    for claim in dict.fromkeys(claim for claim, _ in stated):
        holds = both(*(formula for other, formula in stated if other is claim))
        bits = add(bits, choose(holds, 0, 1 << PROPERTIES.index(claim)))
    return bits


def _used(event: _Event, kept: frozenset[str]) -> tuple[list[Statement], frozenset[str]]:
    """The statements on which what is kept rests, and all names that these read or keep."""
    names, read = set(kept), set(kept)
    used: list[Statement] = []
    for statement in reversed(event.statements):
        if isinstance(statement, Assign):
            if statement.name not in names:
                continue
            if statement.when == YES:
                names.discard(statement.name)
            found = {*names_in(statement.value), *names_in(statement.when)}
        else:
            facts = (names_in(fact) for fact in statement.facts.values())
            found = {*names_in(statement.when), *chain.from_iterable(facts), *REGION_NAMES}
        names |= found
        read |= found
        used.append(statement)
    return used[::-1], frozenset(read)


def _cone(each: tuple[_Event, ...], state: frozenset[str]) -> frozenset[str]:
    """The variables on which it depends what can happen, and where the regions go: monitors are not among them."""
    kept = frozenset(REGION_NAMES).union(*(names_in(event.when) for event in each))
    while True:
        grown = kept.union(*(_used(event, kept)[1] for event in each)) & state
        if grown == kept:
            return kept
        kept = grown


# -------------------------------------------------------------------------------------------------------------- model
def _declared(variable: Variable) -> str:
    kind = "short" if variable.least < 0 else "bit" if variable.most == 1 else "byte"
    return f"{kind} {variable.name} = {variable.initial}; /* {variable.means} */"


def _alternative(number: int, event: _Event, rules: Rules, kept: frozenset[str], text: _Text) -> list[str]:
    used, read = _used(event, kept)
    lines = [f"({text(event.when)});", f'printf("{EVENT} {number}\\n");']
    lines += [f"{text.name(flag)} = 0;" for flag in _OUTCOMES if flag in read]
    for statement in used:
        lines += text.lines(statement, rules.rows, read)
    return lines


def _model(head: list[str], text: _Text, each: tuple[_Event, ...], bodies: list[list[str]]) -> str:
    alternatives = (
        ["  :: d_step {", f"    /* {event.event.name} */", *(f"    {line}" for line in body), "  }"]
        for event, body in zip(each, bodies, strict=True)
    )
    hidden = [f"hidden int {name};" for name in sorted({*text.hidden, "t_refused"})]
    loop = chain.from_iterable(alternatives)
    return "\n".join([*head, *hidden, "active proctype day() {", "  do", *loop, "  od", "}", ""])


def safety(rules: Rules) -> str:
    """The model in which every broken claim is a violated assertion."""
    each = tuple(_event(rules, event) for event in events(rules.k))
    every = variables(rules.k)
    text = _Text(v.name for v in every)
    violated = text.name(VIOLATED)
    kept = text.state | {VIOLATED}
    end = [
        f'if :: {violated} != 0 -> printf("{BROKEN} %d\\n", {violated}) :: else fi;',
        f"assert({violated} == 0);",
    ]
    bodies = [[*_alternative(n, event, rules, kept, text), *end] for n, event in enumerate(each)]
    bits = [f"/* bit {n} of {violated}: {claim.value.name} */" for n, claim in enumerate(PROPERTIES)]
    return _model([*bits, *map(_declared, every)], text, each, bodies)


def liveness(rules: Rules) -> str:
    """The model without what only claims look at, with the last event of those that must go on happening.

    What is left out is outside the cone of influence of the regions, so that the ways through the regions are the
    same. The last event is kept in heating and cooling only, where the formulas ask for it.
    """
    each = tuple(_event(rules, event) for event in events(rules.k))
    every = variables(rules.k)
    kept = _cone(each, frozenset(v.name for v in every))
    text = _Text(kept)
    heats, cools = text(heating(Var("session"))), f"(session == {code(Session.COOLING)})"
    bodies = []
    for number, event in enumerate(each):
        need = needed(event.event)
        last = _OTHER if need is None else _LAST[need]
        inside = cools if need is Needed.COOL else f"({heats} || {cools})"
        bodies.append([*_alternative(number, event, rules, kept, text), f"last = ({inside} -> {last} : {_OTHER});"])
    head = [*(_declared(v) for v in every if v.name in kept), f"byte last = {_OTHER};"]
    return _model(head, text, each, bodies) + _formulas(heats, cools)


def _formulas(heats: str, cools: str) -> str:
    goes_on = [f"[]<> (last == {number})" for number in _LAST.values()]
    # In this shape Spin makes a small automaton of it; the equal <>[] x && []<> y takes it ten times as long.
    stays = {"heating": " && ".join([f"[] {heats}", *goes_on[:2]]), "cooling": " && ".join([f"[] {cools}", *goes_on])}
    return "".join(f"ltl {name} {{ !<> ({stays[name]}) }}\n" for name in FORMULAS)


__all__ = ["BROKEN", "EVENT", "FORMULAS", "PROPERTIES", "liveness", "safety"]
