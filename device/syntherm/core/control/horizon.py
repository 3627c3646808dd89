"""What the coming power will do: responses over the horizon, and the programme that chooses the power.

The power is chosen as if it stayed for the whole horizon, and chosen anew with the next image. The aim is the mean
over the target of the squared distance from the set point, at a few moments. The constraints hold for upper
bounds: gain at its upper bound, perfusion at its lowest, temperature at k standard uncertainties above the estimate.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.estimate import KEPT_NOISE, Blocks
from syntherm.core.control.foci import Foci
from syntherm.core.control.headroom import counted, headroom_J
from syntherm.core.control.lattice import Lattice, Vector
from syntherm.core.control.prepared import AIM_LEASES, LEASES, Part, Prepared
from syntherm.core.control.qp import Shape
from syntherm.core.control.remembering import Course
from syntherm.core.control.thermal_model import ThermalModel, gain_of
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices

STEADY_SHARE: Final = 0.03
"""Weight of a change of power, over the mean diagonal of the aim."""
EVEN_SHARE: Final = 0.2
"""Weight of differences between neighbouring points, likewise: what no image shows rests on the model alone."""
MOST_SHARES: Final = 4.0
"""One focal point gets at most so many even shares of the plan's power."""


@attrs.frozen(eq=False)
class Horizon:
    """One day's model with everything that stays the same between its images.

    `aims`: response of the target's cells to a watt on each point, degC/W, one array per moment. The rows are: the sum
    of all power, each point's neighbourhood (who heats whom, for the lease's bound on energy), and the `parts`.
    """

    model: ThermalModel
    aims: tuple[Vector, ...]
    parts: tuple[Part, ...]
    shape: Shape
    steady: float
    kept: Vector
    added: Vector

    @property
    def lattice(self) -> Lattice:
        """The model's."""
        return self.model.lattice


def horizon_of(plan: Plan, foci: Foci, prepared: Prepared, response: FocusResponse) -> Horizon | None:
    """Built once a day; None if the response says nothing or the target has no voxels."""
    nominal, worst = prepared.nominal, prepared.worst
    gain = gain_of(nominal, prepared.patterns, response, plan, response.rise_degC.estimate)
    highest = gain_of(worst, prepared.patterns, response, plan, response.rise_degC.upper)
    if gain is None or highest is None or len(nominal.lattice.target) == 0:
        return None
    points, weights = len(foci.points_mm), nominal.lattice.target_share
    model = attrs.evolve(nominal, heating=gain * nominal.heating)
    aims = tuple(gain * each for each in prepared.aims)
    hessian = sum((a.T @ (weights[:, None] * a) for a in aims), np.zeros((points, points))) / len(aims)
    weight = float(np.diag(hessian).mean())
    steady, hessian = STEADY_SHARE * weight, hessian + EVEN_SHARE * weight * _unevenness(foci)
    rows = np.concatenate([np.ones((1, points)), counted(foci, plan), highest * prepared.rows])
    high = np.full(points, min(MOST_SHARES / points, 1.0) * plan.sonication.max_power_W)
    shape = Shape.of(hessian + steady * np.eye(points), rows, high)
    per_s = model.fading_per_s
    fades = [per_s * (number * plan.sonication.lease_s) for number in LEASES]
    kept, added = np.exp([-each for each in fades]), np.stack([-np.expm1(-each) / per_s for each in fades])
    return Horizon(model, aims, prepared.parts, shape, steady, kept, added)


def _unevenness(foci: Foci) -> Vector:
    """Laplacian of the points' neighbourhood, each point's mean difference from its neighbours squared and summed."""
    beside = foci.neighbours & ~np.eye(len(foci.neighbours), dtype=np.bool_)
    degree = np.maximum(beside.sum(axis=1), 1).astype(np.float64)
    share = beside / np.sqrt(degree[:, None] * degree[None, :])
    return np.asarray(np.diag(share.sum(axis=1)) - share)


def free_rises(horizon: Horizon, rise_modes: Vector, source_modes: Vector) -> dict[int, Vector]:
    """The rise at each moment of the horizon, in leases from now, if nothing more is lent; from the modes now."""
    modes = rise_modes * horizon.kept + source_modes * horizon.added
    return dict(zip(LEASES, horizon.model.sines.turned(modes), strict=True))


def programme(
    horizon: Horizon, free: dict[int, Vector], blocks: Blocks, course: Course, lent_W: Vector
) -> tuple[Vector, Vector]:
    """The linear part of the aim, and the rows' bounds. Needs the day's response."""
    plan, lattice = course.given.plan, horizon.lattice
    wanted = _wanted(lattice, blocks, plan)
    linear = -horizon.steady * lent_W
    for number, aim in zip(AIM_LEASES, horizon.aims, strict=True):
        linear = linear + aim.T @ (lattice.target_share * (free[number][lattice.target] - wanted)) / len(AIM_LEASES)
    bounds = [np.asarray([course.most_W]), _bearable_W(course)]
    for part in horizon.parts:
        hottest = free[part.leases][lattice.within[part.blocks]].max(axis=1)
        bounds.append(part.highest - hottest - plan.limits.coverage_factor * _unknown(blocks, part.blocks))
    return linear, np.concatenate(bounds)


def _wanted(lattice: Lattice, blocks: Blocks, plan: Plan) -> float:
    """The rise that is aimed at: the set point as an upper bound, unless the plan says how to aim."""
    shown = lattice.target_voxels / lattice.target_voxels.sum()
    shared = float(np.sqrt((shown * blocks.common[lattice.target_blocks] ** 2).sum()))
    if plan.control is None:
        return plan.heating.setpoint_degC - plan.heating.baseline_degC - plan.limits.coverage_factor * shared
    return plan.control.aim_degC - plan.heating.baseline_degC - plan.control.aim_coverage_factor * shared


def _bearable_W(course: Course) -> Vector:
    """Power that each point and its neighbours may have together, by the lease's bound; nothing without a response."""
    given, response = course.given, course.response
    if response is None:
        return np.zeros(len(given.foci.points_mm))
    return headroom_J(given.thermal, given.foci, response, given.plan, course.unseen_J) / given.plan.sonication.lease_s


def _unknown(blocks: Blocks, region: Indices) -> Vector:
    """Standard uncertainty of the filtered temperature; a block that is not seen is as uncertain as the worst."""
    seen = blocks.seen[region] > 0.0
    half = np.sqrt(blocks.common[region] ** 2 + KEPT_NOISE * blocks.own[region] ** 2)
    return np.asarray(np.where(seen, half, half[seen].max(initial=0.0)))
