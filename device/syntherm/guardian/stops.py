"""The desks' own door to the guardian: it knows one word, `stop`, and that word can only take the enable away.

It stands beside the session's socket, so that a stop needs nothing of the session. Many desks may be connected, and
none of them is ever waited for.
"""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from syntherm.guardian.sockets import listen, same_user

SUFFIX: Final = ".stop"
"""The path is that of the session's socket, with this at its end."""
STOP: Final = b"stop"
STOPPED: Final = b"stopped"
REFUSED: Final = b"refused: expected stop"
CONNECTIONS: Final = 8
_LONGEST: Final = 16
_AT_ONCE: Final = 4
"""Messages taken from one desk in one turn: whoever says much takes no time from the others."""


class StopDoor:
    """Listens for desks of this user. No call waits."""

    def __init__(self, link_path: str) -> None:
        """Listen beside `link_path`; a socket that nobody listens on is replaced. Raises OSError."""
        self.path = link_path + SUFFIX
        self.listener = listen(self.path, CONNECTIONS)
        self._desks: list[socket.socket] = []
        self._asking: list[socket.socket] = []

    def wants(self) -> list[socket.socket]:
        """What is to be waited on for reading."""
        return [self.listener, *self._desks]

    def stops(self) -> bool:
        """Whether a desk asks for the enable to fall; to be answered by `tell` when that is done."""
        self._accept()
        for desk in list(self._desks):
            self._hear(desk)
        return bool(self._asking)

    def tell(self) -> None:
        """Tell those who asked that the enable was taken away."""
        asking, self._asking = self._asking, []
        for desk in asking:
            _say(desk, STOPPED)

    def close(self) -> None:
        """End all, and remove the path."""
        for each in (*self._desks, self.listener):
            each.close()
        self._desks.clear()
        with suppress(OSError):
            Path(self.path).unlink()

    def _accept(self) -> None:
        for _ in range(CONNECTIONS):
            try:
                desk, _ = self.listener.accept()
            except OSError:
                return
            if not same_user(desk):
                desk.close()
                continue
            desk.setblocking(False)
            self._desks.append(desk)
            if len(self._desks) > CONNECTIONS:
                # Whoever comes may come to stop: so the one that has been here longest goes, heard once more.
                self._hear(self._desks[0])
                if len(self._desks) > CONNECTIONS:
                    self._desks.pop(0).close()

    def _hear(self, desk: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                data = desk.recv(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._desks.remove(desk)
                desk.close()
                return
            if data == STOP:
                self._asking.append(desk)
            else:
                _say(desk, REFUSED)


def _say(desk: socket.socket, data: bytes) -> None:
    # A desk that does not read, or is gone, misses the answer.
    with suppress(OSError):
        desk.send(data)
