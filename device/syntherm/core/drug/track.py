"""The drug as a session follows it: the model, the voxels that it follows, and its state at the last step."""

from math import isfinite
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.bounds import Bounded
from syntherm.core.drug.exposure import BodyDrug, Indices, RegionDrug, Shown, above_release, band, body, region
from syntherm.core.drug.kinetics import DrugModel, DrugState, advance, begin, prepare
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.release import Heat
from syntherm.core.plan.values import DrugRanges, Plan

_UL_PER_ML: Final = 1000.0
TARGET: Final = "target"


@attrs.frozen
class DrugSummary:
    """What is told of the drug at one moment, all of it as intervals.

    `seen_fraction`: share of the target that had a temperature; the rest was taken as anywhere from closed to open.
    `above_release_s`: mean time of the target at the release temperature, by the bounds of temperature.
    """

    seen_fraction: float
    body: BodyDrug
    tissue: RegionDrug
    released: RegionDrug
    co_exposure: RegionDrug
    above_release_s: Bounded
    guards: tuple[RegionDrug, ...]


@attrs.frozen(eq=False)
class Followed:
    """Which voxels are followed: `voxels` are flat indices on the plan's grid, ascending, each once.

    Of the regions, `target` and named `guards` say where their voxels stand among them.
    """

    voxels: Indices
    target: Indices
    guards: tuple[tuple[str, Indices], ...]


@attrs.frozen(eq=False)
class DrugTrack:
    """The drug up to `state.at_s`. `heat` held in the last step: with what was seen last, and bounds of what it may be.

    `most_ml`: what the syringe holds. Whatever the pump says, no more has reached the patient.
    """

    model: DrugModel
    followed: Followed
    state: DrugState
    heat: Heat
    summary: DrugSummary
    most_ml: float


def follow(target: Indices, guards: tuple[tuple[str, Indices], ...]) -> Followed:
    """The voxels of the target and of the named guard regions, each once even where guard regions overlap."""
    voxels = np.unique(np.concatenate([target, *(each for _, each in guards)]))
    return Followed(
        voxels,
        np.searchsorted(voxels, target),
        tuple((name, np.searchsorted(voxels, each)) for name, each in guards),
    )


def start(plan: Plan, ranges: DrugRanges, followed: Followed, at_s: float, heat: Heat) -> DrugTrack:
    """No drug yet at `at_s`. The plan's rules hold, so that its model can be made."""
    x, y, z = plan.scanner.voxel_mm
    volumes = np.full(len(followed.voxels), x * y * z / _UL_PER_ML)
    model = prepare(ranges, volumes, plan.prescription.concentration_mg_per_ml, plan.heating.release_degC)
    state = begin(model, at_s)
    summary = _summary(state, model, followed, Ledger(), 0.0)
    return DrugTrack(model, followed, state, heat, summary, plan.prescription.syringe_volume_ml)


def went_on(track: DrugTrack, at_s: float, ledger: Ledger, heat: Heat, seen: NDArray[np.bool_]) -> DrugTrack:
    """The track at `at_s`, when `heat` held since the last step; `seen` says which voxels an image showed, shape (n,).

    The same moment changes nothing: what was pumped at it comes with the next. A clock that went back begins anew at
    its moment: how long the time before it was is not known.
    """
    if at_s == track.state.at_s or not isfinite(at_s):
        return track
    known = track.state if at_s > track.state.at_s else attrs.evolve(track.state, at_s=at_s)
    patient_ml = min(ledger.patient_ml, track.most_ml)
    state = advance(known, track.model, at_s, patient_ml, heat) if at_s > known.at_s else known
    share = float(seen[track.followed.target].mean())
    summary = _summary(state, track.model, track.followed, ledger, share)
    return attrs.evolve(track, state=state, heat=heat, summary=summary)


def _summary(state: DrugState, model: DrugModel, followed: Followed, ledger: Ledger, seen: float) -> DrugSummary:
    target = followed.target
    above = above_release(state)
    return DrugSummary(
        seen_fraction=seen,
        body=body(state, model, ledger),
        tissue=region(TARGET, target, state, model, Shown.TISSUE),
        released=region(TARGET, target, state, model, Shown.RELEASED),
        co_exposure=region(TARGET, target, state, model, Shown.CO_EXPOSURE),
        above_release_s=Bounded(*(float(each[target].mean()) for each in (above.central, above.lower, above.upper))),
        guards=tuple(region(name, places, state, model, Shown.TISSUE) for name, places in followed.guards),
    )


def on_grid(track: DrugTrack, shown: Shown, grid_voxels: int) -> NDArray[np.float32]:
    """A map of central, lowest and highest value on the plan's grid, shape (3, grid voxels); NaN where not followed."""
    found = band(track.state, shown)
    whole = np.full((3, grid_voxels), np.nan, dtype=np.float32)
    whole[:, track.followed.voxels] = np.stack([found.central, found.lower, found.upper])
    return whole
