"""What stands behind each port, made so that one suite can put every implementation through its contract.

A new implementation (an adapter over its wire) joins by a factory in its registry here: it gives a bench with the port
itself, a way to pass time, and the hands that the suite needs on the device. The equipment of a site joins by `--site`
and `--plan`, as far as it may (docs/commissioning.md).
"""

import os
import select
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import attrs
import dicom_bench
import numpy as np
import pytest
import scanner_wire as bench
import site_bench
from pydicom.dataset import Dataset

from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.setting import Site
from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.igtl_source import IgtlSettings
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.mrd_source import MrdSettings
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.scanner import At
from syntherm.adapters.scanner.scanner import scanner as scanner_at
from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.adapters.stoploop.lines import ControlLines, SerialControlLines
from syntherm.adapters.stoploop.loop import Levels
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.tpo_client import Tpo
from syntherm.adapters.transducer.tpo_settings import TpoSettings
from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of
from syntherm.dicom import mrd_writer
from syntherm.dicom.config import read_config
from syntherm.dicom.library import tag_of
from syntherm.dicom.outbox import SessionOutbox
from syntherm.dicom.receiver import Receiver
from syntherm.ports.equipment import Pump, Scanner, StopLoop, Transducer
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.pump import SyringePump
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.equipment.stop_loop import StopButton
from syntherm_sim.timeline import Timeline
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, PatientButton
from syntherm_sim.wire.dicom_file import receiver_text, receiver_values
from syntherm_sim.wire.dicom_scanner import DicomScanner
from syntherm_sim.wire.igtl_scanner import IgtlScanner
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.new_era_line import MemoryLine
from syntherm_sim.wire.openlifu import Array, OpenLifuSimulator, flat_array
from syntherm_sim.wire.openlifu_console import CONSOLE_ID
from syntherm_sim.wire.openlifu_transmitter import TRANSMITTER_ID
from syntherm_sim.wire.scanner_socket import ScannerSocket
from syntherm_sim.wire.tpo import GREETING, Beam, TpoSimulator

PLAN = Path(__file__).parents[2] / "verification" / "plans" / "igo-breast.toml"
SYRINGE_ML: Final = 60.0
WATCHDOG_S: Final = 5.0
BRIGHTEST: Final = (100.0, 32767.0)


@attrs.frozen(eq=False)
class TransducerBench:
    """`sever` cuts the connection for good; `radiates` is a hydrophone: whether there is output, whatever it says; None
    where nobody listens.

    `aims_mm` are points that it can steer to at once. A device may end a lease early and give less power, both by the
    part of it that is stated here (`shorter`, `weaker`), and never late nor more. All powers are times `scale`. Waiting
    takes up to `jitter_s` longer than asked.
    """

    port: Transducer
    now_s: Callable[[], float]
    wait: Callable[[float], None]
    radiates: Callable[[], bool | None]
    sever: Callable[[], None]
    aims_mm: tuple[tuple[float, float, float], ...] = tuple((4.0 * at, 0.0, 50.0) for at in range(4))
    shorter: float = 0.0
    weaker: float = 0.0
    scale: float = 1.0
    jitter_s: float = 0.0


@attrs.frozen(eq=False)
class PumpBench:
    """`really_ml` weighs what has left the syringe; `block` occludes the line; `sever` cuts the connection.

    A device may end a grant early, by what is stated here, and never late. `alone_s`: how long it runs without hearing
    anything. `shortest_s`: the shortest grant that it takes. `quiet_s`: how long before the end of a grant it need not
    answer. `slower`: by what part of a rate its digits may make it slower. `step_ml`: a step of its counter. Waiting
    takes up to `jitter_s` longer than asked.
    """

    port: Pump
    now_s: Callable[[], float]
    wait: Callable[[float], None]
    really_ml: Callable[[], float]
    block: Callable[[], None]
    sever: Callable[[], None]
    alone_s: float = float("inf")
    shortest_s: float = 0.0
    quiet_s: float = 0.0
    slower: float = 0.0
    step_ml: float = 0.0005
    jitter_s: float = 0.0


