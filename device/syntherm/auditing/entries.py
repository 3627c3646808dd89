"""Entries of a record in short reads: a pager that waits for its reader holds no lock that the session needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from syntherm.audit.chain import Entry
from syntherm.audit.reader import AuditReader
from syntherm.auditing.clock import SessionClock

_BATCH: Final = 500
_COLUMNS: Final = "SELECT seq, kind, at_s, utc, body, chain FROM entries"
_ENTRY: Final = (int, str, float, str, str, bytes)
ANSWERS: Final = frozenset({"decision", "refusal", "crash"})
"""Kinds that say what came of an event."""


class _Window(AuditReader):
    """A reader that finds entries by number."""

    def from_number(self, first: int, last: int | None) -> list[Entry]:
        """The next entries from a number on, a batch at most."""
        end, values = ("", (str(first),)) if last is None else (" AND seq <= ?", (str(first), str(last)))
        query = f"{_COLUMNS} WHERE seq >= ?{end} ORDER BY seq LIMIT {_BATCH}"
        return [Entry(*row) for row in self._rows(query, _ENTRY, *values)]

    def last_before(self, number: int, kind: str) -> Entry | None:
        """The last entry of a kind before a number."""
        query = f"{_COLUMNS} WHERE seq < ? AND kind = ? ORDER BY seq DESC LIMIT 1"
        return next((Entry(*row) for row in self._rows(query, _ENTRY, str(number), kind)), None)

    def last(self) -> Entry | None:
        """The last entry so far."""
        return next((Entry(*row) for row in self._rows(f"{_COLUMNS} ORDER BY seq DESC LIMIT 1", _ENTRY)), None)

    def counts(self) -> dict[str, int]:
        """How many entries there are of each kind."""
        query = "SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY kind"
        return {row[0]: row[1] for row in self._rows(query, (str, int))}

    def turns(self, number: int) -> list[tuple[int, str, float, str]]:
        """Number, kind and times of entries before a number at which a run of a controller begins, or ends."""
        runs = "kind IN ('opened', 'resumed')"
        query = f"""SELECT seq, kind, at_s, utc FROM entries WHERE seq < ? AND ({runs}
                    OR seq IN (SELECT seq - 1 FROM entries WHERE kind = 'resumed')) ORDER BY seq"""
        return [(row[0], row[1], row[2], row[3]) for row in self._rows(query, (int, str, float, str), str(number))]


def entries(path: Path, first: int = 1, last: int | None = None) -> Iterator[Entry]:
    """Entries in the order of their numbers, also of a record that is being written: up to its present end.

    Raises UnreadableRecord.
    """
    while True:
        with _Window(path) as window:
            found = window.from_number(first, last)
        yield from found
        if len(found) < _BATCH:
            return
        first = found[-1].seq + 1


def last_entry(path: Path) -> Entry | None:
    """The last entry so far; None in a record without any. Raises UnreadableRecord."""
    with _Window(path) as window:
        return window.last()


def shape(path: Path) -> tuple[int, dict[str, int]]:
    """Version of the format, and how many entries there are of each kind. Raises UnreadableRecord."""
    with _Window(path) as window:
        return window.version, window.counts()


def is_closed(path: Path) -> bool:
    """Whether a record ends with `closed` and its checkpoint. Raises UnreadableRecord."""
    last = last_entry(path)
    if last is not None and last.kind == "checkpoint":
        last = next(entries(path, last.seq - 1, last.seq - 1), None)
    return last is not None and last.kind == "closed"


def last_before(path: Path, number: int, kind: str) -> Entry | None:
    """The last entry of a kind before a number. Raises UnreadableRecord."""
    with _Window(path) as window:
        return window.last_before(number, kind)


def clock_at(path: Path, number: int) -> SessionClock:
    """The session's clock as it stands before an entry. Raises UnreadableRecord."""
    clock = SessionClock()
    with _Window(path) as window:
        for _, kind, at_s, utc in window.turns(number):
            clock.at(kind, at_s, utc)
    return clock
