"""The whole model as one Verilog module, for proof engines that know nothing of this project.

One program for each kind of event, with the environment's answers as inputs, so that every set of faults, every
delay and every answer is covered at once. What `dead` forgets is not forgotten here, on purpose: that reduction is
checked by doing without it. Every value has a wire as wide as it can need, so that nothing overflows.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from syntherm.core.table import Kind as RowKind
from syntherm.core.vocabulary import REGIONS, Effect
from syntherm_verify.model.claims import claims
from syntherm_verify.model.environment import Kind
from syntherm_verify.model.expr import NO, YES, Expr, Num, Var, add, both, either, eq, le, negate
from syntherm_verify.model.inputs import any_of, inputs
from syntherm_verify.model.invariants import invariants
from syntherm_verify.model.monitors import watch
from syntherm_verify.model.program import Assign, React, Step, enabled
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, Variable, code, variables
from syntherm_verify.model.wires import Value, Wires, width

RANGES: Final = "ranges"
"""The claim that no variable leaves its range, beside the properties."""
MODULE: Final = "session"


# ------------------------------------------------------------------------------------------------------------ table
def table_answers(rules: Rules, react: React) -> Iterator[Assign]:
    """The rows of a trigger as assignments; nothing of what the search uses for them is used here."""
    asked = [(n, row) for n, row in enumerate(rules.rows) if row.trigger is react.trigger]
    fits: dict[int, Expr] = {}
    for number, row in asked:
        guard = (react.facts[f] if wanted else negate(react.facts[f]) for f, wanted in row.guard)
        name = REGION_NAMES[REGIONS.index(type(row.source))]
        fits[number] = both(react.when, eq(Var(name), code(row.source)), *guard)
        yield Assign(f"row_{number}", fits[number], YES)
    fits = {number: Var(f"row_{number}") for number in fits}
    for name, region in zip(REGION_NAMES, REGIONS, strict=True):
        count: Expr = Num(0)
        for number, row in asked:
            count = add(count, fits[number]) if type(row.source) is region else count
        yield Assign(f"rows_{name}", count, YES)
    one = both(*(eq(Var(f"rows_{name}"), 1) for name in REGION_NAMES))
    yield Assign("broken", either(Var("broken"), both(react.when, negate(one))), YES)
    refuses = either(*(fits[n] for n, row in asked if row.kind is RowKind.REFUSE))
    yield Assign("refuses", refuses, YES)
    yield Assign("refused", YES, Var("refuses"))
    moves = both(react.when, negate(Var("refuses")))
    never = either(*(fits[n] for n, row in asked if row.kind is RowKind.NEVER))
    yield Assign("never", YES, both(moves, never))
    for effect in Effect:
        wanted = either(*(fits[n] for n, row in asked if row.kind is RowKind.MOVE and effect in row.effects))
        if wanted != NO:
            yield Assign(f"effect_{effect.name.lower()}", YES, both(moves, wanted))
    for number, row in asked:
        if row.target is not row.source:
            name = REGION_NAMES[REGIONS.index(type(row.source))]
            yield Assign(name, Num(code(row.target)), both(moves, fits[number]))


# ----------------------------------------------------------------------------------------------------------- module
@attrs.frozen
class Module:
    """The text, and the names of its outputs: each is 1 where the claim of that name is broken.

    `helped`: the numbers of further outputs, that are 1 where a claim or something that helps to prove it is broken.
    """

    text: str
    claims: tuple[str, ...]
    helped: dict[str, int]


_FLAGS: Final = ("refused", "broken", "never", *(f"effect_{e.name.lower()}" for e in Effect))


@attrs.define
class _After:
    """Where a kind's program leads: when it is taken, values by variable, and the claims that it breaks."""

    taken: str
    values: dict[str, Value]
    broken: dict[str, list[str]]


