"""The core's steps beside the stiff solver: how far they are apart, relative to the largest value of each quantity."""

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.drug.kinetics import DrugModel, DrugState, advance, begin, prepare
from syntherm.core.drug.members import Members
from syntherm.core.drug.release import Heat
from syntherm.core.plan.values import DrugRanges
from syntherm_verify.drug.equations import Course, Saturable, solve

Array = NDArray[np.float64]
STEP_S: Final = 3.0
SAVED_S: Final = 60.0
INFUSION_S: Final = 1800.0
HEATED_S: Final = 3600.0
PLATEAU_S: Final = 120.0
END_S: Final = 5400.0
MG_PER_ML: Final = 2.0
RATE_ML_PER_H: Final = 90.0
PEAKS_DEGC: Final = np.asarray([36.5, 38.9, 39.4, 39.8, 40.3, 40.8, 41.2, 41.8, 43.0])
VOXEL_ML: Final = 0.4
POOLS: Final = ("encapsulated in vessels", "free in vessels", "interstitium", "cells")
BODY: Final = ("liposomal", "free", "shallow", "deep", "cleared", "eliminated")


def plateaus(at_s: float) -> Array:
    """Two minutes of one temperature each, up and down by half a degree, for an hour; then 37 degC."""
    if at_s >= HEATED_S:
        return np.full_like(PEAKS_DEGC, 37.0)
    return PEAKS_DEGC + 0.5 * ((int(at_s // PLATEAU_S) % 3) - 1)


def smooth(at_s: float) -> Array:
    """A rise with a time constant of 40 s, a swing of 0.3 degC every 90 s, and a fall with one of 60 s."""
    rest = 37.0
    held = PEAKS_DEGC - rest + 0.3 * np.sin(2.0 * np.pi * at_s / 90.0)
    risen = rest + held * (1.0 - np.exp(-min(at_s, HEATED_S) / 40.0))
    return np.asarray(rest + (risen - rest) * np.exp(-max(at_s - HEATED_S, 0.0) / 60.0))


def infused_ml(at_s: float) -> float:
    """What has reached the patient: half an hour at a constant rate."""
    return RATE_ML_PER_H * min(at_s, INFUSION_S) / 3600.0


def course_of(temperature_degC: Callable[[float], Array], jumps_s: tuple[float, ...]) -> Course:
    """The same treatment for the solver."""
    rate = MG_PER_ML * RATE_ML_PER_H / 3600.0
    return Course(temperature_degC, lambda at_s: rate if at_s < INFUSION_S else 0.0, (INFUSION_S, HEATED_S, *jumps_s))


def member_values(members: Members, place: int) -> dict[str, float]:
    """One member as plain numbers by name."""
    return {field.name: float(getattr(members, field.name)[place]) for field in attrs.fields(Members)}


def core_course(model: DrugModel, temperature_degC: Callable[[float], Array]) -> list[DrugState]:
    """The core's states every minute; each step takes the temperature in its middle."""
    state, kept = begin(model, 0.0), []
    for step in range(1, round(END_S / STEP_S) + 1):
        at_s = step * STEP_S
        now = temperature_degC(at_s - 0.5 * STEP_S)
        state = advance(state, model, at_s, infused_ml(at_s), Heat(now, now, now))
        if round(at_s) % round(SAVED_S) == 0:
            kept.append(state)
    return kept


@attrs.frozen
class Apart:
    """One quantity: the largest difference relative to its largest value, and relative to itself above a hundredth."""

    course: str
    member: int
    quantity: str
    of_largest: float
    of_itself: float


def _apart(course: str, member: int, quantity: str, ours: Array, theirs: Array) -> Apart:
    largest = float(theirs.max(initial=0.0))
    gap = np.abs(ours - theirs)
    if largest == 0.0:
        return Apart(course, member, quantity, float(gap.max()), 0.0)
    counted = theirs > 0.01 * largest
    return Apart(
        course, member, quantity, float(gap.max()) / largest, float((gap[counted] / theirs[counted]).max(initial=0.0))
    )


def compare(parameters: DrugRanges, places: tuple[int, ...]) -> list[Apart]:
    """Both courses for these members, each quantity at every minute of 90."""
    model = prepare(parameters, np.full(len(PEAKS_DEGC), VOXEL_ML), MG_PER_ML, 39.5)
    saved = np.arange(SAVED_S, END_S + 1.0, SAVED_S)
    jumps = tuple(float(at) for at in range(int(PLATEAU_S), int(HEATED_S), int(PLATEAU_S)))
    found: list[Apart] = []
    for name, temperature, edges in (("plateaus", plateaus, jumps), ("smooth", smooth, ())):
        kept = core_course(model, temperature)
        for place in places:
            body, voxels = solve(
                member_values(model.members, place), model.voxel_ml, course_of(temperature, edges), saved
            )
            ours_body = np.stack([state.body_mg[place, :6] for state in kept])
            ours = np.stack([state.tissue[place] for state in kept])
            found += [_apart(name, place, each, ours_body[:, k], body[:, k]) for k, each in enumerate(BODY)]
            found += [_apart(name, place, each, ours[:, k], voxels[:, k]) for k, each in enumerate(POOLS)]
    return found


def saturated(parameters: DrugRanges, law: Saturable) -> tuple[Array, Array, Array, Array]:
    """Tissue at every minute with a saturable uptake and all else central; then the core's lowest, central, highest."""
    model = prepare(parameters, np.full(len(PEAKS_DEGC), VOXEL_ML), MG_PER_ML, 39.5)
    saved = np.arange(SAVED_S, END_S + 1.0, SAVED_S)
    _, voxels = solve(member_values(model.members, 0), model.voxel_ml, course_of(smooth, ()), saved, law)
    ours = np.stack([state.tissue.sum(axis=1) for state in core_course(model, smooth)])
    return voxels.sum(axis=1), ours.min(axis=1), ours[:, 0], ours.max(axis=1)
