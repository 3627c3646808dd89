"""The append-only writer: one transaction per event, durable when the call returns.

Plain sqlite3, because what is durable and when must be under exact control here. The first failure is the last: what
was not durable once is never written around.
"""

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from syntherm.audit import checkpoint, schema
from syntherm.audit.arrays import Array, pack
from syntherm.audit.chain import ANCHORS, MOVED_S, Entry, link
from syntherm.audit.encoding import Encoder
from syntherm.audit.keys import SiteKey
from syntherm.audit.log import WriteAhead
from syntherm.audit.reserve import Reserve
from syntherm.audit.seal import write_seal
from syntherm.core.decision import Decision, Record
from syntherm.core.events import Event, OperatorActed
from syntherm.ports.record import AuditFailed, Signature

Items = tuple[tuple[str, object], ...]


@attrs.frozen
class _Moment:
    """Of the last write in this run: both clocks, and the monotonic one of the last checkpoint."""

    at_s: float
    utc: datetime
    checked_s: float


class AuditWriter:
    """Writes one record. Every method raises AuditFailed if its entries are not durable."""

    def __init__(self, path: Path, key: SiteKey, *, create: bool, room: int = 0) -> None:
        """Open a new record with `room` bytes of disk kept free for it, or one to go on with."""
        self.path, self._key = path, key
        self._seq, self._chain, self._session = 0, ANCHORS[schema.VERSION], ""
        self._known: set[str] = set()
        self._last: _Moment | None = None
        self._failed: str | None = None
        self._reserve = Reserve(path, room)
        try:
            self._open(create)
        except (sqlite3.Error, OSError, AuditFailed) as error:
            self._reserve.give_back()
            raise AuditFailed(str(error) if isinstance(error, AuditFailed) else f"{path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Close the file as it is: the record stays open, to be gone on with."""
        with suppress(OSError):  # the room that is left then is taken anew by whoever goes on
            self._reserve.give_back()
        self._db.close()

    @property
    def head(self) -> str:
        """The chain hash of the last entry, in hex: it stands for the whole record so far."""
        return self._chain.hex()

    # ------------------------------------------------------------------------------------------------------- opening
    def _open(self, create: bool) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None)
        ((journal,),) = self._db.execute("PRAGMA journal_mode = WAL").fetchall()
        if journal != "wal":
            # SQLite goes on with another journal, which loses entries when power does, and only says so here.
            raise AuditFailed(f"{self.path}: no write-ahead log is possible here (journal: {journal})")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA recursive_triggers = ON")
        if create:
            self._create()
        else:
            self._resume()
        self._log = WriteAhead(self._db, self.path, self._reserve)

    def _create(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for statement in schema.STATEMENTS:
            self._db.execute(statement)
        self._db.execute("INSERT INTO meta VALUES (?)", (schema.VERSION,))
        self._db.execute("COMMIT")

    def _resume(self) -> None:
        found = self._db.execute("SELECT schema_version FROM meta").fetchall()
        if found != [(schema.VERSION,)]:
            raise AuditFailed(f"{self.path}: has another format; only version {schema.VERSION} is gone on with")
        last = self._db.execute("SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None:
            raise AuditFailed(f"{self.path}: holds no entry to go on from")
        opened = self._db.execute("SELECT json_extract(body, '$.session') FROM entries WHERE seq = 1").fetchone()
        if opened is None or opened[0] is None:
            raise AuditFailed(f"{self.path}: does not begin with an opened session")
        self._seq, self._chain, self._session = int(last[0]), bytes(last[1]), str(opened[0])
        self._known = {str(row[0]) for row in self._db.execute("SELECT digest FROM arrays")}

    # --------------------------------------------------------------------------------------------------------- entries
    def open_session(self, utc: datetime, at_s: float, identity: Mapping[str, str], session: str | None = None) -> None:
        """The first entry: plan, software and everything else that execution from the record needs.

        `session`: 32 hex digits; drawn at random unless given.
        """
        self._session = secrets.token_hex(16) if session is None else session
        self._write(utc, at_s, (("opened", {**identity, **self._signed_by()}),), ends=True)

    def resume_session(self, utc: datetime, at_s: float, identity: Mapping[str, object]) -> None:
        """The first entry after a crash: what runs now, and what is known of the time between."""
        self._write(utc, at_s, (("resumed", {**identity, **self._signed_by(), "after": self._seq}),))

    def _signed_by(self) -> dict[str, str]:
        return {"session": self._session, "site_key": self._key.public.raw_hex}

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and what it led to; `signature` is the person's under the act."""
        entries: list[tuple[str, object]] = [("event", event)]
        entries += [("decision" if isinstance(r, Decision) else "maps", r) for r in records]
        entries += [("remark", remark) for remark in remarks]
        if signature is not None:
            entries.append(("signature", signature))
        self._write(utc, event.at_s, tuple(entries), ends=any(checkpoint.turns(record) for record in records))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self._write(utc, event.at_s, (("event", event), ("refusal", because)))

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that needs a signature and came without: it was not taken."""
        self._write(utc, act.at_s, (("unsigned", act),))

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        self._write(utc, event.at_s, (("event", event), ("crash", error)))

    def close_session(self, utc: datetime, at_s: float, ended_in: str) -> str:
        """The last entry, after which the file is one piece and sealed. Returns the head."""
        self._give_back()
        self._write(utc, at_s, (("closed", {"ended_in": ended_in}),))
        return self.seal()

    def seal(self) -> str:
        """Make one piece of a file that ends in `closed`, and seal it. Returns the head."""
        self._give_back()
        try:
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                raise self._fail("is closed, but cannot be sealed while somebody reads it")
            self._without_log()
            self._db.close()
            left = [name for name in ("-wal", "-journal") if _holds(self.path.with_name(self.path.name + name))]
            if left:
                raise self._fail(f"is closed, but cannot be sealed: a {left[0][1:]} file is left beside it")
            write_seal(self.path, self.head, self._session, self._key)
        except (sqlite3.Error, OSError) as error:
            raise self._fail(f"cannot be closed: {error}") from error
        return self.head

    def _give_back(self) -> None:
        try:
            self._reserve.give_back()
        except OSError as error:
            raise self._fail(f"cannot be closed: {self._reserve.path.name}: {error.strerror}") from error

    def _without_log(self) -> None:
        try:
            # To its last row: an error in writing the file's header comes after the first.
            self._db.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.OperationalError as error:
            # Whoever has it open to read keeps the log's file, which is empty now and goes with the last reader.
            if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise

    # --------------------------------------------------------------------------------------------------------- writing
    def _write(self, utc: datetime, at_s: float, items: Items, *, ends: bool = False) -> None:
        if self._failed is not None:
            raise AuditFailed(self._failed)
        at_s = float(at_s) + 0.0  # as the file gives it back: a float, and no minus zero
        encoder = Encoder()
        entries = self._chained(encoder, utc, at_s, self._with_clock(utc, at_s, items))
        signs = self._signs(at_s, ends or any(kind in checkpoint.ALWAYS for kind, _ in items))
        if signs:
            entries.append(self._checkpoint(encoder, entries[-1]))
        new = {digest: array for digest, array in encoder.arrays.items() if digest not in self._known}
        self._commit(entries, new)
        self._seq, self._chain = entries[-1].seq, entries[-1].chain
        self._known.update(new)
        checked_s = at_s if signs or self._last is None else self._last.checked_s
        self._last = _Moment(at_s, utc, checked_s)

    def _with_clock(self, utc: datetime, at_s: float, items: Items) -> Items:
        if self._last is None:
            return items
        moved_s = (utc - self._last.utc).total_seconds() - (at_s - self._last.at_s)
        return items if abs(moved_s) <= MOVED_S else (("clock", {"moved_s": moved_s}), *items)

    def _signs(self, at_s: float, ends: bool) -> bool:
        return ends or self._last is None or at_s - self._last.checked_s >= checkpoint.PERIOD_S

    def _chained(self, encoder: Encoder, utc: datetime, at_s: float, items: Items) -> list[Entry]:
        moment, previous, entries = utc.isoformat(timespec="microseconds"), self._chain, []
        event = self._seq + 1
        for number, (kind, value) in enumerate(items, start=self._seq + 1):
            if kind == "event":
                event = number
            body = encoder.text({**attrs.asdict(value), "signs": event} if isinstance(value, Signature) else value)
            previous = link(previous, number, kind, at_s, moment, body)
            entries.append(Entry(number, kind, at_s, moment, body, previous))
        return entries

    def _checkpoint(self, encoder: Encoder, last: Entry) -> Entry:
        made = checkpoint.made(self._key, self._session, last.seq, last.chain.hex(), last.utc)
        body, seq = encoder.text(attrs.asdict(made)), last.seq + 1
        chain = link(last.chain, seq, "checkpoint", last.at_s, last.utc, body)
        return Entry(seq, "checkpoint", last.at_s, last.utc, body, chain)

    def _commit(self, entries: list[Entry], new: Mapping[str, Array]) -> None:
        try:
            packed = [pack(array, digest) for digest, array in new.items()]
            self._log.make_room([*(len(p.data) for p in packed), *(len(e.body) for e in entries)])
            self._db.execute("BEGIN IMMEDIATE")
            for p in packed:
                row = (p.digest, p.dtype, p.shape, p.packing, p.data)
                self._db.execute("INSERT INTO arrays VALUES (?,?,?,?,?)", row)
            self._db.executemany(
                "INSERT INTO entries VALUES (?,?,?,?,?,?)",
                [(e.seq, e.kind, e.at_s, e.utc, e.body, e.chain) for e in entries],
            )
            self._db.execute("COMMIT")
            self._log.fold_if_long()
        except (sqlite3.Error, OSError) as error:
            with suppress(sqlite3.Error):  # as when the file is closed already
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            raise self._fail(str(error)) from error

    def _fail(self, why: str) -> AuditFailed:
        # A write that failed may or may not be on the disk; nothing that follows could be trusted to be.
        self._failed = f"{self.path}: {why}"
        return AuditFailed(self._failed)


def _holds(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0
