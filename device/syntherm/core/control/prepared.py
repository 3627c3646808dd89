"""What predictive control can compute before the day's response is known: it takes seconds, and nothing waits for it.

The model is linear in its gain. So all responses are computed for the gain 1 when the session begins, and the day's
response only scales them.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.control.foci import Foci
from syntherm.core.control.lattice import Vector, lay_lattice
from syntherm.core.control.thermal_model import (
    PERFUSION_PER_S,
    PERFUSION_SPREAD,
    Patterns,
    ThermalModel,
    patterns_of,
)
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout

AIM_LEASES: Final = (2, 4, 8, 16)
"""Moments of the aim, in leases from now."""
GUARD_LEASES: Final = (1, 8)
"""Moments of the guards' bounds: the end of this lease, and where this power leads."""
LEASES: Final = tuple(sorted({*AIM_LEASES, *GUARD_LEASES}))


@attrs.frozen(eq=False)
class Part:
    """Rows that bound some blocks at a moment, in leases from now, below the highest rise, degC."""

    blocks: Indices
    leases: int
    highest: float


@attrs.frozen(eq=False)
class Prepared:
    """Responses to a watt on each point at gain 1.

    `nominal`, `worst`: the model, and the one with the least perfusion. `aims`: of the target's cells, one array per
    moment of the aim. `parts` of the rows: guards at each of their moments, the target at the first; and the `rows`.
    """

    patterns: Patterns
    nominal: ThermalModel
    worst: ThermalModel
    aims: tuple[Vector, ...]
    parts: tuple[Part, ...]
    rows: Vector


def prepare(plan: Plan, layout: Layout, foci: Foci) -> Prepared:
    """Of the plan alone: the same for every day."""
    lattice, lease_s = lay_lattice(plan, layout), plan.sonication.lease_s
    patterns = patterns_of(lattice, foci, plan)
    nominal = ThermalModel(lattice, patterns.sines, PERFUSION_PER_S, patterns.points)
    worst = ThermalModel(lattice, patterns.sines, PERFUSION_PER_S / PERFUSION_SPREAD, patterns.points)
    aims = tuple(each[lattice.target] for each in _responses(nominal, AIM_LEASES, lease_s))
    led = dict(zip(GUARD_LEASES, _responses(worst, GUARD_LEASES, lease_s), strict=True))
    baseline_degC = plan.heating.baseline_degC
    guards = [
        Part(blocks, leases, guard.max_degC - baseline_degC)
        for leases in GUARD_LEASES
        for blocks, guard in zip(lattice.guards, plan.guard, strict=True)
    ]
    parts = (*guards, Part(lattice.target_blocks, GUARD_LEASES[0], plan.limits.target_max_degC - baseline_degC))
    # Within a block the hottest cell counts.
    rows = [led[part.leases][lattice.within[part.blocks]].max(axis=1) for part in parts]
    return Prepared(patterns, nominal, worst, aims, parts, np.concatenate(rows))


def _responses(model: ThermalModel, leases: tuple[int, ...], lease_s: float) -> list[Vector]:
    """What a watt on each point does by each moment; rounding apart, more power never cools."""
    moments = tuple(number * lease_s for number in leases)
    return [np.maximum(each, 0.0) for each in model.driven(moments)]
