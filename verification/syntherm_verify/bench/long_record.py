"""A sealed record of many small entries, written in one transaction: what verifying a long one costs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit import checkpoint, schema
from syntherm.audit.chain import ANCHORS, link
from syntherm.audit.seal import write_seal
from syntherm_sim.timeline import FIRST_DAY
from syntherm_verify.recording.steps import small_identity
from syntherm_verify.tamper.corpus import KEY, Row
from syntherm_verify.tamper.forge import text_of

_SESSION: Final = "5e55" * 8
_APART_S: Final = 0.25
_EVENT: Final = (
    '{"$type":"OperatorActed","act":"END_HEATING","at_s":%r,"item":null,"person":"operator-a",'
    '"reason":"' + "asked for by the physicist at the second screen, again. " * 5 + '"}'
)
_REFUSAL: Final = '"' + "nothing to end in SETUP: the session is not heating, and no energy is lent. " * 3 + '"'


def make(path: Path, entries: int) -> None:
    """A sound record of about so many entries: events with their refusals, a quarter of a second apart."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for statement in schema.STATEMENTS:
            if "TRIGGER" not in statement:
                db.execute(statement)
        db.execute("INSERT INTO meta VALUES (?)", (schema.VERSION,))
        rows = _Rows()
        db.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?)", rows.all(entries))
        for statement in schema.STATEMENTS:
            if "TRIGGER" in statement:
                db.execute(statement)
        db.execute("COMMIT")
    write_seal(path, rows.chain.hex(), _SESSION, KEY)


class _Rows:
    """Chains entries as they are made."""

    def __init__(self) -> None:
        self.chain, self.seq = ANCHORS[schema.VERSION], 0

    def all(self, entries: int) -> Iterator[Row]:
        """All rows of the record."""
        identity = {**small_identity(), "session": _SESSION, "site_key": KEY.public.raw_hex}
        checked_s = at_s = 0.0
        utc = FIRST_DAY.isoformat(timespec="microseconds")
        yield self._row("opened", at_s, utc, text_of(identity))
        yield self._checkpoint(at_s, utc)
        while self.seq < entries - 3:
            at_s += _APART_S
            utc = (FIRST_DAY + timedelta(seconds=at_s)).isoformat(timespec="microseconds")
            yield self._row("event", at_s, utc, _EVENT % at_s)
            yield self._row("refusal", at_s, utc, _REFUSAL)
            if at_s - checked_s >= checkpoint.PERIOD_S:
                checked_s = at_s
                yield self._checkpoint(at_s, utc)
        yield self._row("closed", at_s, utc, text_of({"ended_in": "SETUP"}))
        yield self._checkpoint(at_s, utc)

    def _row(self, kind: str, at_s: float, utc: str, body: str) -> Row:
        self.seq += 1
        self.chain = link(self.chain, self.seq, kind, at_s, utc, body)
        return self.seq, kind, at_s, utc, body, self.chain

    def _checkpoint(self, at_s: float, utc: str) -> Row:
        made = checkpoint.made(KEY, _SESSION, self.seq, self.chain.hex(), utc)
        return self._row("checkpoint", at_s, utc, text_of(attrs.asdict(made)))
