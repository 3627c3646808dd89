"""Images made to show what is asked for, through the real thermometry.

A temperature is put into the phase by the definition of the frequency shift itself, not by code of the session; how
well it is seen is put into the signal. Noise is drawn anew for each image, so that none repeats by accident.
"""

from enum import Enum, unique
from math import pi
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import lay_out
from syntherm_sim.puppet.geometry import dose_side_degC

SIGNAL: Final = 1000.0
NOISE: Final = 8.0
"""Standard deviation of one channel: a signal-to-noise ratio of 125."""
POOR_SNR: Final = 15.0
"""Enough for a temperature, too little for the precision that a plan asks for."""
UNSEEN: Final = 1e-3
SPOT_DEGC: Final = 2.5
SPOT_MM: Final = 6.0
PROTON_HZ_PER_T: Final = 42.577478518e6


@unique
class Heat(Enum):
    """What the target is shown as."""

    IN_RANGE = "in-range"
    COLD = "cold"
    HOT = "hot"
    UNSEEN = "unseen"
    UNKNOWN = "unknown"
    """No temperature anywhere: the references are too dark to measure drift in."""


@unique
class GuardHeat(Enum):
    """What the guard regions are shown as."""

    COOL = "cool"
    HOT = "hot"
    DOSED = "dosed"
    UNSEEN = "unseen"


@unique
class Precision(Enum):
    """How well the target is seen."""

    GOOD = "good"
    POOR = "poor"


@attrs.frozen
class Shown:
    """What one image shows. `spot`: the warm spot of a test sonication that is to be accepted."""

    target: Heat = Heat.COLD
    guards: GuardHeat = GuardHeat.COOL
    spot: bool = False
    precision: Precision = Precision.GOOD
    drift_degC: float = 0.0
    """Field drift over the whole image, as the temperature that it would feign."""


class Painter:
    """Makes the volumes of one room. Numbered images of one seed are always the same."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan, self._seed = plan, seed
        layout = lay_out(plan)
        self._target, self._reference = layout.target.voxels, layout.reference
        self._hot_side, self._dose_side = (guard.voxels for guard in layout.guards)
        apart_mm = np.linalg.norm(layout.points_mm - np.asarray(plan.target.centre_mm), axis=1)
        self._spot_degC: NDArray[np.float64] = SPOT_DEGC * np.exp(-((apart_mm / SPOT_MM) ** 2))
        self._background_rad = np.linspace(-2.0, 2.0, apart_mm.size)
        hertz_per_degC = PROTON_HZ_PER_T * plan.scanner.field_T * plan.scanner.prf_ppm_per_degC * 1e-6
        turns_per_degC = hertz_per_degC * plan.scanner.echo_time_ms * 1e-3
        self._rad_per_degC = 2.0 * pi * turns_per_degC * plan.scanner.phase_sign

    def paint(self, shown: Shown, number: int) -> ComplexVolume:
        """The volume of image `number`."""
        rng = np.random.default_rng([self._seed, number])
        phase = self._background_rad + (self._rise_degC(shown) + shown.drift_degC) * self._rad_per_degC
        noise = rng.standard_normal(phase.size) + 1j * rng.standard_normal(phase.size)
        flat = (SIGNAL * np.exp(1j * phase) + NOISE * noise) * self._brightness(shown)
        return np.asarray(flat.reshape(self._plan.scanner.matrix), dtype=np.complex64)

    def _rise_degC(self, shown: Shown) -> NDArray[np.float64]:
        rise: NDArray[np.float64] = self._spot_degC * float(shown.spot)
        baseline = self._plan.heating.baseline_degC
        rise[self._target] += self.target_degC(shown.target) - baseline
        if shown.guards is GuardHeat.HOT:
            rise[self._hot_side] += self._plan.guard[0].max_degC + 1.0 - baseline
        if shown.guards is GuardHeat.DOSED:
            rise[self._dose_side] += dose_side_degC(self._plan) - baseline
        return rise

    def target_degC(self, heat: Heat) -> float:
        """The target's true temperature in an image."""
        heating, limits = self._plan.heating, self._plan.limits
        if heat is Heat.IN_RANGE:
            # In range on every bound, and below the set point, so that the controller goes on heating.
            return (heating.range_cold90_min_degC + heating.setpoint_degC) / 2.0 + 0.1
        return limits.target_max_degC + 0.4 if heat is Heat.HOT else heating.baseline_degC

    def _brightness(self, shown: Shown) -> NDArray[np.float64]:
        # Noise is dimmed with the signal: what is learned from a dim image is still one phase.
        factor = np.ones_like(self._background_rad)
        if shown.precision is Precision.POOR:
            factor[self._target] = POOR_SNR * NOISE / SIGNAL
        if shown.target is Heat.UNSEEN:
            factor[self._target] = UNSEEN
        if shown.target is Heat.UNKNOWN:
            factor[self._reference] = UNSEEN
        if shown.guards is GuardHeat.UNSEEN:
            factor[self._hot_side] = UNSEEN
        return factor
