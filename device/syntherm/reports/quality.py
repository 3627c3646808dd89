"""How well the loop controlled, in the terms of IEC 60601-1-10; each is defined in `DEFINITIONS`, in our words.

A run is one unbroken time of heating, from entering HEATING until energy can no longer be lent.
"""

from itertools import groupby
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Energy, Infusion, Session
from syntherm.reports.values import Curve, History, Series, Span

HEATED: Final = (Session.HEATING, Session.DRUG_INFUSION_SYNC)

DEFINITIONS: Final = (
    ("Run", "one unbroken time of heating, from its begin until power could no longer be lent."),
    ("In range", "lower bound of cold90 and upper bound of hot10 both within the prescribed range."),
    ("Rise time", "from the begin of heating to the first image in range."),
    ("Final level", "median of the target's mean over the second half of the time from first in range to the end."),
    (
        "Settling time",
        "from the begin of heating until the target's mean stays within the precision that the plan asks of the "
        "thermometry, about its final level, to the end.",
    ),
    ("Overshoot of hot10", "highest upper bound of hot10, seen from the set point and from the range's upper end."),
    ("Overshoot of the mean", "highest estimate of the target's mean, seen from its final level."),
    (
        "Steady-state deviation",
        "average of the target's mean after first in range, less the set point. The set point acts on upper bounds, "
        "so the mean is expected below it.",
    ),
    ("Tracking SD", "standard deviation of the target's mean about its own average after first in range."),
    ("Time in range", "share of the time from first in range to the end of the run."),
    ("Fallback", "entries into a pause, where no power is lent until people resume; and holds of the infusion."),
)


@attrs.frozen
class Run:
    """The figures of one run; None where the record does not tell. Times in s, temperatures in degC."""

    start_s: float
    end_s: float
    ended_in: Session | None
    rise_s: float | None
    settling_s: float | None
    final_degC: float | None
    hot10_upper_degC: float | None
    hot10_above_setpoint_degC: float | None
    hot10_above_range_degC: float | None
    mean_above_final_degC: float | None
    deviation_degC: float | None
    tracking_sd_degC: float | None
    in_range_fraction: float | None
    pauses: int
    paused_s: float
    holds: int


def runs(history: History) -> tuple[Run, ...]:
    """The figures of every run, in order."""
    heated = [list(group) for hot, group in groupby(history.session, key=lambda span: span.state in HEATED) if hot]
    return tuple(_run(history, spans) for spans in heated)


def _run(history: History, spans: list[Span]) -> Run:
    start_s, end_s, plan = spans[0].start_s, spans[-1].end_s, history.plan
    following = next((span.state for span in history.session if span.start_s == end_s), None)
    first_s = _first_in_range_s(history, start_s, end_s)
    mean = _within(history.target["mean"], start_s, end_s)
    hot10 = _highest(_within(history.target["hot10"], start_s, end_s).upper_degC)
    final = final_level_degC(mean, first_s, end_s)
    held = _known(mean, first_s)
    highest = _highest(mean.estimate_degC)
    pauses = history.entries_into(Energy.PAUSED, start_s, end_s)
    return Run(
        start_s=start_s,
        end_s=end_s,
        ended_in=following if isinstance(following, Session) else None,
        rise_s=None if first_s is None else first_s - start_s,
        settling_s=settling_s(mean, final, plan.limits.precision_degC, start_s),
        final_degC=final,
        hot10_upper_degC=hot10,
        hot10_above_setpoint_degC=_less(hot10, plan.heating.setpoint_degC),
        hot10_above_range_degC=_less(hot10, plan.heating.range_hot10_max_degC),
        mean_above_final_degC=None if highest is None or final is None else highest - final,
        deviation_degC=_deviation(held, plan),
        tracking_sd_degC=float(np.std(held)) if len(held) > 1 else None,
        in_range_fraction=_in_range_fraction(history, first_s, end_s),
        pauses=len(pauses),
        paused_s=sum(min(pause.end_s, end_s) - pause.start_s for pause in pauses),
        holds=len(history.entries_into(Infusion.HELD, start_s, end_s)),
    )


def final_level_degC(mean: Curve, first_s: float | None, end_s: float) -> float | None:
    """Median of the mean over the second half of the time since first in range; None if never in range."""
    if first_s is None:
        return None
    late = _known(mean, (first_s + end_s) / 2.0)
    return float(np.median(late)) if len(late) else None


def settling_s(mean: Curve, final_degC: float | None, band_degC: float, start_s: float) -> float | None:
    """Time from `start_s` to the first image from which on the mean stays within the band to the end of the curve.

    None if there is no final level, or the last known mean lies outside the band. Unknown values say nothing.
    """
    known = np.isfinite(mean.estimate_degC)
    if final_degC is None or not known.any():
        return None
    at_s, off = mean.at_s[known], np.abs(mean.estimate_degC[known] - final_degC) > band_degC
    if off[-1]:
        return None
    outside = np.flatnonzero(off)
    return float(at_s[outside[-1] + 1 if len(outside) else 0] - start_s)


def _first_in_range_s(history: History, start_s: float, end_s: float) -> float | None:
    ticks = history.ticks
    during = ticks.in_range & (ticks.at_s >= start_s) & (ticks.at_s <= end_s)
    return float(ticks.at_s[during][0]) if during.any() else None


def _in_range_fraction(history: History, first_s: float | None, end_s: float) -> float | None:
    if first_s is None or end_s <= first_s:
        return None
    ticks = history.ticks
    first, last = np.searchsorted(ticks.at_s, (first_s, end_s))
    last = min(int(last), len(ticks.at_s) - 1)
    return float(ticks.in_range_s[last] - ticks.in_range_s[int(first)]) / (end_s - first_s)


def _within(curve: Curve, start_s: float, end_s: float) -> Curve:
    during: NDArray[np.bool_] = (curve.at_s >= start_s) & (curve.at_s <= end_s)
    return Curve(curve.at_s[during], curve.estimate_degC[during], curve.lower_degC[during], curve.upper_degC[during])


def _known(curve: Curve, from_s: float | None) -> Series:
    if from_s is None:
        return np.empty(0)
    values = curve.estimate_degC[curve.at_s >= from_s]
    return values[np.isfinite(values)]


def _highest(values: Series) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else None


def _less(value: float | None, by: float) -> float | None:
    return None if value is None else value - by


def _deviation(held: Series, plan: Plan) -> float | None:
    return float(held.mean()) - plan.heating.setpoint_degC if len(held) else None
