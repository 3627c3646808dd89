"""`syntherm-verify bench control`: controllers on the same virtual patients, against each other and the best possible.

True temperatures behind the first ten minutes of heating. These are figures of a simulator: ratios say more than
degrees, and neither says how a person's tissue answers.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from syntherm_verify.bench.control_bed import NotCalibrated
from syntherm_verify.bench.control_cases import CASES, Case
from syntherm_verify.bench.control_days import (
    BINARY,
    CONTROLLERS,
    MPC,
    SETTLED_S,
    Outcome,
    PatientDay,
    day_of,
    with_rise,
)
from syntherm_verify.bench.control_kept import KeptRefused, keep_day, read_days
from syntherm_verify.bench.control_steps import steps
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.oracle import NoOptimum
from syntherm_verify.recording.day import demonstration
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS

SHORTEST_MIN: Final = SETTLED_S / 60.0 + 1.0
LONGEST_MIN: Final = 180.0
_NAMED: Final[tuple[tuple[str, str, Callable[[Outcome], float], bool], ...]] = (
    ("span hot10 - cold90", "degC", lambda each: each.span_degC, True),
    ("voxel-time in 40 to 42 degC", "share", lambda each: each.in_band, False),
    ("voxel-time above 43 degC", "share", lambda each: each.above_43, True),
    ("time to cold90 of 40 degC", "s", lambda each: each.reached_s, True),
    ("hottest voxel", "degC", lambda each: each.hottest_degC, True),
    ("hottest guard voxel above its limit", "degC", lambda each: each.over_guard_degC, True),
    ("decision", "ms", lambda each: each.step_ms, True),
    ("images answered by the fallback", "share", lambda each: each.fallbacks, True),
)
"""What is shown of each controller: name, unit, value, and whether more is worse."""
SPAN_OF_BINARY: Final = 0.8
SPAN_OF_ORACLE: Final = 1.1
BARS: Final[Mapping[str, tuple[Bar, float]]] = {
    "voxel-time in 40 to 42 degC": (Bar.AT_LEAST, 0.94),
    "voxel-time above 43 degC": (Bar.BELOW, 1e-9),
    "hottest voxel": (Bar.BELOW, 43.5),
    "hottest guard voxel above its limit": (Bar.BELOW, 0.0),
}
"""What predictive control has to reach in the median."""


@attrs.frozen
class Asked:
    """Which patients of the published set, `first` to `last` from 1, for how long, and where their days are kept."""

    first: int
    last: int
    minutes: float
    results: Path | None = None


def control(asked: Asked, as_json: bool) -> int:
    """Run the bench; the exit code says whether every patient could be heated and every bar holds."""
    if not 1 <= asked.first <= asked.last <= len(CASES):
        wanted = f"expected 1 to {len(CASES)}, and --first no later"
        print(f"--patients: found {asked.last} from {asked.first} on, {wanted}", file=sys.stderr)
        return BAD_INPUT
    if not SHORTEST_MIN <= asked.minutes <= LONGEST_MIN:
        print(f"--minutes: found {asked.minutes:g}, expected {SHORTEST_MIN:g} to {LONGEST_MIN:g}", file=sys.stderr)
        return BAD_INPUT
    try:
        done, refused = _days(asked, as_json)
    except (KeptRefused, OSError) as error:
        print(f"--results: {error}", file=sys.stderr)
        return BAD_INPUT
    found = list(figures(done, asked.minutes)) if done else []
    missed = [figure for figure in found if not figure.holds]
    if as_json:
        raw = [attrs.asdict(day) for day in done]
        print(json.dumps({"figures": [figure.values() for figure in found], "patients": raw, "holds": not missed}))
    else:
        print("\n".join(figure.line() for figure in found))
        print("control: " + ", ".join(figure.short() for figure in found if figure.judged))
    return FAILED if missed or refused else HOLDS


def _days(asked: Asked, as_json: bool) -> tuple[list[PatientDay], int]:
    """The days, and how many patients could not be heated. Raises KeptRefused, OSError."""
    kept = {} if asked.results is None else read_days(asked.results, asked.minutes)
    done: list[PatientDay] = []
    refused = 0
    for case in CASES[asked.first - 1 : asked.last]:
        try:
            day = _day(case, kept.get(case.name), asked.minutes)
        except (NotCalibrated, NoOptimum) as error:
            refused += 1
            print(error, file=sys.stderr)
            continue
        if asked.results is not None and day is not kept.get(case.name):
            keep_day(asked.results, day, asked.minutes)
        done.append(day)
        if not as_json:
            print(_told(day), flush=True)
    return done, refused


def _day(case: Case, kept: PatientDay | None, minutes: float) -> PatientDay:
    if kept is None:
        return day_of(case, demonstration(), minutes)
    return kept if kept.rise_s is not None else with_rise(kept, case, demonstration())


def timed_steps(count: int, as_json: bool) -> int:
    """Only the time of decisions; the exit code says whether its bars hold."""
    found = list(steps(count))
    if as_json:
        print(json.dumps({"figures": [figure.values() for figure in found]}))
    else:
        print("\n".join(figure.line() for figure in found))
    return HOLDS if all(figure.holds for figure in found) else FAILED


def figures(done: list[PatientDay], minutes: float) -> Iterator[Figure]:
    """Median and worst over the patients of each controller, and ratios of the spans, patient by patient."""
    over = f"{len(done)} patients, {minutes:g} min"
    for name in CONTROLLERS:
        outcomes = [day.of(name) for day in done]
        for what, unit, value, more_is_worse in _NAMED:
            values = [value(each) for each in outcomes]
            worst = max(values) if more_is_worse else min(values)
            side, bar = BARS.get(what, (Bar.NONE, 0.0)) if name == MPC else (Bar.NONE, 0.0)
            yield Figure(f"{what}, {name}", median(values), unit, f"median of {over}; worst {worst:.4g}", side, bar)
        never = sum(not each.reached for each in outcomes)
        yield Figure(f"cold90 of 40 degC never reached, {name}", float(never), "patients", f"of {over}")
    yield from _ratios(done, over)


def _ratios(done: list[PatientDay], over: str) -> Iterator[Figure]:
    for name in CONTROLLERS:
        spans = [day.of(name).span_degC / day.oracle_degC for day in done]
        side = Bar.BELOW if name == MPC else Bar.NONE
        yield _ratio(f"span over the oracle's, {name}", spans, over, side, SPAN_OF_ORACLE)
        seen = [day.of(name).span_degC / day.seen_degC for day in done]
        yield _ratio(f"span over the oracle's that sees as an image does, {name}", seen, over)
    quick = [day for day in done if day.rise_s is not None and day.rise_s < float("inf")]
    for name in CONTROLLERS if quick else ():
        times = [day.of(name).reached_s / (day.rise_s or 1.0) for day in quick]
        yield _ratio(f"time to cold90 of 40 degC over the oracle's, {name}", times, f"{len(quick)} patients")
    for name in CONTROLLERS:
        if name == BINARY:
            continue
        side = Bar.BELOW if name == MPC else Bar.NONE
        pairs = [(day.of(name), day.of(BINARY)) for day in done]
        spans = [mine.span_degC / other.span_degC for mine, other in pairs]
        yield _ratio(f"span over binary's, {name}", spans, over, side, SPAN_OF_BINARY)
        times = [mine.reached_s / other.reached_s for mine, other in pairs]
        yield _ratio(f"time to cold90 of 40 degC over binary's, {name}", times, over, side)


def _ratio(name: str, values: list[float], over: str, side: Bar = Bar.NONE, bar: float = 1.0) -> Figure:
    return Figure(
        name, median(values), "x", f"median of {over}; worst {max(values):.3g}, best {min(values):.3g}", side, bar
    )


def _told(day: PatientDay) -> str:
    parts = [
        f"{each.controller} span {each.span_degC:.2f}, in band {100.0 * each.in_band:.0f} %, cold90 of 40 "
        + (f"in {each.reached_s:.0f} s" if each.reached else "never")
        + f", hottest {each.hottest_degC:.1f}, fallback {100.0 * each.fallbacks:.0f} %"
        for each in day.outcomes
    ]
    return f"{day.case}: oracle span {day.oracle_degC:.2f}; " + "; ".join(parts)
