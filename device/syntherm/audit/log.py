"""The write-ahead log beside an open record: of one size from the beginning, and folded before it is full.

Left alone, SQLite lets the log grow with each commit and folds it when it likes; on a disk that is full both fail.
"""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from syntherm.audit.reserve import LOG_BYTES, Reserve

_PAGE: Final = 4096
_FRAME: Final = _PAGE + 24
_AROUND: Final = 6
"""Pages of the tree that a row can touch beside those that it fills."""


class WriteAhead:
    """Gives room back just before SQLite takes it: for what is appended, and for what the database grows by."""

    def __init__(self, db: sqlite3.Connection, record: Path, reserve: Reserve) -> None:
        """Take the log's own room. Raises OSError, sqlite3.Error."""
        self._db, self._record, self._reserve = db, record, reserve
        self._filled = 0
        db.execute("PRAGMA wal_autocheckpoint = 0")
        reserve.spend(LOG_BYTES)
        file = os.open(record.with_name(record.name + "-wal"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # Zeros behind the last frame are to SQLite what frames of an earlier round are: not part of the log.
            os.posix_fallocate(file, 0, LOG_BYTES)
        finally:
            os.close(file)
        self._fold()

    def make_room(self, sizes: Iterable[int]) -> None:
        """Before a commit of rows of these sizes: give back what the log will grow by. Raises OSError."""
        more = _FRAME * sum(size // _PAGE + 1 + _AROUND for size in sizes)
        self._reserve.spend(max(0, self._filled + more - max(LOG_BYTES, self._filled)))
        self._filled += more

    def fold_if_long(self) -> None:
        """After a commit, which is durable whatever happens here: fold the log once it is half full.

        Raises OSError, sqlite3.Error: a disk that fails here is not trusted with the next commit. A reader in the way
        is no failure: all stays in the log then, and is tried again.
        """
        if self._filled >= LOG_BYTES // 2:
            self._fold()

    def _fold(self) -> None:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        self._reserve.spend(max(0, pages * _PAGE - self._record.stat().st_size))
        busy, frames, folded = self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if not busy and frames == folded:
            self._filled = 0
