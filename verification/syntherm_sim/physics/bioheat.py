"""Pennes' bioheat equation for the virtual patient.

    rho c dT/dt = div(k grad T) - w(T) c_b (T - T_arterial) + Q_metabolic + Q_source

Explicit finite volumes, harmonic-mean conductivities on faces, first order in time at a step well inside stability.
Perfusion rises smoothly (cubic smoothstep) from its resting value at 37 degC to `dilation` times it at 42 degC and
stays there; the response is instantaneous, without the minutes of lag seen in vivo. Where the medium says so, perfusion
collapses later (`collapse.py`).
"""

import math

import numpy as np

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.bioheat_kernel import relax, step
from syntherm_sim.physics.collapse import LONGEST_BETWEEN_S, Collapsing
from syntherm_sim.physics.grid import F32
from syntherm_sim.physics.medium import Medium, face_conductance, medium_of, padded
from syntherm_sim.physics.tissue import BLOOD

ARTERIAL_DEGC = BLOOD.temperature_degC.value
DILATED_AT_DEGC = 42.0
STABILITY_MARGIN = 0.4
LONGEST_STEP_S = 1.0
OVER_RELAXATION = 1.7
SETTLED_DEGC = 1e-5
MOST_SWEEPS = 5000


class Bioheat:
    """The temperature of one medium over time. Single-threaded and bit-for-bit reproducible."""

    def __init__(self, medium: Medium, initial_degC: F32) -> None:
        """Start from a temperature field on the medium's lattice, degC. Raises ValueError on another shape."""
        shape = medium.conductivity_W_per_m_K.shape
        if initial_degC.shape != shape:
            raise ValueError(f"initial_degC: expected shape {shape}, found {initial_degC.shape}")
        self._medium = medium
        self._faces = (face_conductance(medium, 0), face_conductance(medium, 1), face_conductance(medium, 2))
        self._loss = padded(medium.perfusion_W_per_m3_K)
        self._extra = padded(np.asarray(medium.dilation - np.float32(1.0)))
        inverse = np.where(medium.held, 0.0, 1.0 / medium.heat_capacity_J_per_m3_K.astype(np.float64))
        self._per_capacity = padded(np.asarray(inverse, dtype=np.float32))
        self._metabolic = padded(medium.metabolic_W_per_m3)
        self._heat = self._metabolic.copy()
        self._theta = padded(np.asarray(initial_degC.astype(np.float64) - ARTERIAL_DEGC, dtype=np.float32))
        self._spare = self._theta.copy()
        self._temperature = np.array(initial_degC, dtype=np.float32, order="C")
        self._view = self._temperature.view()
        self._view.setflags(write=False)
        self._collapsing = None if medium.collapse is None else Collapsing(*medium.collapse)
        self.stable_step_s = min(LONGEST_STEP_S, STABILITY_MARGIN * self._stability_limit_s())

    @classmethod
    def of(cls, anatomy: Anatomy, bath_degC: float = 30.0) -> "Bioheat":
        """The patient in a stirred bath, at the steady state of the unheated breast."""
        solver = cls(medium_of(anatomy), _bath_and_core(anatomy, bath_degC))
        solver.settle()
        return solver

    @property
    def temperature_degC(self) -> F32:
        """The present temperature, float32 on the medium's lattice: a read-only view that `advance` updates."""
        return self._view

    def _stability_limit_s(self) -> float:
        """Largest explicit step that keeps every coefficient positive, at full dilation."""
        gx, gy, gz = (g.astype(np.float64) for g in self._faces)
        outflow = gx + np.roll(gx, 1, 0) + gy + np.roll(gy, 1, 1) + gz + np.roll(gz, 1, 2)
        rate = (outflow + self._loss * (1.0 + self._extra.astype(np.float64))) * self._per_capacity
        fastest = float(rate.max())
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def advance(self, source_W_per_m3: F32 | None, seconds: float) -> None:
        """Advance by `seconds` under a constant source, W/m3 (None: no source), in equal stable steps.

        Raises ValueError when the source is on another lattice or the time is negative or not finite.
        """
        if not (math.isfinite(seconds) and seconds >= 0.0):
            raise ValueError(f"seconds: expected a finite time >= 0, found {seconds}")
        np.copyto(self._heat, self._metabolic)
        if source_W_per_m3 is not None:
            if source_W_per_m3.shape != self._temperature.shape:
                raise ValueError(
                    f"source_W_per_m3: expected shape {self._temperature.shape}, found {source_W_per_m3.shape}"
                )
            self._heat[1:-1, 1:-1, 1:-1] += source_W_per_m3
        if self._collapsing is None:
            self._pass(seconds)
            return
        pieces = max(1, math.ceil(seconds / LONGEST_BETWEEN_S))
        for _ in range(pieces):
            self._pass(seconds / pieces)
            if self._collapsing.lived(self._temperature, seconds / pieces):
                self._loss = padded(self._medium.perfusion_W_per_m3_K * self._collapsing.factor())

    def _pass(self, seconds: float) -> None:
        steps = math.ceil(seconds / self.stable_step_s - 1e-9)
        if steps == 0:
            return
        rate = np.asarray(self._per_capacity * np.float32(seconds / steps), dtype=np.float32)
        ramp = np.float32(1.0 / (DILATED_AT_DEGC - ARTERIAL_DEGC))
        gx, gy, gz = self._faces
        for _ in range(steps):
            step(self._theta, self._spare, gx, gy, gz, self._loss, self._extra, self._heat, rate, ramp)
            self._theta, self._spare = self._spare, self._theta
        self._publish()

    def settle(self) -> None:
        """Go to the steady state without source, at resting perfusion (nothing unheated is far above 37 degC).

        Raises ArithmeticError when the relaxation does not converge.
        """
        gx, gy, gz = self._faces
        for _ in range(MOST_SWEEPS):
            change = relax(self._theta, gx, gy, gz, self._loss, self._metabolic, self._per_capacity, OVER_RELAXATION)
            if change < SETTLED_DEGC:
                np.copyto(self._spare, self._theta)
                self._publish()
                return
        raise ArithmeticError(f"steady state not reached in {MOST_SWEEPS} sweeps: last change {change:.2e} degC")

    def _publish(self) -> None:
        np.add(self._theta[1:-1, 1:-1, 1:-1], np.float32(ARTERIAL_DEGC), out=self._temperature)


def _bath_and_core(anatomy: Anatomy, bath_degC: float) -> F32:
    held = medium_of(anatomy).held
    return np.where(held, np.float32(bath_degC), np.float32(ARTERIAL_DEGC))
