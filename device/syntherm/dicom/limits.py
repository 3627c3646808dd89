"""A socket under the DICOM library that ends what is too large or too slow before the library keeps it in memory."""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_HEAD: Final = struct.Struct(">BBL")
"""Type, reserved, length of what follows: so each protocol data unit begins."""


class LimitedSocket(socket.socket):
    """Follows the units as they are read. Every refusal is an OSError, by which the library ends the association."""

    def __init__(self, accepted: socket.socket, largest: int, stalled_s: float, say: Callable[[str], None]) -> None:
        """`largest`: bytes of one unit; `stalled_s`: how long one may take. `say` is told of a refusal."""
        super().__init__(fileno=accepted.detach())
        self._largest, self._stalled_s = largest, stalled_s
        self._head = b""
        self._left = 0
        self._begun_s = 0.0
        self._say, self._refusal = say, ""
        self.settimeout(stalled_s)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def recv(self, count: int, flags: int = 0, /) -> bytes:
        """As a socket's. Raises OSError for a unit that is too large, or that does not end in time."""
        if self._refusal:
            raise OSError(self._refusal)
        if self._begun_s and time.monotonic() - self._begun_s > self._stalled_s:
            self.refuse(f"a unit that did not end within {self._stalled_s:g} s")
            raise OSError(self._refusal)
        data = super().recv(count, flags)
        self._follow(data)
        return data

    def shutdown(self, how: int, /) -> None:
        """As a socket's. A peer that is gone already raises nothing: the library would not close the socket then."""
        with suppress(OSError):
            super().shutdown(how)

    def __del__(self) -> None:
        # After some failures the library forgets its socket without closing it.
        self.close()

    def refuse(self, why: str) -> None:
        """Nothing more is read of it."""
        if not self._refusal:
            self._refusal = why
            self._say(f"refused a connection that sent {why}")

    def _follow(self, data: bytes) -> None:
        rest = data
        while rest:
            if not self._begun_s:
                self._begun_s = time.monotonic()
            if len(self._head) < _HEAD.size:
                need = _HEAD.size - len(self._head)
                self._head, rest = self._head + rest[:need], rest[need:]
                if len(self._head) < _HEAD.size:
                    return
                self._left = _HEAD.unpack(self._head)[2]
                if self._left > self._largest:
                    self.refuse(f"a unit of {self._left} bytes; at most {self._largest} are taken")
                    raise OSError(self._refusal)
            taken = min(self._left, len(rest))
            self._left -= taken
            rest = rest[taken:]
            if not self._left:
                self._head, self._begun_s = b"", 0.0
