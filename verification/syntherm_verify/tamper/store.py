"""A record's rows and arrays changed through SQL, as somebody with the file can: triggers off, change, triggers on."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Final

from syntherm.audit import schema
from syntherm_verify.tamper.corpus import Original, Packed, Row

_PUT: Final = "INSERT INTO {} VALUES ({})"
_VERSIONS: Final = slice(18, 20)
"""Bytes of the header that say whether the file is written through a log."""
_PLAIN, _LOGGED = b"\x01\x01", b"\x02\x02"


def changed(
    was: Original,
    rows: Sequence[Row] | None = None,
    arrays: Mapping[str, Packed] | None = None,
    then: Sequence[str] = (),
    *,
    triggers: bool = True,
) -> bytes:
    """The record's file with other rows or arrays. `then`: more statements, before the triggers are put back."""
    data = bytearray(was.data)
    logged = data[_VERSIONS] == _LOGGED
    data[_VERSIONS] = _PLAIN
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.deserialize(bytes(data))
        db.execute("BEGIN")
        for name in schema.TRIGGERS:
            db.execute(f"DROP TRIGGER {name}")
        if rows is not None:
            _put_rows(db, was, rows)
        if arrays is not None:
            _put_arrays(db, was, arrays)
        for statement in then:
            db.execute(statement)
        for statement in schema.STATEMENTS if triggers else ():
            if "CREATE TRIGGER" in statement:
                db.execute(statement)
        db.execute("COMMIT")
        data = bytearray(db.serialize())
    if logged:
        data[_VERSIONS] = _LOGGED
    return bytes(data)


def _put_rows(db: sqlite3.Connection, was: Original, rows: Sequence[Row]) -> None:
    kept = {row[0]: row for row in rows}
    for old in was.rows:
        if kept.get(old[0]) != old:
            db.execute("DELETE FROM entries WHERE seq = ?", (old[0],))
    known = {old[0]: old for old in was.rows}
    new = [row for row in rows if known.get(row[0]) != row]
    db.executemany(_PUT.format("entries", "?,?,?,?,?,?"), new)


def _put_arrays(db: sqlite3.Connection, was: Original, arrays: Mapping[str, Packed]) -> None:
    for digest, old in was.arrays.items():
        if arrays.get(digest) != old:
            db.execute("DELETE FROM arrays WHERE digest = ?", (digest,))
    new = [row for digest, row in arrays.items() if was.arrays.get(digest) != row]
    db.executemany(_PUT.format("arrays", "?,?,?,?,?"), new)
