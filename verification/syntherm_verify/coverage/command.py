"""`syntherm-verify coverage`: do bounds of a nominal level hold that share of the truth?"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.values import Plan
from syntherm.qa.errors import BadInput
from syntherm.session.loop import SessionFailed
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm_verify.coverage.people import HEATED_S, NAMES, Person, drawn, people, scores_of
from syntherm_verify.coverage.picture import draw
from syntherm_verify.coverage.real import Real, real
from syntherm_verify.coverage.scores import LEVELS, Flat, Kind, Scores, held, together
from syntherm_verify.misled.command import CLEAN_COVERED, PLAN
from syntherm_verify.misled.sitting import NotHeated
from syntherm_verify.misled.verdict import LEAST_COVERED
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, count

PATIENTS: Final = "target, by patient"
DRAWN: Final = "target, coefficient and probe drawn"
PICTURE: Final = "thermometry-bounds.svg"
FIGURES: Final = "thermometry-bounds.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify coverage",
        description="Clean sessions of virtual patients: share of the truth inside bounds of each nominal level.",
        epilog="exit codes: 0 the 95 %% bounds hold 93 to 97 %% of the truth and of no patient less than 90, 1 not, "
        "2 bad input",
    )
    parser.add_argument("--plan", type=Path, default=PLAN, metavar="FILE", help=f"the plan (default {PLAN})")
    parser.add_argument("--patients", type=count, default=len(NAMES), metavar="N", help=f"the first N of {len(NAMES)}")
    parser.add_argument("--seconds", type=count, default=round(HEATED_S), metavar="S", help="of heating (default 660)")
    parser.add_argument("--drawn", action="store_true", help="also with shift coefficient and probe drawn per patient")
    parser.add_argument("--real", type=Path, metavar="DIR", help="real images: ethylene_glycol/ and romeo/")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"write {PICTURE} and {FIGURES} here")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


Panels = dict[str, dict[str, Flat]]


def coverage(arguments: list[str]) -> int:
    """Run the command; the exit code says whether the bounds are calibrated."""
    options = _parser().parse_args(arguments)
    try:
        plan, _ = load_plan(options.plan)
        known = people(options.patients)
        seen = [] if options.real is None else list(real(options.real))
        clean = _sat(known, plan, options)
        panels = _panels(clean, _sat(list(drawn(known, plan)), plan, options) if options.drawn else {}, seen)
        if options.out is not None:
            _write(options.out, panels, together(list(clean.values())).of[Kind.TARGET])
    except (PlanFileRefused, PlanRefused, BadInput, ValueError, OSError) as error:
        print(f"coverage: {error}", file=sys.stderr)
        return BAD_INPUT
    except (NotHeated, SessionFailed) as error:
        print(f"coverage: {error}", file=sys.stderr)
        return FAILED
    print(json.dumps(figures(panels)) if options.json else as_text(panels))
    return HOLDS if calibrated(panels) else FAILED


def calibrated(panels: Panels) -> bool:
    """Whether the patients together, exact and drawn, are within the bar, and no single one is below 90 %."""
    low, high = CLEAN_COVERED
    for title in (PATIENTS, DRAWN):
        lines = panels.get(title, {})
        if lines and not low <= held(np.concatenate(list(lines.values())), 0.95) <= high:
            return False
        if any(not held(scores, 0.95) >= LEAST_COVERED for scores in lines.values()):
            return False
    return True


def _sat(known: list[Person], plan: Plan, options: argparse.Namespace) -> dict[str, Scores]:
    found = {}
    for person in known:
        found[person.name] = scores_of(person, plan, options.seconds)
        print(f"{person.name}: {held(found[person.name].of[Kind.TARGET], 0.95):.4f}", file=sys.stderr, flush=True)
    return found


def _panels(clean: Mapping[str, Scores], spread: Mapping[str, Scores], seen: list[Real]) -> Panels:
    panels = {PATIENTS: {name: each.of[Kind.TARGET] for name, each in clean.items()}}
    whole = together(list(clean.values()))
    panels["by place and time, all patients"] = {kind.value: whole.of[kind] for kind in Kind}
    if spread:
        panels[DRAWN] = {name: each.of[Kind.TARGET] for name, each in spread.items()}
    if seen:
        panels["real images"] = {f"{each.name}, {_truths(each)}": each.scores for each in seen}
    return panels


def _truths(each: Real) -> str:
    return f"{len(each.scores)} values" + (f", {each.truths} probe readings" if each.truths else "")


def figures(panels: Panels) -> dict[str, dict[str, dict[str, float]]]:
    """Number of scores, their spread and mean, and the share held at each level, of each line of each panel."""
    return {
        title: {name: _line(scores) for name, scores in _with_all(title, lines).items()}
        for title, lines in panels.items()
    }


def _with_all(title: str, lines: Mapping[str, Flat]) -> dict[str, Flat]:
    """Where the lines are patients, with all of them as one before."""
    whole = {"all": np.concatenate(list(lines.values()))} if title in (PATIENTS, DRAWN) else {}
    return {**whole, **lines}


def _line(scores: Flat) -> dict[str, float]:
    if len(scores) == 0:
        return {"values": 0.0}
    shares = {f"{100.0 * level:.0f}": round(held(scores, level), 4) for level in LEVELS}
    return {"values": len(scores), "sd": float(np.std(scores)), "mean": float(np.mean(scores)), **shares}


def as_text(panels: Panels) -> str:
    """Tables as Markdown: what holds how much."""
    found = []
    for title, lines in panels.items():
        levels = " | ".join(f"{100.0 * level:.0f}" for level in LEVELS)
        found += [f"| {title} | values | sd | mean | {levels} |", "|---" * (4 + len(LEVELS)) + "|"]
        for name, scores in _with_all(title, lines).items():
            if len(scores):
                shares = " | ".join(f"{100.0 * held(scores, level):.1f}" for level in LEVELS)
                spread = f"{np.std(scores):.2f} | {np.mean(scores):+.2f}"
                found.append(f"| {name} | {len(scores)} | {spread} | {shares} |")
        found.append("")
    return "\n".join(found)


def _write(out: Path, panels: Panels, whole: Flat) -> None:
    out.mkdir(parents=True, exist_ok=True)
    draw(out / PICTURE, panels, whole)
    (out / FIGURES).write_text(json.dumps(figures(panels), indent=1) + "\n", encoding="utf-8")
