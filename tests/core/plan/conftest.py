"""The demonstration plan as text, its lines found by plain means, and edits of single values."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from syntherm.core.plan.draft import Draft
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.schema import TABLES

PLAN = Path(__file__).parents[3] / "verification" / "plans" / "igo-breast.toml"

TUNED = """
[control]
aim_degC = { value = 41.0, unit = "degC", source = "project proposal" }
aim_coverage_factor = { value = 0.0, unit = "1", source = "project proposal" }
pid_share_per_degC = { value = 0.4, unit = "1/degC", source = "project proposal" }
pid_integral_s = { value = 60.0, unit = "s", source = "project proposal" }
pid_derivative_s = { value = 3.0, unit = "s", source = "project proposal" }
near_field_energy_J = { value = 30000.0, unit = "J", source = "project proposal" }
near_field_window_s = { value = 900.0, unit = "s", source = "project proposal" }
"""


PROVEN = """
[calibration_proof]
probe_power_W = { value = 4.0, unit = "W", source = "project proposal" }
probe_frames = { value = 1, unit = "1", source = "project proposal" }
shot_power_W = { value = 15.0, unit = "W", source = "project proposal" }
shot_frames = { value = 8, unit = "1", source = "project proposal" }
planned_rise_degC = { value = 2.4, unit = "degC", source = "project proposal" }
cooling_frames = { value = 8, unit = "1", source = "project proposal" }
max_remaining_offset_mm = { value = 2.5, unit = "mm", source = "project proposal" }
min_gain_degC_per_J = { value = 0.002, unit = "degC/J", source = "project proposal" }
max_gain_degC_per_J = { value = 0.2, unit = "degC/J", source = "project proposal" }
max_gain_difference = { value = 0.35, unit = "1", source = "project proposal" }
min_time_constant_s = { value = 8.0, unit = "s", source = "project proposal" }
max_time_constant_s = { value = 200.0, unit = "s", source = "project proposal" }
max_scatter_degC = { value = 0.6, unit = "degC", source = "project proposal" }
covered_min_degC = { value = 40.0, unit = "degC", source = "project proposal" }
covered_max_degC = { value = 42.0, unit = "degC", source = "project proposal" }
wanted_coverage = { value = 0.9, unit = "1", source = "project proposal" }
"""


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
    """With the tables that came with later releases, where the file does not have them."""
    text = PLAN.read_text(encoding="utf-8")
    later = [table for table in (TUNED, PROVEN) if table.splitlines()[1] not in text]
    return "\n".join([text.rstrip(), *later]) if later else text


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
        "control": plan.control,
        "hidden_peak": plan.hidden_peak,
        "calibration_proof": plan.calibration_proof,
    }
    assert list(tables) == [table.name for table in TABLES]
    return Draft(tables)
