"""The session's end of its notary: asks without waiting, and takes the answers as they come."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

from syntherm.core.events import OperatorActed
from syntherm.ports.record import Signature
from syntherm.session.notary import READY, answered, question

WAITING: Final = 8
"""Questions that may wait for their answer."""
_LONGEST: Final = 65536
_ENDS_WITHIN_S: Final = 5.0


class NotaryFailed(Exception):
    """The notary cannot be started. One line."""


class NotaryProcess:
    """Asks the process; once it is gone, no signature is given any more."""

    def __init__(self, register: Path) -> None:
        """Start it, and wait until it has read the register. Raises NotaryFailed."""
        command = [sys.executable, "-I", "-m", "syntherm.session.notary", str(register.resolve())]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)  # noqa: S603
        self._waiting: set[int] = set()
        self._read = bytearray()
        self._questions, self._answers = _open(self._process.stdin), _open(self._process.stdout)
        if self._answers.read(len(READY)) != READY:
            said = _open(self._process.stderr).read(400).decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise NotaryFailed(said[-1] if said else "the notary did not start")
        os.set_blocking(self._answers.fileno(), False)
        os.set_blocking(self._questions.fileno(), False)

    def filenos(self) -> tuple[int, ...]:
        """Where answers arrive."""
        return () if self._answers.closed else (self._answers.fileno(),)

    def ask(self, number: int, act: OperatorActed, secret: str, shown: str) -> bool:
        """Ask whether a secret is the person's; false if that cannot be asked now."""
        if self._answers.closed or len(self._waiting) >= WAITING:
            return False
        line = question(number, act, secret, shown)
        try:
            whole = self._questions.write(line) == len(line)
        except OSError:
            whole = False
        if not whole:
            # A question in part would spoil all that follow.
            self._give_up()
            return False
        self._waiting.add(number)
        return True

    def answers(self) -> tuple[tuple[int, Signature | None], ...]:
        """What has been answered since the last call; all that wait get none once the notary is gone."""
        if not self._answers.closed:
            self._take()
        found = []
        while (end := self._read.find(b"\n")) >= 0:
            line = bytes(self._read[:end])
            del self._read[: end + 1]
            try:
                number, signature = answered(line)
            except ValueError:
                self._give_up()
                break
            if number in self._waiting:
                self._waiting.discard(number)
                found.append((number, signature))
        if self._answers.closed:
            found += [(number, None) for number in sorted(self._waiting)]
            self._waiting.clear()
        return tuple(found)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._give_up()
        self._process.wait(_ENDS_WITHIN_S)

    def _give_up(self) -> None:
        # Without waiting: the session's thread comes here too.
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._process.terminate()

    def _take(self) -> None:
        try:
            data = self._answers.read(_LONGEST)
        except OSError:
            data = b""
        if data is None:
            return
        if not data or len(self._read) > _LONGEST:
            self._give_up()
        self._read += data


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise NotaryFailed("the notary has no pipe")
    return stream
