"""The plan of a story: the given one, shrunk to the puppet room, with the story's own numbers put on it.

A story's times are a few ticks, far below what a plan file may say; so its record holds a plan that the shipped reader
refuses. `bounds_lifted` lets recovery and report, here and only here, read such a record all the same.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import attrs

from syntherm.audit import replay
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.schema import TABLES, Leaf, Table
from syntherm.core.plan.values import Plan, Quantity
from syntherm.reports import history
from syntherm_sim.puppet.geometry import shrunk
from syntherm_sim.story.fields import refuse

SOURCE = "set by the story or by the puppet room"
_FEWEST_BASELINE = 2
"""The noise of one image cannot be learned."""


def _leaves() -> Mapping[str, Leaf]:
    """The numbers that a story may set; where things lie is the puppet room's own."""
    return {
        f"{table.name}.{leaf.name}": leaf
        for table in TABLES
        for leaf in table.leaves
        if not table.many and table.name != "target" and leaf.count == 1 and isinstance(leaf.rule, Quantity)
    }


def small_plan(plan: Plan, tick_s: float, values: Mapping[str, float]) -> Plan:
    """The plan for a story. Raises StoryRefused for a name that is none, or a number that has no meaning there."""
    small = shrunk(plan, tick_s)
    leaves = _leaves()
    for name, value in values.items():
        if name not in leaves:
            raise refuse(f"plan.{ascii(name)[1:-1]}", "an unknown name", "a number of the plan, as heating.dwell_s")
        _judge(name, leaves[name], value)
        table, field = name.split(".")
        if getattr(small, table) is None:
            raise refuse(f"plan.{name}", "a plan without this table", "a number of a table that the plan has")
        number = value if leaves[name].whole else float(value)
        changed = attrs.evolve(getattr(small, table), **{field: number})
        small = attrs.evolve(small, **{table: changed})
    return small


def _judge(name: str, leaf: Leaf, value: float) -> None:
    rule = leaf.rule
    if not isinstance(rule, Quantity):
        raise TypeError(f"{name} is no quantity")
    if leaf.whole and not isinstance(value, int):
        raise refuse(f"plan.{name}", str(value), "a whole number")
    if name == "calibration.baseline_frames" and value < _FEWEST_BASELINE:
        raise refuse(f"plan.{name}", str(value), f"{_FEWEST_BASELINE} or more: one image shows no noise")
    if name == "scanner.phase_sign" and value not in (-1, 1):
        raise refuse(f"plan.{name}", str(value), "-1 or 1")
    if rule.low < 0.0:
        # What lies on both sides of zero, or below it, keeps the plan's own bounds.
        if not rule.low <= value <= rule.high:
            raise refuse(f"plan.{name}", str(value), f"{rule.low} to {rule.high}")
    elif value < 0.0 or (value == 0.0 and rule.low > 0.0):
        raise refuse(f"plan.{name}", str(value), "a number above 0" if rule.low > 0.0 else "0 or more")


def text_of(plan: Plan) -> str:
    """The plan as the text of a plan file."""
    sources = dict(plan.sources)
    parts: list[str] = []
    for table in TABLES:
        held = getattr(plan, table.name)
        for number, row in enumerate(held if table.many else () if held is None else (held,)):
            name = f"{table.name}[{number}]" if table.many else table.name
            parts.append(f"[[{table.name}]]" if table.many else f"[{table.name}]")
            parts += [_line(leaf, getattr(row, leaf.name), sources.get(f"{name}.{leaf.name}")) for leaf in table.leaves]
    return "\n".join(parts) + "\n"


def _line(leaf: Leaf, value: object, source: str | None) -> str:
    shown = json.dumps(value)
    unit = f", unit = {json.dumps(leaf.rule.unit)}" if isinstance(leaf.rule, Quantity) else ""
    return f"{leaf.name} = {{ value = {shown}{unit}, source = {json.dumps(source or SOURCE)} }}"


def read_wide(text: str) -> Plan:
    """The plan in a text of `text_of`, also where a number lies outside what a plan file may say."""
    try:
        return read_plan(text)
    except PlanRefused:
        document: dict[str, object] = tomllib.loads(text)
        kind: type[object] = Plan
        values = {
            table.name: _table(table, document[table.name])
            for table in TABLES
            if table.name in document or not table.optional
        } | {"sources": ()}
        plan = partial(kind, **values)()
        if not isinstance(plan, Plan):
            raise TypeError("a plan was expected") from None
        return plan


def _table(table: Table, raw: object) -> object:
    rows = [each for each in (raw if isinstance(raw, list) else [raw]) if isinstance(each, dict)]
    made = tuple(
        partial(table.kind, **{leaf.name: _value(row[leaf.name]["value"]) for leaf in table.leaves})() for row in rows
    )
    return made if table.many else made[0]


def _value(raw: object) -> object:
    return tuple(raw) if isinstance(raw, list) else raw


@contextmanager
def bounds_lifted() -> Iterator[None]:
    """Recovery and report read the plan of a story's record."""
    with patch.object(replay, "read_plan", read_wide), patch.object(history, "read_plan", read_wide):
        yield
