"""Flat rows of a record, for tables: entries, images, acts, faults. What is not known is None."""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from syntherm.auditing.looks import Body, items, number, part, short, text, truth, whole
from syntherm.auditing.told import type_of
from syntherm.auditing.told_decision import OVER_TARGET, REGIONS, power_W
from syntherm.auditing.walk import Step

Value = str | int | float | bool | None
Row = dict[str, Value]
Columns = Mapping[str, str]
"""Names of a table's columns, in order, with their SQL types."""

WHEN: Final = {"seq": "BIGINT", "session_s": "DOUBLE", "at_s": "DOUBLE", "utc": "TIMESTAMP"}
_BOUNDS: Final = {"estimate": "degC", "lower": "lower_degC", "upper": "upper_degC"}
_NUMBERS: Final = {
    "in_range_s": ("range_clock", "total_s"),
    "heating_s": ("heating_s",),
    "patient_ml": ("ledger", "patient_ml"),
    "heated_ml": ("ledger", "heated_ml"),
    "unheated_ml": ("ledger", "unheated_ml"),
    "guard_dose_min": ("verdicts", "guards-dose", "measured"),
    "guard_dose_limit_min": ("verdicts", "guards-dose", "limit"),
}
"""Columns of an image's row, and where a decision says them."""
ENTRIES: Final[Columns] = {
    **WHEN, "kind": "VARCHAR", "type": "VARCHAR",
    **{f"{region}_{when}": "VARCHAR" for region in REGIONS for when in ("before", "after")}, "summary": "VARCHAR",
}  # fmt: skip
IMAGES: Final[Columns] = {
    **WHEN, "image": "BIGINT", "acquired_s": "DOUBLE", "accepted": "BOOLEAN",
    **dict.fromkeys(REGIONS, "VARCHAR"),
    **{f"{name}_{suffix}": "DOUBLE" for name in OVER_TARGET for suffix in _BOUNDS.values()},
    "hottest_guard": "VARCHAR", "hottest_guard_degC": "DOUBLE", "hottest_guard_upper_degC": "DOUBLE",
    "in_range": "BOOLEAN", "lent_W": "DOUBLE", **dict.fromkeys(_NUMBERS, "DOUBLE"),
}  # fmt: skip


def when(step: Step) -> Row:
    """Number and times of an entry."""
    at_s = step.entry.at_s
    known_s = at_s if isfinite(at_s) else None
    return {"seq": step.entry.seq, "session_s": step.session_s, "at_s": known_s, "utc": short(step.entry.utc, 40)}


def entry_row(step: Step) -> Row:
    """The row of any entry."""
    row: Row = {**when(step), "kind": short(step.entry.kind, 40), "type": type_of(step.entry, step.body) or None}
    for region in REGIONS:
        row[f"{region}_before"] = text(step.body, "before", region)
        row[f"{region}_after"] = text(step.body, "after", region)
    return {**row, "summary": step.told}


def image_row(step: Step) -> Row | None:
    """The row of a decision on an image; None for all else. An image without valid temperatures has none here."""
    if step.entry.kind != "decision" or step.event is None or text(step.event.body, "$type") != "FrameReceived":
        return None
    event, decision = step.event.body, part(step.body)
    accepted = truth(decision, "verdicts", "frame-identity", "may_continue")
    # A refused image leaves the temperatures of the one before it in the decision.
    shows = bool(accepted) and decision.get("maps") is not None
    row: Row = {**when(step), "image": whole(event, "sequence"), "acquired_s": number(event, "acquired_s")}
    row["accepted"] = accepted
    row |= {region: text(decision, "after", region) for region in REGIONS}
    target = part(decision, "target") if shows else {}
    for name in OVER_TARGET:
        row |= {f"{name}_{suffix}": number(target, name, bound) for bound, suffix in _BOUNDS.items()}
    row |= _hottest(decision) if shows else {}
    row |= {"in_range": truth(decision, "range_clock", "in_range"), "lent_W": _lent_W(decision)}
    row |= {column: number(decision, *path) for column, path in _NUMBERS.items()}
    return {column: row.get(column) for column in IMAGES}


def _hottest(decision: Body) -> Row:
    seen = [(number(guard, "hottest", "upper"), guard) for guard in items(decision, "guards")]
    known = [(upper, guard) for upper, guard in seen if upper is not None]
    if not known or len(known) < len(seen):
        return {}  # a guard region that is not seen may be the hottest
    upper, guard = max(known, key=lambda pair: pair[0])
    return {
        "hottest_guard": text(guard, "name"), "hottest_guard_degC": number(guard, "hottest", "estimate"),
        "hottest_guard_upper_degC": upper,
    }  # fmt: skip


def _lent_W(decision: Body) -> float | None:
    leases = [each for each in items(decision, "commands") if text(each, "$type") == "GrantLease"]
    return power_W(leases[-1]) if leases else 0.0
