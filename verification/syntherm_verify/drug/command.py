"""`syntherm-verify drug`: a plan's drug model beside the stiff solver and beside published figures."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm_verify.drug.against import compare
from syntherm_verify.drug.published import published

PLAN: Final = Path("verification/plans/igo-breast.toml")
PLACES: Final = (0, 1, 4, 7)
LARGEST_APART: Final = 0.01


def drug(arguments: Sequence[str]) -> int:
    """Print both tables. Returns 0 when all agrees, 2 for a plan that cannot be used.

    Returns 1 when the steps and the solver are more than a hundredth apart where temperature stays within a step, or a
    published figure lies outside the interval.
    """
    parser = argparse.ArgumentParser(prog="syntherm-verify drug")
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="FILE", help=f"whose ranges; else {PLAN}")
    path: Path = parser.parse_args(arguments).plan
    try:
        ranges = read_plan(path.read_text(encoding="utf-8")).drug_model
    except (OSError, UnicodeDecodeError, PlanRefused) as error:
        print(f"syntherm-verify drug: {path}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 2
    if ranges is None:
        print(f"syntherm-verify drug: {path}: found no [drug_model]; expected its ranges", file=sys.stderr)
        return 2
    places = tuple(place for place in PLACES if place < 5 + ranges.sampled_members)
    print("| course | member | quantity | of its largest | of itself |\n|---|---|---|---|---|")
    rows = compare(ranges, places)
    for apart in rows:
        print(
            f"| {apart.course} | {apart.member} | {apart.quantity} | {apart.of_largest:.1e} | {apart.of_itself:.1e} |"
        )
    print("\n| what | published | central | interval | in interval | central within a fifth | remark |")
    print("|---|---|---|---|---|---|---|")
    figures = published(ranges)
    for row in figures:
        print(
            f"| {row.name} | {row.published} | {row.central:.3g} | {row.least:.3g} to {row.most:.3g} | "
            f"{'yes' if row.inside else 'no'} | {'yes' if row.central_inside else 'no'} | {row.remark} |"
        )
    far = any(apart.of_itself > LARGEST_APART for apart in rows if apart.course == "plateaus")
    return int(far or not all(row.inside for row in figures))
