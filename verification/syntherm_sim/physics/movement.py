"""How the breast moves in the scanner: as a whole, without rotation, suddenly or slowly; and what is moved with it.

Arrays of the tissue (temperature, signal) live in the tissue's own frame. What the scanner sees is the tissue moved;
what the beam, which stands still, does to the tissue is the beam moved the other way.
"""

from typing import Final, TypeVar

import numpy as np
from attrs import field, frozen, validators

from syntherm_sim.physics.grid import F32, F64, SPACING_MM, Point
from syntherm_sim.physics.mr_kernel import C64

REST: Final[Point] = (0.0, 0.0, 0.0)
_RESOLUTION_MM: Final = 0.01
_SECONDS_PER_MINUTE: Final = 60.0
Moved = TypeVar("Moved", F32, F64, C64)


@frozen
class Movement:
    """Nothing until `from_s`; then a step at once, and from there on so many millimetres per minute."""

    from_s: float = field(default=0.0, validator=validators.ge(0.0))
    step_mm: Point = REST
    rate_mm_per_min: Point = REST

    def displaced_mm(self, at_s: float) -> Point:
        """Where the tissue is, seen from where it was at first; in steps of 0.01 mm."""
        minutes = (at_s - self.from_s) / _SECONDS_PER_MINUTE
        if minutes < 0.0:
            return REST
        x, y, z = (
            round((step + minutes * rate) / _RESOLUTION_MM) * _RESOLUTION_MM
            for step, rate in zip(self.step_mm, self.rate_mm_per_min, strict=True)
        )
        return x, y, z


def met_by(heat: F32, displacement_mm: Point) -> F32:
    """What a beam that stands still does to tissue that has moved: its heat, never below zero, moved the other way."""
    if displacement_mm == REST:
        return heat
    x, y, z = displacement_mm
    return np.maximum(translated(heat, (-x, -y, -z)), np.float32(0.0))


def translated(values: Moved, displacement_mm: Point, spacing_mm: Point = (SPACING_MM,) * 3) -> Moved:
    """`values` [nx, ny, nz] moved by so much: cubic interpolation (Catmull-Rom), edges continued. A new array.

    Exact for whole voxels and for polynomials of second order in space.
    """
    moved = values
    for axis in range(3):
        voxels = displacement_mm[axis] / spacing_mm[axis]
        if voxels != 0.0:
            moved = _along(moved, axis, voxels)
    return moved.copy() if moved is values else moved


def _along(values: Moved, axis: int, voxels: float) -> Moved:
    whole = int(np.floor(-voxels))
    t = -voxels - whole
    weights = (
        0.5 * (-t + 2.0 * t**2 - t**3), 0.5 * (2.0 - 5.0 * t**2 + 3.0 * t**3),
        0.5 * (t + 4.0 * t**2 - 3.0 * t**3), 0.5 * (-(t**2) + t**3),
    )  # fmt: skip
    count = values.shape[axis]
    places = np.arange(count) + whole
    taps = [
        np.take(values, np.clip(places + tap - 1, 0, count - 1), axis=axis) * values.dtype.type(weight)
        for tap, weight in enumerate(weights)
        if weight != 0.0
    ]
    return np.ascontiguousarray(sum(taps[1:], start=taps[0]))
