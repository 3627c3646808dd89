"""Following the drug: from image to image, and through the time in which there is none."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.drug.release import Heat
from syntherm.core.drug.track import DrugTrack, follow, start, went_on
from syntherm.core.plan.values import DrugRanges, Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

_Array = NDArray[np.float64]


def follow_drug(before: SessionState, state: SessionState, at_s: float) -> SessionState:
    """The state with the drug followed to `at_s`; `before` is the state before the event was taken in.

    A new image says how warm the tissue has been since the last one. Without one for longer than an image may be old,
    every voxel may have been anywhere between closed and open. It begins when the pump first moves.
    """
    ranges = state.plan.drug_model
    if ranges is None:
        return state
    track = state.drug
    if track is None:
        if not state.ledger.pumped_ml > 0.0:
            return state
        track = _begun(state, ranges, at_s if before.at_s is None else before.at_s)
    thermal = state.thermometry.thermal
    if thermal is not None and thermal is not before.thermometry.thermal:
        heat, seen = _shown(track, thermal, state.plan, ranges)
        track = went_on(track, at_s, state.ledger, heat, seen)
    elif not 0.0 <= at_s - track.state.at_s <= state.plan.limits.frame_age_s:
        unseen = _not_known(track.heat.estimate_degC, state.plan, ranges)
        track = went_on(track, at_s, state.ledger, unseen, np.zeros(len(track.followed.voxels), dtype=np.bool_))
    return attrs.evolve(state, drug=track)


def _begun(state: SessionState, ranges: DrugRanges, at_s: float) -> DrugTrack:
    layout = state.layout
    followed = follow(layout.target.voxels, tuple((guard.name, guard.voxels) for guard in layout.guards))
    baseline = np.full(len(followed.voxels), state.plan.heating.baseline_degC)
    last = state.thermometry.last
    estimate = baseline if last is None else last.last_valid_degC[followed.voxels].astype(np.float64)
    return start(state.plan, ranges, followed, at_s, _not_known(estimate, state.plan, ranges))


def _widest(plan: Plan, ranges: DrugRanges) -> tuple[float, float]:
    """From where nothing is released but the leak to where all is: wider bounds would say nothing more."""
    return plan.heating.baseline_degC, max(plan.limits.target_max_degC, ranges.full_degC[2])


def _not_known(last_degC: _Array, plan: Plan, ranges: DrugRanges) -> Heat:
    lowest, highest = _widest(plan, ranges)
    return Heat(np.full(len(last_degC), lowest), np.clip(last_degC, lowest, highest), np.full(len(last_degC), highest))


def _shown(track: DrugTrack, thermal: Thermal, plan: Plan, ranges: DrugRanges) -> tuple[Heat, NDArray[np.bool_]]:
    """What an image shows of the followed voxels; where it shows nothing, what is not known of them."""
    voxels = track.followed.voxels
    half = plan.limits.coverage_factor * thermal.uncertainty_degC[voxels].astype(np.float64)
    seen = (thermal.validity[voxels] == Reason.VALID) & np.isfinite(half)
    found = thermal.temperature_degC[voxels].astype(np.float64)
    unseen = _not_known(track.heat.estimate_degC, plan, ranges)
    heat = Heat(
        np.where(seen, found - half, unseen.lower_degC),
        np.where(seen, found, unseen.estimate_degC),
        np.where(seen, found + half, unseen.upper_degC),
    )
    return heat, seen
