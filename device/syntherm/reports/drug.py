"""The drug as the report shows it: tables of intervals, and a figure over time."""

from typing import TYPE_CHECKING, Final

from syntherm.reports import svg
from syntherm.reports.drug_course import Bounds, Interval
from syntherm.reports.table import Table
from syntherm.reports.values import History
from syntherm.reports.wording import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN: Final = 7.3
_NOTHING: Final = "No drug was modelled: the plan has no drug model, or nothing was infused."
_LINES: Final = (
    ("plasma", "plasma, encapsulated", "#4c4496"),
    ("free", "plasma, free", "#2b6ca3"),
    ("tissue", "target, all", "#b5382a"),
)


def account_table(history: History) -> Table:
    """What was infused and where the model says it went."""
    course = history.drug
    if course is None:
        return Table("Drug, modelled", (("", "k"),), (), _NOTHING)
    rows = (
        ("Infused while the target was in range (heated)", number(course.heated_mg, 1, "mg"), "counted, not modelled"),
        ("Infused while it was not, or was not known to be", number(course.unheated_mg, 1, "mg"),
         "counted, not modelled"),
        ("Released in target and guard regions", *_mg(course.last["released_mg"])),
        ("Leaked in the rest of the body", *_mg(course.last["leaked_mg"])),
        ("Released in the target, mean", *_in(course.last["released"], "µg/mL")),
        ("Co-exposure of the target, mean", *_in(course.last["co_exposure"], "µg min/mL")),
        ("Target at release temperature with drug given, mean", *_minutes(course.last["above_release_s"])),
        ("Least of the target that was seen at any time", percent(course.seen_fraction),
         "what is not seen is taken as anything from closed to open"),
    )  # fmt: skip
    minute = number(history.minute(course.at_s), 1)
    columns = (("", "k"), ("central", "n"), ("from lowest to highest", "n"))
    return Table(f"Drug at minute {minute}", columns, rows)


def region_table(history: History) -> Table:
    """Doxorubicin in the tissue of each region, by volume fraction."""
    course = history.drug
    rows = () if course is None else tuple(
        (each.name, *_short(each.mean), *_short(each.high10), *_short(each.low90)) for each in course.regions
    )  # fmt: skip
    heading = "lowest to highest"
    columns = (("region", "k"), ("mean", "n"), (heading, "n"), ("high10", "n"), (heading, "n"), ("low90", "n"),
               (heading, "n"))  # fmt: skip
    return Table("Doxorubicin in tissue, µg/mL, modelled", columns, rows, _NOTHING)


def _short(found: Bounds) -> tuple[str, str]:
    return _figure(found.central), f"{_figure(found.lowest)} to {_figure(found.highest)}"


def _figure(value: float) -> str:
    """Two digits that count: the intervals are far wider."""
    return f"{value:.2g}" if value < 100.0 else f"{value:.0f}"


def _in(found: Bounds, unit: str) -> tuple[str, str]:
    central, between = _short(found)
    return f"{central} {unit}", f"{between} {unit}"


def _mg(found: Bounds) -> tuple[str, str]:
    return _in(found, "mg")


def _minutes(found: Bounds) -> tuple[str, str]:
    low, high = number(found.lowest / 60.0, 1), number(found.highest / 60.0, 1, "min")
    return number(found.central / 60.0, 1, "min"), f"{low} to {high}"


def draw_drug(history: History) -> str | None:
    """Concentrations over time as an SVG element; None where no drug was modelled."""
    from matplotlib.figure import Figure

    course = history.drug
    if course is None:
        return None
    with svg.style():
        figure = Figure(figsize=(WIDTH_IN, 2.5))
        panels = figure.subplots(1, 2, gridspec_kw={"left": 0.07, "right": 0.99, "bottom": 0.16, "top": 0.96})
        _panel(panels[0], history, {name: course.curves[name] for name in ("plasma", "free")}, "plasma / µg/mL")
        _panel(panels[1], history, {"tissue": course.curves["tissue"]}, "target, mean / µg/mL")
        return svg.inline(figure, "drug", "Modelled drug over time, in plasma and in the target, as intervals")


def _panel(axes: "Axes", history: History, curves: dict[str, Interval], label: str) -> None:
    for name, words, colour in _LINES:
        if name not in curves:
            continue
        curve = curves[name]
        minutes = (curve.at_s - history.opened_s) / 60.0
        axes.fill_between(minutes, curve.lowest, curve.highest, color=colour, alpha=0.16, linewidth=0.0)
        axes.plot(minutes, curve.central, color=colour, linewidth=0.9, label=words)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("time since the record was opened / min")
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=False, fontsize=6.5)
