"""Treatments as published ones were given, run through the core's own model: with heat or without, drug free or not."""

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.drug.kinetics import DrugModel, DrugState, advance, begin, prepare
from syntherm.core.drug.release import Heat
from syntherm.core.drug.systemic import FREE
from syntherm.core.plan.values import DrugRanges

Array = NDArray[np.float64]
VOXEL_ML = 0.1
MG_PER_ML = 2.0


@attrs.frozen(eq=False)
class Arm:
    """`dose_mg` given evenly over `infusion_min` from the start; temperatures (n,) by minute; sampled at `end_min`."""

    dose_mg: float
    infusion_min: float
    end_min: float
    temperature_degC: Callable[[float], Array]
    free_drug: bool = False
    step_s: float = 15.0


def held(temperature_degC: float | Array, start_min: float, end_min: float) -> Callable[[float], Array]:
    """37 degC but from `start_min` to `end_min`."""
    hot = np.atleast_1d(np.asarray(temperature_degC, dtype=np.float64))
    return lambda minute: hot if start_min <= minute < end_min else np.full_like(hot, 37.0)


def run(parameters: DrugRanges, arm: Arm) -> tuple[DrugModel, DrugState]:
    """The model and its state at the end. Free drug is put into plasma at the end of each step."""
    voxels = len(arm.temperature_degC(0.0))
    model = prepare(parameters, np.full(voxels, VOXEL_ML), MG_PER_ML, 39.5)
    state = begin(model, 0.0)
    given_mg = 0.0
    for step in range(1, round(arm.end_min * 60.0 / arm.step_s) + 1):
        minute = step * arm.step_s / 60.0
        now = arm.temperature_degC(minute - 0.5 * arm.step_s / 60.0)
        due_mg = arm.dose_mg * min(minute / arm.infusion_min, 1.0)
        patient_ml = 0.0 if arm.free_drug else due_mg / MG_PER_ML
        state = advance(state, model, minute * 60.0, patient_ml, Heat(now, now, now))
        if arm.free_drug:
            body = state.body_mg.copy()
            body[:, FREE] += due_mg - given_mg
            state = attrs.evolve(state, body_mg=body)
        given_mg = due_mg
    return model, state


def tissue_ug_per_ml(parameters: DrugRanges, arm: Arm) -> Array:
    """Mean doxorubicin in the voxels' tissue at the end, by member."""
    return np.asarray(run(parameters, arm)[1].tissue.sum(axis=1).mean(axis=1))
