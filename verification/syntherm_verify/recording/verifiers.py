"""Both verifiers of a record, asked in the same way: the device's own, and the one that shares no code with it."""

import importlib.util
import sqlite3
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs

from syntherm.audit.keys import PublicKey
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.verify import verify

INDEPENDENT: Final = Path(__file__).parents[2] / "independent" / "verify_record.py"


@attrs.frozen
class Answer:
    """What a verifier says. `refused`: that there is no record at all; `first_bad` is None for a sound one."""

    first_bad: int | None
    findings: tuple[tuple[int, str], ...] = ()
    entries: int = 0
    head: str = ""
    refused: str | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.refused is None and not self.findings

    @property
    def named(self) -> str:
        """The answer in a word: sound, refused, or the number of the first bad entry."""
        if self.refused is not None:
            return "refused"
        return "sound" if self.first_bad is None else str(self.first_bad)


class _Connections:
    """Stands before the module `sqlite3` and closes what was opened through it.

    A program that verifies one record and ends may leave that to the collector; here the next writer would wait for it.
    """

    def __init__(self) -> None:
        self._open: list[sqlite3.Connection] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, database: str, **how: Any) -> sqlite3.Connection:
        """A connection that is closed with all others."""
        self._open.append(sqlite3.connect(database, **how))
        return self._open[-1]

    def close(self) -> None:
        """Close all."""
        while self._open:
            self._open.pop().close()


_connections: Final = _Connections()
Verifier = Callable[[Path, str | None, Sequence[PublicKey]], Answer]


def ours(path: Path, head: str | None, keys: Sequence[PublicKey]) -> Answer:
    """The device's verifier."""
    try:
        result = verify(path, head, keys)
    except UnreadableRecord as error:
        return Answer(None, refused=str(error))
    findings = tuple((finding.entry, finding.says) for finding in result.findings)
    return Answer(result.first_bad, findings, result.entries, result.head)


def independent(path: Path, head: str | None, keys: Sequence[PublicKey]) -> Answer:
    """The verifier that was written from the format alone."""
    try:
        it = _module().verify(path, head, [key.raw_hex for key in keys])
    except (ValueError, OSError) as error:
        return Answer(None, refused=str(error))
    finally:
        _connections.close()
    first_bad = min((number for number, _ in it.found if number), default=0) if it.found else None
    return Answer(first_bad, tuple(it.found), it.count, it.chain.hex())


@cache
def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_record", INDEPENDENT)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(INDEPENDENT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    vars(module)["sqlite3"] = _connections
    return module
