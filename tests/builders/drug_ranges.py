"""The ranges of the demonstration plan, whose sources are in that file and nowhere else."""

from pathlib import Path
from typing import Final

import attrs

from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import DrugRanges

PLAN: Final = Path(__file__).resolve().parents[2] / "verification" / "plans" / "igo-breast.toml"


def _read() -> DrugRanges:
    ranges = read_plan(PLAN.read_text(encoding="utf-8")).drug_model
    assert ranges is not None
    return ranges


RANGES: Final = _read()


def sampled(count: int) -> DrugRanges:
    """The plan's ranges with so many members between the central one and the corners."""
    return attrs.evolve(RANGES, sampled_members=count)
