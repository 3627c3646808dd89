"""The desk's end of the link: bounded lines from the session, and acts to it."""

import json
import select
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from syntherm.link.messages import VERSION

LONGEST: Final = 1 << 20
_CHUNK: Final = 65536
Json = Mapping[str, object]


class LinkLost(Exception):
    """The session cannot be reached, or is gone. One line."""


class DeskClient:
    """One connection to a session."""

    def __init__(self, path: Path) -> None:
        """Connect and greet. Raises LinkLost."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._read = bytearray()
        self._numbers = 0
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise LinkLost(f"{path}: no session listens there ({error.strerror or error})") from error
        self._send({"kind": "hello", "version": VERSION})

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def act(self, act: str, person: str, item: str | None, reason: str, secret: str | None) -> int:
        """Do something; returns the number that the answer will bear. Raises LinkLost."""
        message: dict[str, object] = {"kind": "act", "act": act, "person": person}
        if item is not None:
            message["item"] = item
        if reason:
            message["reason"] = reason
        if secret is not None:
            message["secret"] = secret
        return self._numbered(message)

    def leave(self, person: str) -> int:
        """Close the session; returns the number that the answer will bear. Raises LinkLost."""
        return self._numbered({"kind": "close", "person": person})

    def messages(self, within_s: float) -> list[Json]:
        """What the session said, waiting for it at most so long. Raises LinkLost."""
        if b"\n" not in self._read and not select.select([self._socket], [], [], within_s)[0]:
            return []
        if select.select([self._socket], [], [], 0.0)[0]:
            try:
                data = self._socket.recv(_CHUNK)
            except OSError as error:
                raise LinkLost(f"the session is gone ({error.strerror})") from error
            if not data:
                raise LinkLost("the session has ended")
            self._read += data
        if len(self._read) > LONGEST:
            raise LinkLost(f"the session sent more than {LONGEST} bytes without an end of line")
        *lines, rest = bytes(self._read).split(b"\n")
        self._read = bytearray(rest)
        return [message for line in lines if (message := _object(line)) is not None]

    def close(self) -> None:
        """Hang up; the session goes on."""
        self._socket.close()

    def _numbered(self, message: dict[str, object]) -> int:
        self._numbers += 1
        self._send({**message, "number": self._numbers})
        return self._numbers

    def _send(self, message: Json) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError as error:
            raise LinkLost(f"the session is gone ({error.strerror})") from error


def _object(line: bytes) -> Json | None:
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
