"""What may be wrong with an image itself, whatever the patient does: from one moment on."""

from enum import Enum, unique
from typing import Final

import numpy as np
from attrs import frozen
from numpy.random import Generator

from syntherm_sim.physics.grid import SCANNER_SPACING_MM, Point, scanner_axis_mm
from syntherm_sim.physics.movement import REST, translated
from syntherm_sim.physics.mr_kernel import C64

VOID_RADIUS_MM: Final = 8.0


@unique
class Spoilt(Enum):
    """What happens to each image; `size` says how much."""

    FROZEN = "the last good image comes again and again, under new numbers and with a trace of noise"
    SHIFTED = "the image is shifted by size mm along x: another centre frequency"
    RESCALED = "the receiver's gain is size times what it was"
    TURNED = "the receiver's phase is turned by size rad, everywhere alike"
    MISSCALED = "phase is size times what it was: another echo time than the one declared"
    NOISY = "noise is size times what it was"
    VOID = "no signal within a ball of 8 mm about (size, 0, 0) mm: a bubble"


@frozen
class ImageFault:
    """One fault from `from_s` on."""

    spoilt: Spoilt
    from_s: float
    size: float = 1.0


@frozen
class Faults:
    """All that is wrong with a day's images."""

    faults: tuple[ImageFault, ...] = ()
    shift_mm_per_min: float = 0.0
    """Along x, the frequency axis, without the centre frequency followed: about 0.1 (read)."""


class Spoiler:
    """Spoils a day's images in order."""

    def __init__(self, faults: Faults, noise: Generator, noise_sigma: float) -> None:
        self._faults, self._noise, self._sigma = faults, noise, noise_sigma
        self._good: C64 | None = None

    def spoil(self, volume: C64, at_s: float) -> C64:
        """The image as it is sent: complex64 [60, 60, 7], a new array where anything is wrong."""
        shift: Point = (self._faults.shift_mm_per_min * at_s / 60.0, 0.0, 0.0)
        if shift != REST:
            volume = translated(volume, shift, SCANNER_SPACING_MM)
        standing = [fault for fault in self._faults.faults if at_s >= fault.from_s]
        for fault in standing:
            volume = self._one(volume, fault)
        if not any(fault.spoilt is Spoilt.FROZEN for fault in standing):
            self._good = volume
        return volume

    def _one(self, volume: C64, fault: ImageFault) -> C64:
        match fault.spoilt:
            case Spoilt.FROZEN:
                # Not the same bytes: those are found at once.
                return volume if self._good is None else self._good + self._noise_of(volume, 0.05)
            case Spoilt.SHIFTED:
                return translated(volume, (fault.size, 0.0, 0.0), SCANNER_SPACING_MM)
            case Spoilt.RESCALED:
                return np.asarray(volume * np.complex64(fault.size))
            case Spoilt.TURNED:
                return np.asarray(volume * np.complex64(np.exp(1j * fault.size)))
            case Spoilt.MISSCALED:
                turned = np.abs(volume) * np.exp(1j * fault.size * np.angle(volume))
                return np.asarray(turned, dtype=np.complex64)
            case Spoilt.NOISY:
                return volume + self._noise_of(volume, float(np.sqrt(max(fault.size**2 - 1.0, 0.0))))
            case Spoilt.VOID:
                return np.asarray(np.where(_ball(fault.size), np.complex64(0.0), volume) + self._noise_of(volume, 1e-3))

    def _noise_of(self, volume: C64, size: float) -> C64:
        noise = self._noise.standard_normal((*volume.shape, 2), dtype=np.float32) * np.float32(size * self._sigma)
        return np.asarray(noise.view(np.complex64)[..., 0])


def _ball(x_mm: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    x, y, z = (scanner_axis_mm(axis) for axis in range(3))
    apart = (x[:, None, None] - x_mm) ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2
    return np.asarray(apart <= VOID_RADIUS_MM**2)
