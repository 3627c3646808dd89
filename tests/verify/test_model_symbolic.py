"""Running functions on symbols: every branch, whole ticks only, and nothing silently."""

import pytest

from syntherm_verify.model.expr import Num, Op, Var, choose, le, put_in
from syntherm_verify.model.symbolic import NotOnTheGrid, explore, sym


def worth(expression, **values):
    """The value of an expression for given numbers."""
    found = put_in(expression, {name: Num(value) for name, value in values.items()})
    assert isinstance(found, Num)
    return found.value


def test_what_a_function_returns_is_found_over_all_its_branches():
    def clipped() -> dict[str, object]:
        age = sym("age")
        return {"left": max(0.0, 3.0 - age), "old": age > 2.0}

    found = explore(clipped)
    assert [worth(found["left"], age=age) for age in range(6)] == [3, 2, 1, 0, 0, 0]
    assert [worth(found["old"], age=age) for age in range(6)] == [0, 0, 0, 1, 1, 1]


def test_a_limit_between_two_ticks_is_the_one_below():
    found = explore(lambda: {"young": sym("age") <= 2.5, "late": sym("age") >= 2.5})
    assert [worth(found["young"], age=age) for age in range(5)] == [1, 1, 1, 0, 0]
    assert [worth(found["late"], age=age) for age in range(5)] == [0, 0, 0, 1, 1]


def test_the_same_question_is_asked_once():
    asked = explore(lambda: {"out": (1.0 if sym("a") <= 1.0 else 2.0) + (10.0 if sym("a") <= 1.0 else 20.0)})
    assert asked["out"] == choose(le(Var("a"), 1), 11, 22)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: {"out": sym("a") * sym("b")},
        lambda: {"out": sym("a") * 0.5},
        lambda: {"out": 0.5},
        lambda: {"out": "text"},
        lambda: {"out": 1.0 if sym("a") else 2.0},
    ],
)
def test_what_the_model_cannot_hold_is_said(wrong):
    with pytest.raises(NotOnTheGrid):
        explore(wrong)


def test_a_branch_outside_of_a_run_is_said():
    with pytest.raises(NotOnTheGrid):
        bool(sym("a") <= 1.0)


def test_expressions_fold_constants_and_keep_the_rest():
    assert choose(le(Num(1), Num(2)), Var("yes"), Var("no")) == Var("yes")
    assert choose(Var("asked"), 1, 0) == Var("asked")
    assert isinstance(choose(Var("asked"), 5, 0), Op)