def module(rules: Rules) -> Module:
    """The model of a table under constants."""
    held, given = variables(rules.k), inputs(rules)
    lines = [f"wire signed [{width(0, most)}:0] {name} = {{2'b0, {name}_bits}};" for name, most in given.items()]
    lines += [line for v in held for line in _register(v)]
    start = {v.name: Value(v.name, v.least, v.most) for v in held}
    start |= {name: Value(name, 0, most) for name, most in given.items()}
    start |= {flag: Value("1'sd0", 0, 0) for flag in _FLAGS}
    after = []
    for number, kind in enumerate(Kind):
        wires = Wires(dict(start), f"{kind.name.lower()}_")
        after.append(_kind(rules, kind, number, wires))
        lines += wires.lines
    lines += [line for v in held for line in _next(v, after)]
    bad: dict[str, list[str]] = {}
    for leads in after:
        for name, texts in leads.broken.items():
            bad.setdefault(name, []).extend(f"({leads.taken} & {text})" for text in texts)
    names = tuple(sorted(bad))
    helped: dict[str, int] = {}
    wires = Wires(dict(start), "helps_")
    for claim, helping in invariants(rules.k).items():
        helped[claim.value.name] = len(names) + len(helped)
        wrong = [f"!{wires.value(formula).text}[0]" for formula in helping]
        bad[f"{claim.value.name} helped"] = [f"bad_{names.index(claim.value.name)}", *wrong]
    lines += wires.lines
    outputs = (*names, *(f"{name} helped" for name in helped))
    lines += [f"assign bad_{n} = {' | '.join(bad[name])};" for n, name in enumerate(outputs)]
    ports = ["input clock", *(f"input [{width(0, m) - 2}:0] {n}_bits" for n, m in given.items())]
    ports += [f"output bad_{n}" for n in range(len(outputs))]
    text = "\n".join([f"module {MODULE}({', '.join(ports)});", *lines, "endmodule", ""])
    return Module(text, names, helped)


def _kind(rules: Rules, kind: Kind, number: int, wires: Wires) -> _After:
    step = Step(rules, any_of(kind))
    step.build()
    watch(step)
    allowed = both(enabled(kind), eq(Var("in_kind"), number), *(le(Var(n), m) for n, m in inputs(rules).items()))
    taken = wires.value(allowed).text
    for statement in step.program.statements:
        for assign in table_answers(rules, statement) if isinstance(statement, React) else (statement,):
            wires.assign(assign)
    broken: dict[str, list[str]] = {}
    for claim, formula in claims(step):
        value = wires.value(formula)
        if value.least == 0:
            broken.setdefault(claim.value.name, []).append("1'b1" if value.most == 0 else f"!{value.text}[0]")
    for variable in variables(rules.k):
        value = wires.now[variable.name]
        if value.least < variable.least or variable.most < value.most:
            inside = both(le(variable.least, Var(variable.name)), le(Var(variable.name), variable.most))
            broken.setdefault(RANGES, []).append(f"!{wires.value(inside).text}[0]")
    values = {v.name: wires.now[v.name] for v in variables(rules.k)}
    return _After(f"{taken}[0]", values, broken)


def _bits(variable: Variable) -> int:
    return max(1, width(variable.least, variable.most) - (variable.least >= 0))


def _register(variable: Variable) -> Iterable[str]:
    bits, name = _bits(variable), variable.name
    first = variable.initial % (1 << bits)
    yield f"reg [{bits - 1}:0] {name}_held = {bits}'d{first};"
    shown = f"{{1'b0, {name}_held}}" if variable.least >= 0 else f"{name}_held"
    yield f"wire signed [{bits if variable.least >= 0 else bits - 1}:0] {name} = {shown};"


def _next(variable: Variable, after: list[_After]) -> Iterable[str]:
    name = variable.name
    choices = [(leads.taken, leads.values[name].text) for leads in after if leads.values[name].text != name]
    text = "".join(f"{taken} ? {value} : " for taken, value in choices)
    yield f"always @(posedge clock) {name}_held <= {text}{name};"
