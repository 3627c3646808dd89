"""The pump's mechanics: a plunger that moves while a phase runs, its counters, and what stops it."""

import math
from collections.abc import Callable
from typing import Final

import attrs

RATE_UNITS: Final = {"MM": 60.0, "MH": 1.0, "UM": 0.06, "UH": 0.001}
"""Each unit in mL/h."""
_FASTEST_CM_PER_MIN: Final = 5.1005
_SLOWEST_CM_PER_H: Final = 0.004205
_TINY: Final = 1e-12


def display(value: float) -> str:
    """Four digits, at most three decimals, cut off."""
    for decimals in (3, 2, 1):
        if value < 10.0 ** (4 - decimals) - _TINY:
            return f"{math.floor(value * 10.0**decimals + 1e-6) / 10.0**decimals:.{decimals}f}"
    return f"{math.floor(value + 1e-6):d}."


@attrs.define
class Phase:
    """One phase of the pumping program. A volume of 0 is no target: it pumps on."""

    function: str = "RAT"
    rate: float = 0.0
    unit: str = "MH"
    volume_ml: float = 0.0
    direction: str = "INF"

    @property
    def rate_ml_per_h(self) -> float:
        """In mL/h, whatever the unit shown."""
        return self.rate * RATE_UNITS[self.unit]


@attrs.define
class Motor:
    """`pumped_ml` has really left the syringe; `infused_ml` is what the pump counts."""

    syringe_ml: float
    program: dict[int, Phase]
    finished: Callable[[], None]
    blocked: Callable[[], None]
    phase: int = 1
    running: bool = False
    left_ml: float = math.inf
    rate_ml_per_h: float = 0.0
    pumped_ml: float = 0.0
    infused_ml: float = 0.0
    withdrawn_ml: float = 0.0
    slip: float = 1.0

    def begin(self, phase: int) -> None:
        """Start a phase from its beginning."""
        found = self.program[phase]
        self.phase, self.running = phase, True
        self.rate_ml_per_h = found.rate_ml_per_h
        self.left_ml = found.volume_ml if found.volume_ml > 0.0 else math.inf

    def move(self, seconds: float) -> None:
        """Let time pass."""
        while self.running and seconds > 0.0:
            if self.rate_ml_per_h <= 0.0:
                return
            by_ml = min(self.rate_ml_per_h * self.slip * seconds / 3600.0, self.left_ml)
            empty = by_ml >= self.syringe_ml - self.pumped_ml and self.program[self.phase].direction == "INF"
            if empty:
                by_ml = max(0.0, self.syringe_ml - self.pumped_ml)
            seconds -= by_ml * 3600.0 / (self.rate_ml_per_h * self.slip)
            self._count(by_ml)
            if self.left_ml <= _TINY:
                self._next_phase()
            elif empty:
                self.running = False
                self.blocked()
            else:
                return

    def _count(self, by_ml: float) -> None:
        self.left_ml -= by_ml
        if self.program[self.phase].direction == "INF":
            self.pumped_ml += by_ml
            self.infused_ml += by_ml
        else:
            self.withdrawn_ml += by_ml

    def _next_phase(self) -> None:
        if self.program[self.phase + 1].function == "STP":
            self.running = False
            self.finished()
        else:
            self.begin(self.phase + 1)


def rate_limits_ml_per_h(diameter_mm: float) -> tuple[float, float]:
    """Slowest and fastest for a syringe, from the plunger's speeds."""
    area_cm2 = math.pi * (diameter_mm / 20.0) ** 2
    return _SLOWEST_CM_PER_H * area_cm2, _FASTEST_CM_PER_MIN * 60.0 * area_cm2
