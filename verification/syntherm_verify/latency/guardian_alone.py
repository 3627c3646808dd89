"""A guardian by itself: its lines, its link, its desks' door, and images through it to somebody who only takes them.

It is the shipped process with a session's part played by hand, so that it can be stopped and armed anew within
milliseconds, whatever a session does meanwhile.
"""

import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import Final

import attrs

from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, Ends, PatientButton
from syntherm_verify.latency.guardian_process import (
    BASELINE,
    HOST,
    Contact,
    RunFailed,
    StampedRelay,
    free_port,
    start_guardian,
)

HEARTBEAT_S: Final = 0.3
CONTACT: Final = Contact(pulse_every_s=0.1, low_s=0.01, follow_s=0.015)
"""As short as the guardian takes them: it believes a contact that was pressed after one whole pulse."""
_ARMED_S: Final = 3.0
_AGAIN_S: Final = 0.002
_APART_S: Final = 0.01
_PIECE: Final = 1_048_576


class _Taker:
    """Takes what the guardian hands on, as a session that is never late."""

    def __init__(self) -> None:
        self.listener = socket.create_server((HOST, 0))
        self.taken = 0
        Thread(target=self._take, name="taker", daemon=True).start()

    def _take(self) -> None:
        room = bytearray(_PIECE)
        with suppress(OSError):
            connected, _ = self.listener.accept()
            with connected:
                while count := connected.recv_into(room):
                    self.taken += count


@attrs.define(eq=False, slots=False)
class GuardianAlone:
    """`images` are sent in turn. `close` ends it all."""

    name: str
    hello: bytes
    images: tuple[bytes, ...]
    opened: ExitStack = attrs.Factory(ExitStack)
    relay: StampedRelay = attrs.Factory(StampedRelay)
    button: PatientButton = attrs.Factory(PatientButton)
    last_beat_s: float = 0.0
    said: str = ""
    """What the guardian said last."""
    _counter: int = 0
    _begun: int = 0
    _sent: int = 0

    def start(self, folder: Path) -> None:
        """Start it and have it take its baseline. Raises RunFailed, OSError."""
        link = str(folder / f"{self.name}.socket")
        self._taker = _Taker()
        self.opened.callback(self._taker.listener.close)
        ports = (free_port(), int(self._taker.listener.getsockname()[1]))
        enable, contact = (self._port(part.wires) for part in (self.relay, self.button))
        start_guardian(self.opened, folder / f"{self.name}.toml", ports, (link, enable, contact), HEARTBEAT_S, CONTACT)
        self.link = self._connected(link)
        self.stop_door = self._connected(link + ".stop")
        self._scanner = self.opened.enter_context(socket.create_connection((HOST, ports[0]), timeout=5.0))
        self._sender = self.opened.enter_context(ThreadPoolExecutor(1))
        self._scanner.sendall(self.hello)
        for _ in range(BASELINE):
            self.send_at(time.monotonic() + _APART_S).result()

    def close(self) -> None:
        """End it all."""
        self.opened.close()

    def send_at(self, moment_s: float) -> "Future[None]":
        """Send the next image when it is time, beside all else."""
        return self._sender.submit(self._send_at, moment_s)

    @property
    def in_image(self) -> bool:
        """Whether an image is on its way through the guardian now."""
        return self._begun > self._taker.taken - len(self.hello)

    def beat(self) -> None:
        """One heartbeat."""
        self._counter += 1
        self.last_beat_s = time.monotonic()
        self.link.send(b"heartbeat %d %.6f" % (self._counter, self.last_beat_s))

    def arm(self) -> None:
        """Begin a proof anew and have the enable set in it, which the relay shows. Raises RunFailed."""
        self.hear()
        self._flush_door()
        until_s = time.monotonic() + _ARMED_S
        self.link.send(b"prove")
        while time.monotonic() < until_s:
            self.beat()
            self.link.send(b"arm")
            select.select([self.link], [], [], _AGAIN_S)
            if self.hear() and self._relay_follows():
                return
            time.sleep(_AGAIN_S)
        raise RunFailed(f"the guardian does not set the enable: {self.said}")

    def hear(self) -> bool:
        """Take in all that the guardian has said; whether it said that the enable is on. Raises RunFailed."""
        enabled = False
        with suppress(BlockingIOError):
            while True:
                said = self.link.recv(1024)
                if not said:
                    raise RunFailed("the guardian has ended")
                self.said = ascii(said.decode("ascii", "replace"))[1:200]
                enabled = b" enabled=1 " in said if said.startswith(b"state ") else enabled
        return enabled

    def _relay_follows(self) -> bool:
        until_s = time.monotonic() + _ARMED_S
        while not self.relay.on and time.monotonic() < until_s:
            time.sleep(_AGAIN_S / 10.0)
        return self.relay.on

    def _flush_door(self) -> None:
        with suppress(BlockingIOError):
            while self.stop_door.recv(64):
                pass

    def _send_at(self, moment_s: float) -> None:
        time.sleep(max(0.0, moment_s - time.monotonic()))
        image = self.images[self._sent % len(self.images)]
        self._sent += 1
        self._begun += len(image)
        self._scanner.sendall(image)

    def _port(self, wires: Callable[[bool, bool], Ends]) -> str:
        server = ControlLineServer(ControlPort(wires))
        self.opened.callback(server.close)
        return server.url

    def _connected(self, path: str) -> socket.socket:
        talk = self.opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        talk.connect(path)
        talk.setblocking(False)
        return talk
