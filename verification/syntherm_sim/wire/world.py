"""The virtual treatment room behind real wires: patient and devices that speak their own protocols on one timeline."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import attrs

from syntherm.core.commands import FocalPower
from syntherm.core.events import FrameReceived
from syntherm.core.plan.values import Plan
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.patient import Patient
from syntherm_sim.room import pass_time
from syntherm_sim.timeline import Timeline
from syntherm_sim.wire.control_lines import ControlPort, EnableRelay, PatientButton
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.openlifu import Array, OpenLifuSimulator, flat_array
from syntherm_sim.wire.pty import PtyServer
from syntherm_sim.wire.scanner_socket import ScannerSocket

AWAY_mm: Final = 60.0
"""The array lies this far before the target; the patient's own acoustics do not depend on it."""
AIM_STEP_mm: Final = 0.1
"""Aims are recovered from delays of whole clocks. So near to each other they share one heat pattern."""
ARRAY: Final = Array(
    elements_mm=tuple((x, y, z - AWAY_mm) for x, y, z in flat_array()), sound_speed_m_per_s=1500.0,
    frequency_Hz=400_000.0, reference_V=20.0, reference_W=140.0,
)  # fmt: skip


class SteadyAims:
    """A generator whose aims are rounded, so that the patient's heat patterns can be kept.

    What sounds is worked out anew only when the device was told something: to recover aims from delays is slow.
    """

    def __init__(self, device: OpenLifuSimulator, enabled: Callable[[], bool]) -> None:
        self._device, self._enabled = device, enabled
        self._told: tuple[object, ...] = ()
        self._points: tuple[FocalPower, ...] = ()
        self.delivered_J = 0.0

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        """As the device's."""
        pulser, rail_V = self._device.pulser, self._device.supply.rail_V
        if not pulser.runs(from_s) or rail_V <= 0.0 or not self._enabled():
            return (), to_s
        registers = tuple(tuple(chip.registers) for chip in pulser.chips)
        told = (pulser.started_s, rail_V, pulser.order, tuple(pulser.trigger.values()), registers)
        if told != self._told:
            points, _ = self._device.sounding(from_s, to_s)
            self._points = tuple(attrs.evolve(point, aim_mm=_rounded(point.aim_mm)) for point in points)
            self._told = told
        ends_s = pulser.ends_s
        return self._points, to_s if ends_s is None else min(to_s, ends_s)


def _rounded(aim_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    x_mm, y_mm, z_mm = (round(at / AIM_STEP_mm) * AIM_STEP_mm + 0.0 for at in aim_mm)
    return x_mm, y_mm, z_mm


class World:
    """All that goes on whether or not a controller watches. One thread; `hands` are what people do in the room."""

    def __init__(self, plan: Plan, seed: int, utc: Callable[[], datetime] | None = None) -> None:
        """`utc` is the scanner's wall clock where it is not the timeline's."""
        self.timeline = Timeline(self._live)
        now_s = self.timeline.now_s
        self.plan, self.seed = plan, seed
        self.patient = Patient(seed)
        self.transducer = OpenLifuSimulator(now_s, ARRAY)
        self.pump = NewEra(now_s, plan.prescription.syringe_volume_ml)
        self.camera = VirtualScanner(self.timeline, self.patient, plan)
        self.mrd = MrdScanner(now_s, utc or self.timeline.utc)
        self.button = PatientButton()
        self.relay: EnableRelay | None = None
        """The generator's enable; without one, as in a lockstep day, it is always on."""
        self.stop_port = ControlPort(self.button.wires)
        self._steady = SteadyAims(self.transducer, lambda: self.relay is None or self.relay.on)
        self.transmitter_pty = PtyServer(self.transducer.transmitter)
        self.console_pty = PtyServer(self.transducer.console)
        self.pump_pty = PtyServer(self.pump)
        self.lines = (self.transmitter_pty, self.console_pty, self.pump_pty)
        self.scanner: ScannerSocket | None = None
        self.images_sent = 0

    def connect_scanner(self, host: str, port: int) -> None:
        """Let the scanner call the controller that listens there. Raises OSError."""
        self.hang_up()
        self.scanner = ScannerSocket((host, port))
        scanner = self.plan.scanner
        self.scanner.send(self.mrd.hello(scanner.field_T, scanner.echo_time_ms))

    def send_images(self) -> None:
        """Hand what the scanner has ready to its connection; without one it is lost. Raises OSError."""
        for image in self.camera.received():
            data = self.mrd.frame(image) if isinstance(image, FrameReceived) else self.mrd.fat_map(image)
            if self.scanner is not None:
                self.scanner.send(data)
                self.images_sent += 1

    def hang_up(self) -> None:
        """End the scanner's connection; it may be called again."""
        if self.scanner is not None:
            self.scanner.close()
            self.scanner = None

    def tell(self) -> None:
        """Send what devices say unasked."""
        for line in self.lines:
            line.tell()

    def close(self) -> None:
        """Pull all plugs."""
        for line in self.lines:
            line.close()
        self.hang_up()

    def hand(self, what: str, value: float) -> float:
        """Do something in the room, or look at it. Raises KeyError for what nobody can do."""
        return self._hands[what](value)

    @property
    def _hands(self) -> dict[str, Callable[[float], float]]:
        return {
            "fat-map": lambda _: _done(self.camera.send_fat_map),
            "dynamics": lambda _: _done(self.camera.start_dynamics),
            "press": lambda _: self._press(True),
            "release": lambda _: self._press(False),
            "occlude": lambda _: _done(self.pump.occlude),
            "lose-images": lambda value: _set(self.camera, "lost", bool(value)),
            "freeze-images": lambda value: _set(self.camera, "frozen", bool(value)),
            "gain": lambda value: _set(self.patient, "gain", value),
            "deafen": lambda value: self._mute(bool(value), self.transducer.transmitter, self.transducer.console),
            "mute-pump": lambda value: _set(self.pump, "fault", WireFault.MUTE if value else None),
            "pumped_ml": lambda _: self.pump.pumped_ml,
            "delivered_J": lambda _: self._steady.delivered_J,
        }

    def _press(self, pressed: bool) -> float:
        self.button.pressed = pressed
        return 0.0

    def _mute(self, mute: bool, *wires: object) -> float:
        for wire in wires:
            _set(wire, "fault", WireFault.MUTE if mute else None)
        return 0.0

    def _live(self, from_s: float, to_s: float) -> None:
        pass_time(self.patient, self._steady, self.pump, from_s, to_s)


def _done(act: Callable[[], None]) -> float:
    act()
    return 0.0


def _set(thing: object, name: str, value: object) -> float:
    setattr(thing, name, value)
    return 0.0