@attrs.frozen(eq=False)
class ScannerBench:
    """`collect` passes time and brings what arrived, each with the moment of its arrival; `wait` fetches nothing.

    Moments of acquisition are known to `jitter_s`.
    """

    port: Scanner
    plan: Plan
    collect: Callable[[float], list[tuple[float, FrameReceived | FatMapReceived]]]
    wait: Callable[[float], None]
    start: Callable[[], None]
    send_fat_map: Callable[[], None]
    close: Callable[[], None] = lambda: None
    jitter_s: float = 1e-5


@attrs.frozen(eq=False)
class StopLoopBench:
    """`press_after(seconds)` plans a press; `wait` is the session's own: it ends early when something has arrived, and
    gives the seconds that it took; `settle` lets a released loop be found closed; `end` gives back what was opened."""

    port: StopLoop
    press: Callable[[], None]
    release: Callable[[], None]
    press_after: Callable[[float], None]
    wait: Callable[[float], float]
    settle: Callable[[], None]
    end: Callable[[], None]


def _waiter(timeline: Timeline) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        until_s = timeline.now_s() + seconds
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)

    return wait


def simulated_generator() -> TransducerBench:
    timeline = Timeline(lambda *_: None)
    generator = Generator(timeline.now_s)

    def sever() -> None:
        generator.deaf = generator.mute = True

    def radiates() -> bool:
        now_s = timeline.now_s()
        return generator.sounding(now_s, now_s + 0.001)[0] != ()

    return TransducerBench(generator, timeline.now_s, _waiter(timeline), radiates, sever)


def _wired(
    timeline: Timeline, port: Transducer, device: Any, lines: tuple[MemoryLine, ...], **less: Any
) -> TransducerBench:
    def sever() -> None:
        for line in lines:
            line.cut = True

    def radiates() -> bool:
        now_s = timeline.now_s()
        return device.sounding(now_s, now_s + 0.001)[0] != ()

    return TransducerBench(port, timeline.now_s, _waiter(timeline), radiates, sever, **less)


def openlifu_on_its_wire() -> TransducerBench:
    """A transmitter and a console behind their real protocol, in virtual time; 200 pulses a second."""
    timeline = Timeline(lambda *_: None)
    array = Array(flat_array(), 1540.0, 400e3, reference_V=20.0, reference_W=200.0)
    device = OpenLifuSimulator(timeline.now_s, array)
    lines = MemoryLine(device.transmitter), MemoryLine(device.console)
    settings = OpenLifuSettings(
        TRANSMITTER_ID.hex(), CONSOLE_ID.hex(), array.elements_mm, (-20.0, -20.0, 20.0), (20.0, 20.0, 90.0),
        1540.0, 400e3, 20.0, 200.0, 19.99, 0.01, 1.0, 0.5, 200, 10.0, 0.0,
    )  # fmt: skip
    port = OpenLifu(*lines, settings, timeline.now_s, lambda _: None)
    port.begin()
    return _wired(timeline, port, device, lines, shorter=0.2, weaker=0.25)


