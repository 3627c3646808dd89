"""A pseudo-terminal whose far end is a simulated device: the path is a serial port to whoever opens it."""

import os
import select
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Final, Protocol

_PIECE: Final = 4096
_LOOK_S: Final = 0.002
"""How often a server in the background looks for what its device says unasked."""


class Device(Protocol):
    """A state machine without IO."""

    def answer(self, data: bytes) -> bytes:
        """What it says at once to these bytes."""
        ...

    def unasked(self) -> bytes:
        """What it says of itself by now, each byte once."""
        ...


class PtyServer:
    """Owns both ends, so that clients may come and go. `lock` guards the device while a thread serves it.

    In a loop with other servers: wait for `fileno()` to be readable, call `on_readable()`, and `tell()` now and then.
    """

    def __init__(self, device: Device) -> None:
        """Open the pair in raw mode. Raises OSError where the system has none left."""
        self._device = device
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.lock = Lock()
        self._done = Event()
        self._closed = False
        self._thread: Thread | None = None

    def fileno(self) -> int:
        """For select."""
        return self._master

    def on_readable(self) -> None:
        """Hand what has come to the device, and send its answer."""
        try:
            data = os.read(self._master, _PIECE)
        except BlockingIOError:
            return
        with self.lock:
            said = self._device.answer(data)
        self._send(said)

    def tell(self) -> None:
        """Send what the device says unasked."""
        with self.lock:
            said = self._device.unasked()
        self._send(said)

    def close(self) -> None:
        """Pull the plug: whoever has the path open reads an error. May be called twice."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        if not self._closed:
            self._closed = True
            os.close(self._master)
            os.close(self._slave)

    @contextmanager
    def in_background(self) -> Iterator[str]:
        """Serve from a thread; gives the path. Closes at the end."""
        self._thread = Thread(target=self._serve, name=f"pty {self.path}", daemon=True)
        self._thread.start()
        try:
            yield self.path
        finally:
            self.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            ready, _, _ = select.select([self._master], [], [], _LOOK_S)
            if ready:
                self.on_readable()
            self.tell()

    def _send(self, said: bytes) -> None:
        # A client that does not read fills the terminal's buffer; like a real line, the rest is lost.
        while said:
            try:
                said = said[os.write(self._master, said) :]
            except BlockingIOError:
                return
