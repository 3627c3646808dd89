"""The virtual treatment room: patient and equipment on one timeline."""

from typing import Protocol

from syntherm.core.commands import FocalPower
from syntherm.core.plan.values import Plan
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.pump import SyringePump
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.equipment.stop_loop import StopButton
from syntherm_sim.patient import Day, Patient
from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.timeline import Timeline


class Sounds(Protocol):
    """What time asks of any generator, in this process or behind a wire."""

    delivered_J: float

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        """What sounds from `from_s`, and until when (at most `to_s`) that stays so."""
        ...


class Pumps(Protocol):
    """What time asks of any pump."""

    def live(self, from_s: float, to_s: float) -> None:
        """Pass time."""
        ...


class Lives(Protocol):
    """What time asks of a patient."""

    def live(self, points: tuple[FocalPower, ...], seconds: float) -> None:
        """Pass time under a constant beam."""
        ...


def pass_time(patient: Lives, generator: Sounds, pump: Pumps, from_s: float, to_s: float) -> None:
    """Let a stretch of time pass in a room, in pieces in which the beam is constant."""
    pump.live(from_s, to_s)
    while from_s < to_s:
        points, until_s = generator.sounding(from_s, to_s)
        patient.live(points, until_s - from_s)
        generator.delivered_J += sum(point.power_W for point in points) * (until_s - from_s)
        from_s = until_s


class Room:
    """Everything that goes on whether or not a controller watches."""

    def __init__(self, plan: Plan, seed: int, day: Day | None = None, anatomy: Anatomy | None = None) -> None:
        self.timeline = Timeline(self._live)
        self.seed = seed
        self.patient = Patient(seed, day, anatomy)
        self.generator = Generator(self.timeline.now_s)
        self.pump = SyringePump(self.timeline.now_s, plan.prescription.syringe_volume_ml, plan.pump.watchdog_s)
        self.scanner = VirtualScanner(self.timeline, self.patient, plan)
        self.stop_button = StopButton(self.timeline.wake)

    def _live(self, from_s: float, to_s: float) -> None:
        pass_time(self.patient, self.generator, self.pump, from_s, to_s)
