"""Clients of generators on the lines of simulated devices, in virtual time."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from syntherm.adapters.line import LineFailed
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.tpo_client import Tpo
from syntherm.adapters.transducer.tpo_settings import TpoSettings
from syntherm_sim.wire.openlifu import Array, OpenLifuSimulator, flat_array
from syntherm_sim.wire.openlifu_console import CONSOLE_ID
from syntherm_sim.wire.openlifu_transmitter import TRANSMITTER_ID
from syntherm_sim.wire.tpo import GREETING, Beam, TpoSimulator


class Clock:
    """Time that only a test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def now_s(self) -> float:
        return self.s

    def pause(self, seconds: float) -> None:
        self.s += seconds


class MemoryLine:
    """A line to a simulator in the same process; `sent` keeps what went out; `chunk` splits what comes in."""

    def __init__(self, wire: Any, chunk: int = 1 << 20) -> None:
        self.wire, self.chunk = wire, chunk
        self.sent: list[bytes] = []
        self.broken = False
        self._waiting = bytearray()

    def send(self, data: bytes, within_s: float) -> None:
        if self.broken:
            raise LineFailed("line: unplugged")
        self.sent.append(data)
        self._waiting += self.wire.answer(data)

    def receive(self, within_s: float) -> bytes:
        if self.broken:
            raise LineFailed("line: unplugged")
        self._waiting += self.wire.unasked()
        data = bytes(self._waiting[: self.chunk])
        del self._waiting[: self.chunk]
        return data


ARRAY = Array(flat_array(), 1540.0, 400e3, reference_V=20.0, reference_W=100.0)
LIFU = OpenLifuSettings(
    transmitter_id=TRANSMITTER_ID.hex(),
    console_id=CONSOLE_ID.hex(),
    elements_mm=ARRAY.elements_mm,
    aim_min_mm=(-20.0, -20.0, 20.0),
    aim_max_mm=(20.0, 20.0, 90.0),
    sound_speed_m_per_s=1540.0,
    frequency_Hz=400e3,
    reference_V=20.0,
    reference_W=100.0,
    voltage_V=19.8,
    voltage_tolerance_V=0.2,
    settle_s=1.0,
    max_duty=0.5,
    pulse_rate_Hz=200,
    max_lease_s=10.0,
    start_s=0.0,
)


@attrs.frozen(eq=False)
class LifuRig:
    clock: Clock
    device: OpenLifuSimulator
    transmitter: MemoryLine
    console: MemoryLine
    client: OpenLifu

    def sounds(self) -> tuple[Any, ...]:
        return self.device.sounding(self.clock.s, self.clock.s + 0.001)[0]


def lifu_rig(
    settings: OpenLifuSettings = LIFU, settle_s: float = 0.0, chunk: int = 1 << 20, begun: bool = True
) -> LifuRig:
    clock = Clock()
    device = OpenLifuSimulator(clock.now_s, ARRAY, settle_s)
    lines = MemoryLine(device.transmitter, chunk), MemoryLine(device.console, chunk)
    client = OpenLifu(*lines, settings, clock.now_s, clock.pause)
    if begun:
        client.begin()
    return LifuRig(clock, device, *lines, client)


TPO = TpoSettings(
    greeting=GREETING,
    greeting_s=4.0,
    frequency_Hz=500_000,
    acoustic_per_electrical=0.5,
    max_power_mW=30_000,
    burst_us=900,
    period_us=1000,
    timer_unit_us=1,
    max_lease_s=10.0,
    start_s=0.0,
    origin_mm=(10.0, 0.0, -20.0),
    axis=(0.6, 0.0, 0.8),
    focus_min_mm=30.0,
    focus_max_mm=80.0,
    off_axis_mm=0.2,
)


@attrs.frozen(eq=False)
class TpoRig:
    clock: Clock
    device: TpoSimulator
    line: MemoryLine
    client: Tpo

    def sounds(self) -> tuple[Any, ...]:
        return self.device.sounding(self.clock.s, self.clock.s + 0.001)[0]


def tpo_rig(settings: TpoSettings = TPO, chunk: int = 1 << 20, begun: bool = True, **odd: Any) -> TpoRig:
    clock = Clock()
    beam = Beam(settings.acoustic_per_electrical, settings.origin_mm, settings.axis, settings.timer_unit_us * 1e-6)
    device = TpoSimulator(clock.now_s, beam, **odd)
    line = MemoryLine(device, chunk)
    device.open()
    client = Tpo(line, settings, clock.now_s)
    if begun:
        client.begin()
    return TpoRig(clock, device, line, client)


@pytest.fixture
def make_tpo() -> Iterator[Callable[..., TpoRig]]:
    yield tpo_rig


@pytest.fixture
def tpo_settings() -> TpoSettings:
    return TPO


@pytest.fixture
def tpo() -> TpoRig:
    return tpo_rig()


@pytest.fixture
def make_lifu() -> Iterator[Callable[..., LifuRig]]:
    yield lifu_rig


@pytest.fixture
def lifu_settings() -> OpenLifuSettings:
    return LIFU


@pytest.fixture
def lifu() -> LifuRig:
    return lifu_rig()
