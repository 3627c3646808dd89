"""The guardian's own temperature: simple on purpose, and of its own making.

Phase against its own baseline, less the median phase change over a reference box, times a constant of its
configuration. The answer is a high percentile over the target box. It knows no breathing, fat or field gradients.
"""

from dataclasses import dataclass
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from syntherm.guardian.facts import Seen
from syntherm.guardian.mrd import Image

Volume = NDArray[np.complex64]
UNREADABLE: Final = Seen(None, readable=False)
_ABOVE_degC: Final = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """Voxels from `first` to `last`, both included; x, y, z."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]

    def of(self, volume: Volume) -> Volume:
        """Its voxels in a volume of shape (z, y, x)."""
        (x0, y0, z0), (x1, y1, z1) = self.first, self.last
        return np.asarray(volume[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1])


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """`least_signal`: magnitude against the baseline's below which a voxel tells nothing."""

    matrix: tuple[int, int, int]
    baseline_frames: int
    degC_per_radian: float
    start_degC: float
    target: Box
    reference: Box
    percentile: float
    least_signal: float


class View:
    """Follows the images: the first ones make the baseline, the others are measured against it."""

    def __init__(self, settings: ViewSettings) -> None:
        self._settings = settings
        self._slices: list[bytes] = []
        self._last: bytes | None = None
        self._sum: NDArray[np.complex128] | None = None
        self._summed = 0

    def take(self, image: Image, *, may_learn: bool) -> Seen | None:
        """What an image shows; None while slices of its volume are missing.

        `may_learn`: the enable is off, so that the image may join the baseline; else it tells nothing without one.
        """
        nx, ny, nz = self._settings.matrix
        if image.channels != 1 or image.matrix[:2] != (nx, ny) or image.matrix[2] not in (1, nz):
            self._slices = []
            return UNREADABLE
        if image.matrix[2] == nz:
            self._slices = []
            return self._volume(image.data, may_learn=may_learn)
        if image.slice_number == 0:
            self._slices = []
        if image.slice_number != len(self._slices):
            self._slices = []
            return UNREADABLE
        self._slices.append(image.data)
        if len(self._slices) < nz:
            return None
        whole, self._slices = b"".join(self._slices), []
        return self._volume(whole, may_learn=may_learn)

    def _volume(self, data: bytes, *, may_learn: bool) -> Seen:
        nx, ny, nz = self._settings.matrix
        frozen, self._last = data == self._last, data
        if frozen:
            return Seen(None, frozen=True)
        volume = np.frombuffer(data, dtype="<c8").reshape(nz, ny, nx)
        if self._summed < self._settings.baseline_frames:
            return self._learn(volume) if may_learn else UNREADABLE
        return self._measure(volume)

    def _learn(self, volume: Volume) -> Seen:
        if not _finite(self._settings.target.of(volume), self._settings.reference.of(volume)):
            return UNREADABLE
        self._sum = volume.astype(np.complex128) + (0.0 if self._sum is None else self._sum)
        self._summed += 1
        return Seen(None)

    def _measure(self, volume: Volume) -> Seen:
        settings = self._settings
        if self._sum is None:
            return UNREADABLE
        mean = (self._sum / self._summed).astype(np.complex64)
        target, reference = settings.target.of(volume), settings.reference.of(volume)
        target_mean, reference_mean = settings.target.of(mean), settings.reference.of(mean)
        if not _finite(target, reference):
            return UNREADABLE
        target_kept = _bright(target, target_mean, settings.least_signal)
        reference_kept = _bright(reference, reference_mean, settings.least_signal)
        if min(target_kept.mean(), reference_kept.mean()) < 0.5:
            return UNREADABLE
        drift = (reference * np.conj(reference_mean))[reference_kept]
        # Around the mean phasor the angles do not wrap.
        about = complex(drift.sum())
        median_rad = float(np.median(np.angle(drift * np.conj(about)))) + float(np.angle(about))
        turned = (target * np.conj(target_mean))[target_kept] * np.exp(-1j * median_rad)
        rises_degC = settings.degC_per_radian * np.angle(turned)
        highest_degC = settings.start_degC + float(np.percentile(rises_degC, settings.percentile))
        return Seen(highest_degC) if np.isfinite(highest_degC) else UNREADABLE


def _finite(*parts: Volume) -> bool:
    return all(bool(np.isfinite(part).all()) for part in parts)


def _bright(part: Volume, mean: Volume, least: float) -> NDArray[np.bool_]:
    known = np.abs(mean)
    return np.asarray((known > 0.0) & (np.abs(part) >= least * known))


def test_images(settings: ViewSettings, limit_degC: float) -> tuple[list[Image], dict[str, Image]]:
    """Made images: those of a baseline, and what follows it: `hot` in the target, `frozen`, and `empty` of numbers."""
    nx, ny, nz = settings.matrix
    rising = range(1, settings.baseline_frames + 1)
    cold = [np.full((nz, ny, nx), 1.0 + 1e-3 * number, dtype="<c8") for number in rising]
    hot = np.ones((nz, ny, nx), dtype="<c8")
    turn_rad = (limit_degC + _ABOVE_degC - settings.start_degC) / settings.degC_per_radian
    settings.target.of(hot)[...] = np.exp(1j * turn_rad)
    empty = np.full((nz, ny, nx), np.nan, dtype="<c8")
    images = [Image(settings.matrix, 1, 0, volume.tobytes()) for volume in (*cold, hot, empty)]
    baseline = images[: len(cold)]
    return baseline, {"hot": images[-2], "frozen": baseline[-1], "empty": images[-1]}


def can_be_tried(settings: ViewSettings, limit_degC: float) -> bool:
    """Whether the temperature above the limit that is tried turns the phase by less than half a turn."""
    return abs((limit_degC + _ABOVE_degC - settings.start_degC) / settings.degC_per_radian) < pi
