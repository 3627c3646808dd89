"""One line to one OpenLIFU device: a request, and the reply that bears its number, within a deadline."""

import time
from typing import Final

from syntherm.adapters.line import Line, LineFailed
from syntherm.adapters.transducer.drain import drain
from syntherm.adapters.transducer.openlifu_codec import Frame, FrameReader, encoded
from syntherm.adapters.transducer.openlifu_words import Command, Kind

ANSWER_s: Final = 0.15
"""Round trips take milliseconds; a stop must not wait for a device that is gone."""
_LAST_NUMBER: Final = 0xFFFE


class Unanswered(Exception):
    """No reply, or not the one that was asked for. One line."""


class Link:
    """Requests in turn. Replies to earlier requests and unasked status texts (number 0) are passed over."""

    def __init__(self, line: Line, name: str) -> None:
        self._line, self._name = line, name
        self._number = 0
        self._reader = FrameReader()

    def tell(self, kind: Kind, command: Command, address: int = 0, data: bytes = b"") -> int:
        """Send a request; returns the number that its reply will bear. Raises Unanswered."""
        self._number = self._number % _LAST_NUMBER + 1
        frame = encoded(Frame(self._number, kind, command, address, 0, data))
        try:
            drain(self._line)
            self._reader = FrameReader()
            self._line.send(frame, ANSWER_s)
        except LineFailed as error:
            raise Unanswered(f"{self._name}: {command.name} not sent: {error}") from error
        return self._number

    def hear(self, number: int, command: Command) -> Frame:
        """The reply to a request. Raises Unanswered."""
        until_s = time.monotonic() + ANSWER_s
        while (left_s := until_s - time.monotonic()) > 0.0:
            try:
                data = self._line.receive(left_s)
            except LineFailed as error:
                raise Unanswered(f"{self._name}: {command.name}: {error}") from error
            if not data:
                break
            for frame in self._reader.feed(data):
                if frame.number == number:
                    return self._judged(frame, command)
        why = f" ({self._reader.rejected})" if self._reader.rejected else ""
        raise Unanswered(f"{self._name}: {command.name} not answered within {ANSWER_s} s{why}")

    def ask(self, kind: Kind, command: Command, address: int = 0, data: bytes = b"") -> Frame:
        """Send and hear. Raises Unanswered."""
        return self.hear(self.tell(kind, command, address, data), command)

    def _judged(self, frame: Frame, command: Command) -> Frame:
        if frame.command != command:
            raise Unanswered(f"{self._name}: {command.name} (0x{command:02X}) answered as 0x{frame.command:02X}")
        if frame.kind == Kind.ERROR:
            raise Unanswered(f"{self._name}: {command.name} refused with code 0x{frame.reserved:02X}")
        if frame.kind != Kind.REPLY:
            raise Unanswered(
                f"{self._name}: {command.name} answered by a frame of kind 0x{frame.kind:02X},"
                f" expected 0x{Kind.REPLY:02X}"
            )
        return frame
