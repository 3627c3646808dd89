"""The session's end of a lockstep day: its clock, and the hands of its crew, in a world of another process."""

import heapq
import json
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from syntherm.adapters.stoploop.loop import Levels
from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.events import FatMapReceived, FrameReceived, PumpReport, StopLoopReport, TransducerReport
from syntherm.ports.equipment import Pump, Scanner, StopLoop, Transducer
from syntherm_sim.patient import Truth
from syntherm_sim.physics.grid import Point
from syntherm_sim.timeline import Timeline

Json = dict[str, object]
_CHUNK: Final = 65536


class WorldGone(Exception):
    """The world's process has ended. Nothing of the treatment: the verification itself has failed."""


class WireClock(Timeline):
    """Virtual time that a world keeps. What is planned here, as the crew's acts, happens here.

    While the world passes time, `reads` is called whenever one of `filenos` is readable, so that neither side waits
    for the other's buffers.
    """

    def __init__(self, control: socket.socket) -> None:
        super().__init__(self._advance)
        self._control = control
        self._coming = bytearray()
        self._images_came = False
        self.filenos: Callable[[], Iterable[int]] = tuple
        self.reads: Callable[[], None] = lambda: None

    def ask(self, message: Json) -> Json:
        """Ask the world something, and wait for its answer. Raises WorldGone."""
        try:
            self._control.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError as error:
            raise WorldGone(str(error)) from error
        return self.heard()

    def hand(self, what: str, value: float = 0.0) -> float:
        """Do something in the room."""
        found = self.ask({"hand": what, "value": float(value)})["value"]
        return float(str(found))

    def wait_until(self, moment_s: float) -> None:
        """Let time pass until `moment_s`, until something is planned that wakes the session, or images come."""
        self._images_came = False
        self._woken = False
        while not self._woken:
            target_s = min(moment_s, self._due[0][0]) if self._due else moment_s
            if target_s > self._now_s:
                self._advance(self._now_s, target_s)
            if self._images_came:
                return
            if not self._run_due():
                return

    def pass_time(self, seconds: float) -> None:
        """A pause in a driver: time passes, and what comes meanwhile is kept."""
        until_s = self._now_s + seconds
        while self._now_s < until_s:
            self._advance(self._now_s, until_s)

    def _run_due(self) -> bool:
        """Do what is planned for now; whether there was anything."""
        ran = False
        while not self._woken and self._due and self._due[0][0] <= self._now_s:
            heapq.heappop(self._due)[2]()
            ran = True
        return ran

    def _advance(self, _: float, moment_s: float) -> None:
        self._now_s = float(str(self.ask({"advance": float(moment_s)})["now_s"]))
        # Images may fill all buffers until they are read, with the clock already at their moment.
        self._images_came = bool(self.heard()["woke"]) or self._images_came
        self.reads()

    def heard(self) -> Json:
        """The next thing that the world says. Raises WorldGone."""
        while (end := self._coming.find(b"\n")) < 0:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            others = [fileno for fileno in self.filenos() if fileno >= 0]
            for fileno in others:
                poll.register(fileno, select.POLLIN)
            ready = {fileno for fileno, _ in poll.poll()}
            if ready.intersection(others):
                self.reads()
            if self._control.fileno() in ready:
                self._coming += self._more()
        line = bytes(self._coming[:end])
        del self._coming[: end + 1]
        found: Json = json.loads(line)
        return found

    def _more(self) -> bytes:
        try:
            data = self._control.recv(_CHUNK)
        except OSError as error:
            raise WorldGone(f"the world's process is gone: {error.strerror}") from error
        if not data:
            raise WorldGone("the world's process hung up")
        return data


Image = FrameReceived | FatMapReceived


class RemoteScanner:
    """The session's ear, read eagerly, and the hands at the scanner."""

    def __init__(self, ear: Scanner, clock: WireClock) -> None:
        self._received, self._clock = ear.received, clock
        self.remarks: Callable[[], tuple[str, ...]] = ear.remarks
        self._kept: list[Image] = []
        clock.reads = self.take

    def take(self) -> None:
        """Keep what has come whole."""
        self._kept += self._received()

    def received(self) -> tuple[Image, ...]:
        """What has come since the last call."""
        self.take()
        kept, self._kept = tuple(self._kept), []
        return kept

    def send_fat_map(self) -> None:
        """The anatomical scan is done."""
        self._clock.hand("fat-map")
        self._clock.wake()

    def start_dynamics(self) -> None:
        """Scan one dynamic after the other."""
        self._clock.hand("dynamics")

    lost = property(None, lambda self, value: self._clock.hand("lose-images", value))
    frozen = property(None, lambda self, value: self._clock.hand("freeze-images", value))


