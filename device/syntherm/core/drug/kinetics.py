"""The drug from the line to the cells: one state, and one pure step from image to image.

Between the body and the heated tissue drug goes both ways and is counted once: what the voxels took in a step leaves
plasma, and what they gave back returns to it. All that was infused is at any time in plasma, in the free
compartments, in the voxels, or eliminated.
"""

from math import ceil, isfinite
from typing import Final

import attrs
import numpy as np

from syntherm.core.drug.members import Array, Members, members_of
from syntherm.core.drug.release import Heat, opened, temperatures
from syntherm.core.drug.systemic import COLUMNS, LIPOSOMAL, free_ug_per_ml, liposomal_ug_per_ml, step_systemic
from syntherm.core.drug.systemic import FREE as SYSTEMIC_FREE
from syntherm.core.drug.tissue import ENCAPSULATED, FREE, POOLS, Artery, Modes, modes_of, step_member
from syntherm.core.plan.values import DrugRanges

_LONGEST_STEP_S: Final = 30.0
"""Longer times are stepped in equal parts: arterial concentrations are straight lines within one."""
_MOST_PARTS: Final = 20
"""At most so many: after a gap the session must go on at once, and nobody saw the heat in it."""
_LARGEST_SHARE: Final = 0.1
"""Of the plasma, how much may flow through the voxels in the longest step; the exchange is split from the body's."""
_UG_PER_MG: Final = 1000.0


@attrs.frozen(eq=False)
class DrugModel:
    """What a session's drug is computed with. `voxel_ml` is the volume of one voxel, or of each, shape (n,)."""

    members: Members
    modes: Modes
    voxel_ml: Array
    concentration_mg_per_ml: float
    release_degC: float

    @property
    def voxels(self) -> int:
        """How many voxels are followed."""
        return len(self.voxel_ml)


@attrs.frozen(eq=False)
class DrugState:
    """The drug at one moment. m members, n voxels; amounts in the body in mg, in tissue in ug per mL of tissue.

    `released` is all that was released in the voxel's vessels so far. `co_exposure` is the integral of encapsulated
    drug in arterial plasma times the opened share of release, in ug s/mL. `above_release_s` counts the seconds at or
    above the plan's release temperature since the first drug reached the patient, by lower bound, estimate, upper
    bound of temperature: shape (3, n).
    """

    at_s: float
    patient_ml: float
    body_mg: Array
    tissue: Array
    released: Array
    co_exposure: Array
    above_release_s: Array


def prepare(parameters: DrugRanges, voxel_ml: Array, concentration_mg_per_ml: float, release_degC: float) -> DrugModel:
    """The model for these voxels. Raises ValueError for values that are no positive numbers or for too much tissue."""
    members = members_of(parameters)
    volumes = np.asarray(voxel_ml, dtype=np.float64)
    if volumes.ndim != 1 or not (np.isfinite(volumes).all() and (volumes > 0.0).all()):
        raise ValueError(f"voxel_ml of shape {volumes.shape}: expected a flat array of positive numbers")
    if not (isfinite(concentration_mg_per_ml) and concentration_mg_per_ml > 0.0 and isfinite(release_degC)):
        raise ValueError(f"{concentration_mg_per_ml} mg/mL, {release_degC} degC: expected numbers, the first positive")
    flow_ml = members.plasma_flow_per_s * float(volumes.sum()) * _LONGEST_STEP_S
    least_ml = _UG_PER_MG * np.minimum(members.plasma_volume_l, members.free_volume_l)
    if (flow_ml > _LARGEST_SHARE * least_ml).any():
        raise ValueError(
            f"{float(volumes.sum()):.0f} mL of tissue: expected less than {_LARGEST_SHARE} of the plasma "
            f"to flow through it in {_LONGEST_STEP_S} s"
        )
    return DrugModel(members, modes_of(members), volumes, concentration_mg_per_ml, release_degC)


def begin(model: DrugModel, at_s: float) -> DrugState:
    """No drug yet. Raises ValueError for a time that is no number."""
    if not isfinite(at_s):
        raise ValueError(f"time {at_s} s: expected a number")
    shape = (model.members.count, model.voxels)
    return DrugState(
        at_s=at_s,
        patient_ml=0.0,
        body_mg=np.zeros((model.members.count, COLUMNS)),
        tissue=np.zeros((model.members.count, POOLS, model.voxels)),
        released=np.zeros(shape),
        co_exposure=np.zeros(shape),
        above_release_s=np.zeros((3, model.voxels)),
    )


