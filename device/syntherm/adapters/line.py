"""A line of bytes to a device: a serial port, or one behind a serial server. No call outlasts its deadline."""

from typing import Protocol

import serial


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


class SerialLine:
    """A line over pyserial: a device's path, or a URL such as `rfc2217://127.0.0.1:4000`; 8 data bits, no parity."""

    def __init__(self, url: str, baud: int) -> None:
        """Open it, for this process alone where the system can. Raises LineFailed."""
        self._url = url
        # pyserial knows no deadline for writing to a serial server: its socket takes a few bytes at once or is gone.
        self._bounded = not url.startswith("rfc2217://")
        try:
            if self._bounded:
                self._port = serial.serial_for_url(url, baudrate=baud, timeout=0.0, write_timeout=0.0, exclusive=True)
            else:
                self._port = serial.serial_for_url(url, baudrate=baud, timeout=0.0)
        except (serial.SerialException, ValueError, OSError) as error:
            raise LineFailed(f"{url}: {error}") from error

    def send(self, data: bytes, within_s: float) -> None:
        """As Line.send; behind a serial server without the deadline."""
        try:
            # Each setting of a deadline sets up the whole port anew: only where it changes.
            if self._bounded and self._port.write_timeout != within_s:
                self._port.write_timeout = within_s
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise LineFailed(f"{self._url}: {error}") from error

    def receive(self, within_s: float) -> bytes:
        """As Line.receive."""
        try:
            if not self._port.in_waiting and self._port.timeout != within_s:
                self._port.timeout = within_s
            first: bytes = self._port.read(1)
            if not first:
                return b""
            rest: bytes = self._port.read(self._port.in_waiting)
        except (serial.SerialException, OSError, TypeError) as error:
            # TypeError: pyserial's own answer to a port that was closed beneath it.
            raise LineFailed(f"{self._url}: {error}") from error
        return first + rest

    def close(self) -> None:
        """Give the line back; what was sent stays sent."""
        self._port.close()
