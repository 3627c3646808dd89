"""The order of a record's entries in format 2: writes, runs, both clocks, checkpoints, and how it ends.

Entries come one by one, each after its chain hash was found right; what is wrong is named by the entry that shows it.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Final

import attrs

from syntherm.audit import checkpoint
from syntherm.audit.chain import MOVED_S, Entry
from syntherm.audit.keys import PublicKey

_UNREAD: Final = frozenset({"event", "unsigned", "maps", "refusal", "crash", "remark"})
"""Kinds whose bodies nothing rests on here: the chain says that they are as written."""
_BEGINS: Final = frozenset({"opened", "resumed", "clock", "event", "unsigned", "closed"})
_AFTER_CLOCK: Final = frozenset({"event", "unsigned", "closed"})
_AFTER_EVENT: Final = frozenset({"decision", "refusal", "crash"})
_AFTER_DECISION: Final = frozenset({"maps", "remark", "signature"})
_UNFINISHED: Final = frozenset({"clock", "event"})
_OPENED: Final = dict.fromkeys(("session", "site_key", "plan", "plan_sha256", "syntherm"), str)
_FIELDS: Final[Mapping[str, Mapping[str, type]]] = {
    "opened": _OPENED,
    "resumed": {**_OPENED, "after": int},
    "decision": {"before": dict, "after": dict},
    "clock": {"moved_s": float},
    "signature": {**dict.fromkeys(("person", "name", "role", "meaning", "shown"), str), "signs": int},
    "closed": {"ended_in": str},
    "checkpoint": {"covers": int, "head": str, "key": str, "signature": str},
}
KINDS: Final = _UNREAD | _FIELDS.keys()
_STATES: Final = re.compile(
    r'"(?:after|before)":\{"\$type":"Phases","calibration":"\w+","energy":"\w+","infusion":"\w+","session":"(\w+)"\}'
)
_WORDS: Final = {str: "a text", int: "a whole number", float: "a number", dict: "an object"}
_HEX: Final = {"session": 32, "site_key": 64}
_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
_WHOLE: Final = 1 << 53
_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_EQUAL_S: Final = 0.001


@attrs.frozen
class Finding:
    """One thing that is wrong. `entry` is 0 where it is the file."""

    entry: int
    says: str

    def __str__(self) -> str:
        return self.says


def named(entry: Entry) -> str:
    """An entry in words. A kind that nobody knows could hold anything, so it is shown escaped."""
    kind = entry.kind if entry.kind in KINDS else ascii(entry.kind[:40])
    return f"entry {entry.seq} ({kind})"


class Course:
    """Takes the entries of one record in their order, and adds to `found` what is wrong with each."""

    def __init__(self, found: list[Finding], trusted: Collection[PublicKey] = ()) -> None:
        self.found = found
        self.key: PublicKey | None = None
        self.session = ""
        self._trusted = {key.raw_hex for key in trusted}
        self._last: Entry | None = None
        self._kind = ""
        self._began: Entry | None = None
        self._wall: datetime | None = None
        self._event = 0
        self._checked_s = 0.0
        self._due = False
        self._closed = False

    def take(self, entry: Entry) -> None:
        """The next entry: what is wrong with it, or shows at it."""
        said, turns, wrong = _NOTHING if entry.kind in _UNREAD else _look(entry)
        if wrong is not None:
            self._say(entry, wrong)
        if self._closed and not (entry.kind == "checkpoint" and self._kind == "closed"):
            self.found.append(Finding(entry.seq, f"entry {entry.seq} comes after the end of the session"))
        if (entry.seq == 1) != (entry.kind == "opened"):
            self._say(entry, "does not open a session" if entry.seq == 1 else "opens a session again")
        if self._begins(entry):
            self._end_of_write(entry)
            self._begin(entry, said)
        elif self._began is not None:
            self._go_on(entry)
        if entry.kind == "event":
            self._event = entry.seq
        elif said or entry.kind == "checkpoint":
            self._signatures(entry, said)
        self._due = self._due or entry.kind == "opened" or entry.kind in checkpoint.ALWAYS or turns
        self._closed = self._closed or entry.kind == "closed"
        self._last, self._kind = entry, entry.kind

    def end(self, closed: bool) -> None:
        """What is missing after the last entry, and that it is not the end of one that should be closed."""
        self._end_of_write(self._last)
        if closed and (self._last is None or not self._closed):
            number = 0 if self._last is None else self._last.seq
            self.found.append(Finding(number, f"the record ends at entry {number} without being closed"))

    def _say(self, entry: Entry, says: str) -> None:
        self.found.append(Finding(entry.seq, f"{named(entry)} {says}"))

    # ---------------------------------------------------------------------------------------------------------- writes
    def _begins(self, entry: Entry) -> bool:
        return entry.kind in _BEGINS and not (entry.kind in _AFTER_CLOCK and self._kind == "clock")

    def _begin(self, entry: Entry, said: Mapping[str, Any]) -> None:
        before, self._began = self._began, entry
        then, self._wall = self._wall, _moment(entry)
        if self._wall is None:
            self._say(entry, "has no moment of wall time, or no time at all")
        if before is None or entry.kind in ("opened", "resumed"):
            self._checked_s, self._due = entry.at_s, True
            return
        if entry.at_s < before.at_s:
            self._say(entry, f"goes back in time by {before.at_s - entry.at_s:.3f} s")
        self._due = entry.at_s - self._checked_s >= checkpoint.PERIOD_S
        if then is None or self._wall is None:
            return
        moved_s = (self._wall - then).total_seconds() - (entry.at_s - before.at_s)
        if entry.kind == "clock":
            moment_s = said.get("moved_s")
            if moment_s is not None and not abs(moment_s - moved_s) <= _EQUAL_S:
                self._say(entry, f"says that wall time moved by {moment_s} s; it moved by {moved_s:.3f} s")
        elif not abs(moved_s) <= MOVED_S:
            self._say(entry, f"comes after wall time moved by {moved_s:.3f} s, which nothing says")

    def _go_on(self, entry: Entry) -> None:
        began, kind = self._began, self._kind
        if began is not None and (entry.at_s != began.at_s or entry.utc != began.utc):
            self._say(entry, "has another time than the write that it belongs to")
        if kind == "checkpoint":
            self._say(entry, "follows a checkpoint in its write")
        elif not _may_follow(kind, entry.kind):
            self._say(entry, f"follows entry {entry.seq - 1} ({kind}), which it cannot")

    def _end_of_write(self, shown_by: Entry | None) -> None:
        last = self._last
        if last is None or shown_by is None:
            return
        if last.kind in _UNFINISHED:
            says = f"entry {last.seq} ({last.kind}) has nothing after it in its write"
            self.found.append(Finding(shown_by.seq, says))
        if self._due and last.kind != "checkpoint":
            self.found.append(Finding(shown_by.seq, f"entry {last.seq} ({last.kind}) has no checkpoint after it"))

    # ------------------------------------------------------------------------------------------------------ signatures
    def _signatures(self, entry: Entry, said: Mapping[str, Any]) -> None:
        if entry.kind == "signature" and said["signs"] != self._event:
            self._say(entry, "signs another entry than the event of its write")
        elif entry.kind in ("opened", "resumed"):
            self._run(entry, said)
        elif entry.kind == "checkpoint":
            self._checkpoint(entry, said)

    def _run(self, entry: Entry, said: Mapping[str, Any]) -> None:
        for name, length in _HEX.items():
            if not re.fullmatch(f"[0-9a-f]{{{length}}}", said[name]):
                self._say(entry, f"names no {name} of {length} hex digits")
                return
        if said["plan_sha256"] != hashlib.sha256(said["plan"].encode("utf-8", "surrogatepass")).hexdigest():
            self._say(entry, "names another plan_sha256 than that of its plan")
        self.key = PublicKey(said["site_key"])
        if self._trusted and self.key.raw_hex not in self._trusted:
            self._say(entry, f"is signed by key {self.key.fingerprint[:16]}…, which is not one of those given")
        if entry.kind == "opened":
            self.session = said["session"]
        elif said["session"] != self.session:
            self._say(entry, "goes on with another session")
        elif said["after"] != entry.seq - 1:
            self._say(entry, "goes on after another entry")

    def _checkpoint(self, entry: Entry, said: Mapping[str, Any]) -> None:
        last, key = self._last, self.key
        self._checked_s, self._due = entry.at_s, False
        if last is None or key is None:
            self._say(entry, "comes before a key is named")
            return
        head = last.chain.hex()
        right = said.get("covers") == last.seq and said.get("head") == head and said.get("key") == key.fingerprint
        text = checkpoint.text_of(self.session, last.seq, head, entry.utc)
        if not right or not key.signed(text, said["signature"]):
            self._say(entry, "is not signed by the site's key over what comes before it")


def _may_follow(before: str, kind: str) -> bool:
    """Whether an entry can come directly after another in the same write."""
    if kind in _AFTER_EVENT:
        return before == "event"
    if kind in _AFTER_DECISION:
        return before == "decision" or before in _AFTER_DECISION
    return before not in _UNFINISHED or kind in _AFTER_CLOCK


_Said = tuple[Mapping[str, Any], bool, str | None]
_NOTHING: Final[_Said] = ({}, False, None)


def _look(entry: Entry) -> _Said:
    """What an entry says that the order rests on, whether it changes the session's state, and what is wrong with it."""
    if entry.kind not in _FIELDS:
        return {}, False, "is of no known kind"
    if entry.kind == "decision" and len(states := _STATES.findall(entry.body)) == 2:
        # As the core writes it: a session has thousands, and taking each apart would be most of verifying.
        return {}, states[0] != states[1], None
    said, wrong = _body(entry)
    if entry.kind != "decision" or wrong is not None:
        return said, False, wrong
    return said, said["before"].get("session") != said["after"].get("session"), None


def _body(entry: Entry) -> tuple[Mapping[str, Any], str | None]:
    """The fields of an entry, none if it is no object with those of its kind; and what is wrong with it."""
    try:
        body = json.loads(entry.body)
        canonical = _canonical(body)
    except (ValueError, RecursionError):
        return {}, "has a body that is no JSON"
    if canonical != entry.body:
        return {}, "has a body that is not canonical"
    if not isinstance(body, dict):
        return {}, "is not an object"
    for name, kind in _FIELDS[entry.kind].items():
        found = body.get(name)
        if type(found) is not kind and not (kind is float and type(found) is int and abs(found) <= _WHOLE):
            return {}, f"has no {name} that is {_WORDS[kind]}"
    return body, None


def _moment(entry: Entry) -> datetime | None:
    if not isfinite(entry.at_s) or not _UTC.fullmatch(entry.utc):
        return None
    try:
        return datetime.fromisoformat(entry.utc)
    except ValueError:
        return None
