"""From what a wire says of a volume to FrameReceived and FatMapReceived: judged, so that only what is usable goes on.

Refused: repeated, reordered, late or future images; another geometry, matrix, field or echo time than the plan's;
values of another type or scale than declared. A gap in the numbers is named, and the image behind it goes on. Whether
an image equals the one before it bit for bit is the core's to say.
"""

from math import sqrt
from typing import Final, Self

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused
from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of

Triple = tuple[float, float, float]

_CORNER_mm: Final = 0.1
"""The wires carry 32-bit numbers, and scanners round their field of view: so much is taken for the same place."""
_DIRECTION: Final = 1e-3
"""Of a unit vector's parts: 0.06 degrees."""
_RELATIVE: Final = 1e-3
"""Of field and echo time: as the core."""
_IDENTITY: Final = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@attrs.frozen
class Expected:
    """What the plan's images are like. The largest real or imaginary part in a volume lies in `brightest`."""

    geometry: Geometry
    field_T: float
    echo_time_ms: float
    age_s: float
    brightest: tuple[float, float]

    @classmethod
    def of(cls, plan: Plan, brightest: tuple[float, float]) -> Self:
        """From the plan's scanner table; `brightest` is declared for the source: it tells a wrong scale."""
        scanner = plan.scanner
        return cls(geometry_of(plan), scanner.field_T, scanner.echo_time_ms, plan.limits.frame_age_s, brightest)


@attrs.frozen
class Place:
    """Where a volume lies, in the plan's axes; `directions` are the unit vectors of its three axes."""

    matrix: tuple[int, int, int]
    voxel_mm: Triple
    centre_mm: Triple
    directions: tuple[Triple, Triple, Triple]

    @classmethod
    def of_columns(cls, matrix: tuple[int, int, int], columns_mm: tuple[Triple, ...], centre_mm: Triple) -> Self:
        """From direction times spacing of each axis. Raises MessageRefused if one has no length."""
        lengths = [sqrt(sum(part * part for part in column)) for column in columns_mm]
        if not all(length > 0.0 for length in lengths):
            raise MessageRefused(f"voxels of {lengths} mm; expected a length along each axis")
        units = [(x / n, y / n, z / n) for (x, y, z), n in zip(columns_mm, lengths, strict=True)]
        return cls(matrix, (lengths[0], lengths[1], lengths[2]), centre_mm, (units[0], units[1], units[2]))


@attrs.frozen(eq=False)
class Told:
    """What a source says of one dynamic; `values`: complex64 of shape (nx, ny, nz)."""

    number: int
    acquired_s: float
    field_T: float
    echo_time_ms: float
    place: Place
    values: NDArray[np.generic]


class Judge:
    """Knows the plan and the image before. Used by one source; what it refuses is among the remarks."""

    def __init__(self, expected: Expected, remarks: Remarks) -> None:
        self._expected, self._remarks = expected, remarks
        self._last: FrameReceived | None = None

    def frame(self, told: Told, now_s: float) -> FrameReceived:
        """The dynamic. Raises MessageRefused: one line, what is wrong with it."""
        expected, last = self._expected, self._last
        for wrong in (
            _wrong_number(told, last),
            _wrong_time(told, now_s, expected.age_s),
            _wrong_order(told, last),
            _wrong_place(told.place, expected.geometry),
            _differs("field strength", told.field_T, expected.field_T, "T"),
            _differs("echo time", told.echo_time_ms, expected.echo_time_ms, "ms"),
            _wrong_volume(told.values, expected),
        ):
            if wrong is not None:
                raise MessageRefused(f"image {told.number}: {wrong}")
        if last is not None and told.number > last.sequence + 1:
            self._remarks.add(f"gap: image {told.number} came after image {last.sequence}")
        # The plan's own numbers: those of the wire were rounded.
        frame = FrameReceived(
            now_s, told.number, told.acquired_s, told.field_T, told.echo_time_ms, expected.geometry,
            np.asarray(told.values, np.complex64),
        )  # fmt: skip
        self._last = attrs.evolve(frame, volume=_NOTHING)
        return frame

    def fat_map(self, place: Place, values: NDArray[np.generic], now_s: float) -> FatMapReceived:
        """The map of the fat fraction, float32 of shape (nx, ny, nz). Raises MessageRefused."""
        geometry = self._expected.geometry
        wrong = _wrong_place(place, geometry) or _wrong_shape(values, geometry, np.float32)
        if wrong is None:
            low, high = float(values.min()), float(values.max())
            wrong = None if low >= 0.0 and high <= 1.0 else f"values from {low:g} to {high:g}; expected 0 to 1"
        if wrong is not None:
            raise MessageRefused(f"fat map: {wrong}")
        return FatMapReceived(now_s, geometry, np.asarray(values, np.float32))


