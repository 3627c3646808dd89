"""Multi-point binary feedback, the published baseline: a focal point sounds while its surroundings are cool.

Each focal point has an equal share of the power. It sounds for the whole lease when the upper bound of its
neighbourhood's mean temperature is below the set point, and is skipped otherwise (Enholm 2010, Tillander 2016, as
concept). A neighbourhood without a valid voxel is not known, and so is skipped.
"""

import numpy as np

from syntherm.core.control.controller import ControlInput, Powers
from syntherm.core.thermometry.regions import Indices
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason


def local_upper_degC(thermal: Thermal, voxels: Indices, k: float) -> float:
    """Upper bound of the mean over the valid voxels; infinite when none is valid."""
    valid = voxels[thermal.validity[voxels] == Reason.VALID]
    if len(valid) == 0:
        return float("inf")
    own2 = thermal.uncertainty_degC[valid].astype(np.float64) ** 2 - thermal.common_degC[valid].astype(np.float64) ** 2
    common2 = float((thermal.common_degC[valid].astype(np.float64) ** 2).mean())
    half = k * float(np.sqrt(max(float(own2.sum()), 0.0) / len(valid) ** 2 + common2))
    return float(thermal.temperature_degC[valid].astype(np.float64).mean()) + half


def binary(given: ControlInput) -> Powers:
    """Full share or nothing for every focal point."""
    k = given.plan.limits.coverage_factor
    share = given.plan.sonication.max_power_W / len(given.foci.points_mm)
    setpoint = given.plan.heating.setpoint_degC
    cool = [local_upper_degC(given.thermal, voxels, k) < setpoint for voxels in given.foci.voxels]
    return np.where(np.asarray(cool), share, 0.0)
