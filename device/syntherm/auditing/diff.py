"""What differs between two records, told to an auditor."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.chain import Entry
from syntherm.audit.reader import AuditReader
from syntherm.auditing.clock import minutes
from syntherm.auditing.compare import KEPT_BY_THE_RECORD, Apart, Compare
from syntherm.auditing.entries import clock_at, last_entry, shape
from syntherm.auditing.fields import ABSENT, Difference
from syntherm.auditing.looks import Json, short

_FIRST: Final = 20
"""So many fields of the first entry that differs are shown."""
_NOT_ABOUT_SOFTWARE: Final = frozenset({"plan", "session", "site_key"})


@attrs.frozen(eq=False)
class Side:
    """One of the two records."""

    path: Path
    format: int
    counts: Mapping[str, int]
    opened: Mapping[str, Json]
    last: Entry | None

    @classmethod
    def of(cls, path: Path) -> "Side":
        """Raises UnreadableRecord."""
        version, counts = shape(path)
        with AuditReader(path) as reader:
            opened = reader.opened()
        return cls(path, version, counts, opened, last_entry(path))

    @property
    def entries(self) -> int:
        """How many."""
        return sum(self.counts.values())


class Diff:
    """Writes the comparison line by line; `differs` says afterwards whether anything did."""

    def __init__(self, a: Path, b: Path, say: Callable[[str], None], everything: bool = False) -> None:
        """`everything`: every single difference, also those between any two sessions."""
        self._a, self._b = Side.of(a), Side.of(b)
        self._say, self._everything = say, everything
        self._fields: dict[tuple[str, str], tuple[int, str]] = {}
        self._pairs, self._parted = 0, False
        self.differs = False

    def tell(self) -> None:
        """All of it. Raises UnreadableRecord."""
        self._identity()
        compare = Compare(self._a.path, self._b.path, self._everything)
        for apart in compare.apart():
            self._take(apart)
        self._sums(compare)
        self.differs = self._pairs > 0

    def _identity(self) -> None:
        a, b = self._a, self._b
        for name, side in (("A", a), ("B", b)):
            head = "none" if side.last is None else side.last.chain.hex()
            self._say(f"{name}: {side.path}: format {side.format}, {side.entries} entries, head {head}")
        self._say("")
        names = sorted((a.opened.keys() | b.opened.keys()) - _NOT_ABOUT_SOFTWARE)
        for name in names:
            in_a, in_b = shown(a.opened.get(name, ABSENT)), shown(b.opened.get(name, ABSENT))
            self._say(f"  {short(name, 20):<14} {f'same: {in_a}' if in_a == in_b else f'{in_a} | {in_b}'}")
        for kind in sorted(a.counts.keys() | b.counts.keys()):
            in_a, in_b = str(a.counts.get(kind, 0)), str(b.counts.get(kind, 0))
            self._say(f"  {short(kind, 12):<14} {f'same: {in_a}' if in_a == in_b else f'{in_a} | {in_b}'} entries")
        self._say("")

    def _take(self, apart: Apart) -> None:
        self._pairs += 1
        if apart.kind == "opened":
            self._opened(apart)
        elif not self._parted:
            self._parted = True
            self._first(apart)
        where = _where(apart)
        for difference in apart.differences:
            if self._everything:
                self._say(f"{where} ({short(apart.kind, 12)}) {told(difference)}")
            key = apart.kind, difference.field
            count, first = self._fields.get(key, (0, where))
            self._fields[key] = count + 1, first

    def _opened(self, apart: Apart) -> None:
        self._say("They were opened with other values:")
        for difference in apart.differences:
            self._say(f"  {told(difference)}")
        self._say("")

    def _first(self, apart: Apart) -> None:
        entry, side = (apart.a, self._a) if apart.a is not None else (apart.b, self._b)
        if entry is None:
            return
        at_s = clock_at(side.path, entry.seq).at(entry.kind, entry.at_s, entry.utc)
        self._say(f"They part at {_where(apart)} ({short(entry.kind, 12)}), {minutes(at_s)} into the session:")
        for difference in apart.differences[:_FIRST]:
            self._say(f"  {told(difference)}")
        if len(apart.differences) > _FIRST:
            self._say(f"  and {len(apart.differences) - _FIRST} more field(s) of this entry")
        self._say("")

    def _sums(self, compare: Compare) -> None:
        if self._fields:
            self._say(f"{_entries(self._pairs)} differ. Every field that does, how often, and where first:")
        for (kind, field), (count, first) in self._fields.items():
            self._say(f"  {short(kind, 12):<11} {short(field, 80)}: {count}, first at {first}")
        if not self._everything:
            self._say(self._class_of_its_own(compare))
        if not self._pairs:
            self._say("Nothing differs." if self._everything else "Nothing else differs.")
        elif not self._parted:
            self._say("All that follows on the opening is equal.")

    def _class_of_its_own(self, compare: Compare) -> str:
        heads = {None if side.last is None else side.last.chain for side in (self._a, self._b)}
        if not compare.always and len(heads) == 1:
            return "Both have the same head: if both are sound, not even times, keys or signatures differ."
        parts = [f"{name} in {_entries(count)}" for name, count in sorted(compare.always.items()) if count]
        for kind in sorted(KEPT_BY_THE_RECORD):
            in_a, in_b = self._a.counts.get(kind, 0), self._b.counts.get(kind, 0)
            if in_a or in_b:
                parts.append(f"what {kind} entries hold ({in_a} in A, {in_b} in B)")
        return f"Of what differs between any two sessions, and is not compared here (see --all): {'; '.join(parts)}."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def shown(value: Json) -> str:
    """A value on one line."""
    if value is ABSENT:
        return "absent"
    return short(value if isinstance(value, str) else json.dumps(value, sort_keys=True), 90)


def told(difference: Difference) -> str:
    """`path: A 5.0, B 6.0`."""
    return f"{short(difference.path, 120)}: A {shown(difference.a)}, B {shown(difference.b)}"


def _where(apart: Apart) -> str:
    in_a = "no entry" if apart.a is None else f"entry {apart.a.seq}"
    in_b = "no entry" if apart.b is None else f"entry {apart.b.seq}"
    return in_a if in_a == in_b else f"{in_a} of A, {in_b} of B"
