"""`syntherm-verify foreseen`: coverage as foreseen before the drug is released, beside what predictive control reaches.

Foreseen twice, as the software does: from the test sonication, and from the first minutes of the heating. Reached: the
share of the tumour's voxels that truly lie in the plan's range behind the first ten minutes, the mean over the images.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.response.coverage import Coverage
from syntherm.core.response.warming import FEWEST_IMAGES
from syntherm_verify.bench.control_bed import NotCalibrated
from syntherm_verify.bench.control_cases import CASES, Case
from syntherm_verify.foreseen.bed import LATE_S, Hand, NoTable, ProofBed

PLAN: Final = Path("verification/plans/igo-breast.toml")
WITHIN: Final = 0.05
HEATED_S: Final = 180.0
"""When the heating's own figure is taken: what people can wait for before the release."""
MINUTES: Final = 14.0
HARD: Final = (
    "nominal", "radius 20 mm", "tumour and breast perfused thrice", "vessel 12 mm from the centre",
    "radius 15 mm, perfused thrice", "radius 20 mm, guards 3 degC lower", "radius 15 mm, guards 3 degC lower",
    "radius 15 mm, vessel 16 mm from the centre",
)  # fmt: skip
"""Where the beam is the limit, or could be: what is run unless all are asked for."""


@attrs.frozen
class Row:
    """One patient: foreseen from the test and from the heating, and reached."""

    case: str
    tested: Coverage
    heated: Coverage
    reached: float

    @property
    def apart(self) -> tuple[float, float]:
        """How far each figure lies from what was reached."""
        return self.tested.share.estimate - self.reached, self.heated.share.estimate - self.reached


def lived(case: Case, plan: Plan, minutes: float) -> Row:
    """One patient's. Raises NotCalibrated, NoTable."""
    bed = ProofBed(case, plan)
    tested, hand = bed.predicted(bed.first), Hand(bed)
    seen = bed.heat(hand, minutes)
    # The first ten images are too few to say anything.
    number = round(HEATED_S / plan.scanner.frame_period_s) - FEWEST_IMAGES
    known = hand.known[min(number, len(hand.known) - 1)]
    reached = float(np.mean([each.in_band for each in seen if each.at_s >= LATE_S]))
    return Row(case.name, tested, bed.predicted(known), reached)


def foreseen(arguments: Sequence[str]) -> int:
    """Print a row for each patient. Returns 0 when every figure lies within 5 points, 1 when not, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm-verify foreseen")
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="FILE", help=f"whose plan; else {PLAN}")
    parser.add_argument("--patients", type=int, default=0, metavar="N", help="the first N; else the hard ones")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of heating; else {MINUTES:g}")
    options = parser.parse_args(arguments)
    try:
        plan = read_plan(options.plan.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, PlanRefused) as error:
        print(f"syntherm-verify foreseen: {options.plan}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 2
    if not 0 <= options.patients <= len(CASES) or not LATE_S / 60.0 < options.minutes <= 180.0:
        print(f"expected 0 to {len(CASES)} patients, and {LATE_S / 60.0:g} to 180 minutes", file=sys.stderr)
        return 2
    cases = CASES[: options.patients] if options.patients else [case for case in CASES if case.name in HARD]
    print("| patient | from the test sonication | from the heating | limited by | reached | points apart |")
    print("|---|---|---|---|---|---|")
    rows, refused = [], 0
    for case in cases:
        try:
            row = lived(case, plan, options.minutes)
        except NoTable as error:
            print(error, file=sys.stderr)
            return 2
        except NotCalibrated as error:
            refused += 1
            print(f"| {error} | | | | | |", flush=True)
            continue
        rows.append(row)
        print(line(row), flush=True)
    return _judged(rows, refused)


def line(row: Row) -> str:
    """One row of the table, in per cent."""
    tested, heated = (
        f"{100.0 * each.estimate:.0f} ({100.0 * each.lower:.0f} to {100.0 * each.upper:.0f})"
        for each in (row.tested.share, row.heated.share)
    )
    apart = ", ".join(f"{100.0 * each:+.1f}" for each in row.apart)
    return f"| {row.case} | {tested} | {heated} | {row.heated.limited_by} | {100.0 * row.reached:.1f} | {apart} |"


def _judged(rows: list[Row], refused: int) -> int:
    tested = sum(abs(row.apart[0]) <= WITHIN for row in rows)
    heated = sum(abs(row.apart[1]) <= WITHIN for row in rows)
    held = sum(row.tested.share.lower - WITHIN <= row.reached <= row.tested.share.upper + WITHIN for row in rows)
    print(
        f"coverage: within 5 points {tested} of {len(rows)} from the test sonication, {heated} of {len(rows)} from the "
        f"heating; {held} of {len(rows)} within 5 points of the test's interval; {refused} not calibrated"
    )
    return 0 if rows and tested == heated == len(rows) else 1