def tpo_on_its_wire() -> TransducerBench:
    """A TPO behind its real protocol, in virtual time: one point, on its axis."""
    timeline = Timeline(lambda *_: None)
    device = TpoSimulator(timeline.now_s, Beam(0.5, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    line = MemoryLine(device)
    settings = TpoSettings(
        GREETING, 4.0, 500_000, 0.5, 60_000, 900, 1000, 1, 10.0, 0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 30.0, 80.0, 0.1
    )
    device.open()
    port = Tpo(line, settings, timeline.now_s)
    port.begin()
    return _wired(timeline, port, device, (line,), aims_mm=((0.0, 0.0, 50.0),), shorter=0.001, weaker=0.002)


def simulated_pump() -> PumpBench:
    timeline = Timeline(lambda from_s, to_s: pump.live(from_s, to_s))
    pump = SyringePump(timeline.now_s, SYRINGE_ML, WATCHDOG_S)

    def sever() -> None:
        pump.mute = True

    return PumpBench(pump, timeline.now_s, _waiter(timeline), lambda: pump.pumped_ml, pump.occlude, sever)


def virtual_scanner() -> tuple[VirtualScanner, Timeline, Plan]:
    """Noise for images, so that no two are the same."""
    plan = read_plan(PLAN.read_text(encoding="utf-8"))
    rng = np.random.default_rng(7)
    shape = plan.scanner.matrix

    def volume(*_: object) -> np.ndarray:
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)

    signal = SimpleNamespace(volume=volume, fat_fraction_volume=lambda: np.zeros(shape, np.float32))
    patient: Any = SimpleNamespace(signal=signal, tissue=SimpleNamespace(temperature_degC=np.zeros(shape)))
    timeline = Timeline(lambda *_: None)
    return VirtualScanner(timeline, patient, plan), timeline, plan


def pump_on_its_wire() -> PumpBench:
    """A New Era pump behind its real protocol, in virtual time. The plan's watchdog of 5 s gives it one of 2 s."""
    timeline = Timeline(lambda from_s, to_s: device.live(from_s, to_s))
    device = NewEra(timeline.now_s, SYRINGE_ML)
    line = MemoryLine(device)
    pump = NewEraPump(line, timeline.now_s, Site(26.59), syringe_ml=SYRINGE_ML, plan_watchdog_s=WATCHDOG_S)
    pump.begin()

    def sever() -> None:
        line.cut = True

    return PumpBench(
        pump, timeline.now_s, _waiter(timeline), lambda: device.pumped_ml, device.occlude, sever,
        alone_s=2.0, shortest_s=2.3, quiet_s=2.3, slower=0.01, step_ml=0.001,
    )  # fmt: skip


def simulated_scanner() -> ScannerBench:
    scanner, timeline, plan = virtual_scanner()

    def collect(seconds: float) -> list[tuple[float, FrameReceived | FatMapReceived]]:
        until_s = timeline.now_s() + seconds
        arrived = [(timeline.now_s(), image) for image in scanner.received()]
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)
            arrived += [(timeline.now_s(), image) for image in scanner.received()]
        return arrived

    return ScannerBench(scanner, plan, collect, _waiter(timeline), scanner.start_dynamics, scanner.send_fat_map)


def scanner_over_mrd() -> ScannerBench:
    scanner, timeline, plan = virtual_scanner()
    sender = MrdScanner(timeline.now_s, timeline.utc)
    hello = sender.hello(plan.scanner.field_T, plan.scanner.echo_time_ms)
    return _over_a_socket(attrs.evolve(bench.MRD, largest_bytes=4 << 20), sender, hello, scanner, timeline, plan)


def scanner_over_igtl() -> ScannerBench:
    scanner, timeline, plan = virtual_scanner()
    sender = IgtlScanner(timeline.now_s, timeline.utc)
    return _over_a_socket(attrs.evolve(bench.IGTL, largest_bytes=4 << 20), sender, b"", scanner, timeline, plan)


class Push:
    """A DICOM scanner's end of the cable, and the receiver before the link; objects come without a network."""

    def __init__(self, address: tuple[str, int], timeline: Timeline, plan: Plan) -> None:
        values = receiver_values(geometry_of(plan), address[1])
        values["images"] |= {"whole_within_s": (9.0, "s"), "age_s": (plan.limits.frame_age_s, "s")}
        config = read_config(receiver_text(values), tag_of)
        images = config.images
        hello = mrd_writer.hello(images.field_T, images.echo_time_ms, images.matrix, images.voxel_mm)
        self._outbox = SessionOutbox(config.session, hello, lambda line: None)
        self._receiver = Receiver(config, dicom_bench.read, self._outbox, Remarks(), timeline.utc)
        self._outbox.start()

    def send(self, objects: list[Dataset]) -> None:
        for each in objects:
            assert self._receiver.store(dicom_bench.encoded(each), implicit=False).status == 0, self._receiver.tick()

    def pump(self) -> bool:
        return True

    def fileno(self) -> int:
        raise NotImplementedError

    def close(self) -> None:
        self._outbox.close()


@attrs.define(eq=False)
class Cable:
    """Between a virtual scanner and the link: what has been sent is there once `port` is asked."""

    port: ScannerLink
    socket: ScannerSocket | Push
    sender: MrdScanner | IgtlScanner | DicomScanner
    scanner: VirtualScanner
    under_way: int = 0

    def carry(self) -> None:
        """Send what the virtual scanner has ready, as far as the socket takes it."""
        for image in self.scanner.received():
            send = self.sender.frame if isinstance(image, FrameReceived) else self.sender.fat_map
            self.socket.send(send(image))
            self.under_way += 1

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        images = self.port.received()
        deadline = time.monotonic() + bench.PATIENCE_S
        while len(images) < self.under_way:
            assert time.monotonic() < deadline, (len(images), self.under_way, self.port.remarks())
            select.select(self.port.filenos(), [] if self.socket.pump() else [self.socket.fileno()], [], 1.0)
            images += self.port.received()
        self.under_way -= len(images)
        return images

    def remarks(self) -> tuple[str, ...]:
        return self.port.remarks()

    def close(self) -> None:
        self.port.close()
        self.socket.close()


