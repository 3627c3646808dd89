"""`syntherm-verify misled`: images that lie, in whole sessions, against what is true."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.values import Plan
from syntherm.session.loop import SessionFailed
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm_sim.patient import Day
from syntherm_verify.misled.cases import BEGINS_S, Misleading, cases
from syntherm_verify.misled.sitting import NotHeated, sit
from syntherm_verify.misled.verdict import Verdict, judge
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, count, whole

PLAN: Final = Path("verification/plans/igo-breast.toml")
WATCHED_S: Final = 480.0
CLEAN_COVERED: Final = (0.93, 0.97)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify misled",
        description="Sessions in whose images something lies: movement, drift, breathing, spoilt images, heated fat. "
        "Each runs to heating and eight minutes on; what is wrong begins three minutes into heating, drift at once.",
        epilog="exit codes: 0 nobody is misled to harm, 1 somebody is, 2 bad input",
    )
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="FILE", help=f"the plan (default {PLAN})")
    parser.add_argument("--patients", type=count, default=1, metavar="N", help="virtual patients 1 to N (default 1)")
    parser.add_argument("--sample", type=count, metavar="N", help="N cases only, drawn evenly")
    parser.add_argument("--only", metavar="TEXT", help="cases whose name holds TEXT")
    parser.add_argument("--first-patient", type=whole, default=1, metavar="SEED", help="where to begin (default 1)")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def misled(arguments: list[str]) -> int:
    """Run the command; the exit code says whether nobody was misled to harm."""
    options = _parser().parse_args(arguments)
    try:
        plan, _ = load_plan(options.plan)
    except (PlanFileRefused, PlanRefused) as error:
        print(f"misled: {error}", file=sys.stderr)
        return BAD_INPUT
    verdicts: list[Verdict] = []
    unheated = 0
    seeds = range(options.first_patient, options.first_patient + options.patients)
    try:
        for verdict in _verdicts(plan, seeds, options.only, options.sample):
            if isinstance(verdict, str):
                unheated += 1
            else:
                verdicts.append(verdict)
            if not options.json:
                print(verdict if isinstance(verdict, str) else verdict.line(), flush=True)
    except (NotHeated, SessionFailed) as error:
        print(f"misled: {error}", file=sys.stderr)
        return FAILED
    if not verdicts and not unheated:
        print(f"--only: no case is named so, found {options.only!r}", file=sys.stderr)
        return BAD_INPUT
    clean = [each.covered for each in verdicts if each.group == "clean"]
    held = all(CLEAN_COVERED[0] <= share <= CLEAN_COVERED[1] for share in clean)
    missed = [each for each in verdicts if not each.holds]
    figure = _figure(verdicts, missed, clean) + (f"; {unheated} never heated" if unheated else "")
    if options.json:
        print(json.dumps({"cases": [attrs.asdict(each) for each in verdicts], "figure": figure}))
    else:
        print(figure)
    return HOLDS if held and not missed else FAILED


def _verdicts(plan: Plan, seeds: range, only: str | None, sample: int | None) -> Iterator[Verdict | str]:
    """A verdict on each, or a line on one that was found out before it heated. Raises NotHeated if nothing is wrong."""
    for seed in seeds:
        began_s = sit(plan, seed, Day(), 3.0).began_s
        from_s = began_s + BEGINS_S
        chosen = [case for case in cases(from_s) if only is None or only in case.name]
        if sample is not None and sample < len(chosen):
            chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, sample).round().astype(int)]
        for case in chosen:
            try:
                yield _one(plan, seed, case, from_s)
            except NotHeated as found_out:
                yield f"{case.name:26} {found_out}"


def _one(plan: Plan, seed: int, case: Misleading, from_s: float) -> Verdict:
    return judge(case, seed, sit(plan, seed, case.day, BEGINS_S + WATCHED_S), from_s)


def _figure(verdicts: list[Verdict], missed: list[Verdict], clean: list[float]) -> str:
    named = [each.named_s for each in verdicts if each.named_s is not None]
    shares = [each.covered for each in verdicts if np.isfinite(each.covered)]
    quickest = f", named within {np.median(named):.0f} s (median)" if named else ""
    cleanly = ", ".join(f"{share:.3f}" for share in clean) or "not run"
    least = f"{min(shares):.3f}" if shares else "not measured"
    return (
        f"misled: {len(verdicts)} sessions, {len(missed)} missed, {len(named)} named{quickest}; share of the truth "
        f"within 95 % bounds: without any fault {cleanly}, lowest where no fault is named {least}"
    )
