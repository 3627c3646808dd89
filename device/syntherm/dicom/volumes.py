"""From a whole set of slices to what goes on: complex values or the fat fraction, and where they lie."""

from math import pi
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner.frames import Place, Told
from syntherm.dicom.config import Config
from syntherm.dicom.facts import ObjectRefused
from syntherm.dicom.slices import Slice
from syntherm.dicom.values import MAGNITUDE_PHASE

_IDENTITY: Final = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@attrs.frozen(eq=False)
class Volume:
    """Complex values of shape (nx, ny, nz) for a dynamic, fractions for the fat map. `acquired_s` since 1970."""

    fat_map: bool
    number: int
    acquired_s: float
    place: Place
    values: NDArray[np.generic]

    def told(self, field_T: float, echo_time_ms: float) -> Told:
        """As a judge of dynamics takes it."""
        return Told(self.number, self.acquired_s, field_T, echo_time_ms, self.place, self.values)


def volume_of(slices: tuple[Slice, ...], config: Config) -> Volume:
    """`slices`: by component, then along z. Raises ObjectRefused for phases of another unit than declared."""
    first, nz = slices[0], config.images.matrix[2]
    stacks = [
        np.stack([each.values for each in slices[begin : begin + nz]], axis=2) for begin in range(0, len(slices), nz)
    ]
    values: NDArray[np.generic]
    if first.fat_map:
        values = (stacks[0] / np.float32(config.fat_map.units_of_one)).astype(np.float32)
    elif config.frames.values == MAGNITUDE_PHASE:
        values = _turned(first.number, stacks[0], stacks[1], config)
    else:
        values = (stacks[0] + 1j * stacks[1]).astype(np.complex64)
    # The oldest moment of all: an image is never younger than its oldest slice.
    acquired_s = min(each.acquired_s for each in slices)
    return Volume(first.fat_map, first.number, acquired_s, _place(slices[:nz], config), values)


def _turned(
    number: int, magnitude: NDArray[np.float32], phase: NDArray[np.float32], config: Config
) -> NDArray[np.generic]:
    if config.phase is None:
        raise ObjectRefused(f"image {number}: no scale is declared for its phase")
    turns = phase.astype(np.float64) / config.phase.units_per_turn
    span = float(turns.max() - turns.min())
    if span < config.phase.least_span:
        found = f"its phases span {span:.3f} of a turn; expected at least {config.phase.least_span:g}"
        raise ObjectRefused(f"image {number}: wrong scale: {found}")
    return np.asarray(magnitude * np.exp(2j * pi * turns), np.complex64)


def _place(stack: tuple[Slice, ...], config: Config) -> Place:
    """As found; the size along z from the first and the last slice, and as declared where there is only one."""
    (x_mm, y_mm, z_mm), (dx_mm, dy_mm) = stack[0].first_mm, stack[0].voxel_mm
    nx, ny, nz = config.images.matrix
    dz_mm = config.images.voxel_mm[2] if nz == 1 else (stack[-1].first_mm[2] - z_mm) / (nz - 1)
    centre_mm = (
        x_mm + dx_mm * (nx - 1) / 2.0, y_mm + dy_mm * (ny - 1) / 2.0, z_mm + dz_mm * (nz - 1) / 2.0,
    )  # fmt: skip
    return Place((nx, ny, nz), (dx_mm, dy_mm, dz_mm), centre_mm, _IDENTITY)
