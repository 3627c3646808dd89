"""The room of a latency run, in the process that presses and watches: wires, and guardian and session beside it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from syntherm.adapters.transducer.openlifu_codec import Frame
from syntherm.adapters.transducer.openlifu_words import Command, Kind
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, Ends, PatientButton
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.openlifu import OpenLifuSimulator
from syntherm_sim.wire.openlifu_console import ConsolePart
from syntherm_sim.wire.openlifu_frames import FrameWire
from syntherm_sim.wire.pty import Device, PtyServer
from syntherm_verify.bench.frames_camera import Camera
from syntherm_verify.bench.frames_generator import ARRAY
from syntherm_verify.bench.frames_moment import wire_plan
from syntherm_verify.latency.guardian_alone import GuardianAlone
from syntherm_verify.latency.guardian_process import (
    BASELINE,
    HOST,
    Contact,
    RunFailed,
    StampedRelay,
    end_process,
    free_port,
    start_guardian,
)
from syntherm_verify.latency.loads import Load
from syntherm_verify.latency.session_side import Wires

HEARTBEAT_S: Final = 1.0
_ALONE: Final = 3
"""The last is for the operator's stops; the patient's go to the others in turns, which believe their contact late."""
_IMAGES: Final = 6
_PRIORITY: Final = 20
_ANSWER_S: Final = 60.0
_APART_S: Final = 0.01
"""More than a tick of the scanner's stamp."""
_CONTACT: Final = Contact(pulse_every_s=0.5, low_s=0.01, follow_s=0.05)


class StampedConsole(ConsolePart):
    """Says when it was first told to switch the high voltage off."""

    off_s: float | None = None

    def handle(self, frame: Frame, fault: WireFault | None) -> Frame:
        """As the console's."""
        if frame.kind == Kind.POWER and frame.command == Command.HV_OFF and self.off_s is None:
            self.off_s = time.monotonic()
        return super().handle(frame, fault)


@attrs.define(eq=False, slots=False)
class Room:
    """Everything that is pressed, said and watched. `close` ends it all."""

    opened: ExitStack = attrs.Factory(ExitStack)
    relay: StampedRelay = attrs.Factory(StampedRelay)
    console: StampedConsole = attrs.Factory(lambda: StampedConsole(time.monotonic, 0.0))
    buttons: tuple[PatientButton, PatientButton] = attrs.Factory(lambda: (PatientButton(), PatientButton()))
    camera: Camera = attrs.Factory(lambda: Camera(_IMAGES))
    _held: bytearray = attrs.Factory(bytearray)

    def start(self, folder: Path) -> None:
        """Start guardian and session, and take the guardian's baseline. Raises RunFailed."""
        system = OpenLifuSimulator(time.monotonic, ARRAY)
        transmitter = self._pty(system.transmitter)
        console = self._pty(FrameWire(self.console, time.monotonic))
        pump = self._pty(NewEra(time.monotonic, wire_plan().prescription.syringe_volume_ml))
        enable, *contacts = map(self._port, (self.relay.wires, *(button.wires for button in self.buttons)))
        ports, link = (free_port(), free_port()), str(folder / "guardian.socket")
        wired = (link, enable, contacts[0])
        start_guardian(self.opened, folder / "guardian.toml", ports, wired, HEARTBEAT_S, _CONTACT)
        wires = Wires(transmitter, console, pump, contacts[1], link, str(folder / "desk.socket"), ports[1], str(folder))
        self._session(wires)
        self.desk = self._connected(wires.desk, socket.SOCK_STREAM)
        self.desk.sendall(b'{"kind":"hello","version":1}\n')
        self.stop_door = self._connected(link + ".stop", socket.SOCK_SEQPACKET)
        self._sender = self.opened.enter_context(ThreadPoolExecutor(1))
        self._mrd = MrdScanner(time.monotonic, lambda: datetime.now(UTC))
        self._scanner = self.opened.enter_context(socket.create_connection((HOST, ports[0]), timeout=5.0))
        hello = self.camera.hello(self._mrd)
        kept = tuple(self.image() for _ in range(_IMAGES))
        self.camera.sent = 0
        self.alone = tuple(GuardianAlone(f"alone-{number}", hello, kept) for number in range(_ALONE))
        for each in self.alone:
            self.opened.callback(each.close)
            each.start(folder)
        self._scanner.sendall(hello)
        for _ in range(BASELINE):
            time.sleep(_APART_S)
            self._scanner.sendall(self.image())

    def ahead(self) -> bool:
        """Let no other process make the watching wait, as none makes wires wait; False where that is not allowed."""
        try:
            for thread in threading.enumerate():
                os.sched_setscheduler(thread.native_id or 0, os.SCHED_RR, os.sched_param(_PRIORITY))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End it all."""
        self.opened.close()

    def image(self) -> bytes:
        """The next image, ready to be sent."""
        return self._mrd.frame(self.camera.frame(time.monotonic()))

    def send_at(self, moment_s: float, data: bytes) -> "Future[None]":
        """Send an image when it is time, beside all else."""
        return self._sender.submit(self._send_at, moment_s, data)

    def press(self, pressed: bool) -> None:
        """The patient's button, with its contacts for guardian and session."""
        for button in self.buttons:
            button.pressed = pressed

    def ask(self, message: dict[str, object]) -> dict[str, object]:
        """Ask the session's side, and wait for its answer. Raises RunFailed."""
        self.tell(message)
        return self.hear()

    def tell(self, message: dict[str, object]) -> None:
        """Tell the session's side something. Raises RunFailed."""
        try:
            self._control.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError as error:
            raise RunFailed(f"the session's side is gone: {error}") from error

    def hear(self) -> dict[str, object]:
        """Its next answer. Raises RunFailed."""
        while (end := self._held.find(b"\n")) < 0:
            try:
                data = self._control.recv(65536)
            except OSError as error:
                raise RunFailed(f"the session's side does not answer: {error}") from error
            if not data:
                raise RunFailed("the session's side is gone")
            self._held += data
        message: dict[str, object] = json.loads(bytes(self._held[:end]))
        del self._held[: end + 1]
        return message

    def load(self, load: Load) -> None:
        """Change the load inside of the session. Raises RunFailed."""
        self.ask({"load": load.value})

    def hush(self) -> None:
        """Throw away what was said to the desk."""
        for talk in (self.desk, self.stop_door):
            with suppress(BlockingIOError):
                while talk.recv(65536):
                    pass

    def _send_at(self, moment_s: float, data: bytes) -> None:
        time.sleep(max(0.0, moment_s - time.monotonic()))
        self._scanner.sendall(data)

    def _pty(self, device: Device) -> str:
        return self.opened.enter_context(PtyServer(device).in_background())

    def _port(self, wires: Callable[[bool, bool], Ends]) -> str:
        server = ControlLineServer(ControlPort(wires))
        self.opened.callback(server.close)
        return server.url

    def _session(self, wires: Wires) -> None:
        self._control, far = socket.socketpair()
        self.opened.callback(self._control.close)
        self._control.settimeout(_ANSWER_S)
        with far:
            process = subprocess.Popen(
                [sys.executable, "-m", "syntherm_verify.latency.session_side", json.dumps(attrs.asdict(wires)),
                 str(far.fileno())],
                pass_fds=(far.fileno(),),
            )  # fmt: skip
        self.opened.callback(end_process, process)
        self.hear()

    def _connected(self, path: str, kind: int) -> socket.socket:
        talk = self.opened.enter_context(socket.socket(socket.AF_UNIX, kind))
        talk.connect(path)
        talk.setblocking(False)
        return talk
