"""The append-only writer: one transaction per event, durable when the call returns.

Plain sqlite3, because what is durable and when must be under exact control here.
"""

import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from syntherm.audit import schema
from syntherm.audit.arrays import pack
from syntherm.audit.chain import ANCHOR, Entry, link
from syntherm.audit.encoding import Encoder
from syntherm.audit.seal import write_seal
from syntherm.core.decision import Record
from syntherm.core.events import Event
from syntherm.ports.record import AuditFailed


class AuditWriter:
    """Writes one record. Every method raises AuditFailed if its entries are not durable."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._seq, self._chain = 0, ANCHOR
        self._known: set[str] = set()
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            journal = self._db.execute("PRAGMA journal_mode = WAL").fetchone()
            if journal != ("wal",):
                # SQLite goes on with another journal, which loses entries when power does, and only says so here.
                raise AuditFailed(f"{path}: no write-ahead log is possible here (journal: {journal[0]})")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA recursive_triggers = ON")
            if create:
                self._create()
            else:
                self._resume()
        except sqlite3.Error as error:
            raise AuditFailed(f"{path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Close the file as it is: the record stays open, to be gone on with."""
        self._db.close()

    @property
    def head(self) -> str:
        """The chain hash of the last entry, in hex: it stands for the whole record so far."""
        return self._chain.hex()

    def _create(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for statement in schema.STATEMENTS:
            self._db.execute(statement)
        self._db.execute("INSERT INTO meta VALUES (?)", (schema.VERSION,))
        self._db.execute("COMMIT")

    def _resume(self) -> None:
        last = self._db.execute("SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None:
            raise AuditFailed(f"{self.path}: holds no entry to go on from")
        self._seq, self._chain = int(last[0]), bytes(last[1])
        self._known = {str(row[0]) for row in self._db.execute("SELECT digest FROM arrays")}

    def open_session(self, utc: datetime, at_s: float, identity: dict[str, str]) -> None:
        """The first entry: plan, software and everything else that execution from the record needs."""
        self._write(utc, at_s, (("opened", identity),))

    def append(self, utc: datetime, event: Event, records: tuple[Record, ...], remarks: tuple[str, ...]) -> None:
        """An event and what it led to."""
        entries: list[tuple[str, object]] = [("event", event)]
        entries += [("decision" if type(r).__name__ == "Decision" else "maps", r) for r in records]
        entries += [("remark", remark) for remark in remarks]
        self._write(utc, event.at_s, tuple(entries))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self._write(utc, event.at_s, (("event", event), ("refusal", because)))

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        self._write(utc, event.at_s, (("event", event), ("crash", error)))

    def close_session(self, utc: datetime, at_s: float, ended_in: str) -> str:
        """The last entry, after which the file is one piece and sealed. Returns the head."""
        self._write(utc, at_s, (("closed", {"ended_in": ended_in}),))
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA journal_mode = DELETE")
            self._db.close()
            write_seal(self.path, self.head)
        except (sqlite3.Error, OSError) as error:
            raise AuditFailed(f"{self.path}: cannot be closed: {error}") from error
        return self.head

    def _write(self, utc: datetime, at_s: float, items: tuple[tuple[str, object], ...]) -> None:
        moment = utc.isoformat(timespec="microseconds")
        at_s = float(at_s) + 0.0  # as the file gives it back: a float, and no minus zero
        encoder, entries, previous = Encoder(), [], self._chain
        for number, (kind, value) in enumerate(items, start=self._seq + 1):
            body = encoder.text(value)
            previous = link(previous, number, kind, at_s, moment, body)
            entries.append(Entry(number, kind, at_s, moment, body, previous))
        new = {digest: array for digest, array in encoder.arrays.items() if digest not in self._known}
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for digest, array in new.items():
                p = pack(array, digest)
                self._db.execute("INSERT INTO arrays VALUES (?,?,?,?,?)", (digest, p.dtype, p.shape, p.packing, p.data))
            self._db.executemany(
                "INSERT INTO entries VALUES (?,?,?,?,?,?)",
                [(e.seq, e.kind, e.at_s, e.utc, e.body, e.chain) for e in entries],
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # as when the file is closed already
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            raise AuditFailed(f"{self.path}: {error}") from error
        self._seq, self._chain = entries[-1].seq, previous
        self._known.update(new)
