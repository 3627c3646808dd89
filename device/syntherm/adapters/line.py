"""A line of bytes to a device: a serial port, or one behind a serial server. No call outlasts its deadline."""

import os
import select
import time
from contextlib import suppress
from typing import Final, Protocol

import serial

_PIECE: Final = 4096


class LineFailed(Exception):
    """The line is gone, or took no bytes in time. One line: which, and what the system said."""


class Line(Protocol):
    """What a client needs of its line."""

    def send(self, data: bytes, within_s: float) -> None:
        """Hand over all bytes. Raises LineFailed if that takes longer."""
        ...

    def receive(self, within_s: float) -> bytes:
        """What has come, at once if anything has; nothing if nothing comes in time. Raises LineFailed."""
        ...


class _End(Protocol):
    """Where bytes go in and out. Raises OSError for what failed; pyserial's errors are of that kind."""

    def write(self, data: bytes, within_s: float) -> None: ...

    def read(self, within_s: float) -> bytes: ...


class SerialLine:
    """A line over pyserial: a device's path, or a URL such as `rfc2217://127.0.0.1:4000`; 8 data bits, no parity."""

    def __init__(self, url: str, baud: int) -> None:
        """Open it, for this process alone where the system can. Raises LineFailed."""
        self._url = url
        # pyserial knows no deadline for writing to a serial server: its socket takes a few bytes at once or is gone.
        bounded = not url.startswith("rfc2217://")
        try:
            if bounded:
                self._port = serial.serial_for_url(url, baudrate=baud, timeout=0.0, write_timeout=0.0, exclusive=True)
            else:
                self._port = serial.serial_for_url(url, baudrate=baud, timeout=0.0)
        except (serial.SerialException, ValueError, OSError) as error:
            raise LineFailed(f"{url}: {error}") from error
        local = type(self._port) is serial.Serial and os.name == "posix"
        self._end: _End = _Terminal(self._port) if local else _Served(self._port, bounded)

    def send(self, data: bytes, within_s: float) -> None:
        """As Line.send; behind a serial server without the deadline."""
        try:
            self._end.write(data, within_s)
        except OSError as error:
            raise LineFailed(f"{self._url}: {error}") from error

    def receive(self, within_s: float) -> bytes:
        """As Line.receive."""
        try:
            return self._end.read(within_s)
        except (OSError, TypeError) as error:
            # TypeError: pyserial's own answer to a port that was closed beneath it.
            raise LineFailed(f"{self._url}: {error}") from error

    def close(self) -> None:
        """Give the line back; what was sent stays sent."""
        self._port.close()


class _Terminal:
    """A port of this machine, read and written bare: pyserial sets up the whole port anew for each new deadline."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def write(self, data: bytes, within_s: float) -> None:
        until_s, left = time.monotonic() + within_s, memoryview(data)
        while left:
            with suppress(BlockingIOError):
                left = left[os.write(self._fileno(), left) :]
            left_s = max(0.0, until_s - time.monotonic())
            if left and not select.select((), (self._fileno(),), (), left_s)[1]:
                raise TimeoutError(f"write timeout: {len(left)} of {len(data)} bytes were not taken in {within_s} s")

    def read(self, within_s: float) -> bytes:
        if not select.select((self._fileno(),), (), (), within_s)[0]:
            return b""
        try:
            data = os.read(self._fileno(), _PIECE)
        except BlockingIOError:
            return b""
        if not data:
            raise ConnectionError("ready to be read and gives nothing: gone, or read by another")
        return data

    def _fileno(self) -> int:
        if not self._port.is_open:
            raise ConnectionError("closed")
        return self._port.fileno()


class _Served:
    """Anything else that pyserial opens."""

    def __init__(self, port: serial.Serial, bounded: bool) -> None:
        self._port, self._bounded = port, bounded

    def write(self, data: bytes, within_s: float) -> None:
        # Each setting of a deadline sets up the whole port anew: only where it changes.
        if self._bounded and self._port.write_timeout != within_s:
            self._port.write_timeout = within_s
        self._port.write(data)

    def read(self, within_s: float) -> bytes:
        if not self._port.in_waiting and self._port.timeout != within_s:
            self._port.timeout = within_s
        first: bytes = self._port.read(1)
        return first + self._port.read(self._port.in_waiting) if first else b""
