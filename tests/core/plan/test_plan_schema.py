"""The schema is what the plan's annotations say."""

import inspect
from typing import Annotated, Literal

import attrs
import pytest

from syntherm.core.plan.schema import TABLES, Leaf, tables_of
from syntherm.core.plan.values import Guard, Plan, Quantity, Text


def test_tables_and_leaves_are_those_of_the_plan() -> None:
    assert [table.name for table in TABLES] == [each.name for each in attrs.fields(Plan) if each.name != "sources"]
    assert [table.name for table in TABLES if table.many] == ["guard", "reference"]
    for table in TABLES:
        assert [leaf.name for leaf in table.leaves] == list(inspect.signature(table.kind).parameters)


def test_leaves_carry_rule_number_and_length() -> None:
    leaves = {f"{table.name}.{leaf.name}": leaf for table in TABLES for leaf in table.leaves}
    assert leaves["scanner.matrix"] == Leaf("matrix", Quantity("1", 1, 512), whole=True, count=3)
    assert leaves["scanner.phase_sign"].whole and leaves["scanner.phase_sign"].count == 1
    assert leaves["target.radii_mm"] == Leaf("radii_mm", Quantity("mm", 1.0, 150.0), whole=False, count=3)
    assert leaves["identity.title"] == Leaf("title", Text(), whole=False, count=1)
    assert next(table.kind for table in TABLES if table.name == "guard") is Guard


@attrs.frozen
class _NoRule:
    bare: float


@attrs.frozen
class _WrongRule:
    odd: Annotated[float, "metres"]


@attrs.frozen
class _Holder:
    first: _NoRule


@attrs.frozen
class _Other:
    first: _WrongRule


@pytest.mark.parametrize("plan", [_Holder, _Other])
def test_a_field_without_a_rule_is_a_mistake_of_ours(plan: type[object]) -> None:
    with pytest.raises(TypeError, match="neither a quantity nor a text"):
        tables_of(plan)


@attrs.frozen
class _NoTable:
    first: Literal[1]


def test_an_attribute_that_is_no_table_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="first declares no table"):
        tables_of(_NoTable)


@attrs.frozen
class _Grown:
    first: Guard
    second: Guard | None
    third: tuple[Guard, ...]


def test_a_table_that_may_be_none_is_optional() -> None:
    tables = tables_of(_Grown)
    assert [(each.kind, each.many, each.optional) for each in tables] == [
        (Guard, False, False), (Guard, False, True), (Guard, True, False),
    ]  # fmt: skip
