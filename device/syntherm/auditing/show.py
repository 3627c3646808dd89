"""The entries of a record as lines to read, or one of them whole; also of a record that a session is writing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from syntherm.audit.chain import Entry
from syntherm.audit.reader import UnreadableRecord
from syntherm.auditing.clock import SessionClock, minutes
from syntherm.auditing.entries import ANSWERS, clock_at, entries, is_closed, last_before, last_entry
from syntherm.auditing.looks import Json, parse, short
from syntherm.auditing.told import Teller

HEADING = f"{'entry':>7} {'session':>9}  {'UTC':<23}  {'kind':<10}  what"


@attrs.frozen
class Choice:
    """Which entries: numbers `first` to `last`, of some kinds, only those in which something happened."""

    first: int = 1
    last: int | None = None
    kinds: frozenset[str] = frozenset()
    notable: bool = False

    def shows(self, entry: Entry, notable: bool) -> bool:
        """Whether an entry is wanted."""
        return (not self.kinds or entry.kind in self.kinds) and (notable or not self.notable)


class Lines:
    """The lines of a record. Each call of `new` goes on where the last one ended."""

    def __init__(self, path: Path, choice: Choice) -> None:
        """Raises UnreadableRecord."""
        self._path, self._choice, self._next = path, choice, choice.first
        self._clock: SessionClock = clock_at(path, choice.first)
        self._teller = Teller(last_before(path, choice.first, "decision"))
        self._event: str | None = None

    def new(self) -> Iterator[str]:
        """Lines for all entries that are there by now. Raises UnreadableRecord."""
        for entry in entries(self._path, self._next, self._choice.last):
            self._next = entry.seq + 1
            yield from self._lines(entry)

    def _lines(self, entry: Entry) -> Iterator[str]:
        session_s = self._clock.at(entry.kind, entry.at_s, entry.utc)
        told = self._teller.tell(entry, parse(entry.body))
        line = f"{entry.seq:>7} {minutes(session_s):>9}  {_moment(entry.utc)}  {short(entry.kind, 10):<10}  {told}"
        shows = self._choice.shows(entry, self._teller.notable)
        if shows and self._event is not None and entry.kind in ANSWERS:
            yield self._event
        if shows:
            yield line
        if shows or entry.kind not in ANSWERS:
            self._event = None
        if not shows and entry.kind == "event" and self._choice.shows(entry, True):
            self._event = line  # shown only if its answer is


def _moment(utc: str) -> str:
    return f"{short(utc, 40).replace('T', ' ')[:23]:<23}"


def follow(path: Path, lines: Lines, wait: Callable[[], None]) -> Iterator[str]:
    """Lines as they come, until the session is closed. `wait` lets time pass. Raises UnreadableRecord."""
    while True:
        ended = is_closed(path)
        yield from lines.new()
        if ended:
            return
        wait()


def whole_entry(path: Path, number: int) -> str:
    """One entry, whole, as indented JSON. Raises UnreadableRecord, also if there is no such entry."""
    found = next(entries(path, number, number), None)
    if found is None:
        last = last_entry(path)
        count = "none" if last is None else f"1 to {last.seq}"
        raise UnreadableRecord(f"{path}: no entry {number}, expected a number of an entry: {count}")
    return json.dumps(as_json(found), indent=2)


def as_json(entry: Entry) -> dict[str, Json]:
    """An entry as an object: the chain in hex, the body as what it says."""
    return {
        "seq": entry.seq, "kind": entry.kind, "at_s": entry.at_s, "utc": entry.utc, "chain": entry.chain.hex(),
        "body": parse(entry.body),
    }  # fmt: skip