class RemoteGenerator:
    """The session's client, and what a scenario does to the device behind it."""

    def __init__(self, client: Transducer, clock: WireClock) -> None:
        self.grant: Callable[[GrantLease], None] = client.grant
        self.off: Callable[[], None] = client.off
        self.report: Callable[[], TransducerReport | None] = client.report
        self._clock = clock

    @property
    def delivered_J(self) -> float:
        """What was really radiated."""
        return self._clock.hand("delivered_J")

    deaf = property(None, lambda self, value: self._clock.hand("deafen", value))


class RemotePump:
    """The session's client, and what happens to the pump behind it."""

    def __init__(self, client: Pump, clock: WireClock) -> None:
        self.grant: Callable[[GrantInfusion], None] = client.grant
        self.hold: Callable[[], None] = client.hold
        self.report: Callable[[], PumpReport | None] = client.report
        self._clock = clock

    @property
    def pumped_ml(self) -> float:
        """What has really left the syringe."""
        return self._clock.hand("pumped_ml")

    def occlude(self) -> None:
        """The line is blocked."""
        self._clock.hand("occlude")

    mute = property(None, lambda self, value: self._clock.hand("mute-pump", value))


class RemoteLines:
    """Implements ControlLines over the control connection: a serial server would live in real time."""

    def __init__(self, clock: WireClock) -> None:
        self._clock, self._driven = clock, Levels(False, False)

    def read(self) -> Levels:
        """CTS and DSR now."""
        found = self._clock.ask({"lines": [self._driven.first, self._driven.second]})["lines"]
        if not isinstance(found, list):
            raise WorldGone("no lines were told")
        return Levels(bool(found[0]), bool(found[1]))

    def drive(self, levels: Levels) -> None:
        """Set RTS and DTR."""
        self._driven = levels
        self.read()


class RemoteStop:
    """The session's reading of the patient's stop, and the patient's hand."""

    def __init__(self, client: StopLoop, clock: WireClock) -> None:
        self.report: Callable[[], StopLoopReport | None] = client.report
        self._clock = clock

    def press(self) -> None:
        """Open both contacts."""
        self._clock.hand("press")
        self._clock.wake()

    def release(self) -> None:
        """Close them again."""
        self._clock.hand("release")


class RemotePatient:
    """What a witness may know, and what scenarios do."""

    def __init__(self, clock: WireClock, regions: tuple[tuple[Point, Point], ...]) -> None:
        self._clock, self._regions = clock, regions
        self._hottest: dict[tuple[Point, Point], float] = {}

    def truth(self) -> Truth:
        """The tumour's true temperatures now."""
        found = self._clock.ask({"truth": [list(region) for region in self._regions]})
        numbers, hottest = found["truth"], found["hottest"]
        if not isinstance(numbers, list) or not isinstance(hottest, list):
            raise WorldGone("no truth was told")
        self._hottest = dict(zip(self._regions, map(float, hottest), strict=True))
        return Truth(*map(float, numbers))

    def hottest_within(self, centre_mm: Point, radii_mm: Point) -> float:
        """The hottest tissue in one of the regions now."""
        self.truth()
        return self._hottest[(centre_mm, radii_mm)]

    gain = property(None, lambda self, value: self._clock.hand("gain", value))


class RemoteRoom:
    """Has what a Room has, by the same names, for day, crew, scenarios and witness."""

    def __init__(
        self, clock: WireClock, seed: int, patient: RemotePatient, scanner: RemoteScanner, generator: RemoteGenerator,
        pump: RemotePump, stop_button: RemoteStop,
    ) -> None:  # fmt: skip
        self.timeline, self.seed = clock, seed
        self.patient, self.scanner, self.generator, self.pump = patient, scanner, generator, pump
        self.stop_button = stop_button


class WorldProcess:
    """A world in a process of its own, and the connection to it."""

    def __init__(self, plan: Path, seed: int) -> None:
        """Start it, and wait until its devices are there. Raises WorldGone."""
        here, there = socket.socketpair()
        command = [sys.executable, "-m", "syntherm_sim.wire.lockstep", str(plan.resolve()), str(seed)]
        with there:
            self._process = subprocess.Popen([*command, str(there.fileno())], pass_fds=(there.fileno(),))
        self._here = here
        self.clock = WireClock(here)
        ports = self.clock.heard()["ports"]
        if not isinstance(ports, list):
            raise WorldGone("no ports were told")
        self.transmitter_port, self.console_port, self.pump_port = map(str, ports)

    def close(self) -> None:
        """Hang up, which ends it, and wait until it has ended."""
        self._here.close()
        self._process.wait(10.0)
