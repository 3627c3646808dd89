"""How the magnetic field moves on its own during a session: slow drift and breathing, as apparent temperature.

A field error cannot be told from a temperature change by one image; sizes here are therefore given in apparent degC
of the thermometry (1 degC = 0.0094 ppm). The field acts on water and fat alike.
"""

import numpy as np
from attrs import field, frozen, validators
from numpy.random import Generator

from syntherm_sim.physics.grid import F64
from syntherm_sim.physics.sonication_artefact import SonicationArtefact

EDGE_MM = 50.0


@frozen
class Disturbance:
    """Sizes of the field errors, apparent degC; every one may be 0.

    drift_degC_per_10min: initial zero-order rate, sign drawn by the seed; it levels off with the time constant.
    drift_gradient: change of that rate at 50 mm from the centre, as a part of it (x, y, z signs drawn).
    breathing_degC: peak-to-peak of the constant part left after triggering; breathing_gradient: change at 50 mm, as a
    part of it. breathing_curvature_degC: residual at 50 mm that no linear fit removes.
    fat_susceptibility: whether heated fat disturbs the field of the water around it. while_sounding: what the beam
    does to images.
    The 13 degC of free breathing in the breast (Peters 2009, read) is what triggering is taken to reduce.
    """

    drift_degC_per_10min: float = field(default=1.0, validator=validators.ge(0.0))
    drift_time_constant_min: float = field(default=40.0, validator=validators.gt(0.0))
    drift_gradient: float = field(default=0.3, validator=validators.ge(0.0))
    breathing_degC: float = field(default=1.5, validator=validators.ge(0.0))
    breathing_gradient: float = field(default=0.3, validator=validators.ge(0.0))
    breathing_curvature_degC: float = field(default=0.10, validator=validators.ge(0.0))
    breathing_period_s: float = field(default=4.0, validator=validators.gt(0.0))
    breathing_change: "BreathingChange | None" = None
    fat_susceptibility: bool = False
    while_sounding: SonicationArtefact | None = None


@frozen
class BreathingChange:
    """From `from_s` on breathing is `deeper` times as deep; `apnoea`: it stands still, at full inspiration."""

    from_s: float
    deeper: float = field(default=1.0, validator=validators.ge(0.0))
    apnoea: bool = False


class FieldModel:
    """The field error of one session at any time: a function of time alone, whatever the order of the calls."""

    def __init__(self, generator: Generator, disturbance: Disturbance) -> None:
        """Draw the signs, directions and the breathing rhythm of a session."""
        self._d = disturbance
        self._drift_sign = float(generator.choice([-1.0, 1.0]))
        self._drift_tilt = self._direction(generator) * disturbance.drift_gradient / EDGE_MM
        self._breath_tilt = self._direction(generator) * disturbance.breathing_gradient / EDGE_MM
        self._phase = float(generator.uniform(0.0, 2 * np.pi))
        self._sway_period_s = float(generator.uniform(70.0, 130.0))

    @staticmethod
    def _direction(generator: Generator) -> F64:
        vector = generator.normal(size=3)
        return np.asarray(vector / np.linalg.norm(vector))

    def drift_degC(self, time_s: float) -> float:
        """Zero-order drift since time 0, apparent degC: linear at first, levelling off."""
        tau_s = 60.0 * self._d.drift_time_constant_min
        return self._drift_sign * self._d.drift_degC_per_10min / 600.0 * tau_s * -float(np.expm1(-time_s / tau_s))

    def breath(self, time_s: float) -> float:
        """Breathing state in 0..1, regular as under sedation: long expiration, short inspiration, slight sway."""
        turn = 2 * np.pi * time_s / self._d.breathing_period_s + self._phase
        turn += 0.4 * np.sin(2 * np.pi * time_s / self._sway_period_s)
        return float((0.5 - 0.5 * np.cos(turn)) ** 2)

    def coefficients_degC(self, time_s: float, sounding: bool = False) -> F64:
        """Apparent degC as a polynomial about the target: constant, x, y, z (per mm), r squared (per mm2)."""
        drift, breath = self.drift_degC(time_s), self.breath(time_s)
        change = self._d.breathing_change
        if change is not None and time_s >= change.from_s:
            breath = change.deeper * (1.0 if change.apnoea else breath)
        inhaled = breath * self._d.breathing_degC
        tilt = drift * self._drift_tilt + inhaled * self._breath_tilt
        curvature = breath * self._d.breathing_curvature_degC / EDGE_MM**2
        found = np.array([drift + inhaled, tilt[0], tilt[1], tilt[2], curvature])
        artefact = self._d.while_sounding
        if artefact is not None and sounding:
            found[0] += artefact.offset_degC
            found[1:4] += np.asarray(artefact.tilt_degC) / EDGE_MM
        return found
