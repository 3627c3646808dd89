"""The read-only reader: it cannot change a record, not even by opening it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from syntherm.audit import schema
from syntherm.audit.arrays import Array, Packed, unpack
from syntherm.audit.chain import Entry
from syntherm.audit.seal import seal_path


class UnreadableRecord(Exception):
    """The file is not a record that this software can read. The message says why, on one line."""


_DAMAGE: Final = (sqlite3.Error, ValueError)
"""What sqlite3 raises for a damaged file: also ValueError, when its own message quotes bytes that are no text."""
_ENTRIES: Final = "SELECT seq, kind, at_s, utc, body, chain FROM entries"
_ENTRY: Final = (int, str, float, str, str, bytes)
_ARRAY: Final = (str, str, str, str, bytes)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _lacks_log(path: Path) -> str:
    sealed = seal_path(path).exists() or _beside(path, "-wal").exists()
    return "" if sealed else "; if it was copied while it was written, its -wal file is missing"


class AuditReader:
    """Reads one record, also one that is being written. No file appears beside it, and none changes.

    Only a record that is being written, or was when its controller died, has a log with an index beside it. Where the
    log is there without its index, in a copy, both are read from a copy of our own: SQLite would make the index.
    """

    def __init__(self, path: Path) -> None:
        self._copy: TemporaryDirectory[str] | None = None
        try:
            if not path.is_file():
                raise UnreadableRecord(f"{path}: no such file")
            source, mode = self._source(path)
        except OSError as error:
            raise UnreadableRecord(f"{path}: {error.strerror}") from error
        try:
            self._db = sqlite3.connect(f"file:{quote(str(source.resolve()))}{mode}", uri=True, isolation_level=None)
            found = self._db.execute("SELECT schema_version FROM meta").fetchall()
        except _DAMAGE as error:
            self._drop_copy()
            raise UnreadableRecord(f"{path}: not a readable record: {error}{_lacks_log(path)}") from error
        if len(found) != 1 or found[0][0] not in schema.READ:
            self._db.close()
            self._drop_copy()
            known = " and ".join(map(str, schema.READ))
            raise UnreadableRecord(f"{path}: schema version {found}, this software reads {known}")
        self.path, self.version = path, int(found[0][0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._drop_copy()

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.cleanup()

    def _source(self, path: Path) -> tuple[Path, str]:
        """The file to open, and how."""
        log = _beside(path, "-wal")
        if seal_path(path).exists() or not log.exists():
            return path, "?mode=ro&immutable=1"
        if _beside(path, "-shm").exists():
            return path, "?mode=ro"
        self._copy = TemporaryDirectory(prefix="syntherm-record-")
        for file in (path, log):
            shutil.copyfile(file, Path(self._copy.name) / file.name)
        return Path(self._copy.name) / path.name, "?mode=ro"

    def entries(self) -> Iterator[Entry]:
        """All entries in the order of their numbers. Raises UnreadableRecord on a damaged page."""
        read = 0
        try:
            for row in self._rows(f"{_ENTRIES} ORDER BY seq", _ENTRY):
                read = row[0]
                yield Entry._make(row)
        except UnreadableRecord:
            # sqlite3 drops a good row when it cannot step on to the next one: that row is asked for alone.
            yield from (Entry(*row) for row in self._rows(f"{_ENTRIES} WHERE seq = ?", _ENTRY, read + 1))
            raise

    def arrays(self) -> Iterator[Packed]:
        """All arrays. Raises UnreadableRecord on a damaged page."""
        for row in self._rows("SELECT digest, dtype, shape, packing, data FROM arrays ORDER BY digest", _ARRAY):
            yield Packed(*row)

    def array(self, digest: str) -> Array:
        """One array. Raises UnreadableRecord if it is missing or damaged."""
        query = "SELECT digest, dtype, shape, packing, data FROM arrays WHERE digest = ?"
        rows = list(self._rows(query, _ARRAY, digest))
        if len(rows) != 1:
            raise UnreadableRecord(f"{self.path}: array {digest[:12]} is missing")
        try:
            return unpack(Packed(*rows[0]))
        except ValueError as error:
            raise UnreadableRecord(f"{self.path}: array {digest[:12]}: {error}") from error

    def triggers(self) -> frozenset[str]:
        """Names of the triggers that the file has."""
        return frozenset(row[0] for row in self._rows("SELECT name FROM sqlite_master WHERE type = 'trigger'", (str,)))

    def opened(self) -> dict[str, Any]:
        """The body of the first entry."""
        first = next(self.entries(), None)
        if first is None or first.kind != "opened":
            raise UnreadableRecord(f"{self.path}: does not begin with an opened session")
        try:
            body = json.loads(first.body)
        except (ValueError, RecursionError) as error:
            raise UnreadableRecord(f"{self.path}: entry 1 is no JSON: {error}") from error
        if not isinstance(body, dict):
            raise UnreadableRecord(f"{self.path}: entry 1 does not say what was opened")
        return body

    def _rows(self, query: str, types: tuple[type, ...], *values: str | int) -> Iterator[tuple[Any, ...]]:
        """Rows whose values have the types that the schema declares: a damaged page keeps no such promise."""
        try:
            for row in self._db.execute(query, values):
                if tuple(map(type, row)) != types:
                    raise UnreadableRecord(f"{self.path}: damaged: a row holds other types than the schema's")
                yield row
        except _DAMAGE as error:
            raise UnreadableRecord(f"{self.path}: damaged: {error}") from error
