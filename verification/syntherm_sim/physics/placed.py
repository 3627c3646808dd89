"""The signal of a patient's water and fat before temperature turns it, wherever the breast has moved."""

import numpy as np

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.grid import F32, F64, SCANNER_REGION, SHAPE, Point, mesh_mm
from syntherm_sim.physics.movement import REST, translated
from syntherm_sim.physics.mr_kernel import C64
from syntherm_sim.physics.tissue import Tissue


class Placed:
    """One patient in the scanner.

    The background's phase turns with `background` [72, 72, 48], rad; `tissue_phase` is the part of it that moves with
    the breast. The tubes and the coil never move.
    """

    def __init__(
        self, anatomy: Anatomy, background: F64, tissue_phase: float, fat: tuple[float, complex], reference: complex
    ) -> None:
        """`fat`: its signal relative to water's, and the turn of its chemical shift."""
        self._anatomy, self._background, self._share = anatomy, background, tissue_phase
        (self._fat_signal, self._fat_turn), self._reference = fat, reference
        self._coil = _coil()
        self._tubes = anatomy.mask(Tissue.GEL)
        self._last: tuple[Point, C64, C64] | None = None

    def water_and_fat(self, displacement_mm: Point) -> tuple[C64, C64]:
        """Complex64 [60, 60, 21] each, of the scanner's region."""
        if self._last is None or self._last[0] != displacement_mm:
            self._last = (displacement_mm, *self._made(displacement_mm))
        return self._last[1], self._last[2]

    def rest(self) -> F64:
        """Magnitude of water at rest, float64 [72, 72, 48]."""
        ff = self._anatomy.fat_fraction.astype(np.float64)
        return np.asarray(np.abs(self._still() * (1.0 - ff)))

    def moved(self, values: F32, displacement_mm: Point) -> F32:
        """A property of the tissue where it now lies, [72, 72, 48]; that of the tubes where it was."""
        if displacement_mm == REST:
            return values
        return np.where(self._tubes, values, translated(values, displacement_mm))

    def _made(self, displacement_mm: Point) -> tuple[C64, C64]:
        magnitude = self._anatomy.maps.magnitude.astype(np.float64)
        ff = self._anatomy.fat_fraction.astype(np.float64)
        if displacement_mm == REST:
            still = self._still()
            water, fat = still * (1.0 - ff) * self._reference, still * ff * self._fat_signal * self._fat_turn
        else:
            moving = self._share * translated(self._background, displacement_mm)
            phase = 1.5 + moving + (1.0 - self._share) * self._background
            phase = np.where(self._tubes, 1.5 + self._background, phase)
            seen = self._coil * np.exp(1j * phase)
            water = seen * self._carried(magnitude * (1.0 - ff), displacement_mm) * self._reference
            fat = seen * self._carried(magnitude * ff, displacement_mm) * self._fat_signal * self._fat_turn
        return _region(water), _region(fat)

    def _still(self) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
        return np.asarray(self._anatomy.maps.magnitude * self._coil * np.exp(1j * (1.5 + self._background)))

    def _carried(self, signal: F64, displacement_mm: Point) -> F64:
        """Signal of the breast carried along, never below zero; that of the tubes where it was."""
        breast = translated(np.where(self._tubes, 0.0, signal), displacement_mm)
        return np.asarray(np.maximum(breast, 0.0) + np.where(self._tubes, signal, 0.0))


def _region(values: np.ndarray[tuple[int, ...], np.dtype[np.complex128]]) -> C64:
    return np.ascontiguousarray(values[SCANNER_REGION], dtype=np.complex64)


def _coil() -> F64:
    """Receive sensitivity about the breast, 1 at the target: falls slowly with distance, stronger at the nipple."""
    x, y, z = mesh_mm()
    return np.asarray(np.broadcast_to(np.exp(-(x**2 + y**2) / 160.0**2) * (1.0 - 0.004 * z), SHAPE))
