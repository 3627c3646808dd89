"""Writes the record of a small day at full rate, and says after each write that it has returned.

Run as a program, it is what the power-loss trials trace: `python -m syntherm_verify.crash.scribe FOLDER WAY COUNT`.
"""

import sqlite3
import sys
from collections.abc import Callable, Sequence
from enum import Enum, unique
from pathlib import Path
from typing import Final

from syntherm.audit.writer import AuditWriter
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_verify.recording.steps import Step, closed, first_steps, opened

RECORD: Final = "record.db"
ACKNOWLEDGED: Final = "acknowledged"
CLOSED: Final = "closed"
"""Said with the last head: the record is sealed."""
SEED: Final = 1
KEY: Final = demonstration_key(SEED)


@unique
class Way(Enum):
    """How the record is written: as it ships, or weakened, so that a trial can be seen to fail."""

    SHIPPED = "shipped"
    NORMAL = "synchronous-normal"
    DELETE = "delete-journal"


class WeakenedWriter(AuditWriter):
    """The shipped writer, on a connection that promises less."""

    def weaken(self, way: Way) -> None:
        """Change what the connection promises."""
        if way is Way.NORMAL:
            self._db.execute("PRAGMA synchronous = NORMAL")
        elif way is Way.DELETE:
            self._db.execute("PRAGMA journal_mode = DELETE")


def write(path: Path, steps: Sequence[Step], acknowledge: Callable[[str], None], way: Way = Way.SHIPPED) -> None:
    """A whole record, from its first entry to its seal. `acknowledge` is told the head after each write returned."""
    writer = WeakenedWriter(path, KEY, create=True)
    writer.weaken(way)
    opened(writer, demonstration_session(SEED))
    acknowledge(writer.head)
    for step in steps:
        step.to(writer)
        acknowledge(writer.head)
    acknowledge(f"{closed(writer, steps)} {CLOSED}")


def main(arguments: Sequence[str]) -> None:
    """Write a record into a folder, and each acknowledgement into a file beside it."""
    folder, way = Path(arguments[0]), Way(arguments[1])
    steps = first_steps(int(arguments[2]))
    with (folder / ACKNOWLEDGED).open("wb", buffering=0) as file:
        write(folder / RECORD, steps, lambda said: _say(file.write, said), way)


def _say(write: Callable[[bytes], object], said: str) -> None:
    write(f"{said}\n".encode())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except sqlite3.Error as error:
        sys.exit(f"{error}")
