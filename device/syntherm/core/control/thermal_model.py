"""A linear thermal model of the day: what one focal point heats, how heat spreads, how blood carries it away.

    dT/dt = D lap(T) - w T + source        (T: rise above the baseline, degC; on the coarse lattice)

The coefficients are the same everywhere and the lattice is a box without rise outside, so that sines along its axes
solve the equation for any time at once, without steps. One
diffusivity and one perfusion for all tissue: both are stated figures with a wide spread, and the estimated disturbance
takes up what they miss. The day's response sets the gain: the model of the test sonication shows its measured rise.

Where a focal point heats. Waves from a ring converge in the plane of the focus: their density falls as one over the
distance. Across the plane they are a beam whose height grows with the distance. Absorption along the way is left out.
"""

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
CORE_MM: Final = 1.2
"""Half the focus's width in plane: where the density of the converging waves levels off."""
WAIST_SD_MM: Final = 1.4
OPENING: Final = 0.12
"""Standard deviation of the beam's height at the focus, and its growth per mm: an assumed lateral ring."""
_SUBDIVISIONS: Final = 2


@attrs.frozen(eq=False)
class Sines:
    """The lattice's own modes: one orthonormal, symmetric matrix per axis, and how fast each mode spreads, per mm2."""

    axes: tuple[Vector, Vector, Vector]
    spread_per_mm2: Vector

    @classmethod
    def of(cls, lattice: Lattice) -> "Sines":
        """Sines that are 0 one cell beyond each end."""
        return cls.along(lattice.shape, lattice.cell_mm)

    @classmethod
    def along(cls, shape: tuple[int, int, int], cells_mm: tuple[float, float, float]) -> "Sines":
        """The same of any box of cells."""
        axes, rates = [], []
        for count, cell_mm in zip(shape, cells_mm, strict=True):
            number = np.arange(1, count + 1)
            angle = np.pi * np.outer(number, number) / (count + 1)
            axes.append(np.sqrt(2.0 / (count + 1)) * np.sin(angle))
            rates.append((2.0 - 2.0 * np.cos(np.pi * number / (count + 1))) / cell_mm**2)
        whole = rates[0][:, None, None] + rates[1][None, :, None] + rates[2][None, None, :]
        return cls((axes[0], axes[1], axes[2]), whole.reshape(-1))

    def turned(self, fields: Vector) -> Vector:
        """Fields, shape (any, cells), to modes or back: it is its own inverse."""
        x, y, z = self.axes
        part = fields.reshape(-1, len(z)) @ z
        part = np.matmul(y, part.reshape(-1, len(y), len(z)))
        return np.asarray(np.matmul(x, part.reshape(-1, len(x), len(y) * len(z)))).reshape(fields.shape)


@attrs.frozen(eq=False)
class ThermalModel:
    """The model of one day. `heating`: degC/s in each cell per watt on each focal point, shape (cells, points)."""

    lattice: Lattice
    sines: Sines
    perfusion_per_s: float
    heating: Vector

    def advanced(self, rise: Vector, source: Vector, seconds: float) -> Vector:
        """`rise` in each cell after so many seconds under a constant source, degC/s."""
        begun, driven = self.sines.turned(np.stack([rise, source]))
        return self.sines.turned(self.faded(begun, driven, seconds))

    def driven(self, moments_s: tuple[float, ...]) -> list[Vector]:
        """What a watt on each focal point does by each of the times, s: shape (cells, points)."""
        heat = self.sines.turned(np.ascontiguousarray(self.heating.T))
        nothing = np.zeros_like(self.fading_per_s)
        return [self.sines.turned(self.faded(nothing, heat, moment_s)).T for moment_s in moments_s]

    def faded(self, begun: Vector, driven: Vector, seconds: float) -> Vector:
        """The same in modes: of the rise, under the modes of the source."""
        per_s = self.fading_per_s
        return np.asarray(begun * np.exp(-per_s * seconds) - driven * (np.expm1(-per_s * seconds) / per_s))

    @property
    def fading_per_s(self) -> Vector:
        """How fast each mode fades: by spreading, and by blood."""
        return np.asarray(DIFFUSIVITY_MM2_PER_S * self.sines.spread_per_mm2 + self.perfusion_per_s)


def deposition(lattice: Lattice, focus_mm: Vector) -> Vector:
    """Heat per cell of a focal point, in arbitrary units common to all points; mean over each cell."""
    return density(lattice.points_mm, lattice.cell_mm, focus_mm)


def density(points_mm: Vector, cell_mm: tuple[float, float, float], focus_mm: Vector) -> Vector:
    """The same of any cells, by their centres."""
    share = (np.arange(_SUBDIVISIONS) + 0.5) / _SUBDIVISIONS - 0.5
    inner = np.stack(np.meshgrid(share, share, share, indexing="ij"), axis=-1).reshape(-1, 3)
    total = np.zeros(len(points_mm))
    for part in inner * np.asarray(cell_mm):
        apart = points_mm + part - focus_mm
        along = np.hypot(apart[:, 0], apart[:, 1])
        height = np.hypot(WAIST_SD_MM, OPENING * along)
        total += np.exp(-0.5 * (apart[:, 2] / height) ** 2) / (height * np.hypot(along, CORE_MM))
    return total / len(inner)


@attrs.frozen(eq=False)
class Patterns:
    """Heat per cell of each focal point, shape (cells, points), and of the test sonication; in the same units."""

    lattice: Lattice
    sines: Sines
    points: Vector
    centre: Vector


def patterns_of(lattice: Lattice, foci: Foci, plan: Plan) -> Patterns:
    """Where each focal point heats, if it lies where it was wanted: the lease is aimed with the offset taken out."""
    points = np.stack([deposition(lattice, point) for point in foci.points_mm], axis=1)
    return Patterns(lattice, Sines.of(lattice), points, deposition(lattice, np.asarray(plan.target.centre_mm)))


def gain_of(
    model: ThermalModel, patterns: Patterns, response: FocusResponse, plan: Plan, rise_degC: float
) -> float | None:
    """The gain by which the test sonication warms the hottest block by `rise_degC`; None if the response says nothing.

    The energy of the test follows from the response itself; it went to the target's centre at the plan's test power.
    Where two shots were fitted with the model, they say the gain.
    """
    if response.gain is not None:
        return response.gain.upper if rise_degC > response.rise_degC.estimate else response.gain.estimate
    factor, per_J = plan.sonication.partial_volume_factor, response.rise_degC_per_J
    if not per_J > 0.0 or not response.rise_degC.upper > 0.0 or not rise_degC > 0.0:
        return None
    seconds = factor * response.rise_degC.upper / per_J / plan.calibration.test_power_W
    beam = patterns.centre * plan.calibration.test_power_W
    tested = model.lattice.seen(model.advanced(np.zeros(len(beam)), beam, seconds))
    return rise_degC / float(tested.max())
