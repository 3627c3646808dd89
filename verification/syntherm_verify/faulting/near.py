"""Doors in memory to simulated devices, on a clock that a driver's waiting moves: what takes time, takes time here."""

import heapq
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Final, cast

from syntherm.adapters.line import LineFailed
from syntherm.adapters.scanner.frames import Expected, Judge
from syntherm.adapters.scanner.igtl_source import IgtlSettings, IgtlSource, NumberInMetadata
from syntherm.adapters.scanner.link import Image, LinkSettings, ScannerLink
from syntherm.adapters.scanner.moments import Axes, Clocks
from syntherm.adapters.scanner.mrd_source import MrdSettings, MrdSource, Numbered
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.ways import Met
from syntherm.adapters.stoploop.lines import LinesFailed
from syntherm.adapters.stoploop.loop import Levels
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.timeline import Timeline
from syntherm_sim.wire import igtl_scanner, mrd_scanner
from syntherm_sim.wire.control_lines import ControlPort
from syntherm_sim.wire.pty import Device

_STEP_S: Final = 0.05
_TINY_S: Final = 1e-9
_LARGEST_BYTES: Final = 8_388_608
_LINK: Final = LinkSettings(16_777_216, 5.0)


class NearClock(Timeline):
    """Virtual time. `looks` is called before each wait; no wait lasts longer than `look_every_s`."""

    def __init__(self, live: Callable[[float, float], None]) -> None:
        super().__init__(live)
        self.looks: Callable[[], None] = lambda: None
        self.look_every_s = 1.0
        self._late = False

    def wait_until(self, moment_s: float) -> None:
        """As a timeline's; what came while a driver waited ends the next wait."""
        self.looks()
        late, self._late = self._late, False
        if not late:
            super().wait_until(min(moment_s, self._now_s + self.look_every_s))

    def pass_time(self, seconds: float) -> None:
        """A driver waits: time passes, what is due happens, and the session cannot look."""
        until_s = self._now_s + seconds
        self._woken = False
        while self._due and self._due[0][0] <= until_s:
            due_s, _, happens = heapq.heappop(self._due)
            self._pass_to(due_s)
            happens()
        self._pass_to(until_s)
        self._late = self._late or self._woken


class NearLine:
    """Implements Line. An answer that does not come costs all the time that the driver gives it."""

    def __init__(self, device: Device, clock: NearClock) -> None:
        self._device, self._clock = device, clock
        self._said = b""
        self._within_s = self._until_s = 0.0
        self.gone = False
        """Whether the port has vanished."""

    def send(self, data: bytes, within_s: float) -> None:
        """As the port's."""
        self._here()
        self._said += self._device.unasked() + self._device.answer(data)
        self._within_s, self._until_s = within_s, self._clock.now_s() + within_s

    def receive(self, within_s: float) -> bytes:
        """As the port's; how long is known from the sending, since the rest is real time."""
        self._here()
        self._said += self._device.unasked()
        if within_s > 0.0 and not self._said:
            self._wait()
        said, self._said = self._said, b""
        return said

    def close(self) -> None:
        """There is nothing to give back."""

    def _wait(self) -> None:
        now_s = self._clock.now_s
        if self._until_s <= now_s():
            # Time went by over another line: what was sent here is waited for from now on.
            self._until_s = now_s() + self._within_s
        while not self._said and (left_s := self._until_s - now_s()) > _TINY_S:
            self._clock.pass_time(min(_STEP_S, left_s))
            self._said += self._device.unasked()

    def _here(self) -> None:
        if self.gone:
            raise LineFailed("in memory: the port is gone")


class NearControlLines:
    """Implements ControlLines: the session's end of the patient's contact."""

    def __init__(self, port: ControlPort) -> None:
        self._port = port

    def read(self) -> Levels:
        """CTS and DSR now. Raises LinesFailed from a port that does not answer."""
        self._here()
        ends = self._port.ends
        return Levels(ends.cts, ends.dsr)

    def drive(self, levels: Levels) -> None:
        """Set RTS and DTR. Raises LinesFailed."""
        self._here()
        self._port.rts, self._port.dtr = levels.first, levels.second
        self.read()

    def _here(self) -> None:
        if self._port.fault is WireFault.MUTE:
            raise LinesFailed("in memory: the port does not answer")


class _Peer:
    """What a ScannerLink uses of a socket."""

    def __init__(self) -> None:
        self.coming = bytearray()
        self.hung_up = False

    def recv_into(self, room: memoryview) -> int:
        if not self.coming and not self.hung_up:
            raise BlockingIOError
        count = min(len(room), len(self.coming))
        room[:count] = self.coming[:count]
        del self.coming[:count]
        return count

    def send(self, data: bytes) -> int:
        return len(data)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.hung_up = True


class _OneConnection:
    """Implements Way: one peer, once. A scanner that was dropped does not call again."""

    address = ("in memory", 0)

    def __init__(self, peer: _Peer) -> None:
        self._met: Met | None = (cast(socket.socket, peer), "scanner in memory")

    def fileno(self) -> int | None:
        return None

    def next(self, present: str | None) -> Met | None:
        met, self._met = self._met, None
        return met

    def close(self) -> None:
        self._met = None


class NearEar:
    """Implements the Scanner port: the shipped link and source of a protocol, fed with its bytes."""

    def __init__(self, mrd: bool, expected: Expected, now_s: Callable[[], float], utc: Callable[[], datetime]) -> None:
        remarks = Remarks()
        judge, clocks = Judge(expected, remarks), Clocks(now_s, utc)
        self._peer = _Peer()
        source = MrdSource(_MRD, judge, clocks, remarks) if mrd else IgtlSource(_IGTL, judge, clocks, remarks)
        self._link = ScannerLink(_LINK, _OneConnection(self._peer), source, remarks, now_s)
        self._images: list[Image] = []

    def hear(self, data: bytes) -> None:
        """Bytes have come; they are read at once, as from a socket that has room for little."""
        if not self._peer.hung_up:
            self._peer.coming += data
        self._images += self._link.received()

    def hang_up(self) -> None:
        """The scanner ends the connection."""
        self._peer.hung_up = True

    def received(self) -> tuple[Image, ...]:
        """As the port's."""
        self.hear(b"")
        images, self._images = tuple(self._images), []
        return images

    def remarks(self) -> tuple[str, ...]:
        """As the port's."""
        return self._link.remarks()


_MRD: Final = MrdSettings(
    tick_s=mrd_scanner.TICK_s, midnight_offset_s=0.0, stamp_to_centre_s=0.0, numbered=Numbered.IMAGE_INDEX,
    frame_series=mrd_scanner.FRAMES, fat_map_series=mrd_scanner.FAT_MAP, axes=Axes.LPS, largest_bytes=_LARGEST_BYTES,
)  # fmt: skip
_IGTL: Final = IgtlSettings(
    igtl_scanner.FRAMES, igtl_scanner.FAT_MAP, NumberInMetadata(igtl_scanner.NUMBER), "MagneticFieldStrength",
    "EchoTime", 0.0, Axes.LPS, _LARGEST_BYTES,
)  # fmt: skip
