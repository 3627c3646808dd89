"""What the coming power will do: responses over the horizon, and the programme that chooses the power.

The power is chosen as if it stayed for the whole horizon, and chosen anew with the next image. The aim is the mean
over the target's cells of the squared distance from the set point, at a few moments. The constraints hold for upper
bounds: gain at its upper bound, perfusion at its lowest, temperature at k standard uncertainties above the estimate.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.estimate import KEPT_NOISE, Cells
from syntherm.core.control.foci import Foci
from syntherm.core.control.lattice import Lattice, Vector, lay_lattice
from syntherm.core.control.qp import Shape
from syntherm.core.control.thermal_model import PERFUSION_PER_S, PERFUSION_SPREAD, ThermalModel, model_of, patterns_of
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout

AIM_LEASES: Final = (2, 4, 8, 16)
"""Moments of the aim, in leases from now."""
GUARD_LEASES: Final = (1, 8)
"""Moments of the guards' bounds: the end of this lease, and where this power leads."""
STEADY_SHARE: Final = 0.03
"""Weight of a change of power, over the mean diagonal of the aim."""
EVEN_SHARE: Final = 2.0
"""Weight of differences between neighbouring points, likewise: an image cannot see where within a voxel heat falls."""
MOST_SHARES: Final = 4.0
"""One focal point gets at most so many even shares of the plan's power."""


@attrs.frozen(eq=False)
class Horizon:
    """One day's model with everything that stays the same between its images.

    `aims`: response of the target's cells to a watt on each point, degC/W, one array per moment. `limits`: for each
    block of rows its cells and the moment, in the order of the rows behind the first, which is the sum of all power.
    """

    model: ThermalModel
    aims: tuple[Vector, ...]
    limits: tuple[tuple[Indices, int, float], ...]
    shape: Shape
    steady: float

    @property
    def lattice(self) -> Lattice:
        """The model's."""
        return self.model.lattice


def horizon_of(plan: Plan, layout: Layout, foci: Foci, response: FocusResponse) -> Horizon | None:
    """Built once a day; None if the response says nothing or the target has no voxels."""
    lattice = lay_lattice(plan, layout)
    heats = patterns_of(lattice, foci, plan)
    nominal = model_of(heats, response, plan, response.rise_degC.estimate, PERFUSION_PER_S)
    worst = model_of(heats, response, plan, response.rise_degC.upper, PERFUSION_PER_S / PERFUSION_SPREAD)
    if nominal is None or worst is None or len(lattice.target) == 0:
        return None
    lease_s, points = plan.sonication.lease_s, len(foci.points_mm)
    weights = lattice.target_voxels / lattice.target_voxels.sum()
    aims = tuple(each[lattice.target] for each in _responses(nominal, AIM_LEASES, lease_s))
    hessian = sum((a.T @ (weights[:, None] * a) for a in aims), np.zeros((points, points))) / len(aims)
    weight = float(np.diag(hessian).mean())
    steady, hessian = STEADY_SHARE * weight, hessian + EVEN_SHARE * weight * _unevenness(foci)
    limits = _limits(lattice, plan)
    led = dict(zip(GUARD_LEASES, _responses(worst, GUARD_LEASES, lease_s), strict=True))
    rows = [np.ones((1, points)), *(led[leases][cells] for cells, leases, _ in limits)]
    high = np.full(points, min(MOST_SHARES / points, 1.0) * plan.sonication.max_power_W)
    shape = Shape.of(hessian + steady * np.eye(points), np.concatenate(rows), high)
    return Horizon(nominal, aims, limits, shape, steady)


def _limits(lattice: Lattice, plan: Plan) -> tuple[tuple[Indices, int, float], ...]:
    """Cells, the moment in leases, and the highest rise, degC: guards at each moment, the target at the first."""
    baseline_degC = plan.heating.baseline_degC
    found = [
        (cells, leases, guard.max_degC - baseline_degC)
        for leases in GUARD_LEASES
        for cells, guard in zip(lattice.guards, plan.guard, strict=True)
    ]
    return (*found, (lattice.target, GUARD_LEASES[0], plan.limits.target_max_degC - baseline_degC))


def _unevenness(foci: Foci) -> Vector:
    """Laplacian of the points' neighbourhood, each point's mean difference from its neighbours squared and summed."""
    beside = foci.neighbours & ~np.eye(len(foci.neighbours), dtype=np.bool_)
    degree = np.maximum(beside.sum(axis=1), 1).astype(np.float64)
    share = beside / np.sqrt(degree[:, None] * degree[None, :])
    return np.asarray(np.diag(share.sum(axis=1)) - share)


def _responses(model: ThermalModel, leases: tuple[int, ...], lease_s: float) -> list[Vector]:
    field, found, past = np.zeros_like(model.heating), [], 0
    for number in leases:
        field = model.advanced(field, model.heating, (number - past) * lease_s)
        found.append(field)
        past = number
    return found


def free_rises(horizon: Horizon, rise: Vector, source: Vector, lease_s: float) -> dict[int, Vector]:
    """The rise at each moment of the horizon, in leases from now, if nothing more is lent."""
    found: dict[int, Vector] = {}
    past = 0
    for number in sorted({*AIM_LEASES, *GUARD_LEASES}):
        rise = horizon.model.advanced(rise, source, (number - past) * lease_s)
        found[number], past = rise, number
    return found


def programme(
    horizon: Horizon, free: dict[int, Vector], cells: Cells, plan: Plan, lent_W: Vector
) -> tuple[Vector, Vector]:
    """The linear part of the aim, and the rows' bounds."""
    lattice, k = horizon.lattice, plan.limits.coverage_factor
    weights = lattice.target_voxels / lattice.target_voxels.sum()
    shared = float(np.sqrt((weights * cells.common[lattice.target] ** 2).sum()))
    wanted = plan.heating.setpoint_degC - plan.heating.baseline_degC - k * shared
    linear = -horizon.steady * lent_W
    for number, aim in zip(AIM_LEASES, horizon.aims, strict=True):
        linear = linear + aim.T @ (weights * (free[number][lattice.target] - wanted)) / len(AIM_LEASES)
    bounds = [np.asarray([plan.sonication.max_power_W])]
    for region, number, limit in horizon.limits:
        bounds.append(limit - free[number][region] - k * _unknown(cells, region))
    return linear, np.concatenate(bounds)


def _unknown(cells: Cells, region: Indices) -> Vector:
    """Standard uncertainty of the filtered temperature; a cell that is not seen is as uncertain as the worst."""
    seen = cells.seen[region] > 0.0
    half = np.sqrt(cells.common[region] ** 2 + KEPT_NOISE * cells.own[region] ** 2)
    return np.asarray(np.where(seen, half, half[seen].max(initial=0.0)))