_NOTHING: Final = np.zeros((0, 0, 0), np.complex64)


def _wrong_number(told: Told, last: FrameReceived | None) -> str | None:
    if last is None:
        return None
    if told.number == last.sequence:
        return "came again (duplicate)"
    if told.number < last.sequence:
        return f"came after image {last.sequence} (reordered)"
    return None


def _wrong_order(told: Told, last: FrameReceived | None) -> str | None:
    if last is None or told.acquired_s > last.acquired_s:
        return None
    before_s = last.acquired_s - told.acquired_s
    return f"was acquired {before_s:.3f} s before image {last.sequence}; expected after it (reordered)"


def _wrong_time(told: Told, now_s: float, limit_s: float) -> str | None:
    age_s = now_s - told.acquired_s
    if age_s < 0.0:
        return f"was acquired {-age_s:.3f} s in the future; the clocks differ"
    if not age_s <= limit_s:
        return f"was acquired {age_s:.3f} s ago (late); the plan's limit is {limit_s:g} s"
    return None


def _wrong_place(place: Place, geometry: Geometry) -> str | None:
    if place.matrix != geometry.matrix:
        return f"matrix {place.matrix}; the plan's is {geometry.matrix}"
    for axis, direction in enumerate(place.directions):
        if not all(abs(a - b) <= _DIRECTION for a, b in zip(direction, _IDENTITY[axis], strict=True)):
            return f"wrong geometry: axis {'xyz'[axis]} along {_numbers(direction)}; expected the plan's axis"
    for axis, count in enumerate(number - 1 for number in geometry.matrix):
        size_mm, wanted_size_mm, wanted_mm = (
            place.voxel_mm[axis],
            geometry.voxel_mm[axis],
            geometry.first_voxel_mm[axis],
        )
        first_mm = place.centre_mm[axis] - size_mm * count / 2.0
        # Both ends, and the size by itself: a single voxel has no other end.
        off_mm = (
            first_mm - wanted_mm,
            size_mm - wanted_size_mm,
            (first_mm - wanted_mm) + (size_mm - wanted_size_mm) * count,
        )
        if not all(abs(off) <= _CORNER_mm for off in off_mm):
            wanted = f"the plan's are {wanted_size_mm:g} mm from {wanted_mm:g} mm"
            return f"wrong geometry: voxels of {size_mm:g} mm from {first_mm:g} mm along {'xyz'[axis]}; {wanted}"
    return None


def _differs(name: str, found: float, wanted: float, unit: str) -> str | None:
    if abs(found - wanted) <= _RELATIVE * wanted:
        return None
    return f"{name} {found:g} {unit}; the plan's is {wanted:g} {unit}"


def _wrong_shape(values: NDArray[np.generic], geometry: Geometry, wanted: type[np.generic]) -> str | None:
    if values.shape != geometry.matrix:
        return f"values of shape {values.shape}; the plan's matrix is {geometry.matrix}"
    if values.dtype != wanted:
        return f"values of type {values.dtype}; expected {np.dtype(wanted)}"
    return None


def _wrong_volume(values: NDArray[np.generic], expected: Expected) -> str | None:
    wrong = _wrong_shape(values, expected.geometry, np.complex64)
    if wrong is not None:
        return wrong
    parts = values.view(np.float32)
    low, high = float(parts.min()), float(parts.max())
    brightest, (least, most) = max(-low, high), expected.brightest
    if not (np.isfinite(low) and np.isfinite(high)):
        return "values that are not finite"
    if brightest == 0.0:
        return "all values are zero"
    if not least <= brightest <= most:
        return f"wrong scale: its brightest value is {brightest:g}; declared are {least:g} to {most:g}"
    return None


def _numbers(triple: Triple) -> str:
    return "(" + ", ".join(f"{number:.4g}" for number in triple) + ")"
