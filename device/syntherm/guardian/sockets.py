"""Local sockets for this user alone, which keep the bounds of messages."""

import os
import socket
import struct
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")


def listen(path: str, waiting: int) -> socket.socket:
    """Listen at `path`; a socket that nobody listens on is replaced. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if Path(path).is_socket() and not _answers(path):
        Path(path).unlink()
    old = os.umask(0o177)
    try:
        listener.bind(path)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(old)
    listener.listen(waiting)
    listener.setblocking(False)
    return listener


def same_user(connected: socket.socket) -> bool:
    """Whether the peer is a process of this user."""
    try:
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return False
    return bool(_CREDENTIALS.unpack(credentials)[1] == os.getuid())


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
