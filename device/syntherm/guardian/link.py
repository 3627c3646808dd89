"""The session's connection: messages on a UNIX socket that keeps their bounds and ends when the session dies."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from syntherm.guardian.messages import LONGEST
from syntherm.guardian.sockets import listen, same_user

_AT_ONCE: Final = 64


class Link:
    """One session at a time, of the same user; another is turned away."""

    def __init__(self, path: str) -> None:
        """Listen at `path`; a socket that nobody listens on is replaced. Raises OSError."""
        self._path = Path(path)
        self.listener = listen(path, 1)
        self.connected: socket.socket | None = None

    def accept(self) -> bool:
        """Take a session; False if there is one already, or it is another user's."""
        try:
            connected, _ = self.listener.accept()
        except OSError:
            return False
        if self.connected is not None or not same_user(connected):
            connected.close()
            return False
        connected.setblocking(False)
        self.connected = connected
        return True

    def messages(self) -> tuple[list[bytes], bool]:
        """What has come, and whether the session is still there."""
        got: list[bytes] = []
        while self.connected is not None and len(got) < _AT_ONCE:
            try:
                data = self.connected.recv(LONGEST + 1)
            except BlockingIOError:
                return got, True
            except OSError:
                data = b""
            if not data:
                self._lose()
                return got, False
            got.append(data)
        return got, self.connected is not None

    def tell(self, data: bytes) -> None:
        """Send a message if the session takes it now; one that does not read misses it."""
        if self.connected is not None:
            with suppress(OSError):
                self.connected.send(data)

    def close(self) -> None:
        """End it, and remove the path."""
        self._lose()
        self.listener.close()
        with suppress(OSError):
            self._path.unlink()

    def _lose(self) -> None:
        if self.connected is not None:
            self.connected.close()
        self.connected = None
