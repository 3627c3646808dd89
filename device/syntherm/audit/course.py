"""The order of a record's entries in format 2: writes, runs, both clocks, checkpoints, and how it ends.

Entries come one by one, each after its chain hash was found right; what is wrong is named by the entry that shows it.
"""

import json
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from syntherm.audit import checkpoint
from syntherm.audit.chain import Entry
from syntherm.audit.keys import PublicKey
from syntherm.audit.writer import MOVED_S

KINDS: Final = frozenset(
    {
        "opened",
        "event",
        "decision",
        "maps",
        "refusal",
        "crash",
        "remark",
        "signature",
        "clock",
        "resumed",
        "closed",
        "unsigned",
    }
    | {"checkpoint"}
)
_BEGINS: Final = frozenset({"opened", "resumed", "clock", "event", "unsigned", "closed"})
_AFTER_CLOCK: Final = frozenset({"event", "unsigned", "closed"})
_STATES: Final = re.compile(r'"(after|before)":\{"\$type":"Phases",[^{}]*"session":"([A-Z_]+)"\}')
_HEX: Final = {"session": 32, "site_key": 64}
_EQUAL_S: Final = 0.001


@attrs.frozen
class Finding:
    """One thing that is wrong. `entry` is 0 where it is the file."""

    entry: int
    says: str

    def __str__(self) -> str:
        return self.says


def _found(entry: Entry, says: str) -> Finding:
    return Finding(entry.seq, f"entry {entry.seq} ({entry.kind}) {says}")


class Course:
    """Takes the entries of one record in their order."""

    def __init__(self, trusted: Collection[PublicKey] = ()) -> None:
        self.key: PublicKey | None = None
        self.session = ""
        self._trusted = {key.raw_hex for key in trusted}
        self._last: Entry | None = None
        self._began: Entry | None = None
        self._checked_s = 0.0
        self._due = False
        self._closed = False

    def take(self, entry: Entry) -> Iterator[Finding]:
        """What is wrong with the next entry, or shows at it."""
        if entry.kind not in KINDS:
            yield _found(entry, "is of no known kind")
        if self._closed and not (entry.kind == "checkpoint" and self._kind_before() == "closed"):
            yield Finding(entry.seq, f"entry {entry.seq} comes after the end of the session")
        if (entry.seq == 1) != (entry.kind == "opened"):
            yield _found(entry, "does not open a session" if entry.seq == 1 else "opens a session again")
        if self._begins(entry):
            yield from self._end_of_write()
            yield from self._begin(entry)
        elif self._began is not None:
            yield from self._go_on(entry)
        if entry.kind in ("opened", "resumed"):
            yield from self._run(entry)
        elif entry.kind == "checkpoint":
            yield from self._checkpoint(entry)
        self._due = self._due or entry.kind == "opened" or entry.kind in checkpoint.ALWAYS or _turns(entry)
        self._closed = self._closed or entry.kind == "closed"
        self._last = entry

    def end(self) -> Iterator[Finding]:
        """What is missing after the last entry."""
        yield from self._end_of_write()
        if self._last is None or not self._closed:
            number = 0 if self._last is None else self._last.seq
            yield Finding(number, f"the record ends at entry {number} without being closed")

    def _kind_before(self) -> str:
        return "" if self._last is None else self._last.kind

    # ---------------------------------------------------------------------------------------------------------- writes
    def _begins(self, entry: Entry) -> bool:
        return entry.kind in _BEGINS and not (entry.kind in _AFTER_CLOCK and self._kind_before() == "clock")

    def _begin(self, entry: Entry) -> Iterator[Finding]:
        before, self._began = self._began, entry
        if before is None or entry.kind in ("opened", "resumed"):
            self._checked_s, self._due = entry.at_s, True
            return
        if entry.at_s < before.at_s:
            yield _found(entry, f"goes back in time by {before.at_s - entry.at_s:.3f} s")
        moved_s = _moved_s(before, entry)
        if moved_s is None:
            yield _found(entry, "has no moment of wall time")
        elif entry.kind == "clock":
            said = _object(entry).get("moved_s")
            if not isinstance(said, float) or not abs(said - moved_s) <= _EQUAL_S:
                yield _found(entry, f"says that wall time moved by {said} s; it moved by {moved_s:.3f} s")
        elif not abs(moved_s) <= MOVED_S:
            yield _found(entry, f"comes after wall time moved by {moved_s:.3f} s, which nothing says")
        self._due = entry.at_s - self._checked_s >= checkpoint.PERIOD_S

    def _go_on(self, entry: Entry) -> Iterator[Finding]:
        began = self._began
        if began is not None and (entry.at_s != began.at_s or entry.utc != began.utc):
            yield _found(entry, "has another time than the write that it belongs to")
        if self._kind_before() == "checkpoint":
            yield _found(entry, "follows a checkpoint in its write")

    def _end_of_write(self) -> Iterator[Finding]:
        if self._last is not None and self._due and self._last.kind != "checkpoint":
            yield Finding(self._last.seq, f"entry {self._last.seq} ({self._last.kind}) has no checkpoint after it")

    # ------------------------------------------------------------------------------------------------------ signatures
    def _run(self, entry: Entry) -> Iterator[Finding]:
        said = _object(entry)
        for name, length in _HEX.items():
            if not re.fullmatch(f"[0-9a-f]{{{length}}}", str(said.get(name))):
                yield _found(entry, f"names no {name}")
                return
        self.key = PublicKey(str(said["site_key"]))
        if self._trusted and self.key.raw_hex not in self._trusted:
            yield _found(entry, f"is signed by key {self.key.fingerprint[:16]}…, which is not one of those given")
        if entry.kind == "opened":
            self.session = str(said["session"])
        elif said["session"] != self.session:
            yield _found(entry, "goes on with another session")
        elif said.get("after") != entry.seq - 1:
            yield _found(entry, "goes on after another entry")

    def _checkpoint(self, entry: Entry) -> Iterator[Finding]:
        said, last, key = _object(entry), self._last, self.key
        self._checked_s, self._due = entry.at_s, False
        if last is None or key is None:
            yield _found(entry, "comes before a key is named")
            return
        head = last.chain.hex()
        right = said.get("covers") == last.seq and said.get("head") == head and said.get("key") == key.fingerprint
        text = checkpoint.text_of(self.session, last.seq, head, entry.utc)
        if not right or not key.signed(text, str(said.get("signature"))):
            yield _found(entry, "is not signed by the site's key over what comes before it")


def _object(entry: Entry) -> dict[str, Any]:
    try:
        raw = json.loads(entry.body)
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _turns(entry: Entry) -> bool:
    if entry.kind != "decision":
        return False
    # The text is canonical, so that it need not be taken apart: a session has thousands of decisions.
    states = dict(_STATES.findall(entry.body))
    return states.get("before") != states.get("after")


def _moved_s(before: Entry, now: Entry) -> float | None:
    try:
        passed_s = (datetime.fromisoformat(now.utc) - datetime.fromisoformat(before.utc)).total_seconds()
    except (ValueError, TypeError):
        return None
    return passed_s - (now.at_s - before.at_s)
