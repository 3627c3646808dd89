"""From wanted power to a lease: never longer than an image period, never more energy than a focal point can bear.

A voxel hides the peak (partial volume hid a factor of 2.3 in a 2 x 2 x 6 mm voxel), and nobody looks between two
images. So the energy that a focal point may get is bounded in advance: the upper bound of the hottest voxel around
it, plus the sub-voxel rise of that energy at the upper bound of the day's response, stays below the target's limit.
"""

import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.control.controller import Powers
from syntherm.core.control.foci import Foci
from syntherm.core.control.headroom import gathered, hottest_upper_degC
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.thermometer import Thermal


def bounded(
    powers_W: Powers,
    thermal: Thermal,
    foci: Foci,
    response: FocusResponse,
    plan: Plan,
    unseen_J: Powers,
    most_W: float | None = None,
) -> Powers:
    """`powers_W` cut to what the tissue can bear within one lease, and their sum to `most_W`, by default the plan's.

    A focal point's tissue is heated by its neighbours too: the energy of all of them counts as if it fell on its
    own peak, and so does what was lent since the image was acquired (`unseen_J`, per focal point). Each point is cut
    by the tightest of its neighbours' headrooms, so that no sum exceeds any of them.
    """
    k, lease_s = plan.limits.coverage_factor, plan.sonication.lease_s
    headroom = np.asarray([plan.limits.target_max_degC - hottest_upper_degC(thermal, v, k) for v in foci.voxels])
    headroom -= response.rise_degC_per_J * gathered(unseen_J, foci, plan)
    expected = response.rise_degC_per_J * lease_s * gathered(powers_W, foci, plan)
    bearable = np.clip(headroom / np.maximum(expected, 1e-9), 0.0, 1.0)
    cut = powers_W * np.where(foci.neighbours, bearable[None, :], 1.0).min(axis=1)
    together_W = plan.sonication.max_power_W if most_W is None else most_W
    return np.asarray(cut * min(1.0, together_W / max(float(cut.sum()), 1e-9)), dtype=np.float64)


def grant(powers_W: Powers, foci: Foci, response: FocusResponse, plan: Plan, at_s: float) -> GrantLease:
    """The lease for the sounding points, aimed so that the heat lands where it is wanted."""
    aims = foci.points_mm - np.asarray(response.offset_mm)
    points = tuple(
        FocalPower((float(aim[0]), float(aim[1]), float(aim[2])), float(power))
        for aim, power in zip(aims, powers_W, strict=True)
        if power > 0.0
    )
    return GrantLease(at_s + plan.sonication.lease_s, points)


def grant_test(plan: Plan, at_s: float) -> GrantLease:
    """The lease of the test sonication: low power on the target's centre, uncorrected."""
    return GrantLease(
        at_s + plan.sonication.lease_s, (FocalPower(plan.target.centre_mm, plan.calibration.test_power_W),)
    )
