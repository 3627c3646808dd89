"""What the record says of the modelled drug: each decision that took it on, as intervals over time."""

from typing import Final

import attrs
import numpy as np

from syntherm.reports.body import Body, number, part, parts, text
from syntherm.reports.values import Series

FIGURES: Final = {
    "tissue": ("tissue", "mean"),
    "plasma": ("body", "liposomal_ug_per_ml"),
    "free": ("body", "free_ug_per_ml"),
}
"""What is drawn over time, and where a decision says it."""


@attrs.frozen(eq=False)
class Interval:
    """One figure over time: arrays of one length, in s and ug/mL."""

    at_s: Series
    central: Series
    lowest: Series
    highest: Series


@attrs.frozen
class Bounds:
    """One interval of the last decision."""

    central: float
    lowest: float
    highest: float


@attrs.frozen
class Region:
    """A region's tissue at the last decision, in ug/mL."""

    name: str
    mean: Bounds
    high10: Bounds
    low90: Bounds


@attrs.frozen(eq=False)
class DrugCourse:
    """The drug over the session, and at its last moment. `seen_fraction`: the least of the target that was seen."""

    curves: dict[str, Interval]
    at_s: float
    regions: tuple[Region, ...]
    last: dict[str, Bounds]
    heated_mg: float
    unheated_mg: float
    seen_fraction: float


class Drug:
    """Fed with the `drug` of each decision that has one."""

    def __init__(self) -> None:
        self._at_s: list[float] = []
        self._rows: dict[str, list[Bounds]] = {name: [] for name in FIGURES}
        self._last: Body | None = None
        self._seen: list[float] = []

    def feed(self, at_s: float, decision: Body) -> None:
        """Take in a decision. Raises BadEntry for a drug that is none."""
        if decision.get("drug") is None:
            return
        drug = part(decision, "drug")
        self._at_s.append(at_s)
        self._seen.append(number(drug, "seen_fraction"))
        for name, (holder, field) in FIGURES.items():
            self._rows[name].append(_bounds(part(part(drug, holder), field)))
        self._last = drug

    def course(self) -> DrugCourse | None:
        """All of it; None where no decision told of drug."""
        drug = self._last
        if drug is None:
            return None
        at_s, body = np.asarray(self._at_s), part(drug, "body")
        curves = {}
        for name, rows in self._rows.items():
            columns = np.asarray([(row.central, row.lowest, row.highest) for row in rows]).T
            curves[name] = Interval(at_s, *columns)
        regions = (part(drug, "tissue"), *parts(drug, "guards"))
        last = {name: _bounds(part(part(drug, name), "mean")) for name in ("released", "co_exposure")}
        last |= {name: _bounds(part(body, name)) for name in ("released_mg", "leaked_mg")}
        last["above_release_s"] = _bounds(part(drug, "above_release_s"))
        # The first one is told before anything was seen.
        seen = min(self._seen[1:], default=0.0)
        return DrugCourse(
            curves, self._at_s[-1], tuple(_region(each) for each in regions), last,
            number(body, "infused_heated_mg"), number(body, "infused_unheated_mg"), seen,
        )  # fmt: skip


def _bounds(found: Body) -> Bounds:
    return Bounds(number(found, "estimate"), number(found, "lower"), number(found, "upper"))


def _region(found: Body) -> Region:
    return Region(text(found, "name"), *(_bounds(part(found, name)) for name in ("mean", "high10", "low90")))
