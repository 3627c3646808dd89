"""Records laid line by line with the writer's own parts: numbers, chain, checkpoints and seal fit what stands there.

So what a test changes in `day()` is all that is wrong.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import attrs
from decided import decided
from rig import KEY, MORNING, SESSION

from syntherm.audit import checkpoint, schema
from syntherm.audit.chain import ANCHORS, link
from syntherm.audit.encoding import Encoder
from syntherm.audit.keys import SiteKey
from syntherm.audit.seal import write_seal
from syntherm.core.vocabulary import Session

SIGNED = {"person": "operator-a", "name": "A", "role": "radiographer", "meaning": "I accept.", "shown": "Accept?"}


@attrs.frozen
class Line:
    """An entry before it is chained.

    `body` may be made from the entry's number; None is a checkpoint to be signed, which then says `other` things.
    """

    kind: str
    at_s: float
    body: object | Callable[[int], object] = None
    wall_s: float | None = None
    utc: str | None = None
    text: str | None = None
    key: SiteKey = KEY
    other: Mapping[str, object] = {}

    def moment(self) -> str:
        """Wall time: as told, or as far from the morning as the line's own clock says."""
        wall_s = self.at_s if self.wall_s is None else self.wall_s
        return self.utc or (MORNING + timedelta(seconds=wall_s)).isoformat(timespec="microseconds")


def opened(**other: object) -> dict[str, object]:
    plan = "a plan"
    said = {"plan": plan, "plan_sha256": hashlib.sha256(plan.encode()).hexdigest(), "syntherm": "0.2.0"}
    return {"session": SESSION, "site_key": KEY.public.raw_hex, **said, **other}


def decision(before: str = "SETUP", after: str = "SETUP") -> dict[str, object]:
    """The least of one: what a verifier looks at. The core's own are in a few places of the day."""
    phases = {name: {"$type": "Phases", "session": name} for name in (before, after)}
    return {"$type": "Decision", "before": phases[before], "after": phases[after]}


def event(kind: str = "EquipmentPolled") -> dict[str, object]:
    return {"$type": kind}


def signature(seq: int) -> dict[str, object]:
    return {**SIGNED, "signs": seq - 2}


def resumed(seq: int) -> dict[str, object]:
    return opened(after=seq - 1)


def day() -> list[Line]:
    """A sound record with every kind of entry, in two runs."""
    later = 100.0  # wall time of the second run's begin
    return [
        Line("opened", 0.0, opened()),  # 1
        Line("checkpoint", 0.0),
        Line("event", 1.0, event()),
        Line("decision", 1.0, decided(1.0)),
        Line("maps", 1.0, {"label": "setup"}),  # 5
        Line("remark", 1.0, "pump: no answer"),
        Line("event", 2.0, event("OperatorActed")),
        Line("decision", 2.0, decision()),
        Line("signature", 2.0, signature),
        Line("checkpoint", 2.0),  # 10
        Line("event", 3.0, event("OperatorActed")),
        Line("refusal", 3.0, "not now"),
        Line("unsigned", 4.0, event("OperatorActed")),
        Line("clock", 5.0, {"moved_s": 2.0}, 7.0),
        Line("event", 5.0, event(), 7.0),  # 15
        Line("decision", 5.0, decision(), 7.0),
        Line("event", 6.0, event("OperatorActed"), 8.0),
        Line("decision", 6.0, decided(6.0, Session.SETUP, Session.CALIBRATION), 8.0),
        Line("checkpoint", 6.0, None, 8.0),
        Line("event", 30.0, event(), 32.0),  # 20
        Line("crash", 30.0, "ZeroDivisionError", 32.0),
        Line("checkpoint", 30.0, None, 32.0),
        Line("resumed", 0.5, resumed, later),
        Line("checkpoint", 0.5, None, later),
        Line("event", 60.25, event(), later + 59.75),  # 25
        Line("decision", 60.25, decision("ABORT", "ABORT"), later + 59.75),
        Line("event", 60.5, event(), later + 60.0),
        Line("decision", 60.5, decision("ABORT", "ABORT"), later + 60.0),
        Line("checkpoint", 60.5, None, later + 60.0),
        Line("closed", 61.0, {"ended_in": "ABORT"}, later + 60.5),  # 30
        Line("checkpoint", 61.0, None, later + 60.5),
    ]


def lay(path: Path, lines: Iterable[Line], key: SiteKey = KEY) -> str:
    """Write the record and seal it with a key. Returns the head."""
    chain, rows = ANCHORS[schema.VERSION], []
    for seq, line in enumerate(lines, start=1):
        utc, body = line.moment(), line.body(seq) if callable(line.body) else line.body
        if line.kind == "checkpoint" and body is None:
            made = checkpoint.made(line.key, SESSION, seq - 1, chain.hex(), utc)
            body = {**attrs.asdict(made), **line.other}
        text = Encoder().text(body) if line.text is None else line.text
        chain = link(chain, seq, line.kind, line.at_s, utc, text)
        rows.append((seq, line.kind, line.at_s, utc, text, chain))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for statement in schema.STATEMENTS:
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES (?)", (schema.VERSION,))
        db.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?)", rows)
        db.execute("COMMIT")
    write_seal(path, chain.hex(), SESSION, key)
    return chain.hex()