def scanner_over_dicom() -> ScannerBench:
    scanner, timeline, plan = virtual_scanner()
    port = _link(attrs.evolve(dicom_bench.MRD, largest_bytes=4 << 20), timeline, plan)
    push, sender = Push(port.address, timeline, plan), DicomScanner(timeline.now_s, timeline.utc)
    # The receiver connects in a thread of its own.
    select.select(port.filenos(), [], [], bench.PATIENCE_S)
    return _with_a_cable(Cable(port, push, sender, scanner), timeline, plan)


def _link(settings: MrdSettings | IgtlSettings, timeline: Timeline, plan: Plan) -> ScannerLink:
    expected, link = Expected.of(plan, BRIGHTEST), LinkSettings(8 << 20, 2.0)
    return scanner_at(At("127.0.0.1", 0), link, settings, expected, timeline.now_s, timeline.utc)


def _over_a_socket(
    settings: MrdSettings | IgtlSettings, sender: MrdScanner | IgtlScanner, hello: bytes,
    scanner: VirtualScanner, timeline: Timeline, plan: Plan,
) -> ScannerBench:  # fmt: skip
    port = _link(settings, timeline, plan)
    socket = ScannerSocket(port.address)
    socket.send(hello)
    return _with_a_cable(Cable(port, socket, sender, scanner), timeline, plan)


def _with_a_cable(cable: Cable, timeline: Timeline, plan: Plan) -> ScannerBench:
    scanner = cable.scanner

    def wait(seconds: float) -> None:
        until_s = timeline.now_s() + seconds
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)
            cable.carry()

    def collect(seconds: float) -> list[tuple[float, FrameReceived | FatMapReceived]]:
        until_s = timeline.now_s() + seconds
        cable.carry()
        arrived = [(timeline.now_s(), image) for image in cable.received()]
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)
            cable.carry()
            arrived += [(timeline.now_s(), image) for image in cable.received()]
        return arrived

    return ScannerBench(cable, plan, collect, wait, scanner.start_dynamics, scanner.send_fat_map, cable.close)


def simulated_stop_button() -> StopLoopBench:
    timeline = Timeline(lambda *_: None)
    button = StopButton(timeline.wake)

    def press_after(seconds: float) -> None:
        timeline.at(timeline.now_s() + seconds, button.press)

    def wait(seconds: float) -> float:
        began_s = timeline.now_s()
        timeline.wait_until(began_s + seconds)
        return timeline.now_s() - began_s

    return StopLoopBench(button, button.press, button.release, press_after, wait, lambda: None, lambda: None)


def _contact(lines: ControlLines, button: PatientButton, timeline: Timeline, end: Callable[[], None]) -> StopLoopBench:
    client = ContactStopLoop(lines, timeline.now_s)

    def set_pressed(pressed: bool) -> None:
        button.pressed = pressed

    def press_after(seconds: float) -> None:
        timeline.at(timeline.now_s() + seconds, lambda: set_pressed(True))

    def wait(seconds: float) -> float:
        # A contact tells nobody: the session's clock ends its waiting at each look that is due.
        began_s = timeline.now_s()
        timeline.wait_until(min(began_s + seconds, client.due_s))
        return timeline.now_s() - began_s

    def settle() -> None:
        for _ in range(20):
            client.report()
            wait(1.0)

    bench = StopLoopBench(client, lambda: set_pressed(True), lambda: set_pressed(False), press_after, wait, settle, end)
    settle()
    return bench


class MemoryLines:
    """Control lines without a wire between."""

    def __init__(self, port: ControlPort) -> None:
        self._port = port

    def read(self) -> Levels:
        return Levels(self._port.cts, self._port.dsr)

    def drive(self, levels: Levels) -> None:
        self._port.rts, self._port.dtr = levels.first, levels.second


