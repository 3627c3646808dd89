"""The read-only reader: it cannot change a record, not even by opening it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from syntherm.audit import schema
from syntherm.audit.arrays import Array, Packed, unpack
from syntherm.audit.chain import Entry
from syntherm.audit.seal import seal_path


class UnreadableRecord(Exception):
    """The file is not a record that this software can read. The message says why, on one line."""


class AuditReader:
    """Reads one record; a sealed one is opened as immutable, so that no side file appears."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise UnreadableRecord(f"{path}: no such file")
        mode = "?mode=ro&immutable=1" if seal_path(path).exists() else "?mode=ro"
        try:
            self._db = sqlite3.connect(f"file:{quote(str(path.resolve()))}{mode}", uri=True, isolation_level=None)
            found = self._db.execute("SELECT schema_version FROM meta").fetchall()
        except sqlite3.Error as error:
            raise UnreadableRecord(f"{path}: not a readable record: {error}") from error
        if found != [(schema.VERSION,)]:
            self._db.close()
            raise UnreadableRecord(f"{path}: schema version {found}, this software reads {schema.VERSION}")
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def entries(self) -> Iterator[Entry]:
        """All entries in the order of their numbers. Raises UnreadableRecord on a damaged page."""
        try:
            for row in self._db.execute("SELECT seq, kind, at_s, utc, body, chain FROM entries ORDER BY seq"):
                yield Entry(*row)
        except (sqlite3.Error, ValueError) as error:
            raise UnreadableRecord(f"{self.path}: damaged: {error}") from error

    def arrays(self) -> Iterator[Packed]:
        """All arrays. Raises UnreadableRecord on a damaged page."""
        try:
            for row in self._db.execute("SELECT digest, dtype, shape, packing, data FROM arrays ORDER BY digest"):
                yield Packed(*row)
        except (sqlite3.Error, ValueError) as error:
            raise UnreadableRecord(f"{self.path}: damaged: {error}") from error

    def array(self, digest: str) -> Array:
        """One array. Raises UnreadableRecord if it is missing or damaged."""
        row = self._db.execute(
            "SELECT digest, dtype, shape, packing, data FROM arrays WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            raise UnreadableRecord(f"{self.path}: array {digest[:12]} is missing")
        try:
            return unpack(Packed(*row))
        except ValueError as error:
            raise UnreadableRecord(f"{self.path}: {error}") from error

    def triggers(self) -> frozenset[str]:
        """Names of the triggers that the file has."""
        rows = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        return frozenset(str(row[0]) for row in rows)

    def opened(self) -> dict[str, Any]:
        """The body of the first entry."""
        first = next(self.entries(), None)
        if first is None or first.kind != "opened":
            raise UnreadableRecord(f"{self.path}: does not begin with an opened session")
        body: dict[str, Any] = json.loads(first.body)
        return body
