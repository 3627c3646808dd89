"""Running the core's own functions on symbols, so that the model is made of them and copies nothing.

A `Sym` stands for a number that the core computes with: a constant plus whole multiples of model variables. Where
the core branches on one, the run is repeated for both answers; out comes an expression for everything it returned.
The core may add, subtract, negate and compare symbols and scale them by constants; anything else fails here, loudly.
"""

from collections.abc import Callable, Mapping
from math import ceil, floor, isinf
from typing import Final, TypeVar, cast

import attrs

from syntherm_verify.model.expr import Expr, Num, Var, add, choose, le, negate, sub

R = TypeVar("R")
_MOST_BRANCHES: Final = 4096


class NotOnTheGrid(Exception):
    """The core computed something that the model cannot hold: a fraction of a tick, a product of two variables."""


class _Run:
    """One run: the answers given so far, and the questions asked."""

    def __init__(self, answers: tuple[bool, ...]) -> None:
        self.answers = answers
        self.asked: list[Expr] = []

    def answer(self, question: Expr) -> bool:
        if isinstance(question, Num):
            return bool(question.value)
        for known, given in zip(self.asked, self.answers, strict=False):
            if known == question:
                return given
        self.asked.append(question)
        if len(self.asked) > len(self.answers):
            self.answers = (*self.answers, True)
        return self.answers[len(self.asked) - 1]


_run: _Run | None = None


class Unasked:
    """A truth that depends on symbols; the core's asking for it makes a branch."""

    def __init__(self, expression: Expr) -> None:
        self.expression = expression

    def __bool__(self) -> bool:
        if _run is None:
            raise NotOnTheGrid("the core branched on a symbol outside of a symbolic run")
        return _run.answer(self.expression)


@attrs.frozen(eq=False, order=False)
class Sym:
    """constant + sum of factor x variable; a stand-in for a float of the core."""

    constant: float
    factors: tuple[tuple[str, float], ...]

    def _plus(self, other: object, sign: float) -> "Sym":
        if isinstance(other, Sym):
            merged = dict(self.factors)
            for name, factor in other.factors:
                merged[name] = merged.get(name, 0.0) + sign * factor
            kept = tuple(sorted((n, f) for n, f in merged.items() if f != 0.0))
            return Sym(self.constant + sign * other.constant, kept)
        return Sym(self.constant + sign * _number(other), self.factors)

    def _times(self, factor: float) -> "Sym":
        return Sym(self.constant * factor, tuple((n, f * factor) for n, f in self.factors if factor != 0.0))

    def __add__(self, other: object) -> "Sym":
        return self._plus(other, 1.0)

    __radd__ = __add__

    def __sub__(self, other: object) -> "Sym":
        return self._plus(other, -1.0)

    def __rsub__(self, other: object) -> "Sym":
        return self._times(-1.0)._plus(other, 1.0)

    def __neg__(self) -> "Sym":
        return self._times(-1.0)

    def __mul__(self, other: object) -> "Sym":
        return self._times(_number(other))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> "Sym":
        return self._times(1.0 / _number(other))

    def __le__(self, other: object) -> Unasked:
        return Unasked(_not_above(self - other))

    def __ge__(self, other: object) -> Unasked:
        return Unasked(_not_above(-(self - other)))

    def __lt__(self, other: object) -> Unasked:
        return Unasked(negate(_not_above(-(self - other))))

    def __gt__(self, other: object) -> Unasked:
        return Unasked(negate(_not_above(self - other)))

    def __format__(self, _: str) -> str:
        return "?"

    def __bool__(self) -> bool:
        raise NotOnTheGrid("the core asked whether a number is true")


def _number(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise NotOnTheGrid(f"the core mixed a symbol with {value!r}")


def _not_above(difference: Sym) -> Expr:
    """difference <= 0, over whole numbers."""
    if not difference.factors:
        return Num(int(difference.constant <= 0.0))
    scale = min(abs(factor) for _, factor in difference.factors)
    bound = -difference.constant / scale
    if isinf(bound):
        return Num(int(bound > 0.0))
    total: Expr = Num(0)
    for name, factor in difference.factors:
        total = _times(total, name, factor / scale)
    # What is left is whole, so a bound between two ticks is the one below.
    return le(total, floor(bound + 1e-9))


def _times(total: Expr, name: str, factor: float) -> Expr:
    whole = round(factor)
    if abs(factor - whole) > 1e-9 or not 0 < abs(whole) <= 4:
        raise NotOnTheGrid(f"{factor} x {name}")
    for _ in range(abs(whole)):
        total = add(total, Var(name)) if whole > 0 else sub(total, Var(name))
    return total


def number(value: object) -> Expr:
    """The expression of what the core computed. Raises NotOnTheGrid for a fraction of a tick."""
    if isinstance(value, Unasked):
        return value.expression
    if isinstance(value, bool | int):
        return Num(int(value))
    if isinstance(value, float):
        return _whole(value)
    if isinstance(value, Sym):
        total = _whole(value.constant)
        for name, factor in value.factors:
            total = _times(total, name, factor)
        return total
    raise NotOnTheGrid(f"{value!r} is no number")


def _whole(value: float) -> Expr:
    if value != ceil(value):
        raise NotOnTheGrid(f"{value} is no whole number of ticks")
    return Num(int(value))


def sym(name: str, factor: float = 1.0) -> float:
    """A symbol for a model variable, to be put where the core has a float."""
    return cast(float, Sym(0.0, ((name, factor),)))


def explore(function: Callable[[], Mapping[str, object]]) -> dict[str, Expr]:
    """What `function` returns by name, as expressions over all its branches."""
    return _tree(function, ())


def _tree(function: Callable[[], Mapping[str, object]], answers: tuple[bool, ...]) -> dict[str, Expr]:
    global _run
    if len(answers) > _MOST_BRANCHES.bit_length():
        raise NotOnTheGrid("the core branches too often for a model")
    outer, _run = _run, _Run(answers)
    try:
        result = function()
        asked, given = _run.asked, _run.answers
        found = {name: number(value) for name, value in result.items()}
    finally:
        _run = outer
    # The branch just taken answered True to every new question; walk back through them for the False ones.
    for depth in range(len(asked) - 1, len(answers) - 1, -1):
        other = _tree(function, (*given[:depth], False))
        found = {name: choose(asked[depth], found[name], other[name]) for name in found}
    return found
