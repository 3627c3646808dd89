"""Reads a plan and refuses all else: every problem at once, each with its line."""

import re
import tomllib
from functools import partial

from syntherm.core.plan.draft import Draft
from syntherm.core.plan.leaf import Note, read_leaf, shown
from syntherm.core.plan.lines import key_name, line_numbers, line_of
from syntherm.core.plan.problems import PlanRefused, Problem
from syntherm.core.plan.rules import broken_rules
from syntherm.core.plan.schema import TABLES, Table
from syntherm.core.plan.values import (
    Calibration,
    Guard,
    Heating,
    Identity,
    Limits,
    Plan,
    Prescription,
    Pump,
    Reference,
    Scanner,
    Sonication,
    Target,
)

MAX_LINE = 2000
"""Longest line in characters. It also bounds the digits of a number, which the parser would refuse without a line."""
_AT_LINE = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_NOTHING = "nothing"


def read_plan(text: str) -> Plan:
    """The plan that `text`, a TOML document, holds. Raises PlanRefused with all problems sorted by line.

    A document that is no TOML has that one problem. Else every value is judged by itself, and every rule
    between values whose tables are sound in themselves.
    """
    document = _parsed(text)
    lines = line_numbers(text)
    problems: list[Problem] = []
    sources: list[tuple[str, str]] = []

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(line_of(field, lines), field, found, expected))

    names = [table.name for table in TABLES]
    for key in document:
        if key not in names:
            note(key_name(key), "an unknown table or key", "only " + ", ".join(names))
    found = {table.name: _table(table, document.get(table.name), sources, note) for table in TABLES}
    draft = Draft({name: value for name, value in found.items() if value is not None})
    for finding in broken_rules(draft):
        note(finding.field, finding.found, finding.expected)
    if problems:
        raise PlanRefused(problems)
    return _plan(draft, tuple(sources))


def _plan(draft: Draft, sources: tuple[tuple[str, str], ...]) -> Plan:
    return Plan(
        identity=draft.of(Identity),
        prescription=draft.of(Prescription),
        heating=draft.of(Heating),
        limits=draft.of(Limits),
        scanner=draft.of(Scanner),
        sonication=draft.of(Sonication),
        calibration=draft.of(Calibration),
        pump=draft.of(Pump),
        target=draft.of(Target),
        guard=draft.rows("guard", Guard),
        reference=draft.rows("reference", Reference),
        sources=sources,
    )


def _parsed(text: str) -> dict[str, object]:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise PlanRefused([Problem(number, "file", f"{len(line)} characters", f"at most {MAX_LINE} in a line")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.fullmatch(str(error))
        # Without a line the parser speaks of the end of the document.
        at = int(match[2]) if match else text.count("\n") + 1
        reason = match[1] if match else str(error)
        raise PlanRefused([Problem(at, "file", f"no valid TOML ({reason})", "TOML 1.0")]) from None
    except RecursionError:
        raise PlanRefused([Problem(1, "file", "values nested too deeply", "tables of values")]) from None


def _table(table: Table, raw: object, sources: list[tuple[str, str]], note: Note) -> object | None:
    """The table's value, or a tuple of them for an array of tables; None after noting at least one problem."""
    if table.many and isinstance(raw, list):
        return _rows(table, raw, sources, note)
    if isinstance(raw, dict) and not table.many:
        return _row(table, table.name, raw, sources, note)
    note(table.name, _NOTHING if raw is None else shown(raw), _wanted(table))
    return None


def _wanted(table: Table) -> str:
    return f"[[{table.name}]], an array of tables" if table.many else f"[{table.name}], a table"


def _rows(table: Table, raw: list[object], sources: list[tuple[str, str]], note: Note) -> tuple[object, ...] | None:
    rows: list[object] = []
    for index, each in enumerate(raw):
        if not isinstance(each, dict):
            note(table.name, shown(each), _wanted(table))
            continue
        row = _row(table, f"{table.name}[{index}]", each, sources, note)
        rows += [] if row is None else [row]
    return tuple(rows) if len(rows) == len(raw) else None


def _row(table: Table, name: str, raw: dict[str, object], sources: list[tuple[str, str]], note: Note) -> object | None:
    leaves = [leaf.name for leaf in table.leaves]
    for key in raw:
        if key not in leaves:
            note(f"{name}.{key_name(key)}", "an unknown key", "only " + ", ".join(leaves))
    values: dict[str, object] = {}
    for leaf in table.leaves:
        field = f"{name}.{leaf.name}"
        if leaf.name not in raw:
            note(field, _NOTHING, "an inline table")
            continue
        reading = read_leaf(leaf, field, raw[leaf.name], note)
        if reading is not None:
            values[leaf.name] = reading.value
            sources.append((field, reading.source))
    return partial(table.kind, **values)() if len(values) == len(leaves) else None
