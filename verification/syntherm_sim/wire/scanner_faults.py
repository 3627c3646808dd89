"""Faults that a scanner shows in its images, apart from those of its wire; what each does to a run of dynamics."""

from enum import Enum, unique

import attrs
import numpy as np

from syntherm.core.events import FrameReceived, Geometry


@unique
class FrameFault(Enum):
    """What is wrong with the dynamics; the value says it for a reader."""

    DUPLICATE = "each dynamic comes twice"
    REORDERED = "each second dynamic comes before the one before it"
    LATE = "dynamics come a minute after they were acquired"
    FUTURE = "dynamics are stamped a minute ahead"
    GAPPED = "each second dynamic is left out"
    SHIFTED = "the slab lies 5 mm beside the planned one"
    CROPPED = "the matrix has one row less"
    WRONG_SCALE = "values are a million times larger"
    NOT_A_NUMBER = "one voxel is no number"
    ALL_ZERO = "all values are zero"
    STUCK = "the first image comes again and again under new numbers"


_FAR_s = 60.0
_ASIDE_mm = 5.0


class Troubled:
    """Hands dynamics on as the fault that is set wants them."""

    def __init__(self) -> None:
        self.fault: FrameFault | None = None
        self._held: FrameReceived | None = None
        self._first: FrameReceived | None = None

    def sent(self, frame: FrameReceived) -> tuple[FrameReceived, ...]:
        """What the scanner sends when this dynamic is ready."""
        self._first = self._first or frame
        match self.fault:
            case None:
                return (frame,)
            case FrameFault.DUPLICATE:
                return (frame, frame)
            case FrameFault.REORDERED:
                held, self._held = self._held, None
                if held is None:
                    self._held = frame
                    return ()
                return (frame, held)
            case FrameFault.GAPPED:
                return (frame,) if frame.sequence % 2 else ()
            case FrameFault.STUCK:
                return (attrs.evolve(frame, volume=self._first.volume),)
            case fault:
                return (_changed(frame, fault),)


def _changed(frame: FrameReceived, fault: FrameFault) -> FrameReceived:
    geometry = frame.geometry
    match fault:
        case FrameFault.LATE:
            return attrs.evolve(frame, acquired_s=frame.acquired_s - _FAR_s)
        case FrameFault.FUTURE:
            return attrs.evolve(frame, acquired_s=frame.acquired_s + _FAR_s)
        case FrameFault.SHIFTED:
            x_mm, y_mm, z_mm = geometry.first_voxel_mm
            return attrs.evolve(frame, geometry=attrs.evolve(geometry, first_voxel_mm=(x_mm, y_mm, z_mm + _ASIDE_mm)))
        case FrameFault.CROPPED:
            nx, ny, nz = geometry.matrix
            less = Geometry((nx, ny - 1, nz), geometry.voxel_mm, geometry.first_voxel_mm)
            return attrs.evolve(frame, geometry=less, volume=frame.volume[:, :-1, :])
        case FrameFault.WRONG_SCALE:
            return attrs.evolve(frame, volume=frame.volume * np.float32(1e6))
        case FrameFault.ALL_ZERO:
            return attrs.evolve(frame, volume=np.zeros_like(frame.volume))
    spoilt = frame.volume.copy()
    spoilt[0, 0, 0] = np.nan
    return attrs.evolve(frame, volume=spoilt)


def centre_mm(geometry: Geometry) -> tuple[float, ...]:
    """The middle of a volume."""
    return tuple(
        first + size * (count - 1) / 2.0
        for first, size, count in zip(geometry.first_voxel_mm, geometry.voxel_mm, geometry.matrix, strict=True)
    )
