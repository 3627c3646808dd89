"""The page of the bench of controllers and its picture: written from kept days, so that no figure in it is by hand."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from syntherm_verify.bench.control_cases import CASES
from syntherm_verify.bench.control_days import BINARY, CONTROLLERS, MPC, PID, Outcome, PatientDay
from syntherm_verify.bench.control_kept import KeptRefused, read_days
from syntherm_verify.recording.options import BAD_INPUT, HOLDS

_ORACLES: Final = ("oracle, every 2 mm known", "oracle, what images show known")
_COLOURS: Final = {BINARY: "#b8500f", PID: "#7b3fa0", MPC: "#1f5fa8", _ORACLES[0]: "#2f7d3b"}
_MARKS: Final = {BINARY: "s", PID: "^", MPC: "o"}
_HEAD: Final = """# Controllers compared

Written by `syntherm-verify bench control --results FILE --page docs/benchmarks.md`; no figure is by hand.

Each controller heats the same virtual patient with the same field errors and the same noise, from where one
calibration ended. All figures are **true** temperatures of the tumour's voxels of 2 mm, behind the first ten minutes
unless a row says otherwise. These are figures of a simulator ([virtual-patient.md](virtual-patient.md)): ratios say
more than degrees, and neither says how a person's tissue answers. Thermometry here is the plain one of earlier
releases, with its bounds, so that the patient who moves is not noticed here; what watches images is measured by
`syntherm-verify misled`.

An oracle is the least span that any powers on the same focal points can hold in the steady state, at binary's mean,
within the same power and guard limits: by who knows all tissue, or only the means that an image shows. Its time to
40 degC is about the least for powers that stand still, with the hottest tenth in the plan's range.
"""
_PUBLISHED: Final = """
## Published results of others

Other work, other subjects, other devices: nothing above can be compared with them figure by figure.

