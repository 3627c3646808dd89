"""The scanner's stream on its way through the guardian: passed on first, then copied. Nothing in it is changed."""

import socket
from contextlib import suppress
from typing import Final

PIECE: Final = 262_144
MOST_WAITING: Final = 64 * 1024 * 1024
"""Bytes that a side has not taken. Beyond it the other side is not read, so that its sender waits."""
REACHED_S: Final = 0.01
"""Nothing else is looked at meanwhile. On the same machine, or beside it, a session answers at once or not at all."""


class _Side:
    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.waiting = bytearray()
        self.ended = False  # nothing more comes from it
        self.told = False  # it was told that nothing more comes to it
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def push(self) -> None:
        """Hand over what the system takes now. Raises OSError."""
        while self.waiting:
            try:
                sent = self.socket.send(memoryview(self.waiting)[:PIECE])
            except BlockingIOError:
                return
            del self.waiting[:sent]


class Tee:
    """One scanner at a time, joined to the session's listener."""

    def __init__(self, listen: tuple[str, int], session: tuple[str, int]) -> None:
        """Listen for the scanner. Raises OSError."""
        self.listener = socket.create_server(listen)
        self.listener.setblocking(False)
        # Once, and now: looking for a name may take seconds.
        host = socket.getaddrinfo(*session, type=socket.SOCK_STREAM)[0][4][0]
        self._session = (str(host), session[1])
        self._scanner: _Side | None = None
        self._onward: _Side | None = None

    def accept(self) -> bool:
        """Take a scanner and reach the session for it; a second scanner, or one without a session, is turned away."""
        try:
            connected, _ = self.listener.accept()
        except OSError:
            return False
        if self._scanner is not None:
            connected.close()
            return False
        try:
            onward = socket.create_connection(self._session, timeout=REACHED_S)
        except OSError:
            connected.close()
            return False
        self._scanner, self._onward = _Side(connected), _Side(onward)
        return True

    def wants(self) -> tuple[list[socket.socket], list[socket.socket]]:
        """The sockets to be waited on, for reading and for writing."""
        pairs = self._pairs()
        reads = [here.socket for here, there in pairs if not here.ended and len(there.waiting) < MOST_WAITING]
        return [self.listener, *reads], [there.socket for _, there in pairs if there.waiting]

    def pump(self) -> bytes:
        """Pass on what has come, both ways; the scanner's bytes, already passed on, as a copy."""
        copied = b""
        try:
            for number, (here, there) in enumerate(self._pairs()):
                passed = self._pass(here, there)
                copied = passed if number == 0 else copied
        except OSError:
            self.hang_up()
        pairs = self._pairs()
        if pairs and all(here.ended and not there.waiting for here, there in pairs):
            self.hang_up()
        return copied

    def _pairs(self) -> list[tuple[_Side, _Side]]:
        if self._scanner is None or self._onward is None:
            return []
        return [(self._scanner, self._onward), (self._onward, self._scanner)]

    def _pass(self, here: _Side, there: _Side) -> bytes:
        data = b""
        there.push()
        if not here.ended and len(there.waiting) < MOST_WAITING:
            with suppress(BlockingIOError):
                data = here.socket.recv(PIECE)
                here.ended = not data
        there.waiting += data
        there.push()
        if here.ended and not there.waiting and not there.told:
            # One way may end before the other: the session still answers.
            there.told = True
            there.socket.shutdown(socket.SHUT_WR)
        return data

    def hang_up(self) -> None:
        """End both sides; what one has not taken yet is sent if the system takes it at once."""
        for side in (self._scanner, self._onward):
            if side is not None:
                with suppress(OSError):
                    side.push()
                side.socket.close()
        self._scanner = self._onward = None

    def close(self) -> None:
        """End it."""
        self.hang_up()
        self.listener.close()
