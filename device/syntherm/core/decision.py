"""What a step decided, with everything that the decision rested on: the core's own entry for the record."""

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.checks.verdict import Verdict
from syntherm.core.commands import Command
from syntherm.core.control.steering import Steered
from syntherm.core.drug.exposure import Shown
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.track import DrugSummary, on_grid
from syntherm.core.later import LATER
from syntherm.core.machine import Phases
from syntherm.core.response.coverage import Coverage
from syntherm.core.response.judged import Identified
from syntherm.core.state import RangeClock, SessionState, Standing
from syntherm.core.thermometry.summary import Summary
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import Effect, Fact, Trigger
from syntherm.core.watch import Violation


@attrs.frozen(eq=False)
class Decision:
    """One step. `maps` is the image's temperature map where this step made one; the record keeps its digest.

    `drug` is told where this step followed it on.
    `violations`: what the answer that the table gave first would have broken; this is the one given instead.
    `steered`: how the power was chosen, where a controller that remembers chose it.
    `identified`: what a test sonication in two shots showed, at the image that ended it. `coverage`: where it was
    foreseen, or foreseen anew.
    """

    at_s: float
    before: Phases
    after: Phases
    triggers: tuple[Trigger, ...]
    effects: tuple[Effect, ...]
    facts: tuple[Fact, ...]
    refused: str | None
    verdicts: Mapping[str, Verdict]
    faults: tuple[Standing, ...]
    commands: tuple[Command, ...]
    range_clock: RangeClock
    ledger: Ledger
    heating_s: float
    focus_offset_mm: tuple[float, float, float] | None
    target: Summary | None
    guards: tuple[Summary, ...]
    maps: Thermal | None
    violations: tuple[Violation, ...] = ()
    drug: DrugSummary | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)
    steered: Steered | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)
    identified: Identified | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)
    coverage: Coverage | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)


@attrs.frozen(eq=False)
class KeyMoment:
    """Maps worth keeping whole. Flat arrays on the plan's grid; NaN where there is no valid temperature.

    Maps of the drug have three rows: central, lowest and highest; NaN outside target and guard regions.
    """

    at_s: float
    label: str
    temperature_degC: NDArray[np.float32]
    uncertainty_degC: NDArray[np.float32]
    validity: NDArray[np.uint8]
    dose_min: NDArray[np.float32]
    dose_cut39_min: NDArray[np.float32] | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)
    drug_tissue_ug_per_ml: NDArray[np.float32] | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)
    drug_co_exposure_ug_min_per_ml: NDArray[np.float32] | None = attrs.field(
        default=None, metadata={LATER: True}, kw_only=True
    )


Record = Decision | KeyMoment


def key_moment(state: SessionState, label: str) -> KeyMoment | None:
    """The maps of this moment; None while no temperature is known."""
    thermal, dose = state.thermometry.thermal, state.thermometry.dose
    if thermal is None or dose is None or state.at_s is None:
        return None
    return KeyMoment(
        at_s=state.at_s,
        label=label,
        temperature_degC=thermal.temperature_degC,
        uncertainty_degC=thermal.uncertainty_degC,
        validity=thermal.validity,
        dose_min=dose.estimate_min,
        dose_cut39_min=dose.cut39_min if state.plan.residual_dose is not None else None,
        drug_tissue_ug_per_ml=_drug_map(state, Shown.TISSUE),
        drug_co_exposure_ug_min_per_ml=_drug_map(state, Shown.CO_EXPOSURE),
    )


def _drug_map(state: SessionState, shown: Shown) -> NDArray[np.float32] | None:
    return None if state.drug is None else on_grid(state.drug, shown, len(state.layout.points_mm))
