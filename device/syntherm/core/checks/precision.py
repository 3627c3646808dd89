"""Thermometry must have been measured in place, and be precise enough for the plan's band."""

import numpy as np

from syntherm.core.checks.verdict import Verdict, not_yet, passed
from syntherm.core.state import SessionState
from syntherm.core.thermometry.validity import Reason


def precision_degC(state: SessionState) -> float:
    """Median standard uncertainty over the target's valid voxels; infinite when none is valid."""
    thermal = state.thermometry.thermal
    if thermal is None:
        return float("inf")
    voxels = state.layout.target.voxels
    valid = voxels[thermal.validity[voxels] == Reason.VALID]
    return float(np.median(thermal.uncertainty_degC[valid])) if len(valid) else float("inf")


def check(state: SessionState) -> Verdict:
    """Blocks a start; what goes wrong later is named by the checks of drift and of what is seen."""
    measured, limit = precision_degC(state), state.plan.limits.precision_degC
    if measured <= limit:
        return passed(measured, limit, "degC")
    return not_yet(f"thermometry precision is {measured:.2f} degC, the plan needs {limit:.2f} degC")
