"""The session's end of the link: a local socket for this user alone, its connections, and their bounded lines."""

import os
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from syntherm.link.messages import LONGEST

MODE: Final = 0o600
CONNECTIONS: Final = 8
LINES_AT_ONCE: Final = 4
"""Lines taken from one connection in one call: each act costs a durable record, and a stop must not wait for many."""
UNSENT: Final = 256 * 1024
_CHUNK: Final = 4 * LONGEST
_CREDENTIALS: Final = struct.Struct("3i")


class LinkFailed(Exception):
    """The socket cannot be had. One line: its path, and what was found."""


@attrs.frozen
class Line:
    """A line from a connection, without its end; None if it was longer than any message may be."""

    connection: int
    data: bytes | None


@attrs.define(eq=False)
class _Connection:
    stream: socket.socket
    read: bytearray = attrs.Factory(bytearray)
    unsent: bytearray = attrs.Factory(bytearray)
    ended: bool = False


class Door:
    """Listens for desks of this user. No call waits."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`, which is made. Raises LinkFailed."""
        self._path = path
        self._connections: dict[int, _Connection] = {}
        self._numbers = 0
        self._listener = _listen(path)

    def filenos(self) -> tuple[int, ...]:
        """The descriptors on which something may arrive."""
        return (self._listener.fileno(), *(each.stream.fileno() for each in self._connections.values()))

    @property
    def connections(self) -> tuple[int, ...]:
        """The connections that stand, by number."""
        return tuple(self._connections)

    def lines(self) -> tuple[Line, ...]:
        """What has come whole since the last call, at most a few of each connection."""
        self._accept()
        lines: list[Line] = []
        for number, connection in list(self._connections.items()):
            self._flush(connection)
            lines += [Line(number, data) for data in _whole(connection)]
            # Bytes that came before an end are still heard; one that only listens is no fault.
            if connection.ended and b"\n" not in connection.read:
                self.drop(number)
        return tuple(lines)

    def send(self, number: int, data: bytes) -> None:
        """Send one line, its end with it; a connection that does not read is dropped. Unknown numbers are let be."""
        connection = self._connections.get(number)
        if connection is None:
            return
        if len(connection.unsent) + len(data) > UNSENT:
            self.drop(number)
            return
        connection.unsent += data
        self._flush(connection)

    def behind(self, number: int) -> bool:
        """Whether a connection has not yet read what was sent."""
        connection = self._connections.get(number)
        return connection is None or bool(connection.unsent)

    def drop(self, number: int) -> None:
        """End a connection."""
        connection = self._connections.pop(number, None)
        if connection is not None:
            connection.stream.close()

    def close(self) -> None:
        """End all, and take the socket away."""
        for number in list(self._connections):
            self.drop(number)
        self._listener.close()
        with suppress(OSError):
            self._path.unlink()

    def _accept(self) -> None:
        for _ in range(CONNECTIONS):
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            if len(self._connections) >= CONNECTIONS or _user(stream) != os.getuid():
                stream.close()
                continue
            stream.setblocking(False)
            self._numbers += 1
            self._connections[self._numbers] = _Connection(stream)

    def _flush(self, connection: _Connection) -> None:
        try:
            while connection.unsent:
                del connection.unsent[: connection.stream.send(connection.unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            connection.unsent.clear()
            connection.ended = True


def _whole(connection: _Connection) -> list[bytes | None]:
    """The next lines of a connection, in bounded memory: no more is read than can be looked at."""
    if len(connection.read) <= _CHUNK and not connection.ended:
        try:
            data = connection.stream.recv(_CHUNK)
            connection.ended = not data
            connection.read += data
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            connection.ended = True
    lines: list[bytes | None] = []
    while len(lines) < LINES_AT_ONCE and (end := connection.read.find(b"\n")) >= 0:
        if end >= LONGEST:
            break
        lines.append(bytes(connection.read[:end]))
        del connection.read[: end + 1]
    if len(lines) < LINES_AT_ONCE and len(connection.read) > LONGEST:
        # Whether its end has come already or not: what follows a line that is too long is not looked for.
        connection.read.clear()
        connection.ended = True
        lines.append(None)
    return lines


def _listen(path: Path) -> socket.socket:
    _free(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~MODE)
    try:
        listener.bind(str(path))
        path.chmod(MODE)
        listener.listen(CONNECTIONS)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise LinkFailed(f"{path}: no socket for the desk can be made ({error.strerror or error})") from error
    finally:
        os.umask(before)
    return listener


def _free(path: Path) -> None:
    """Take away a socket at which nobody listens any more. Raises LinkFailed for anything else that is there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise LinkFailed(f"{path}: {error.strerror}, expected room for a socket") from error
    if not stat.S_ISSOCK(mode):
        raise LinkFailed(f"{path}: found something that is no socket, expected nothing or an old socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise LinkFailed(f"{path}: found a socket that cannot be asked ({error.strerror})") from error
    raise LinkFailed(f"{path}: found a session that listens already, expected none")


def _user(stream: socket.socket) -> int:
    try:
        told = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return -1
    return int(_CREDENTIALS.unpack(told)[1])
