"""What a damaged record reads as, by SQLite alone: which entry is the first that is not what it was.

No hash is looked at, so what the verifiers find by hashes and signatures can be held against what there is to find.
"""

import sqlite3
import zlib
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

from syntherm_verify.tamper.corpus import Original, Packed, Row
from syntherm_verify.tamper.damaged import FILE, REFUSED

_ENTRIES: Final = "SELECT seq, kind, at_s, utc, body, chain FROM entries"
_ARRAYS: Final = "SELECT digest, dtype, shape, packing, data FROM arrays WHERE digest = ?"
_DAMAGE: Final = (sqlite3.Error, ValueError, MemoryError)


def first_unlike(record: Path, was: Original, *, sealed: bool) -> frozenset[int]:
    """The first entry that is not what it was, or whose arrays are not; FILE if only the file is, REFUSED if none is.

    More than one where the table of arrays cannot be read to its end, or lies in disorder: the format says that the
    file is bad then, and leaves open which of the arrays are still looked at. An unclosed record always has a first bad
    entry: its last one, if no other.
    """
    uri = f"file:{record}?mode=ro{'&immutable=1' if sealed else ''}"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
            if db.execute("SELECT schema_version FROM meta").fetchall() != [(2,)]:
                return frozenset({REFUSED})
            return _first(db, was, sealed=sealed)
    except _DAMAGE:
        return frozenset({REFUSED})


def _first(db: sqlite3.Connection, was: Original, *, sealed: bool) -> frozenset[int]:
    fits, bad = _entries(db, was, sealed=sealed)
    unlike = {use for digest, use in was.uses.items() if use <= fits and not _unchanged(db, was.arrays[digest])}
    worst = min(bad or FILE, *unlike) if bad and unlike else bad or min(unlike, default=FILE)
    if _readable(db):
        return frozenset({worst})
    return frozenset({bad or FILE} | {use for use in unlike if not bad or use < bad})


def _entries(db: sqlite3.Connection, was: Original, *, sealed: bool) -> tuple[int, int | None]:
    """How many entries are what they were, and the first bad one among all, if any."""
    rows, stopped = _rows(db)
    fits = 0
    for row, old in zip(rows, was.rows, strict=False):
        if not _same(row, old):
            return fits, fits + 1
        fits += 1
    if stopped or len(rows) > was.last:
        return fits, fits + 1
    return fits, fits if len(rows) < was.last or not sealed else None


def _readable(db: sqlite3.Connection) -> bool:
    """Whether the table of arrays reads to its end, and in its order: else what is looked up is not what is there."""
    try:
        rows: list[Packed] = db.execute("SELECT digest, dtype, shape, packing, data FROM arrays").fetchall()
    except _DAMAGE:
        return False
    digests = [row[0] for row in rows if isinstance(row[0], str)]
    return len(digests) == len(rows) and all(one < two for one, two in pairwise(digests))


def _rows(db: sqlite3.Connection) -> tuple[list[Row], bool]:
    """All rows up to the first that cannot be read, and whether there is one."""
    rows: list[Row] = []
    try:
        for row in db.execute(f"{_ENTRIES} ORDER BY seq"):
            rows.append(row)
    except _DAMAGE:
        # sqlite3 drops a good row when it cannot step on to the next one.
        with suppress(*_DAMAGE):
            rows += db.execute(f"{_ENTRIES} WHERE seq = ?", (len(rows) + 1,)).fetchall()
        return rows, True
    return rows, False


def _same(row: Row, old: Row) -> bool:
    return row == old and tuple(map(type, row)) == tuple(map(type, old)) and repr(row[2]) == repr(old[2])


def _unchanged(db: sqlite3.Connection, old: Packed) -> bool:
    """Whether an array is what it was. Bits that deflate does not use are not the array's."""
    try:
        rows: list[Packed] = db.execute(_ARRAYS, (old[0],)).fetchall()
        if len(rows) != 1 or rows[0][:4] != old[:4]:
            return False
        inflate = zlib.decompressobj()
        content = inflate.decompress(rows[0][4])
        return inflate.eof and not inflate.unused_data and content == zlib.decompress(old[4])
    except (*_DAMAGE, zlib.error, TypeError):
        return False
