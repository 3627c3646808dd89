"""Collectors for the one pass over a record: each is fed decisions in order and then gives its values."""

from math import isfinite, nan
from typing import Final

import attrs
import numpy as np

from syntherm.core.faults import Clears, Code
from syntherm.core.vocabulary import State
from syntherm.reports.body import (
    BadEntry,
    Body,
    as_number,
    field,
    items,
    member,
    number,
    number_or_none,
    part,
    part_or_none,
    parts,
    text,
    truth,
)
from syntherm.reports.values import Account, Alarm, Curve, Findings, Lease, Series, Span, Ticks

OVER_TARGET: Final = ("hot10", "mean", "cold90")


def measured(decision: Body, check: str) -> tuple[float, float] | None:
    """What a check measured, and its limit; None where it had nothing to measure. Raises BadEntry."""
    verdict = part_or_none({check: part(decision, "verdicts").get(check)}, check)
    if verdict is None:
        return None
    value, limit = number_or_none(verdict, "measured"), number_or_none(verdict, "limit")
    return None if value is None or limit is None else (value, limit)


class States:
    """The spans of one region of the table."""

    def __init__(self, region: str, kind: type[State]) -> None:
        self._region, self._kind = region, kind
        self._changes: list[tuple[float, State]] = []

    def feed(self, at_s: float, decision: Body, opened_s: float) -> None:
        """Take in where the region stands after a decision."""
        if not self._changes:
            self._changes.append((opened_s, member(part(decision, "before"), self._region, self._kind)))
        state = member(part(decision, "after"), self._region, self._kind)
        if state is not self._changes[-1][1]:
            self._changes.append((at_s, state))

    def spans(self, end_s: float) -> tuple[Span, ...]:
        """All of them, none without a decision; the last one lasts to the end of the record."""
        starts = [start for start, _ in self._changes]
        ends = [*starts[1:], end_s]
        return tuple(Span(state, start, end) for (start, state), end in zip(self._changes, ends, strict=False))


class Leases:
    """Power lent over time, from the commands that left."""

    def __init__(self) -> None:
        self._leases: list[Lease] = []

    def feed(self, at_s: float, decision: Body) -> None:
        """Take in the commands of a decision, in their order."""
        for command in parts(decision, "commands"):
            kind = text(command, "$type")
            if kind in ("EnergyOff", "GrantLease") and self._leases:
                last = self._leases[-1]
                self._leases[-1] = attrs.evolve(last, end_s=max(last.start_s, min(last.end_s, at_s)))
            if kind == "GrantLease":
                power_W = sum(number(point, "power_W") for point in parts(command, "points"))
                self._leases.append(Lease(at_s, number(command, "until_s"), power_W))

    def all(self) -> tuple[Lease, ...]:
        """In the order of their grants."""
        return tuple(self._leases)


class Curves:
    """Bounds over time. An image older than the plan allows, or none, breaks a curve."""

    def __init__(self, guards: tuple[str, ...], gap_s: float) -> None:
        self._rows: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in OVER_TARGET}
        self._guards: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in guards}
        self._gap_s = gap_s
        self._images_s: list[float] = []

    def feed(self, at_s: float, decision: Body) -> None:
        """Take in the summaries of an accepted image."""
        self._images_s.append(at_s)
        target = part_or_none(decision, "target")
        for name, rows in self._rows.items():
            self._add(rows, at_s, None if target is None else part(target, name))
        seen = {text(guard, "name"): guard for guard in parts(decision, "guards")}
        for name, rows in self._guards.items():
            self._add(rows, at_s, part(seen[name], "hottest") if name in seen else None)

    def _add(self, rows: list[tuple[float, float, float, float]], at_s: float, bounded: Body | None) -> None:
        if rows and at_s - rows[-1][0] > self._gap_s:
            rows.append((rows[-1][0] + self._gap_s, nan, nan, nan))
        values = (nan, nan, nan) if bounded is None else _bounds(bounded)
        rows.append((at_s, *values))

    def images_s(self) -> Series:
        """When the images that gave a temperature came."""
        return np.asarray(self._images_s, dtype=np.float64)

    def target(self) -> dict[str, Curve]:
        """hot10, mean and cold90 of the target."""
        return {name: _curve(rows) for name, rows in self._rows.items()}

    def guards(self) -> dict[str, Curve]:
        """The hottest voxel of each guard region."""
        return {name: _curve(rows) for name, rows in self._guards.items()}


