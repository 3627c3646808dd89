"""Our end of the TCP connection to one scanner: reads what is there and never waits.

Implements the Scanner port over any Source. One thread; whoever has a clock can select on `filenos`.
"""

import socket
from collections.abc import Callable
from contextlib import suppress

import attrs

from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import Source, StreamRefused
from syntherm.adapters.scanner.ways import Way
from syntherm.core.events import FatMapReceived, FrameReceived

Image = FrameReceived | FatMapReceived


@attrs.frozen
class LinkSettings:
    """How many bytes one call reads at most; how long a message may take from its first byte."""

    bytes_per_call: int
    whole_within_s: float


class ScannerLink:
    """Implements the Scanner port."""

    def __init__(
        self, settings: LinkSettings, way: Way, source: Source, remarks: Remarks, now_s: Callable[[], float]
    ) -> None:
        self._settings, self._way, self._source, self._remarks = settings, way, source, remarks
        self._now_s = now_s
        self._peer: socket.socket | None = None
        self._name = ""
        self._begun_s: float | None = None
        self._left = 0

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, or to whom it connects."""
        return self._way.address

    def filenos(self) -> tuple[int, ...]:
        """The descriptors on which something may arrive."""
        here = self._way.fileno(), None if self._peer is None else self._peer.fileno()
        return tuple(number for number in here if number is not None)

    def received(self) -> tuple[Image, ...]:
        """What has arrived whole since the last call, oldest first; never waits."""
        images: list[Image] = []
        self._left = self._settings.bytes_per_call
        self._read(images)
        if self._meet():
            self._read(images)
        return tuple(images)

    def remarks(self) -> tuple[str, ...]:
        """What was refused or odd since the last call, one line each; never waits."""
        return self._remarks.take()

    def close(self) -> None:
        """Give up the connection and the address."""
        self._drop(None)
        self._way.close()

    def _meet(self) -> bool:
        """Whether there is a new peer."""
        met = self._way.next(None if self._peer is None else self._name)
        if met is None:
            return False
        self._peer, self._name = met
        self._begun_s = None
        self._source.begin()
        self._remarks.add(f"{self._name} connected")
        return True

    def _read(self, images: list[Image]) -> None:
        if self._begun_s is not None and self._now_s() - self._begun_s > self._settings.whole_within_s:
            self._drop(f"stopped in the middle of a message for more than {self._settings.whole_within_s:g} s")
        while self._peer is not None and self._left > 0:
            try:
                count = self._peer.recv_into(self._source.room())
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._drop(f"is gone: {error.strerror}")
                return
            if count == 0:
                self._drop("hung up in the middle of a message" if self._source.midway else "hung up")
                return
            self._left -= count
            self._take(count, images)

    def _take(self, count: int, images: list[Image]) -> None:
        try:
            taken = self._source.took(count)
        except StreamRefused as refused:
            self._drop(f"sent what cannot be read: {refused}")
            # Without a check over it, an image may have swallowed the begin of what could not be read.
            if images:
                images.pop()
                self._remarks.add("refused: the image before what could not be read")
            return
        images += taken.images
        if taken.answer and self._peer is not None:
            # Courtesy; a peer that does not take it is no worse for that.
            with suppress(OSError):
                self._peer.send(taken.answer)
        if taken.closed:
            self._drop("said goodbye")
        elif not self._source.midway:
            self._begun_s = None
        elif self._begun_s is None or taken.whole:
            self._begun_s = self._now_s()

    def _drop(self, because: str | None) -> None:
        if self._peer is None:
            return
        self._peer.close()
        self._peer, self._begun_s = None, None
        if because is not None:
            self._remarks.add(f"{self._name} {because}")