def _refuse_impossible(state: DrugState, model: DrugModel, at_s: float, patient_ml: float, heat: Heat) -> None:
    if not (isfinite(at_s) and isfinite(patient_ml)):
        raise ValueError(f"{at_s} s, {patient_ml} mL: expected numbers")
    if at_s < state.at_s or patient_ml < state.patient_ml:
        raise ValueError(
            f"{at_s} s and {patient_ml} mL after {state.at_s} s and {state.patient_ml} mL: neither may go back"
        )
    if heat.estimate_degC.shape != (model.voxels,):
        raise ValueError(f"temperatures of {heat.estimate_degC.shape} voxels: expected {model.voxels}")
    if at_s == state.at_s and patient_ml > state.patient_ml:
        raise ValueError(f"{patient_ml - state.patient_ml} mL more at the same moment {at_s} s: expected time")


def advance(state: DrugState, model: DrugModel, at_s: float, patient_ml: float, heat: Heat) -> DrugState:
    """The drug at `at_s`, when `patient_ml` have reached the patient in all and `heat` held since the last moment.

    The same moment with the same volume changes nothing. Raises ValueError when time or volume is no number or goes
    back, volume comes without time, or there are not as many temperatures as voxels: nothing is guessed.
    """
    _refuse_impossible(state, model, at_s, patient_ml, heat)
    if at_s == state.at_s:
        return state
    parts = min(ceil((at_s - state.at_s) / _LONGEST_STEP_S), _MOST_PARTS)
    open_share = opened(temperatures(heat, model.members), model.members)
    begun_s, begun_ml = state.at_s, state.patient_ml
    for part in range(1, parts + 1):
        done = part / parts
        to_s = at_s if part == parts else begun_s + done * (at_s - begun_s)
        to_ml = patient_ml if part == parts else begun_ml + done * (patient_ml - begun_ml)
        state = _one_step(state, model, to_s, to_ml, heat, open_share)
    return state


def _one_step(
    state: DrugState, model: DrugModel, at_s: float, patient_ml: float, heat: Heat, open_share: Array
) -> DrugState:
    members, step_s = model.members, at_s - state.at_s
    body = step_systemic(
        state.body_mg, members, (patient_ml - state.patient_ml) * model.concentration_mg_per_ml, step_s
    )
    liposomal = np.stack([liposomal_ug_per_ml(each, members) for each in (state.body_mg, body)])
    free = np.stack([free_ug_per_ml(each, members) for each in (state.body_mg, body)])
    tissue, released = np.empty_like(state.tissue), np.empty_like(state.released)
    for place in range(members.count):
        rate = float(members.leak_per_s[place]) + float(members.release_per_s[place]) * open_share[place]
        artery = Artery(*(float(value) for value in (*liposomal[:, place], *free[:, place])))
        tissue[place], released[place] = step_member(
            state.tissue[place], rate, artery, place, members, model.modes, step_s
        )
    return DrugState(
        at_s=at_s,
        patient_ml=patient_ml,
        body_mg=_exchanged(body, state.tissue, tissue, released, model),
        tissue=tissue,
        released=state.released + released,
        co_exposure=state.co_exposure + step_s * liposomal.mean(axis=0)[:, None] * open_share,
        above_release_s=state.above_release_s + (step_s * _at_release(heat, model) if patient_ml > 0.0 else 0.0),
    )


def _exchanged(body_mg: Array, before: Array, after: Array, released: Array, model: DrugModel) -> Array:
    """The body's amounts less what the voxels took in the step, and with what they gave back."""
    volumes = model.voxel_ml / _UG_PER_MG
    gained = after @ volumes - before @ volumes
    opened_mg = released @ volumes
    body = body_mg.copy()
    body[:, LIPOSOMAL] -= gained[:, ENCAPSULATED] + opened_mg
    body[:, SYSTEMIC_FREE] -= gained[:, FREE:].sum(axis=1) - opened_mg
    # The voxels take a small share of the plasma in a step: what is below zero here is rounding.
    return np.maximum(body, 0.0)


def _at_release(heat: Heat, model: DrugModel) -> Array:
    found = np.stack([heat.lower_degC, heat.estimate_degC, heat.upper_degC])
    return (found >= model.release_degC).astype(np.float64)
