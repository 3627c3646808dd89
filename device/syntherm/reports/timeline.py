"""The one timeline: states, target, guard regions, power, infusion and alarms over a shared time axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from syntherm.core.plan.values import Guard
from syntherm.core.vocabulary import Energy, Infusion, Session, State
from syntherm.reports import svg
from syntherm.reports.marks import draw_marks, mark_height
from syntherm.reports.values import History, Lease, Series, Span
from syntherm.reports.wording import day_and_time, name, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN: Final = 7.3
_LEFT, _RIGHT = 0.098, 0.887
_COLOURS: Final[dict[State, str]] = {
    Session.SETUP: "#e3e8ec", Session.CALIBRATION: "#c9dcea", Session.HEATING: "#f6cfa8",
    Session.DRUG_INFUSION_SYNC: "#b9b2de", Session.COOLING: "#b5dde0", Session.COMPLETE: "#bfdcbf",
    Session.ABORT: "#e79a94",
    Energy.OFF: "#eef1f3", Energy.TEST: "#fbe3a6", Energy.ON: "#f2a65a", Energy.PAUSED: "#d9c7a5",
    Infusion.IDLE: "#eef1f3", Infusion.ARMED: "#d6dcf0", Infusion.INFUSING: "#8e86c9", Infusion.HELD: "#e6c96f",
    Infusion.DONE: "#cfe5cf", Infusion.FAILED: "#e79a94",
}  # fmt: skip
_TARGET: Final = (("hot10", "#b5382a"), ("mean", "#22303c"), ("cold90", "#2b6ca3"))
_GUARDS: Final = ("#8a5a00", "#00736b", "#8b3a86", "#4d6b1f", "#5a5a9c")
_POINTS_PER_LETTER = 3.9


def draw_timeline(history: History) -> str:
    """The figure as an SVG element."""
    from matplotlib.figure import Figure

    heights = [0.66, 2.35, 1.55, 0.95, 1.05, mark_height(history)]
    total = sum(heights) + 1.25
    with svg.style():
        figure = Figure(figsize=(WIDTH_IN, total))
        axes = figure.subplots(
            len(heights), 1, sharex=True,
            gridspec_kw={"height_ratios": heights, "hspace": 0.13, "left": _LEFT, "right": _RIGHT,
                         "top": 1.0 - 0.36 / total, "bottom": 0.38 / total},
        )  # fmt: skip
        panels = list(axes)
        _states(panels[0], history)
        _target(panels[1], history)
        _guards(panels[2], history)
        _power(panels[3], history)
        _infusion(panels[4], history)
        draw_marks(panels[5], history)
        _shared(figure, panels, history)
        return svg.inline(figure, "timeline", "Timeline of the session: states, temperatures, power, infusion, alarms")


def _shared(figure: "Figure", panels: Sequence["Axes"], history: History) -> None:
    end = max(history.minute(history.last_s), 1.0 / 60.0)
    panels[0].set_xlim(0.0, end)
    for panel in panels[1:]:
        for span in history.session[1:]:
            panel.axvline(history.minute(span.start_s), color=svg.RULE, linewidth=0.7, zorder=0)
        panel.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel(f"time since the record was opened at {day_and_time(history.opened_utc)} / min")
    figure.align_ylabels(panels[1:])


def _states(axes: "Axes", history: History) -> None:
    rows = (("session", history.session), ("energy", history.energy), ("infusion", history.infusion))
    minutes = max(history.minute(history.last_s), 1.0 / 60.0)
    width_pt = WIDTH_IN * 72.0 * (_RIGHT - _LEFT)
    named: set[State] = set()
    for row, (_, spans) in enumerate(rows):
        for span in spans:
            named |= _state(axes, span, 2 - row, history, width_pt / minutes)
    axes.set_ylim(-0.5, 2.5)
    axes.set_yticks([2, 1, 0], [label for label, _ in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _unnamed(axes, {span.state for _, spans in rows for span in spans} - named)


def _unnamed(axes: "Axes", states: set[State]) -> None:
    """A key for the states whose name had no room in any of their spans."""
    from matplotlib.patches import Patch

    words = {state: f"{type(state).__name__.lower()}: {name(state)}" for state in _COLOURS if state in states}
    if words:
        axes.legend(
            handles=[Patch(facecolor=_COLOURS[state], label=words[state]) for state in words],
            loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=5, frameon=False, fontsize=6.5,
            handlelength=1.0, handletextpad=0.4, columnspacing=1.1, borderpad=0.0, borderaxespad=0.3,
        )  # fmt: skip


def _state(axes: "Axes", span: Span, row: int, history: History, pt_per_min: float) -> set[State]:
    """Draw one span; returns its state if there was room for its name."""
    start, length = history.minute(span.start_s), (span.end_s - span.start_s) / 60.0
    axes.barh(row, length, left=start, height=0.86, color=_COLOURS[span.state], linewidth=0.0)
    words = name(span.state)
    if length * pt_per_min < _POINTS_PER_LETTER * len(words):
        return set()
    axes.text(start + length / 2.0, row, words, ha="center", va="center", fontsize=6.5)
    return {span.state}


def _minutes(history: History, at_s: Series) -> Series:
    return (at_s - history.opened_s) / 60.0


def _target(axes: "Axes", history: History) -> None:
    heating, limits = history.plan.heating, history.plan.limits
    axes.axhspan(heating.range_cold90_min_degC, heating.range_hot10_max_degC, color="#e9f2e6", zorder=-1)
    for key, colour in _TARGET:
        curve = history.target[key]
        at = _minutes(history, curve.at_s)
        axes.fill_between(at, curve.lower_degC, curve.upper_degC, color=colour, alpha=0.16, linewidth=0.0)
        axes.plot(at, curve.estimate_degC, color=colour, linewidth=0.6, label=key)
    _level(axes, heating.range_cold90_min_degC, "range min", "#5d8a51", "-")
    _level(axes, heating.range_hot10_max_degC, "range max", "#5d8a51", "-")
    _level(axes, heating.setpoint_degC, "set point", svg.QUIET, ":")
    _level(axes, limits.target_max_degC, "limit", "#b5382a", "--")
    known = [curve.lower_degC[np.isfinite(curve.lower_degC)] for curve in history.target.values()]
    lowest = min((float(values.min()) for values in known if len(values)), default=heating.baseline_degC)
    highest = max((float(np.nanmax(c.upper_degC)) for c in history.target.values() if np.isfinite(c.upper_degC).any()),
                  default=limits.target_max_degC)  # fmt: skip
    axes.set_ylim(max(lowest, heating.baseline_degC - 3.0) - 0.3, max(highest, limits.target_max_degC) + 1.1)
    axes.set_ylabel("target / °C")
    _key(axes)
    if not any(len(values) for values in known):
        _nothing(axes, "no temperature of the target is on record")


def _guards(axes: "Axes", history: History) -> None:
    lowest, highest = history.plan.heating.baseline_degC, 0.0
    for index, guard in enumerate(history.plan.guard):
        colour, curve = _GUARDS[index % len(_GUARDS)], history.guards[guard.name]
        label = f"{guard.name} (limit {number(guard.max_degC, 1)})"
        axes.plot(_minutes(history, curve.at_s), curve.upper_degC, color=colour, linewidth=0.6, label="\u200a" + label)
        known = curve.upper_degC[np.isfinite(curve.upper_degC)]
        lowest = min(lowest, float(known.min(initial=lowest)))
        highest = max(highest, float(known.max(initial=guard.max_degC)))
    for limit, guards in _by_limit(history.plan.guard).items():
        colour = _GUARDS[guards[0] % len(_GUARDS)] if len(guards) == 1 else svg.INK
        _level(axes, limit, "limit", colour, "--")
    axes.set_ylim(lowest - 0.3, highest + 1.2)
    axes.set_ylabel("guards, hottest voxel,\nupper bound / °C")
    _key(axes)


def _by_limit(guards: Sequence[Guard]) -> dict[float, list[int]]:
    found: dict[float, list[int]] = {}
    for index, guard in enumerate(guards):
        found.setdefault(guard.max_degC, []).append(index)
    return found


def _power(axes: "Axes", history: History) -> None:
    at_s, power = _steps(history.leases)
    minutes = _minutes(history, at_s)
    axes.fill_between(minutes, power, color="#f2a65a", linewidth=0.0)
    axes.plot(minutes, power, color="#a85f10", linewidth=0.35)
    limit = history.plan.sonication.max_power_W
    _level(axes, limit, "max", svg.QUIET, "--")
    axes.set_ylim(0.0, limit * 1.12)
    axes.set_ylabel("leased\npower / W")
    if not len(at_s):
        _nothing(axes, "no power was lent")


def _steps(leases: Sequence[Lease]) -> tuple[Series, Series]:
    """Times and powers of the outline of all leases; one that follows at once does not pass through zero."""
    at: list[float] = []
    power: list[float] = []
    for lease in leases:
        if at and at[-1] == lease.start_s:
            del at[-1], power[-1]
        else:
            at.append(lease.start_s)
            power.append(0.0)
        at += [lease.start_s, lease.end_s, lease.end_s]
        power += [lease.power_W, lease.power_W, 0.0]
    return np.asarray(at, dtype=np.float64), np.asarray(power, dtype=np.float64)


def _infusion(axes: "Axes", history: History) -> None:
    prescribed = history.plan.prescription.volume_ml
    for span in history.infusion:
        if span.state in (Infusion.INFUSING, Infusion.HELD, Infusion.FAILED):
            axes.axvspan(history.minute(span.start_s), history.minute(span.end_s), ymax=0.06,
                         color=_COLOURS[span.state], linewidth=0.0)  # fmt: skip
    ticks = history.ticks
    axes.plot(_minutes(history, ticks.at_s), ticks.patient_ml, color="#4c4496", linewidth=1.1)
    _level(axes, prescribed, "prescribed", svg.QUIET, "--")
    highest = float(ticks.patient_ml.max(initial=0.0))
    axes.set_ylim(0.0, max(prescribed, highest) * 1.14)
    axes.set_ylabel("drug in the\npatient / mL")
    if highest <= 0.0:
        _nothing(axes, "no drug reached the patient")


def _level(axes: "Axes", value: float, words: str, colour: str, dashes: str) -> None:
    axes.axhline(value, color=colour, linewidth=0.7, linestyle=dashes, zorder=1)
    axes.text(1.006, value, f"{words} {number(value, 1)}", transform=axes.get_yaxis_transform(), color=colour,
              fontsize=6.2, ha="left", va="center")  # fmt: skip


def _key(axes: "Axes") -> None:
    key = axes.legend(loc="upper left", ncols=3, frameon=False, fontsize=6.5, handlelength=1.4, columnspacing=1.2,
                      borderaxespad=0.2, handletextpad=0.5)  # fmt: skip
    for line in key.get_lines():
        line.set_linewidth(1.6)


def _nothing(axes: "Axes", words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=svg.QUIET)
