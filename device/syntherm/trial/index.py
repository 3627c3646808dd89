"""The index file: a small SQLite database. It holds what was read from records, and never a record itself."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from syntherm.auditing.console import BadInput
from syntherm.auditing.looks import plain
from syntherm.auditing.rows import Row, Value
from syntherm.trial.summary import Summary

if TYPE_CHECKING:
    from sqlite_utils import Database

VERSION: Final = 1
_APPLICATION: Final = 0x53594E54
"""Marks the file as an index: SYNT."""
RECORDS: Final = {
    "id": str, "path": str, "site": str, "size": int, "sha256": str, "format": int, "sealed": int, "session": str,
    "head": str, "site_key": str, "plan": str, "protocol": str, "patient": str, "plan_sha256": str,
    "prescribed_ml": float, "prescribed_min": float, "software": str, "opened_utc": str, "last_utc": str,
    "ended_in": str, "entries": int, "resumed": int, "length_min": float, "heating_min": float, "in_range_min": float,
    "delivered_ml": float, "heated_ml": float, "faults": int,
}  # fmt: skip
"""Columns of a record's row. `ended_in` is null for one that was not closed; `site` is a name that somebody gave."""
_FAULTS: Final = {
    "record": str, "seq": int, "session_s": float, "at_s": float, "utc": str, "code": str, "priority": str,
    "response": str, "detail": str, "cause_gone_s": float, "cleared_s": float,
}  # fmt: skip
_TEXTS: Final = {"record": str, "seq": int, "session_s": float, "utc": str, "kind": str, "text": str}


@attrs.frozen(eq=False)
class Index:
    """An open index."""

    path: Path
    db: "Database"

    def records(self, where: str = "", values: Sequence[Value] = ()) -> list[Row]:
        """Rows of records, oldest session first."""
        clause = f"WHERE {where}" if where else ""
        return list(self.db.query(f"SELECT * FROM records {clause} ORDER BY opened_utc, path", tuple(values)))

    def rows(self, query: str, values: Sequence[Value] = ()) -> list[Row]:
        """Rows of any query of ours."""
        return list(self.db.query(query, tuple(values)))

    def place(self, record: Row) -> Path:
        """Where a record lies: relative to the index if it lay below it."""
        return self.path.resolve().parent / str(record["path"])

    def named(self, record: Path) -> str:
        """How a record's place is kept."""
        place, home = record.resolve(), self.path.resolve().parent
        return str(place.relative_to(home) if place.is_relative_to(home) else place)

    def put(self, summary: Summary, path: str, site: str | None) -> None:
        """Keep what was read of a record, instead of what was kept of it before. All or nothing."""
        identity = str(summary.row["id"])
        with self.db.atomic():
            for row in self.rows("SELECT id FROM records WHERE id = ? OR path = ?", (identity, path)):
                self.drop(str(row["id"]))
            self.db.table("records").insert({**summary.row, "path": path, "site": site})
            self.db.table("faults").insert_all(_clean(row, identity) for row in summary.faults)
            self.db.table("texts").insert_all(_clean(row, identity) for row in summary.texts)

    def drop(self, identity: str) -> None:
        """Forget a record."""
        for table, column in (("faults", "record"), ("texts", "record"), ("records", "id")):
            self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", (identity,))


def _clean(row: Row, identity: str) -> Row:
    """What a table of texts can hold: no half characters."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in row.items()} | {
        "record": identity
    }


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[Index]:
    """An index to be read, or to be added to and made if it is not there. Raises BadInput."""
    try:
        from sqlite_utils import Database
    except ImportError as error:
        raise BadInput("found no sqlite-utils; expected the extra `trial`: pip install 'syntherm[trial]'") from error
    connection = _connect(path, create)
    try:
        database = Database(connection, execute_plugins=False)
        if create:
            _make(database)
        yield Index(path, database)
    except sqlite3.Error as error:
        raise BadInput(f"{path}: {error}") from error
    finally:
        connection.close()


def _connect(path: Path, create: bool) -> sqlite3.Connection:
    if not create and not path.is_file():
        raise BadInput(f"{path}: no such index; expected one made by `syntherm trial add`")
    if create and not path.parent.is_dir():
        raise BadInput(f"{path}: its folder is not there")
    new = not path.exists() or path.stat().st_size == 0
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={'rwc' if create else 'ro'}", uri=True)
        found = connection.execute("PRAGMA application_id").fetchone()[0], _version(connection)
    except sqlite3.Error as error:
        raise BadInput(f"{path}: no index of a trial: {error}") from error
    if found != (_APPLICATION, VERSION) and not (create and new):
        connection.close()
        raise BadInput(f"{path}: no index of a trial, or one of another version; expected version {VERSION}")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make(database: "Database") -> None:
    if "records" in database.table_names():
        return
    with database.atomic():
        database.table("records").create(RECORDS, pk="id", not_null={"path", "head", "size", "sha256"}, strict=True)
        database.table("records").create_index(["path"], unique=True)
        database.table("records").create_index(["opened_utc"])
        for name, columns in (("faults", _FAULTS), ("texts", _TEXTS)):
            database.table(name).create(columns, foreign_keys=[("record", "records", "id")], strict=True)
            database.table(name).create_index(["record"])
        database.table("faults").create_index(["code"])
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
