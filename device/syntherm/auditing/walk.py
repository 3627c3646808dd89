"""One pass over a record: each entry with what it says, its session time, its line and the event that it answers."""

from collections.abc import Iterator
from pathlib import Path

import attrs

from syntherm.audit.chain import Entry
from syntherm.auditing.clock import SessionClock
from syntherm.auditing.entries import entries
from syntherm.auditing.looks import Json, parse
from syntherm.auditing.told import Teller


@attrs.frozen(eq=False)
class Step:
    """An entry as it is walked past. `event`: the event that it answers; None for what answers none."""

    entry: Entry
    body: Json
    session_s: float | None
    told: str
    event: "Step | None"


def walk(path: Path) -> Iterator[Step]:
    """All entries of a record, in order. Raises UnreadableRecord."""
    clock, teller = SessionClock(), Teller()
    event: Step | None = None
    for entry in entries(path):
        body = parse(entry.body)
        session_s = clock.at(entry.kind, entry.at_s, entry.utc)
        if entry.kind in ("event", "unsigned", "opened", "resumed", "closed"):
            event = None
        step = Step(entry, body, session_s, teller.tell(entry, body), event)
        if entry.kind == "event":
            event = step
        yield step
