"""No voxel of a guard region may get more than the region's thermal dose, on its upper bound.

Where the plan says how tissue cools, what it will still gain after energy ends counts as gained: energy ends in time.
"""

import numpy as np
from numpy.typing import NDArray

from syntherm.core.checks.verdict import Verdict, at_most, not_yet
from syntherm.core.dose import Dose, residual_min
from syntherm.core.faults import Code
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The guard region that has used most of its dose."""
    dose = state.thermometry.dose
    if dose is None:
        return not_yet("no dose is counted yet")
    used = [
        (float(_used_min(dose, region.voxels, state.plan).max(initial=0.0)), guard)
        for region, guard in zip(state.layout.guards, state.plan.guard, strict=True)
    ]
    most, guard = max(used, key=lambda pair: pair[0] / pair[1].max_cem43_min)
    still = "" if state.plan.residual_dose is None else ", with what it still gains while it cools,"
    return at_most(most, guard.max_cem43_min, "min", Code.GUARD_DOSE, f"{guard.name} may have had CEM43{still}")


def _used_min(dose: Dose, voxels: NDArray[np.intp], plan: Plan) -> NDArray[np.float32]:
    gained = dose.upper_min[voxels]
    if plan.residual_dose is None:
        return gained
    return gained + residual_min(dose.last_upper_degC[voxels], plan.heating.baseline_degC, plan.residual_dose)
