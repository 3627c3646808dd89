"""The lowest panel of the timeline: alarms from raise to clear, and when people acted."""

from typing import TYPE_CHECKING, Final

from syntherm.core.faults import Code, Priority
from syntherm.reports import svg
from syntherm.reports.values import Alarm, History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final[dict[Priority, str]] = {
    Priority.HIGH: "#c0392b", Priority.MEDIUM: "#c79a00", Priority.LOW: "#1f8a99"
}  # fmt: skip
"""Near the colours of IEC 60601-1-8 (red, yellow, cyan), dark enough for white paper."""
_ROW_IN = 0.17


def _rows(history: History) -> list[Code]:
    return list(dict.fromkeys(alarm.code for alarm in history.alarms))


def mark_height(history: History) -> float:
    """Height of the panel in inches: a row for each alarm, and one for the operators."""
    return _ROW_IN * (len(_rows(history)) + 1) + 0.1


def draw_marks(axes: "Axes", history: History) -> None:
    """Draw the panel."""
    codes = _rows(history)
    for alarm in history.alarms:
        _alarm(axes, alarm, len(codes) - codes.index(alarm.code), history)
    for code in codes:
        _label(axes, code, len(codes) - codes.index(code), history)
    for refused, marker, colour in ((False, "|", svg.INK), (True, "x", COLOURS[Priority.HIGH])):
        at = [history.minute(act.at_s) for act in history.acts if (act.refused is not None) is refused]
        axes.plot(at, [0.0] * len(at), linestyle="", marker=marker, markersize=5.0, markeredgewidth=0.9, color=colour)
    axes.set_ylim(-0.6, len(codes) + 0.6)
    axes.set_yticks([0] if not codes else [0, (len(codes) + 1) / 2.0], ["acts"] if not codes else ["acts", "alarms"])
    axes.tick_params(axis="y", length=0)


def _alarm(axes: "Axes", alarm: Alarm, row: int, history: History) -> None:
    """Dark while the cause lasted, pale while the alarm stood after that."""
    colour, last = COLOURS[alarm.code.value.priority], history.minute(history.last_s)
    raised = history.minute(alarm.raised_s)
    cleared = last if alarm.cleared_s is None else history.minute(alarm.cleared_s)
    gone = cleared if alarm.gone_s is None else history.minute(alarm.gone_s)
    axes.barh(row, gone - raised, left=raised, height=0.72, color=colour, alpha=0.35, linewidth=0.0)
    axes.barh(row, cleared - gone, left=gone, height=0.72, color=colour, alpha=0.13, linewidth=0.0)
    axes.plot([raised], [row], marker="^", markersize=4.2, color=colour, markeredgewidth=0.0, clip_on=False)


def _label(axes: "Axes", code: Code, row: int, history: History) -> None:
    """The code beside its first mark, on the side that has room."""
    at = min(history.minute(alarm.raised_s) for alarm in history.alarms if alarm.code is code)
    right = at < 0.7 * history.minute(history.last_s)
    axes.annotate(
        code.value.code, (at, row), xytext=(5 if right else -5, 0), textcoords="offset points",
        ha="left" if right else "right", va="center", fontsize=6.5,
    )  # fmt: skip
