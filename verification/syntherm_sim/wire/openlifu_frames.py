"""A line of OpenLIFU frames into a device, with the faults of a wire."""

from collections.abc import Callable
from typing import Final, Protocol

import attrs

from syntherm.adapters.transducer.openlifu_codec import Frame, FrameReader, encoded
from syntherm.adapters.transducer.openlifu_words import Kind
from syntherm_sim.faults.wire import WireFault

SLOW_s: Final = 1.0
BAD_CHECK_SUM: Final = 0xFD


class Part(Protocol):
    """What sits at the end of the line."""

    def handle(self, frame: Frame, fault: WireFault | None) -> Frame:
        """Do what is asked, and answer."""
        ...

    def reset(self) -> None:
        """As after a power failure."""
        ...


def refusal(frame: Frame, code: int) -> Frame:
    """An error frame in answer."""
    return Frame(frame.number, Kind.ERROR, frame.command, frame.address, code)


class FrameWire:
    """Serves one part. `fault` is what a scenario may set; time is injected."""

    def __init__(self, part: Part, now_s: Callable[[], float]) -> None:
        self._part, self._now_s = part, now_s
        self._reader = FrameReader()
        self._late: list[tuple[float, bytes]] = []
        self._kept: dict[int, Frame] = {}
        self._before: Frame | None = None
        self.fault: WireFault | None = None

    def answer(self, data: bytes) -> bytes:
        """Replies to what has come, at once."""
        if self.fault is WireFault.MUTE:
            return b""
        if self.fault is WireFault.RESET:
            self._part.reset()
            self.fault = None
        said = self.unasked()
        return said + b"".join(self._reply(frame) for frame in self._reader.feed(data))

    def unasked(self) -> bytes:
        """Status texts, and replies that are late."""
        now_s = self._now_s()
        due = b"".join(data for due_s, data in self._late if due_s <= now_s)
        self._late = [(due_s, data) for due_s, data in self._late if due_s > now_s]
        return due

    def tell(self, text: str) -> None:
        """Say something that nobody asked."""
        if self.fault is not WireFault.MUTE:
            self._late.append((self._now_s(), encoded(Frame(0, Kind.DATA, 0, data=text.encode("ascii")))))

    def _reply(self, frame: Frame) -> bytes:
        reply = self._part.handle(frame, self.fault)
        before, self._before = self._before, reply
        if self.fault is WireFault.STUCK:
            reply = attrs.evolve(self._kept.get(frame.command, reply), number=frame.number)
        else:
            self._kept[frame.command] = reply
        if self.fault is WireFault.WRONG_REPLY:
            reply = attrs.evolve(reply, command=reply.command ^ 0x01)
        if self.fault is WireFault.OTHERS_REPLY:
            reply = before or attrs.evolve(reply, number=frame.number ^ 1)
        return self._on_the_wire(encoded(reply))

    def _on_the_wire(self, data: bytes) -> bytes:
        if self.fault is WireFault.SLOW:
            self._late.append((self._now_s() + SLOW_s, data))
            return b""
        if self.fault is WireFault.GARBLED:
            middle = len(data) // 2
            return data[:middle] + bytes((data[middle] ^ 0x55,)) + data[middle + 1 :]
        if self.fault is WireFault.HALF:
            return data[: len(data) // 2]
        return data
