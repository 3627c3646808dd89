"""The session's end of the guardian's connection: what it says, and what it tells of itself."""

import re
import socket
from contextlib import suppress
from typing import Final

import attrs

_STATE: Final = re.compile(
    rb"state n=([0-9]{1,15}) mode=([a-z]{1,12}) enabled=([01]) dropped=([a-z-]{1,20})"
    rb" tripped=([a-z,-]{1,200}) failing=([a-z,-]{1,200})"
)
_LONGEST: Final = 512
_AT_ONCE: Final = 64


@attrs.frozen
class GuardianState:
    """What the guardian last said of itself. Causes are words as in docs/guardian.md; `dropped` is None without one."""

    number: int
    mode: str
    enabled: bool
    dropped: str | None
    tripped: frozenset[str]
    failing: frozenset[str]


def read_state(data: bytes) -> GuardianState | None:
    """The state in a message; None if it is no state."""
    found = _STATE.fullmatch(data) if len(data) <= _LONGEST else None
    if found is None:
        return None
    number, mode, enabled, dropped, tripped, failing = (part.decode("ascii") for part in found.groups())
    if "" in _words(tripped) | _words(failing):
        return None
    return GuardianState(
        number=int(number),
        mode=mode,
        enabled=enabled == "1",
        dropped=None if dropped == "-" else dropped,
        tripped=_words(tripped),
        failing=_words(failing),
    )


def _words(text: str) -> frozenset[str]:
    return frozenset() if text == "-" else frozenset(text.split(","))


class GuardianLost(Exception):
    """The guardian cannot be reached."""


class GuardianLink:
    """A connection that ends with either process. Nothing here waits."""

    def __init__(self, path: str) -> None:
        """Connect to the guardian that listens at `path`. Raises GuardianLost."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise GuardianLost(f"guardian at {path}: {error}") from error
        self._socket.setblocking(False)
        self.up = True
        self.missed = 0
        """Messages that the guardian did not take."""
        self.refused = ""
        """The guardian's last refusal, for people to read."""

    def fileno(self) -> int:
        """What to wait on: it is ready as soon as the guardian says something."""
        return self._socket.fileno()

    def send(self, text: str) -> None:
        """Say something. A guardian that does not read misses it; one that is gone is found gone."""
        if not self.up:
            return
        try:
            self._socket.send(text.encode("ascii"))
        except BlockingIOError:
            self.missed += 1
        except OSError:
            self.close()

    def states(self) -> list[GuardianState]:
        """What it has said of itself since the last call, oldest first."""
        said: list[GuardianState] = []
        for _ in range(_AT_ONCE):
            if not self.up:
                break
            try:
                data = self._socket.recv(_LONGEST + 1)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.close()
                break
            state = read_state(data)
            if state is not None:
                said.append(state)
            else:
                self.refused = ascii(data.decode("ascii", "replace"))[1:-1]
        return said

    def close(self) -> None:
        """End the connection; the guardian takes the enable away."""
        self.up = False
        with suppress(OSError):
            self._socket.close()
