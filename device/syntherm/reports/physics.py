"""Tables of what was measured: control quality, calibration, coverage, dose, guard regions."""

from collections.abc import Sequence

import numpy as np

from syntherm.reports.maps import Coverage, RegionDose
from syntherm.reports.quality import Run
from syntherm.reports.table import Table
from syntherm.reports.values import History
from syntherm.reports.wording import duration, moment_label, name, number, percent

MOST_RUNS = 4


def quality_table(history: History, runs: Sequence[Run]) -> Table:
    """One column for each run of heating, the first four."""
    shown = runs[:MOST_RUNS]
    heads = tuple((f"run {index}" if len(runs) > 1 else "", "n") for index, _ in enumerate(shown, start=1))
    rows = [
        ("Begin, minute", *(number(history.minute(r.start_s), 1) for r in shown)),
        ("Length", *(duration(r.end_s - r.start_s) for r in shown)),
        ("Ended in", *("not known" if r.ended_in is None else name(r.ended_in) for r in shown)),
        ("Rise time", *(duration(r.rise_s) if r.rise_s is not None else "never in range" for r in shown)),
        ("Settling time", *(duration(r.settling_s) if r.settling_s is not None else "not settled" for r in shown)),
        ("Final level of the mean", *(number(r.final_degC, 2, "°C") for r in shown)),
        ("Steady-state deviation from the set point", *(_signed(r.deviation_degC) for r in shown)),
        ("Tracking SD", *(number(r.tracking_sd_degC, 2, "°C") for r in shown)),
        ("Highest upper bound of hot10", *(number(r.hot10_upper_degC, 2, "°C") for r in shown)),
        ("Overshoot of hot10, from the set point", *(_signed(r.hot10_above_setpoint_degC) for r in shown)),
        ("Overshoot of hot10, from the range's end", *(_signed(r.hot10_above_range_degC) for r in shown)),
        ("Overshoot of the mean, from its final level", *(_signed(r.mean_above_final_degC) for r in shown)),
        ("Time in range after first in range", *(percent(r.in_range_fraction) for r in shown)),
        ("Entries into fallback (pause)", *(f"{r.pauses}, {duration(r.paused_s)} in all" for r in shown)),
        ("Holds of the infusion", *(str(r.holds) for r in shown)),
    ]
    left = f"; the first {MOST_RUNS} of {len(runs)} runs" if len(runs) > MOST_RUNS else ""
    return Table("Control quality" + left, (("", "k"), *heads), tuple(rows) if shown else (), "Nobody heated.")


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
        ("Dose of the guard region nearest to its limit, upper bound",
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
            f"{each.valid} of {each.voxels}",
            percent(each.warm_fraction),
            percent(each.in_range_fraction),
            number(each.mean_degC, 1),
            number(each.lowest_degC, 1),
            number(each.highest_degC, 1),
        )
        for each in found
    )
    columns = (("key moment", "k"), ("minute", "n"), ("valid voxels", "n"), (f"at {low} °C or more", "n"),
               (f"{low} to {high}", "n"), ("mean °C", "n"), ("lowest °C", "n"), ("highest °C", "n"))  # fmt: skip
    caption = "Coverage of the target: share of all its voxels, estimates; one without a valid temperature counts as cold"
    return Table(caption, columns, rows, "No temperature map was kept.")


def dose_table(found: Sequence[RegionDose]) -> Table:
    """The dose of each region."""
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
    return Table("Thermal dose of the estimate, CEM43 / min", columns, rows, "No dose is on record.")