| work | result |
|---|---|
| Tillander 2016, pig thigh, set to 42.5 degC (abstract read) | mean 42.0 +/- 0.6, hot10 43.1, cold90 40.9 degC |
| Zhu 2019, pig, region of 18 mm (abstract read) | spatial SD 1.55 degC; 47 s to 41 degC |
"""
Row = tuple[str, Callable[[Outcome], float], str]
_ROWS: Final[tuple[Row, ...]] = (
    ("span hot10 - cold90, degC", lambda each: each.span_degC, ".2f"),
    ("voxel-time in 40 to 42 degC, %", lambda each: 100.0 * each.in_band, ".1f"),
    ("voxel-time above 43 degC, %", lambda each: 100.0 * each.above_43, ".2f"),
    ("time to cold90 of 40 degC, s (from the start)", lambda each: each.reached_s, ".0f"),
    ("hottest voxel, degC (whole time)", lambda each: each.hottest_degC, ".1f"),
    ("hottest guard voxel above its limit, degC (whole time)", lambda each: each.over_guard_degC, "+.1f"),
    ("mean power, W", lambda each: each.power_W, ".0f"),
    ("images answered by the fallback, %", lambda each: 100.0 * each.fallbacks, ".0f"),
)
_LESS_IS_WORSE: Final = 1
"""The row of `_ROWS` whose worst is its least."""


def write_page(page: Path, results: Path | None, minutes: float) -> int:
    """Write the page, and its picture into `images` beside it. The exit code says whether there was what to write."""
    if results is None:
        print("--page: found no --results, expected the file that a run has kept", file=sys.stderr)
        return BAD_INPUT
    try:
        kept = read_days(results, minutes)
        days = [kept[case.name] for case in CASES if case.name in kept]
        if not days:
            raise KeptRefused(f"{results}: found no patient of the published set, expected at least one")
        picture = page.parent / "images" / "controllers.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        _draw(picture, days)
        page.write_text(page_text(days, minutes), encoding="utf-8")
    except (KeptRefused, OSError) as error:
        print(f"--page: {error}", file=sys.stderr)
        return BAD_INPUT
    return HOLDS


def page_text(days: Sequence[PatientDay], minutes: float) -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *_medians(days, minutes), "", *_patients(days), _PUBLISHED])


def _medians(days: Sequence[PatientDay], minutes: float) -> Iterator[str]:
    yield f"## Medians over {len(days)} of {len(CASES)} patients, {minutes:g} min each (worst in brackets)\n"
    yield "| | " + " | ".join(CONTROLLERS) + " |"
    yield "|---|" + "---|" * len(CONTROLLERS)
    for number, (name, value, form) in enumerate(_ROWS):
        worst = min if number == _LESS_IS_WORSE else max
        cells = [_cell([value(day.of(each)) for day in days], worst, form) for each in CONTROLLERS]
        yield f"| {name} | " + " | ".join(cells) + " |"
    never = [sum(not day.of(each).reached for day in days) for each in CONTROLLERS]
    yield "| patients whose cold90 never reached 40 degC | " + " | ".join(str(each) for each in never) + " |"
    for name, others in (
        ("span over binary's", [day.of(BINARY).span_degC for day in days]),
        (f"span over that of the {_ORACLES[0]}", [day.oracle_degC for day in days]),
        (f"span over that of the {_ORACLES[1]}", [day.seen_degC for day in days]),
    ):
        spans = {each: [day.of(each).span_degC for day in days] for each in CONTROLLERS}
        ratios = {each: [a / b for a, b in zip(spans[each], others, strict=True)] for each in CONTROLLERS}
        cells = [_cell(ratios[each], max, ".2f") for each in CONTROLLERS]
        yield f"| {name} | " + " | ".join(cells) + " |"
    quick = [day for day in days if day.rise_s is not None and day.rise_s < float("inf")]
    if quick:
        ratios = {each: [day.of(each).reached_s / (day.rise_s or 1.0) for day in quick] for each in CONTROLLERS}
        cells = [_cell(ratios[each], max, ".2f") for each in CONTROLLERS]
        yield f"| time to cold90 of 40 degC over the oracle's, {len(quick)} patients | " + " | ".join(cells) + " |"
    yield "\n![Span of each controller and of the oracle, patient by patient](images/controllers.svg)"


def _cell(values: Sequence[float], worst: Callable[[Sequence[float]], float], form: str) -> str:
    return f"{median(values):{form}} ({worst(values):{form}})"


def _patients(days: Sequence[PatientDay]) -> Iterator[str]:
    yield "## Patient by patient\n"
    yield "Span / share in 40 to 42 degC / seconds to 40 / hottest voxel / hottest guard voxel above its limit.\n"
    yield "| patient | oracles' spans, degC; seconds to 40 | " + " | ".join(CONTROLLERS) + " |"
    yield "|---|---|" + "---|" * len(CONTROLLERS)
    for day in days:
        cells = [_told(day.of(name)) for name in CONTROLLERS]
        best = "-" if day.rise_s is None else f"{day.rise_s:.0f}"
        yield f"| {day.case} | {day.oracle_degC:.2f}, {day.seen_degC:.2f}; {best} | " + " | ".join(cells) + " |"


def _told(each: Outcome) -> str:
    warm = f"{each.span_degC:.2f} / {100.0 * each.in_band:.0f} %"
    rise = f"{each.reached_s:.0f}" if each.reached else "never"
    return f"{warm} / {rise} / {each.hottest_degC:.1f} / {each.over_guard_degC:+.1f}"


def _draw(path: Path, days: Sequence[PatientDay]) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text as paths needs no font at the reader's; a fixed salt makes the same picture the same file.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "syntherm", "font.size": 8}):
        figure = Figure(figsize=(8.0, 1.2 + 0.2 * len(days)), layout="constrained")
        spans, band = figure.subplots(1, 2, sharey=True)
        places = range(len(days), 0, -1)
        for name in CONTROLLERS:
            mine = [day.of(name) for day in days]
            style = {"color": _COLOURS[name], "marker": _MARKS[name], "linestyle": "", "markersize": 4, "label": name}
            spans.plot([each.span_degC for each in mine], places, **style)
            band.plot([100.0 * each.in_band for each in mine], places, **style)
        known = [day.oracle_degC for day in days]
        spans.plot(known, places, color=_COLOURS[_ORACLES[0]], marker="|", linestyle="", label=_ORACLES[0])
        spans.set_yticks(list(places), [day.case for day in days])
        spans.set_xlim(left=0.0)
        spans.set_xlabel("span hot10 - cold90, degC")
        band.set_xlabel("voxel-time in 40 to 42 degC, %")
        for axes in (spans, band):
            axes.grid(axis="y", color="#dddddd", linewidth=0.5)
        spans.legend(fontsize=7, loc="upper right")
        figure.savefig(path, format="svg", metadata={"Date": None})
