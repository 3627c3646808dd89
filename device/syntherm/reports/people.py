"""Collectors for what people did, and for what failed around the session."""

from typing import Final

import attrs

from syntherm.audit.chain import Entry
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.reports.body import Body, field, member, text
from syntherm.reports.values import Act, Happening, Signed

CRASHED: Final = "control software failed"
RESTARTED: Final = "controller restarted"
RESUMED: Final = "record gone on with"


class Acts:
    """What people did at the console, refused acts too."""

    def __init__(self) -> None:
        self._acts: list[Act] = []
        self._last_seq = 0

    def feed(self, entry: Entry, event: Body) -> None:
        """Take in an operator's event."""
        item = None if field(event, "item") is None else member(event, "item", SetupItem)
        act = member(event, "act", Trigger)
        person, reason = text(event, "person"), text(event, "reason")
        self._acts.append(Act(entry.at_s, entry.utc, act, person, item, reason, None, entry.seq))
        self._last_seq = entry.seq

    def sign(self, signature: Body) -> None:
        """Put a signature under the act that it names; one that names none is left to who verifies the record."""
        for index, act in enumerate(self._acts):
            if act.entry == field(signature, "signs") and act.person == text(signature, "person"):
                named = (text(signature, key) for key in ("name", "role", "meaning", "shown"))
                self._acts[index] = attrs.evolve(act, signed=Signed(*named))

    def refuse(self, entry: Entry, because: str) -> bool:
        """Mark the act of the entry before this one as refused; False if that was no act."""
        if not self._acts or self._last_seq != entry.seq - 1:
            return False
        self._acts[-1] = attrs.evolve(self._acts[-1], refused=because)
        return True

    def all(self) -> tuple[Act, ...]:
        """In the order of the record."""
        return tuple(self._acts)


class Happenings:
    """Failures, restarts and remarks; the same one in succession is one line with a count."""

    def __init__(self) -> None:
        self._found: list[Happening] = []

    def add(self, entry: Entry, what: str, detail: str) -> None:
        """Take in one of them."""
        for index in range(len(self._found) - 1, max(len(self._found) - 3, -1), -1):
            last = self._found[index]
            if (last.what, last.detail) == (what, detail):
                self._found[index] = attrs.evolve(last, last_s=entry.at_s, count=last.count + 1)
                return
        self._found.append(Happening(entry.at_s, entry.utc, entry.at_s, 1, what, detail))

    def all(self) -> tuple[Happening, ...]:
        """In the order of the record."""
        return tuple(self._found)