def _bounds(bounded: Body) -> tuple[float, float, float]:
    found = number(bounded, "estimate"), number(bounded, "lower"), number(bounded, "upper")
    return found if all(isfinite(value) for value in found) else (nan, nan, nan)


def _curve(rows: list[tuple[float, float, float, float]]) -> Curve:
    columns = np.asarray(rows, dtype=np.float64).reshape(-1, 4).T
    return Curve(columns[0], columns[1], columns[2], columns[3])


class Totals:
    """One value per decision, and the last account of the infusion."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float, float]] = []
        self._ledger: Body | None = None

    def feed(self, at_s: float, decision: Body) -> None:
        """Take in the totals of a decision."""
        clock, self._ledger = part(decision, "range_clock"), part(decision, "ledger")
        patient_ml, in_range = number(self._ledger, "patient_ml"), float(truth(clock, "in_range"))
        self._rows.append((at_s, patient_ml, in_range, number(clock, "total_s"), number(decision, "heating_s")))

    def ticks(self) -> Ticks:
        """Every decision's."""
        columns = np.asarray(self._rows, dtype=np.float64).reshape(-1, 5).T
        return Ticks(columns[0], columns[1], columns[2] > 0.0, columns[3], columns[4])

    def account(self) -> Account | None:
        """The last one; None without a decision."""
        ledger = self._ledger
        return None if ledger is None else Account(**{f.name: number(ledger, f.name) for f in attrs.fields(Account)})


class Alarms:
    """Faults from the moment they stood until they stood no more."""

    def __init__(self) -> None:
        self._open: dict[tuple[Code, float], Alarm] = {}
        self._closed: list[Alarm] = []

    def feed(self, at_s: float, decision: Body) -> None:
        """Take in the faults that stand after a decision."""
        standing = set()
        for fault in parts(decision, "faults"):
            key = member(fault, "code", Code), number(fault, "since_s")
            standing.add(key)
            alarm = self._open.setdefault(key, Alarm(*key, text(fault, "detail"), None, None))
            active = truth(fault, "active")
            if active != (alarm.gone_s is None):
                self._open[key] = attrs.evolve(alarm, gone_s=None if active else at_s)
        for key in [key for key in self._open if key not in standing]:
            alarm = self._open.pop(key)
            # A reset by people clears a fault whether or not its cause is gone; the others go with their cause.
            with_cause = alarm.gone_s is None and alarm.code.value.clears is Clears.WITH_CAUSE
            self._closed.append(attrs.evolve(alarm, gone_s=at_s if with_cause else alarm.gone_s, cleared_s=at_s))

    def all(self) -> tuple[Alarm, ...]:
        """In the order in which they were raised."""
        return tuple(sorted([*self._closed, *self._open.values()], key=lambda alarm: alarm.raised_s))


class Checks:
    """Single figures worth keeping of what the checks measured."""

    def __init__(self) -> None:
        self._precision: list[tuple[float, float]] = []
        self._offset: tuple[float, float, float] | None = None
        self._drift: list[float] = []
        self._residual: list[float] = []
        self._dose: tuple[float, float] | None = None

    def feed(self, at_s: float, decision: Body, begins: bool) -> None:
        """Take in a decision; `begins` says that heating begins with it."""
        if field(decision, "focus_offset_mm") is not None:
            x, y, z = self._three(decision)
            self._offset = (x, y, z)
        thermal = part_or_none(decision, "maps")
        if thermal is not None:
            self._drift.append(number(thermal, "drift_degC"))
            self._residual.append(number(thermal, "residual_degC"))
        dose, precision = measured(decision, "guards-dose"), measured(decision, "precision")
        if dose is not None and (self._dose is None or dose[0] / dose[1] > self._dose[0] / self._dose[1]):
            self._dose = dose
        if begins and precision is not None:
            self._precision.append((at_s, precision[0]))

    def _three(self, decision: Body) -> list[float]:
        values = [as_number(value, "focus_offset_mm") for value in items(decision, "focus_offset_mm")]
        if len(values) != 3:
            raise BadEntry(f"focus_offset_mm has {len(values)} numbers, expected 3")
        return values

    def findings(self) -> Findings:
        """What was found over the whole session."""
        return Findings(
            precision_degC=tuple(self._precision),
            focus_offset_mm=self._offset,
            largest_drift_degC=max(self._drift, default=None),
            largest_residual_degC=max(self._residual, default=None),
            guard_dose_min=self._dose,
        )
