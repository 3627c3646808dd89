"""A stop that needs nothing of the session: the guardian is told on a socket of its own, and takes the enable away."""

import socket
from pathlib import Path
from typing import Final, Self

REACHED_S: Final = 0.05
ANSWERED_S: Final = 0.5
_SUFFIX: Final = ".stop"
_STOP, _STOPPED = b"stop", b"stopped"


class GuardianStop:
    """One stop on its way. Nothing here raises: the session's stop goes out whatever becomes of this one."""

    def __init__(self, told: socket.socket | None, because: str) -> None:
        self._told, self._because = told, because

    @classmethod
    def sent(cls, link_path: Path) -> Self:
        """Tell the guardian at once; a guardian that cannot be reached is not waited for."""
        told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told.settimeout(REACHED_S)
        try:
            told.connect(f"{link_path}{_SUFFIX}")
            told.send(_STOP)
        except OSError as error:
            told.close()
            return cls(None, error.strerror or str(error))
        return cls(told, "")

    def said(self) -> str:
        """What became of it, in a line for the person."""
        if self._told is None:
            return f"guardian: NOT REACHED ({self._because})"
        with self._told:
            self._told.settimeout(ANSWERED_S)
            try:
                answer = self._told.recv(64)
            except OSError as error:
                return f"guardian: told, NO ANSWER ({error.strerror or error})"
        return "guardian: enable taken away" if answer == _STOPPED else "guardian: told, NO ANSWER"
