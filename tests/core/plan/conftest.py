"""The demonstration plan as text, its lines found by plain means, and edits of single values."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from syntherm.core.plan.draft import Draft
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.schema import TABLES

PLAN = Path(__file__).parents[3] / "verification" / "plans" / "igo-breast.toml"


def plain_lines(text: str) -> dict[str, int]:
    """Line of each leaf of a plan that has one leaf a line: no parser, so that the parser has a judge."""
    lines: dict[str, int] = {}
    table, rows = "", {"guard": -1, "reference": -1}
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.fullmatch(r"\[+(\w+)]+", line)
        leaf = re.match(r"(\w+) = \{", line)
        if header:
            table = header[1]
            if table in rows:
                rows[table] += 1
                table = f"{table}[{rows[table]}]"
            lines[table] = number
        elif leaf:
            lines[f"{table}.{leaf[1]}"] = number
    return lines


@pytest.fixture(scope="session")
def plan_text() -> str:
    return PLAN.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def plan_lines(plan_text: str) -> Mapping[str, int]:
    return plain_lines(plan_text)


@pytest.fixture(scope="session")
def edited(plan_text: str, plan_lines: Mapping[str, int]) -> Callable[[Mapping[str, Callable[[str], str]]], str]:
    """Puts each named line through its edit; no line is added, so that all others stay where they are."""

    def edit(edits: Mapping[str, Callable[[str], str]]) -> str:
        lines = plan_text.split("\n")
        for name, change in edits.items():
            before = lines[plan_lines[name] - 1]
            lines[plan_lines[name] - 1] = change(before)
            assert lines[plan_lines[name] - 1] != before, name
        return "\n".join(lines)

    return edit


@pytest.fixture(scope="session")
def draft(plan_text: str) -> Draft:
    plan = read_plan(plan_text)
    tables = {
        "identity": plan.identity,
        "prescription": plan.prescription,
        "heating": plan.heating,
        "limits": plan.limits,
        "scanner": plan.scanner,
        "sonication": plan.sonication,
        "calibration": plan.calibration,
        "pump": plan.pump,
        "target": plan.target,
        "guard": plan.guard,
        "reference": plan.reference,
        "drug_model": plan.drug_model,
        "residual_dose": plan.residual_dose,
        "thermometry": plan.thermometry,
    }
    assert list(tables) == [table.name for table in TABLES]
    return Draft(tables)
