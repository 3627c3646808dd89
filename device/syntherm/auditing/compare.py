"""Two records side by side: event by event, answer by answer, field by field.

Entries are aligned by their event, so that one that only one record has does not shift all that follow. Checkpoints and
notes on the wall clock are the record's own book-keeping: they are counted, and compared only when asked for.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.chain import Entry
from syntherm.auditing.entries import entries
from syntherm.auditing.fields import ABSENT, Difference, differences
from syntherm.auditing.looks import Json, parse

KEPT_BY_THE_RECORD: Final = frozenset({"checkpoint", "clock"})
_BEGINS: Final = frozenset({"opened", "event", "unsigned", "resumed", "closed"})
_OWN: Final = frozenset({"session", "site_key"})
"""What entries that open a run say of themselves alone."""
_OPENS: Final = frozenset({"opened", "resumed"})


@attrs.frozen(eq=False)
class Apart:
    """A pair of entries that differ; either may be missing. `differences` is never empty."""

    a: Entry | None
    b: Entry | None
    differences: tuple[Difference, ...]

    @property
    def kind(self) -> str:
        """What kind of entry it is in A, or in B if A has none."""
        entry = self.a or self.b
        return "" if entry is None else entry.kind


class Compare:
    """The pairs that differ, in order; and how often what always differs did."""

    def __init__(self, a: Path, b: Path, everything: bool = False) -> None:
        """`everything`: also what differs between any two sessions."""
        self._a, self._b, self._everything = a, b, everything
        self.always: Counter[str] = Counter()

    def apart(self) -> Iterator[Apart]:
        """All pairs that differ. Raises UnreadableRecord."""
        for group_a, group_b in zip_longest(self._groups(self._a), self._groups(self._b), fillvalue=()):
            for a, b in zip_longest(group_a, group_b):
                found = tuple(self._pair(a, b))
                if found:
                    yield Apart(a, b, found)

    def _groups(self, path: Path) -> Iterator[tuple[Entry, ...]]:
        group: list[Entry] = []
        for entry in entries(path):
            if entry.kind in KEPT_BY_THE_RECORD and not self._everything:
                continue
            if entry.kind in _BEGINS and group:
                yield tuple(group)
                group = []
            group.append(entry)
        yield tuple(group)

    def _pair(self, a: Entry | None, b: Entry | None) -> Iterator[Difference]:
        if a is None or b is None or a.kind != b.kind:
            path = "kind" if a is not None and b is not None else "whole entry"
            yield Difference(path, ABSENT if a is None else a.kind, ABSENT if b is None else b.kind)
            return
        if a.at_s != b.at_s:
            yield Difference("at_s", a.at_s, b.at_s)
        yield from self._envelope(a, b)
        if a.body != b.body:
            body_a, body_b = parse(a.body), parse(b.body)
            found = list(differences(body_a, body_b))
            yield from self._of_body(a.kind, found or [Difference("encoding of the body", a.body, b.body)])

    def _envelope(self, a: Entry, b: Entry) -> Iterator[Difference]:
        pairs: tuple[tuple[str, Json, Json], ...] = (("utc", a.utc, b.utc), ("chain", a.chain.hex(), b.chain.hex()))
        for name, in_a, in_b in pairs:
            if in_a != in_b:
                self.always[name] += 1
                if self._everything:
                    yield Difference(name, in_a, in_b)

    def _of_body(self, kind: str, found: list[Difference]) -> Iterator[Difference]:
        for difference in found:
            own = kind in _OPENS and difference.path in _OWN
            self.always[difference.path] += own
            if self._everything or not own:
                yield difference
