"""How the one peer comes about: it connects to us, or we connect to it. Neither ever waits."""

import errno
import os
import select
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, Protocol

from syntherm.adapters.scanner.remarks import Remarks
from syntherm.ports.equipment import PortError

_ACCEPTED_AT_ONCE: Final = 8
# A peer whose cable was cut says nothing: the system asks after 5 s, thrice, so that another can come after 11 s.
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3))

Met = tuple[socket.socket, str]
"""A connection that does not block, and the peer's name for a remark."""


class Way(Protocol):
    """Where peers come from."""

    @property
    def address(self) -> tuple[str, int]:
        """Where we listen, or to whom we connect."""
        ...

    def fileno(self) -> int | None:
        """The descriptor on which one may arrive, if there is any."""
        ...

    def next(self, present: str | None) -> Met | None:
        """Somebody new, if there is; `present` is who is connected already, and keeps everybody else out."""
        ...

    def close(self) -> None:
        """Give up the address."""
        ...


def _kept_alive(peer: socket.socket) -> None:
    peer.setblocking(False)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        peer.setsockopt(socket.IPPROTO_TCP, option, value)


class Listening:
    """The peer connects to us; a second is refused and named."""

    def __init__(self, host: str, port: int, remarks: Remarks) -> None:
        """Listen. Raises PortError if the address cannot be had."""
        self._remarks = remarks
        self._door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._door.bind((host, port))
            self._door.listen(_ACCEPTED_AT_ONCE)
            self._door.setblocking(False)
        except (OSError, OverflowError) as error:
            self._door.close()
            raise PortError(f"cannot listen for a scanner on {host}:{port}: {error}") from error

    @property
    def address(self) -> tuple[str, int]:
        """Where it really listens."""
        host, port = self._door.getsockname()
        return str(host), int(port)

    def fileno(self) -> int:
        """The listening socket's."""
        return self._door.fileno()

    def next(self, present: str | None) -> Met | None:
        """Let the first in, and refuse all others that wait."""
        met: Met | None = None
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                peer, (host, port) = self._door.accept()
            except OSError:
                # Nobody is there, or who was is gone again.
                break
            if present is not None:
                peer.close()
                self._remarks.add(f"refused a connection from {host}: {present} is connected")
                continue
            try:
                _kept_alive(peer)
            except OSError:
                peer.close()
                continue
            present = f"{host}:{port}"
            met = peer, present
        return met

    def close(self) -> None:
        """Give up the address."""
        self._door.close()


class Dialling:
    """We connect to the peer, and again `retry_s` after that failed or ended."""

    def __init__(self, host: str, port: int, retry_s: float, now_s: Callable[[], float], remarks: Remarks) -> None:
        """Raises PortError unless `host` is an address in numbers: to look a name up may wait."""
        try:
            ip_address(host)
        except ValueError as error:
            raise PortError(f"cannot connect to a scanner at {host!a}: expected an address in numbers") from error
        self._host, self._port, self._retry_s, self._now_s, self._remarks = host, port, retry_s, now_s, remarks
        self._calling: socket.socket | None = None
        self._due_s = float("-inf")

    @property
    def address(self) -> tuple[str, int]:
        """To whom it connects."""
        return self._host, self._port

    def fileno(self) -> None:
        """None: whether a call was answered is seen at the next asking."""
        return

    def next(self, present: str | None) -> Met | None:
        """Begin a call when one is due; the connection once it stands."""
        if present is not None:
            return None
        if self._calling is None:
            self._call()
        if self._calling is None:
            return None
        if select.select([], [self._calling], [], 0.0)[1]:
            return self._answered(self._calling)
        if self._now_s() >= self._due_s:
            self._fail("no answer")
        return None

    def close(self) -> None:
        """Give up a call under way."""
        if self._calling is not None:
            self._calling.close()
            self._calling = None

    def _call(self) -> None:
        if self._now_s() < self._due_s:
            return
        self._due_s = self._now_s() + self._retry_s
        self._calling = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_STREAM)
        self._calling.setblocking(False)
        code = self._calling.connect_ex((self._host, self._port))
        if code not in (0, errno.EINPROGRESS):
            self._fail(os.strerror(code))

    def _answered(self, peer: socket.socket) -> Met | None:
        code = peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            self._fail(os.strerror(code))
            return None
        _kept_alive(peer)
        self._calling = None
        return peer, f"{self._host}:{self._port}"

    def _fail(self, because: str) -> None:
        self.close()
        self._remarks.add(f"cannot connect to {self._host}:{self._port}: {because}")
