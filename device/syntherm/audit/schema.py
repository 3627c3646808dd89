"""The tables of a record, and the triggers that refuse to change it.

Triggers prevent mistakes; the hash chain shows tampering.
"""

from typing import Final

VERSION: Final = 2
"""What is written."""
READ: Final = (1, 2)
"""What is read: records are never rewritten."""

STATEMENTS: Final = (
    """CREATE TABLE meta (schema_version INTEGER NOT NULL) STRICT""",
    """CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        at_s REAL NOT NULL,
        utc TEXT NOT NULL,
        body TEXT NOT NULL,
        chain BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE arrays (
        digest TEXT PRIMARY KEY,
        dtype TEXT NOT NULL,
        shape TEXT NOT NULL,
        packing TEXT NOT NULL,
        data BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER entries_only_append BEFORE INSERT ON entries
       WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
       BEGIN SELECT raise(ABORT, 'entries are numbered without gaps'); END""",
    """CREATE TRIGGER arrays_never_replaced BEFORE INSERT ON arrays
       WHEN EXISTS (SELECT 1 FROM arrays WHERE digest = NEW.digest)
       BEGIN SELECT raise(ABORT, 'an array is written once'); END""",
    *(
        f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
       BEGIN SELECT raise(ABORT, 'a record is append-only'); END"""
        for table in ("meta", "entries", "arrays")
        for verb in ("UPDATE", "DELETE")
    ),
)

TRIGGERS: Final = frozenset(
    {"entries_only_append", "arrays_never_replaced"}
    | {f"{table}_no_{verb}" for table in ("meta", "entries", "arrays") for verb in ("update", "delete")}
)
