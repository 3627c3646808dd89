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


def counted(foci: Foci, plan: Plan) -> Powers:
    """How a joule on each point counts on each point's hidden peak, shape (n, n), in joules of the test sonication.

    The test sonication's joule had time to spread; in a lease a point's own has not. 0 between points that are far
    apart.
    """
    shares = foci.neighbours.astype(np.float64)
    if plan.hidden_peak is not None:
        own = plan.hidden_peak.lease_factor / plan.sonication.partial_volume_factor
        np.fill_diagonal(shares, own)
    return shares


def gathered(values: Powers, foci: Foci, plan: Plan) -> Powers:
    """What `values` of all points, J or W, come to on each point's hidden peak; points far apart do not count."""
    return np.asarray(np.where(foci.neighbours, counted(foci, plan) * values[None, :], 0.0).sum(axis=1))


def headroom_J(thermal: Thermal, foci: Foci, response: FocusResponse, plan: Plan, unseen_J: Powers) -> Powers:
    """Energy that each focal point and its neighbours together can bear, J; negative where there is too much already.

    In joules of the test sonication, see `counted`. The same bound as that of the lease.
    """
    k = plan.limits.coverage_factor
    headroom = np.asarray([plan.limits.target_max_degC - hottest_upper_degC(thermal, v, k) for v in foci.voxels])
    return np.asarray(headroom / response.rise_degC_per_J - gathered(unseen_J, foci, plan))
