"""Reads a plan and refuses all else: every problem at once, each with its line."""

from typing import Final

from syntherm.core.plan.document import NOTHING, parsed, read_row, refuse_others
from syntherm.core.plan.draft import Draft
from syntherm.core.plan.leaf import Note, shown
from syntherm.core.plan.lines import line_numbers, line_of
from syntherm.core.plan.problems import PlanRefused, Problem
from syntherm.core.plan.rules import broken_rules
from syntherm.core.plan.schema import TABLES, Table
from syntherm.core.plan.values import (
    Calibration,
    CalibrationProof,
    Control,
    DrugRanges,
    Guard,
    Heating,
    HiddenPeak,
    Identity,
    Limits,
    Plan,
    Prescription,
    Pump,
    Reference,
    ResidualDose,
    Scanner,
    Sonication,
    Target,
    Vigilance,
)

NEEDED_TO_BEGIN: Final = frozenset({"residual_dose", "thermometry", "hidden_peak"})
"""Tables that protect, and that a record of an earlier release may lack."""


def read_plan(text: str, *, begin: bool = False) -> Plan:
    """The plan that `text`, a TOML document, holds. Raises PlanRefused with all problems sorted by line.

    `begin`: for a session that is to begin, not for one that is on record. A document that is no TOML has that one
    problem. Else every value is judged by itself, and every rule between values whose tables are sound in themselves.
    """
    document = parsed(text)
    if isinstance(document, Problem):
        raise PlanRefused([document])
    lines = line_numbers(text)
    problems: list[Problem] = []
    sources: list[tuple[str, str]] = []

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(line_of(field, lines), field, found, expected))

    refuse_others(document, [table.name for table in TABLES], note)
    draft = _draft(document, NEEDED_TO_BEGIN if begin else frozenset(), sources, note)
    for finding in broken_rules(draft):
        note(finding.field, finding.found, finding.expected)
    if problems:
        raise PlanRefused(problems)
    return _plan(draft, tuple(sources))


def _draft(document: dict[str, object], needed: frozenset[str], sources: list[tuple[str, str]], note: Note) -> Draft:
    """The tables that are sound in themselves; an optional one is missed only where it is `needed`."""
    asked = [table for table in TABLES if table.name in document or table.name in needed or not table.optional]
    found = {table.name: _table(table, document.get(table.name), sources, note) for table in asked}
    return Draft({name: value for name, value in found.items() if value is not None})


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
        drug_model=draft.optional(DrugRanges),
        residual_dose=draft.optional(ResidualDose),
        thermometry=draft.optional(Vigilance),
        control=draft.optional(Control),
        hidden_peak=draft.optional(HiddenPeak),
        calibration_proof=draft.optional(CalibrationProof),
    )


def _table(table: Table, raw: object, sources: list[tuple[str, str]], note: Note) -> object | None:
    """The table's value, or a tuple of them for an array of tables; None after noting at least one problem."""
    if table.many and isinstance(raw, list):
        return _rows(table, raw, sources, note)
    if isinstance(raw, dict) and not table.many:
        return read_row(table, table.name, raw, sources, note)
    note(table.name, NOTHING if raw is None else shown(raw), _wanted(table))
    return None


def _wanted(table: Table) -> str:
    return f"[[{table.name}]], an array of tables" if table.many else f"[{table.name}], a table"


def _rows(table: Table, raw: list[object], sources: list[tuple[str, str]], note: Note) -> tuple[object, ...] | None:
    rows: list[object] = []
    for index, each in enumerate(raw):
        if not isinstance(each, dict):
            note(table.name, shown(each), _wanted(table))
            continue
        row = read_row(table, f"{table.name}[{index}]", each, sources, note)
        rows += [] if row is None else [row]
    return tuple(rows) if len(rows) == len(raw) else None