def contact_in_memory() -> StopLoopBench:
    button = PatientButton()
    return _contact(MemoryLines(ControlPort(button.wires)), button, Timeline(lambda *_: None), lambda: None)


def contact_over_rfc_2217() -> StopLoopBench:
    button = PatientButton()
    server = ControlLineServer(ControlPort(button.wires))
    with warnings.catch_warnings():
        # pyserial's client uses methods that Python has deprecated.
        warnings.filterwarnings("ignore", r"set(Daemon|Name)\(\)", DeprecationWarning)
        lines = SerialControlLines(server.url)

    def end() -> None:
        lines.close()
        server.close()

    # Virtual seconds pass as real ones, since the server is real.
    return _contact(lines, button, Timeline(lambda from_s, to_s: time.sleep(to_s - from_s)), end)


TRANSDUCERS: Final[dict[str, Callable[[], TransducerBench]]] = {
    "in-process simulator": simulated_generator,
    "OpenLIFU client on the wire simulator": openlifu_on_its_wire,
    "TPO client on the wire simulator": tpo_on_its_wire,
}
PUMPS: Final[dict[str, Callable[[], PumpBench]]] = {
    "in-process simulator": simulated_pump,
    "New Era, wire in memory": pump_on_its_wire,
}
SCANNERS: Final[dict[str, Callable[[], ScannerBench]]] = {
    "in-process simulator": simulated_scanner,
    "over MRD": scanner_over_mrd,
    "over OpenIGTLink": scanner_over_igtl,
    "over DICOM": scanner_over_dicom,
}
STOP_LOOPS: Final[dict[str, Callable[[], StopLoopBench]]] = {
    "in-process simulator": simulated_stop_button,
    "contact, lines in memory": contact_in_memory,
    "contact over RFC 2217": contact_over_rfc_2217,
}


HARDWARE: Final = "equipment of a site"


def _with_hardware(simulated: Iterable[str]) -> list[Any]:
    return [*simulated, pytest.param(HARDWARE, marks=pytest.mark.hardware)]


def _given(request: pytest.FixtureRequest) -> site_bench.Given:
    """What the command line says of real equipment. Skips the test where that is not enough for it."""
    option = request.config.getoption
    site, plan = (option(f"--{name}") or os.environ.get(f"SYNTHERM_{name.upper()}") for name in ("site", "plan"))
    if not site or not plan:
        pytest.skip("no real equipment: neither --site FILE and --plan FILE, nor SYNTHERM_SITE and SYNTHERM_PLAN")
    if (only := request.node.get_closest_marker("only_simulated")) is not None:
        pytest.skip(f"not on real equipment: {only.args[0]}")
    return site_bench.Given(
        Path(site), Path(plan), option("--lend-power"), option("--run-pump"), option("--by-hand")
    )  # fmt: skip


@pytest.fixture(params=_with_hardware(TRANSDUCERS))
def make_transducer(request: pytest.FixtureRequest) -> Iterator[Callable[[], TransducerBench]]:
    """A factory, so that each example of a property begins with a fresh device."""
    if request.param != HARDWARE:
        yield TRANSDUCERS[request.param]
        return
    with site_bench.transducer_at(_given(request)) as make:
        yield make


@pytest.fixture(params=_with_hardware(PUMPS))
def make_pump(request: pytest.FixtureRequest) -> Iterator[Callable[[], PumpBench]]:
    if request.param != HARDWARE:
        yield PUMPS[request.param]
        return
    with site_bench.pump_at(_given(request)) as make:
        yield make


@pytest.fixture(params=_with_hardware(SCANNERS))
def scanner(request: pytest.FixtureRequest) -> Iterator[ScannerBench]:
    on_site = request.param == HARDWARE
    bench_ = site_bench.scanner_at(_given(request)) if on_site else SCANNERS[request.param]()
    yield bench_
    bench_.close()


@pytest.fixture(params=_with_hardware(STOP_LOOPS))
def stop_loop(request: pytest.FixtureRequest) -> Iterator[StopLoopBench]:
    on_site = request.param == HARDWARE
    bench = site_bench.stop_loop_at(_given(request)) if on_site else STOP_LOOPS[request.param]()
    yield bench
    bench.end()
