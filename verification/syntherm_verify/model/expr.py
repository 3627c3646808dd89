"""Whole-number expressions, the only language of the model: every engine's text is printed from them.

Truth is 1 and falsehood 0. Building folds constants, so that what an event fixes costs an engine nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs


@attrs.frozen
class Num:
    """A constant."""

    value: int


@attrs.frozen
class Var:
    """A variable of the model, a temporary of a step, or an input."""

    name: str


@attrs.frozen
class Op:
    """An operation: + - for numbers, <= == for comparison, & | ! for truths, ? for a choice."""

    sign: str
    of: tuple["Expr", ...]


Expr = Num | Var | Op
NO: Final = Num(0)
YES: Final = Num(1)

_FOLD: Final[Mapping[str, Callable[..., int]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "<=": lambda a, b: int(a <= b),
    "==": lambda a, b: int(a == b),
}


def num(value: Expr | int) -> Expr:
    """A constant, unless it is an expression already."""
    return Num(int(value)) if isinstance(value, int) else value


def _binary(sign: str, left: Expr | int, right: Expr | int) -> Expr:
    a, b = num(left), num(right)
    if isinstance(a, Num) and isinstance(b, Num):
        return Num(_FOLD[sign](a.value, b.value))
    if sign in "+-" and b == NO:
        return a
    if sign == "+" and a == NO:
        return b
    if sign in ("==", "<=") and a == b:
        return YES
    return Op(sign, (a, b))


def add(left: Expr | int, right: Expr | int) -> Expr:
    """left + right."""
    return _binary("+", left, right)


def sub(left: Expr | int, right: Expr | int) -> Expr:
    """left - right."""
    return _binary("-", left, right)


def le(left: Expr | int, right: Expr | int) -> Expr:
    """left <= right."""
    return _binary("<=", left, right)


def lt(left: Expr | int, right: Expr | int) -> Expr:
    """left < right."""
    return negate(le(right, left))


def eq(left: Expr | int, right: Expr | int) -> Expr:
    """left == right."""
    return _binary("==", left, right)


def negate(truth: Expr) -> Expr:
    """Not."""
    if isinstance(truth, Num):
        return Num(1 - truth.value)
    if isinstance(truth, Op) and truth.sign == "!":
        return truth.of[0]
    return Op("!", (truth,))


def both(*truths: Expr) -> Expr:
    """All of them."""
    left = tuple(dict.fromkeys(t for t in truths if t != YES))
    if NO in left:
        return NO
    return YES if not left else left[0] if len(left) == 1 else Op("&", left)


def either(*truths: Expr) -> Expr:
    """At least one of them."""
    left = tuple(dict.fromkeys(t for t in truths if t != NO))
    if YES in left:
        return YES
    return NO if not left else left[0] if len(left) == 1 else Op("|", left)


def implies(first: Expr, then: Expr) -> Expr:
    """If first, then also `then`."""
    return either(negate(first), then)


def choose(condition: Expr, yes: Expr | int, no: Expr | int) -> Expr:
    """`yes` where the condition holds, else `no`."""
    a, b = num(yes), num(no)
    if isinstance(condition, Num):
        return a if condition.value else b
    if a == b:
        return a
    if isinstance(b, Op) and b.sign == "?" and b.of[1] == a:
        return choose(either(condition, b.of[0]), a, b.of[2])
    if (a, b) == (YES, NO):
        return condition
    if (a, b) == (NO, YES):
        return negate(condition)
    return Op("?", (condition, a, b))


def at_most(value: Expr, cap: int) -> Expr:
    """The value, cut at a cap beyond which nothing looks."""
    return choose(le(value, cap), value, cap)


def one_of(value: Expr, numbers: tuple[int, ...]) -> Expr:
    """Whether the value is one of the numbers."""
    return either(*(eq(value, n) for n in numbers))


def variables(expression: Expr) -> Iterator[str]:
    """Names of all variables in an expression."""
    if isinstance(expression, Var):
        yield expression.name
    elif isinstance(expression, Op):
        for part in expression.of:
            yield from variables(part)


def put_in(expression: Expr, values: Mapping[str, Expr]) -> Expr:
    """The expression with variables replaced."""
    if isinstance(expression, Var):
        return values.get(expression.name, expression)
    if isinstance(expression, Num):
        return expression
    parts = [put_in(part, values) for part in expression.of]
    sign = expression.sign
    if sign == "!":
        return negate(parts[0])
    if sign == "?":
        return choose(*parts)
    if sign in "&|":
        return both(*parts) if sign == "&" else either(*parts)
    return _binary(sign, *parts)
