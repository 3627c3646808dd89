"""A treatment room whose devices speak their protocols in memory, and that notes all that really flows."""

from enum import Enum, unique
from typing import Final, Protocol

import attrs

from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.link import Image
from syntherm.core.commands import FocalPower
from syntherm.core.events import FrameReceived
from syntherm.core.plan.values import Plan
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.patient import Patient
from syntherm_sim.room import pass_time
from syntherm_sim.wire.control_lines import ControlPort, PatientButton
from syntherm_sim.wire.igtl_scanner import IgtlScanner
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.openlifu import OpenLifuSimulator
from syntherm_sim.wire.tpo import TpoSimulator
from syntherm_sim.wire.world import ARRAY, SteadyAims
from syntherm_verify.faulting.near import NearClock, NearControlLines, NearEar, NearLine
from syntherm_verify.faulting.one_point import BEAM

BRIGHTEST: Final = (1000.0, 32768.0)
_SOON_S: Final = 0.1
_TINY_ML: Final = 1e-12


@unique
class Generator(Enum):
    """Which one treats on a day."""

    OPENLIFU = "openlifu"
    TPO = "tpo"


class _Sounds(Protocol):
    """What can say what sounds."""

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]: ...


@attrs.frozen
class Flow:
    """A stretch of time in which something flowed: W of acoustic power, or mL in all."""

    from_s: float
    to_s: float
    amount: float


class _Noted:
    """The generator as the room has it; each stretch in which it sounds is noted."""

    def __init__(self, source: _Sounds, into: list[Flow]) -> None:
        self._source, self._into = source, into
        self.delivered_J = 0.0

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        points, until_s = self._source.sounding(from_s, to_s)
        power_W = sum(point.power_W for point in points)
        if power_W > 0.0:
            self._into.append(Flow(from_s, until_s, power_W))
        return points, until_s


class Room:
    """Patient, generator, New Era pump, scanner and the patient's stop. `energy` and `drug` are the truth.

    Both generators stand there; the patient lies under the one that treats.
    """

    def __init__(self, plan: Plan, seed: int, generator: Generator = Generator.OPENLIFU) -> None:
        self.timeline = NearClock(self._live)
        now_s = self.timeline.now_s
        self.plan, self.seed = plan, seed
        self.energy: list[Flow] = []
        self.drug: list[Flow] = []
        self.patient = Patient(seed)
        if generator is Generator.TPO:
            # It cannot steer aside: people have placed its axis on the target.
            self.patient.offset_mm = (0.0, 0.0, self.patient.offset_mm[2])
        self.transducer = OpenLifuSimulator(now_s, ARRAY)
        self.tpo = TpoSimulator(now_s, BEAM)
        self.tpo.open()
        self._source: _Sounds = self.tpo if generator is Generator.TPO else SteadyAims(self.transducer, lambda: True)
        self._noted = _Noted(self._source, self.energy)
        self.pump = NewEra(now_s, plan.prescription.syringe_volume_ml)
        self.button = PatientButton()
        self.port = ControlPort(self.button.wires)
        self.lines = {
            "transmitter": NearLine(self.transducer.transmitter, self.timeline),
            "console": NearLine(self.transducer.console, self.timeline),
            "tpo": NearLine(self.tpo, self.timeline),
            "pump": NearLine(self.pump, self.timeline),
        }
        self.control_lines = NearControlLines(self.port)
        self.stop_button = _Hand(self.button, self.timeline)
        self.scanner = RoomScanner(plan, self.timeline, self.patient)

    @property
    def sounds(self) -> bool:
        """Whether the generator sounds from now on."""
        now_s = self.timeline.now_s()
        points, until_s = self._source.sounding(now_s, now_s + _SOON_S)
        return until_s > now_s and sum(point.power_W for point in points) > 0.0

    def _live(self, from_s: float, to_s: float) -> None:
        before_ml = self.pump.motor.pumped_ml
        pass_time(self.patient, self._noted, self.pump, from_s, to_s)
        by_ml = self.pump.motor.pumped_ml - before_ml
        if by_ml > _TINY_ML:
            rate_ml_per_s = self.pump.motor.rate_ml_per_h * self.pump.motor.slip / 3600.0
            self.drug.append(Flow(from_s, min(to_s, from_s + by_ml / rate_ml_per_s), by_ml))


class _Hand:
    """The patient's."""

    def __init__(self, button: PatientButton, clock: NearClock) -> None:
        self._button, self._clock = button, clock

    def press(self) -> None:
        self._button.pressed = True
        self._clock.wake()

    def release(self) -> None:
        self._button.pressed = False


class RoomScanner:
    """Implements the Scanner port over MRD, or over OpenIGTLink once that was chosen."""

    def __init__(self, plan: Plan, clock: NearClock, patient: Patient) -> None:
        self._plan, self._clock = plan, clock
        self.camera = VirtualScanner(clock, patient, plan)
        self.mrd = MrdScanner(clock.now_s, clock.utc)
        self.igtl = IgtlScanner(clock.now_s, clock.utc)
        self.send_fat_map = self.camera.send_fat_map
        self.start_dynamics = self.camera.start_dynamics
        self.ear = NearEar(True, Expected.of(plan, BRIGHTEST), clock.now_s, clock.utc)
        self.ear.hear(self.mrd.hello(plan.scanner.field_T, plan.scanner.echo_time_ms))
        self._speaks: MrdScanner | IgtlScanner = self.mrd

    def speak_igtl(self) -> None:
        """From now on the bridge speaks."""
        self.ear = NearEar(False, Expected.of(self._plan, BRIGHTEST), self._clock.now_s, self._clock.utc)
        self._speaks = self.igtl

    def received(self) -> tuple[Image, ...]:
        """As the port's."""
        for image in self.camera.received():
            speaks = self._speaks
            self.ear.hear(speaks.frame(image) if isinstance(image, FrameReceived) else speaks.fat_map(image))
        return self.ear.received()

    def remarks(self) -> tuple[str, ...]:
        """As the port's."""
        return self.ear.remarks()
