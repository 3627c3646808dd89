"""A linear thermal model of the day: what one focal point heats, how heat spreads, how blood carries it away.

    dT/dt = D lap(T) - w T + source        (T: rise above the baseline, degC; on the coarse lattice)

Explicit steps, each well inside stability, so that the answer of a step is monotone in temperature and power. One
diffusivity and one perfusion for all tissue: both are stated figures with a wide spread, and the estimated disturbance
takes up what they miss. The day's response sets the gain: the model of the test sonication shows its measured rise.

Where a focal point heats. Waves from a ring converge in the plane of the focus: their density falls as one over the
distance. Across the plane they are a beam whose height grows with the distance. Absorption along the way is left out.
"""

from math import ceil
from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.foci import Foci
from syntherm.core.control.lattice import Lattice, Vector
from syntherm.core.plan.values import Plan

DIFFUSIVITY_MM2_PER_S: Final = 0.14
"""Water-rich soft tissue: 0.5 W/m/K over 3.7 MJ/m3/K."""
PERFUSION_PER_S: Final = 0.004
"""Nominal; literature spans a factor of 3 both ways."""
PERFUSION_SPREAD: Final = 3.0
STABLE_SHARE: Final = 0.4
CORE_MM: Final = 1.2
"""Half the focus's width in plane: where the density of the converging waves levels off."""
WAIST_SD_MM: Final = 1.4
OPENING: Final = 0.12
"""Standard deviation of the beam's height at the focus, and its growth per mm: an assumed lateral ring."""
_SUBDIVISIONS: Final = 3


@attrs.frozen(eq=False)
class ThermalModel:
    """The model of one day. `heating`: degC/s in each cell per watt on each focal point, shape (cells, points)."""

    lattice: Lattice
    perfusion_per_s: float
    heating: Vector

    def advanced(self, rise: Vector, source: Vector, seconds: float) -> Vector:
        """`rise` (cells, ...) after so many seconds under a constant source, degC/s, of the same shape."""
        steps = ceil(seconds / self._longest_s() - 1e-9)
        field = rise.reshape(*self.lattice.shape, -1)
        warmed = source.reshape(field.shape)
        for _ in range(steps):
            field = field + (seconds / steps) * (self._spread(field) - self.perfusion_per_s * field + warmed)
        return field.reshape(rise.shape)

    def _longest_s(self) -> float:
        fastest = 2.0 * DIFFUSIVITY_MM2_PER_S * sum(1.0 / h**2 for h in self.lattice.cell_mm) + self.perfusion_per_s
        return STABLE_SHARE / fastest

    def _spread(self, field: Vector) -> Vector:
        total = np.zeros_like(field)
        for axis, cell_mm in enumerate(self.lattice.cell_mm):
            padded = np.pad(field, [(1, 1) if a == axis else (0, 0) for a in range(4)])
            inner = [slice(None)] * 4
            inner[axis] = slice(1, -1)
            low, high = list(inner), list(inner)
            low[axis], high[axis] = slice(None, -2), slice(2, None)
            second = padded[tuple(low)] + padded[tuple(high)] - 2.0 * padded[tuple(inner)]
            total += DIFFUSIVITY_MM2_PER_S / cell_mm**2 * second
        return total


def deposition(lattice: Lattice, focus_mm: Vector) -> Vector:
    """Heat per cell of a focal point, in arbitrary units common to all points; mean over each cell."""
    share = (np.arange(_SUBDIVISIONS) + 0.5) / _SUBDIVISIONS - 0.5
    inner = np.stack(np.meshgrid(share, share, share, indexing="ij"), axis=-1).reshape(-1, 3)
    total = np.zeros(lattice.cells)
    for part in inner * np.asarray(lattice.cell_mm):
        apart = lattice.points_mm + part - focus_mm
        along = np.hypot(apart[:, 0], apart[:, 1])
        height = np.hypot(WAIST_SD_MM, OPENING * along)
        total += np.exp(-0.5 * (apart[:, 2] / height) ** 2) / (height * np.hypot(along, CORE_MM))
    return total / len(inner)


@attrs.frozen(eq=False)
class Patterns:
    """Heat per cell of each focal point, shape (cells, points), and of the test sonication; in the same units."""

    lattice: Lattice
    points: Vector
    centre: Vector


def patterns_of(lattice: Lattice, foci: Foci, plan: Plan) -> Patterns:
    """Where each focal point heats, if it lies where it was wanted: the lease is aimed with the offset taken out."""
    points = np.stack([deposition(lattice, point) for point in foci.points_mm], axis=1)
    return Patterns(lattice, points, deposition(lattice, np.asarray(plan.target.centre_mm)))


def model_of(
    heats: Patterns, response: FocusResponse, plan: Plan, rise_degC: float, perfusion_per_s: float
) -> ThermalModel | None:
    """The model whose test sonication warms its hottest cell by `rise_degC`; None if the response says nothing.

    The energy of the test follows from the response itself; it went to the target's centre at the plan's test power.
    """
    factor, per_J = plan.sonication.partial_volume_factor, response.rise_degC_per_J
    if not per_J > 0.0 or not response.rise_degC.upper > 0.0 or not rise_degC > 0.0:
        return None
    seconds = factor * response.rise_degC.upper / per_J / plan.calibration.test_power_W
    shape = ThermalModel(heats.lattice, perfusion_per_s, heats.points)
    beam = heats.centre * plan.calibration.test_power_W
    tested = shape.advanced(np.zeros(len(beam)), beam, seconds)
    return attrs.evolve(shape, heating=heats.points * (rise_degC / float(tested.max())))
