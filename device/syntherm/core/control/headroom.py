"""How much the tissue around a focal point can bear: for the lease's bound, and for who plans within it."""

import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.controller import Powers
from syntherm.core.control.foci import Foci
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason


def hottest_upper_degC(thermal: Thermal, voxels: Indices, k: float) -> float:
    """Upper bound of the hottest valid voxel; infinite when none is valid."""
    valid = voxels[thermal.validity[voxels] == Reason.VALID]
    if len(valid) == 0:
        return float("inf")
    return float((thermal.temperature_degC[valid] + k * thermal.uncertainty_degC[valid]).max())


def headroom_J(thermal: Thermal, foci: Foci, response: FocusResponse, plan: Plan, unseen_J: Powers) -> Powers:
    """Energy that each focal point and its neighbours together can bear, J; negative where there is too much already.

    The same bound as that of the lease.
    """
    k = plan.limits.coverage_factor
    headroom = np.asarray([plan.limits.target_max_degC - hottest_upper_degC(thermal, v, k) for v in foci.voxels])
    spent_J = np.where(foci.neighbours, unseen_J[None, :], 0.0).sum(axis=1)
    return np.asarray(headroom / response.rise_degC_per_J - spent_J)
