"""Images over protocols that the session reads itself: what each of its calls that read took, in all."""

import socket
import time
from contextlib import ExitStack
from functools import partial
from typing import Final, Protocol

import attrs

from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.igtl_source import IgtlSettings
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.mrd_source import MrdSettings
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.core.events import FrameReceived
from syntherm.session.clock import SystemClock
from syntherm_sim.wire.igtl_scanner import IgtlScanner
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_verify.bench.frames_camera import BRIGHTEST, IGTL, MRD, Camera
from syntherm_verify.bench.frames_moment import wire_plan
from syntherm_verify.bench.took import Took, timed_call
from syntherm_verify.bench.verifying import Unsound

PATIENCE_S: Final = 5.0
PAINTED: Final = 6


@attrs.frozen(eq=False)
class Shown:
    """One image as the session has it, what its way in took, and bytes of its size for bare comparisons."""

    took: Took
    image: FrameReceived
    data: bytes


class Sender(Protocol):
    """A scanner's end of one protocol."""

    def frame(self, frame: FrameReceived) -> bytes:
        """The bytes of an image."""
        ...


def session_end(settings: MrdSettings | IgtlSettings, opened: ExitStack) -> ScannerLink:
    """The session's end: it listens."""
    system = SystemClock()
    expected = Expected.of(wire_plan(), BRIGHTEST)
    link = LinkSettings(16_777_216, PATIENCE_S)
    ear = scanner(At("127.0.0.1", 0), link, settings, expected, system.now_s, system.utc)
    opened.callback(ear.close)
    return ear


def over_mrd(opened: ExitStack) -> "Wired":
    """Images over MRD."""
    system, camera = SystemClock(), Camera(PAINTED)
    sender = MrdScanner(system.now_s, system.utc)
    wired = Wired(session_end(MRD, opened), sender, camera, opened)
    wired.talk.sendall(camera.hello(sender))
    return wired


def over_igtl(opened: ExitStack) -> "Wired":
    """Images over OpenIGTLink."""
    system = SystemClock()
    return Wired(session_end(IGTL, opened), IgtlScanner(system.now_s, system.utc), Camera(PAINTED), opened)


class Wired:
    """Implements Source: sender and receiver take turns in one thread."""

    def __init__(self, ear: ScannerLink, sender: Sender, camera: Camera, opened: ExitStack) -> None:
        self._ear, self._sender, self._camera, self._system = ear, sender, camera, SystemClock()
        self.talk = opened.enter_context(socket.create_connection(ear.address))

    def next(self) -> Shown:
        """What it took in the calls that read, and the image. The bytes come in between, as the socket takes them."""
        data = self._sender.frame(self._camera.frame(self._system.now_s()))
        self.talk.setblocking(False)
        left, took, until_s = memoryview(data), Took(0.0, 0.0), time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            left = left[_sent(self.talk, left) :]
            call, images = timed_call(self._ear.received)
            took = Took(took.wall_s + call.wall_s, took.cpu_s + call.cpu_s)
            for image in images:
                if isinstance(image, FrameReceived):
                    return Shown(took, image, data)
        raise Unsound(f"no image came of {len(data)} bytes: {'; '.join(self._ear.remarks())}")


def received_bare(data: bytes) -> Took:
    """What the calls took that read the same bytes into memory, and do nothing with them."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        talk = socket.create_connection(door.getsockname())
        ear, _ = door.accept()
    with talk, ear:
        for each in (talk, ear):
            each.setblocking(False)
        left, room, have, took = memoryview(data), memoryview(bytearray(len(data))), 0, Took(0.0, 0.0)
        while have < len(data):
            left = left[_sent(talk, left) :]
            call, more = timed_call(partial(_read_into, ear, room[have:]))
            if more:
                have, took = have + more, Took(took.wall_s + call.wall_s, took.cpu_s + call.cpu_s)
        return took


def _read_into(ear: socket.socket, room: memoryview) -> int:
    try:
        return ear.recv_into(room)
    except BlockingIOError:
        return 0


def _sent(talk: socket.socket, data: memoryview) -> int:
    try:
        return talk.send(data) if data else 0
    except BlockingIOError:
        return 0
