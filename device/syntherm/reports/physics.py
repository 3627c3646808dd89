"""Tables of what was measured: control quality, calibration, coverage, dose, guard regions."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from syntherm.core.dose import DoseVariant
from syntherm.reports.maps import Coverage, RegionDose
from syntherm.reports.quality import Run
from syntherm.reports.table import Table
from syntherm.reports.values import History
from syntherm.reports.wording import UNKNOWN, duration, moment_label, name, number, percent

MOST_RUNS: Final = 4


_FIGURES: Final[tuple[tuple[str, Callable[[Run], str]], ...]] = (
    ("Length", lambda run: duration(run.end_s - run.start_s)),
    ("Ended in", lambda run: UNKNOWN if run.ended_in is None else name(run.ended_in)),
    ("Rise time", lambda run: "never in range" if run.rise_s is None else duration(run.rise_s)),
    ("Settling time", lambda run: "not settled" if run.settling_s is None else duration(run.settling_s)),
    ("Final level of the mean", lambda run: number(run.final_degC, 2, "°C")),
    ("Steady-state deviation from the set point", lambda run: _signed(run.deviation_degC)),
    ("Tracking SD", lambda run: number(run.tracking_sd_degC, 2, "°C")),
    ("Highest upper bound of hot10", lambda run: number(run.hot10_upper_degC, 2, "°C")),
    ("Overshoot of hot10, from the set point", lambda run: _signed(run.hot10_above_setpoint_degC)),
    ("Overshoot of hot10, from the range's end", lambda run: _signed(run.hot10_above_range_degC)),
    ("Overshoot of the mean, from its final level", lambda run: _signed(run.mean_above_final_degC)),
    ("Time in range after first in range", lambda run: percent(run.in_range_fraction)),
    ("Entries into fallback (pause)", lambda run: _pauses(run)),
    ("Holds of the infusion", lambda run: str(run.holds)),
)


def quality_table(history: History, runs: Sequence[Run]) -> Table:
    """One column for each run of heating, the first four."""
    shown = runs[:MOST_RUNS]
    heads = tuple((f"run {index}" if len(runs) > 1 else "", "n") for index, _ in enumerate(shown, start=1))
    begin = ("Begin, minute", *(number(history.minute(run.start_s), 1) for run in shown))
    rows = (begin, *((words, *map(figure, shown)) for words, figure in _FIGURES))
    left = f"; the first {MOST_RUNS} of {len(runs)} runs" if len(runs) > MOST_RUNS else ""
    return Table("Figures of each run" + left, (("", "k"), *heads), rows if shown else (), "Nobody heated.")


def _pauses(run: Run) -> str:
    return f"{run.pauses}, {duration(run.paused_s)} in all" if run.pauses else "0"


def _signed(value: float | None) -> str:
    return number(value, 2, "°C", signed=True)


def calibration_table(history: History) -> Table:
    """What was measured in place, against the plan's limits."""
    found, limits = history.findings, history.plan.limits
    offset = found.focus_offset_mm
    length = None if offset is None else float(np.linalg.norm(offset))
    vector = "" if offset is None else " (" + ", ".join(number(value, 1, signed=True) for value in offset) + ")"
    precision = ", ".join(number(value, 2, "°C") for _, value in found.precision_degC) or "not known"
    dose = found.guard_dose_min
    rows = (
        ("Precision of the thermometry at the begin of heating (median standard uncertainty)", precision,
         number(limits.precision_degC, 2, "°C")),
        ("Offset of the focus, corrected (x, y, z)", number(length, 1, "mm") + vector,
         number(history.plan.calibration.max_focus_offset_mm, 1, "mm")),
        ("Largest field drift, as temperature", number(found.largest_drift_degC, 1, "°C"),
         number(limits.drift_degC, 1, "°C")),
        ("Largest scatter of the reference regions", number(found.largest_residual_degC, 2, "°C"),
         number(limits.reference_residual_degC, 2, "°C")),
        ("Dose of the guard region nearest to its limit, upper bound"
         + ("" if history.plan.residual_dose is None else ", with what cooling would still have added"),
         number(None if dose is None else dose[0], 2, "min"), number(None if dose is None else dose[1], 1, "min")),
    )  # fmt: skip
    return Table("Measured in place", (("", "k"), ("found", "n"), ("limit of the plan", "n")), rows)


def guard_table(history: History) -> Table:
    """Each guard region's hottest moment."""
    rows = []
    for guard in history.plan.guard:
        curve = history.guards[guard.name]
        known = np.flatnonzero(np.isfinite(curve.upper_degC))
        if not len(known):
            rows.append((guard.name, "not known", "", number(guard.max_degC, 1, "°C"), "not known"))
            continue
        hottest = int(known[np.argmax(curve.upper_degC[known])])
        upper = float(curve.upper_degC[hottest])
        minute = number(history.minute(float(curve.at_s[hottest])), 1)
        margin = number(guard.max_degC - upper, 2, "°C", signed=True)
        rows.append((guard.name, number(upper, 2, "°C"), minute, number(guard.max_degC, 1, "°C"), margin))
    columns = (("region", "k"), ("highest upper bound", "n"), ("minute", "n"), ("limit", "n"), ("left to it", "n"))
    return Table("Guard regions: hottest voxel, upper bound", columns, tuple(rows))


def coverage_table(history: History, found: Sequence[Coverage]) -> Table:
    """The target at each key moment."""
    heating = history.plan.heating
    low, high = number(heating.range_cold90_min_degC, 1), number(heating.range_hot10_max_degC, 1, "°C")
    rows = tuple(
        (
            moment_label(each.moment.label),
            number(history.minute(each.moment.at_s), 1),
            number(history.image_minute(each.moment.at_s), 1),
            f"{each.valid} of {each.voxels}",
            percent(each.warm_fraction),
            percent(each.in_range_fraction),
            number(each.mean_degC, 1),
            number(each.lowest_degC, 1),
            number(each.highest_degC, 1),
        )
        for each in found
    )
    columns = (("key moment", "k"), ("minute", "n"), ("image of", "n"), ("valid voxels", "n"),
               (f"at {low} °C or more", "n"), (f"{low} to {high}", "n"),
               ("mean °C", "n"), ("lowest °C", "n"), ("highest °C", "n"))  # fmt: skip
    return Table("Coverage of the target, share of its voxels", columns, rows, "No temperature map was kept.")


def dose_table(found: Sequence[RegionDose], variant: DoseVariant = DoseVariant.WHOLE) -> Table:
    """The dose of each region, counted as the variant says."""
    rows = tuple(
        (
            each.name,
            f"{each.known} of {each.voxels}",
            number(each.median_min, 2),
            number(each.cold90_min, 2),
            number(each.highest_min, 2),
            "" if each.limit_min is None else number(each.limit_min, 1),
        )
        for each in found
    )
    columns = (("region", "k"), ("known voxels", "n"), ("median", "n"), ("cold90", "n"), ("highest", "n"),
               ("limit", "n"))  # fmt: skip
    caption = f"Thermal dose of the estimate, CEM43 / min: {variant.value}"
    return Table(caption, columns, rows, "No dose counted in this way is on record.")
