"""Makes session records of format 2 from docs/record-format.md alone: it shares no code with device or verifier.

`whole()` gives the entries of a record that has every kind; a test changes them, then `lay` chains, signs and seals
them. So whatever the change was, only that is wrong.
"""

import base64
import copy
import hashlib
import json
import sqlite3
import struct
import zlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

KEY, NEXT_KEY, STRANGER = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
SESSION = "0123456789abcdef" * 2
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PLAN = '[plan]\nname = "\u00fcbung"\n' + "# text\n" * 40


@dataclass
class Entry:
    """An entry before it is chained. `body`: a value, or None for a checkpoint to be signed; `raw` stands as it is."""

    kind: str
    at_s: float
    body: Any
    wall_s: float | None = None
    utc: str = ""
    raw: str | None = None
    key: SigningKey = field(default_factory=lambda: KEY)

    def moment(self) -> str:
        shown = START + timedelta(seconds=self.at_s if self.wall_s is None else self.wall_s)
        return self.utc or shown.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


@dataclass(frozen=True)
class Array:
    dtype: str
    shape: tuple[int, ...]
    packing: str
    data: bytes
    digest: str

    @property
    def ref(self) -> dict[str, str]:
        return {"$array": self.digest}

    def row(self) -> tuple[str, str, str, str, bytes]:
        return self.digest, self.dtype, json.dumps(list(self.shape)), self.packing, self.data


def shuffle(content: bytes, width: int) -> bytes:
    return zlib.compress(bytes(content[at] for place in range(width) for at in range(place, len(content), width)))


def digest_of(dtype: str, shape: tuple[int, ...], content: bytes) -> str:
    return hashlib.sha256(f"{dtype}\n{json.dumps(list(shape))}\n".encode() + content).hexdigest()


def plain(dtype: str, shape: tuple[int, ...], content: bytes, width: int) -> Array:
    return Array(dtype, shape, "shuffle-zlib", shuffle(content, width), digest_of(dtype, shape, content))


def whole_parts(shape: tuple[int, ...], parts: list[int]) -> Array:
    content = struct.pack(f"<{len(parts)}f", *map(float, parts))
    packed = shuffle(struct.pack(f"<{len(parts)}h", *parts), 2)
    return Array("<c8", shape, "i2-shuffle-zlib", packed, digest_of("<c8", shape, content))


IMAGE = whole_parts((2, 3), [0, 1, -1, 300, -300, 32767, -32768, 7, 8, 9, -10, 11])
MAP = plain("<f4", (2, 2), struct.pack("<4f", 37.0, 41.5, -0.0, 1e-7), 4)
MASK = plain("|u1", (5,), b"\x00\x01\x01\x00\x01", 1)
ARRAYS = (IMAGE, MAP, MASK)


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def public(key: SigningKey) -> bytes:
    return bytes(key.verify_key)


def pem(key: SigningKey) -> str:
    der = bytes.fromhex("302a300506032b6570032100") + public(key)
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"


def sign(key: SigningKey, *lines: object) -> str:
    return key.sign("".join(f"{line}\n" for line in lines).encode()).signature.hex()


def opened(key: SigningKey, **more: object) -> dict[str, object]:
    digest = hashlib.sha256(PLAN.encode()).hexdigest()
    told = {"session": SESSION, "site_key": public(key).hex(), "plan": PLAN, "plan_sha256": digest, "syntherm": "0.2.0"}
    return {**told, **more}


def decision(before: str, after: str, **more: object) -> dict[str, object]:
    return {"$type": "Decision", "before": {"session": before}, "after": {"session": after}, **more}


SIGNATURE = {
    "person": "operator-a", "name": "Operator A", "role": "physicist", "meaning": "accepted", "shown": "Accept?",
    "signs": 11,
}  # fmt: skip


def whole() -> list[Entry]:
    """The entries of a sound record: 31, of every kind, in two runs with a key each."""
    at_3, run_2 = 3.0, {"wall_s": 100.0, "key": NEXT_KEY}
    return copy.deepcopy([
        Entry("opened", 0.0, opened(KEY)),
        Entry("checkpoint", 0.0, None),
        Entry("event", 1.0, {"$type": "FrameArrived", "image": IMAGE.ref, "dose": {"$digest": "ab" * 32}}),
        Entry("decision", 1.0, decision("SETUP", "SETUP", bound={"$float": "inf"}, dose_min=1e-07)),
        Entry("event", 2.5, {"$type": "Confirmed"}),
        Entry("decision", 2.5, decision("SETUP", "CALIBRATION")),
        Entry("maps", 2.5, {"temperature_degC": MAP.ref, "valid": MASK.ref, "again": [IMAGE.ref]}),
        Entry("checkpoint", 2.5, None),
        Entry("event", at_3, {"$type": "Confirmed"}),
        Entry("refusal", at_3, "no row for it: \u00fc"),
        Entry("event", 4.0, {"$type": "Accepted", "by": "operator-a"}),
        Entry("decision", 4.0, decision("CALIBRATION", "CALIBRATION")),
        Entry("signature", 4.0, SIGNATURE),
        Entry("checkpoint", 4.0, None),
        Entry("clock", 5.0, {"moved_s": 3.0}, 8.0),
        Entry("event", 5.0, {"$type": "FrameArrived"}, 8.0),
        Entry("decision", 5.0, decision("CALIBRATION", "CALIBRATION"), 8.0),
        Entry("remark", 5.0, "pump: hold was not confirmed", 8.0),
        Entry("event", 64.0, {"$type": "FrameArrived"}, 67.4),
        Entry("decision", 64.0, decision("CALIBRATION", "CALIBRATION"), 67.4),
        Entry("checkpoint", 64.0, None, 67.4),
        Entry("event", 65.0, {"$type": "FrameArrived"}, 68.4),
        Entry("crash", 65.0, "ZeroDivisionError", 68.4),
        Entry("checkpoint", 65.0, None, 68.4),
        Entry("resumed", 0.5, opened(NEXT_KEY, after=24), **run_2),
        Entry("checkpoint", 0.5, None, **run_2),
        Entry("event", 1.5, {"$type": "Stopped"}, wall_s=101.0, key=NEXT_KEY),
        Entry("decision", 1.5, decision("ABORT", "ABORT"), wall_s=101.0, key=NEXT_KEY),
        Entry("unsigned", 1.75, {"$type": "Accepted"}, wall_s=101.25, key=NEXT_KEY),
        Entry("closed", 2.0, {"ended_in": "ABORT"}, wall_s=101.5, key=NEXT_KEY),
        Entry("checkpoint", 2.0, None, wall_s=101.5, key=NEXT_KEY),
    ])  # fmt: skip


TRIGGERS = {
    "entries_only_append": "INSERT ON entries WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)",
    "arrays_never_replaced": "INSERT ON arrays WHEN EXISTS (SELECT 1 FROM arrays WHERE digest = NEW.digest)",
    **{
        f"{table}_no_{verb}": f"{verb} ON {table}"
        for table in ("meta", "entries", "arrays")
        for verb in ("update", "delete")
    },
}


def chained(entries: Iterable[Entry]) -> list[tuple[int, str, float, str, str, bytes]]:
    """The rows of the table `entries`."""
    rows, chain = [], hashlib.sha256(b"syntherm record 2").digest()
    for seq, entry in enumerate(entries, 1):
        body, utc = entry.body, entry.moment()
        if body is None:
            head, print_ = chain.hex(), hashlib.sha256(public(entry.key)).hexdigest()
            signature = sign(entry.key, "syntherm checkpoint 2", SESSION, seq - 1, head, utc)
            body = {"covers": seq - 1, "head": head, "key": print_, "signature": signature}
        text = (canonical(body) if entry.raw is None else entry.raw).encode()
        line = f"{seq}\n{entry.kind}\n{entry.at_s!r}\n{utc}\n{len(text)}\n".encode()
        chain = hashlib.sha256(chain + line + text).digest()
        rows.append((seq, entry.kind, entry.at_s, utc, text.decode(), chain))
    return rows


def lay(
    path: Path, entries: Iterable[Entry], arrays: Iterable[Array] = ARRAYS, version: object = 2, page_bytes: int = 4096
) -> str:
    """Writes database and seal. Returns the head."""
    rows = chained(entries)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size = {page_bytes}")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("BEGIN")
        db.execute("CREATE TABLE meta (schema_version INTEGER)")
        db.execute(
            "CREATE TABLE entries (seq INTEGER PRIMARY KEY, kind TEXT, at_s REAL, utc TEXT, body TEXT, chain BLOB)"
        )
        db.execute("CREATE TABLE arrays (digest TEXT, dtype TEXT, shape TEXT, packing TEXT, data BLOB)")
        db.execute("INSERT INTO meta VALUES (?)", (version,))
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO arrays VALUES (?, ?, ?, ?, ?)", [array.row() for array in arrays])
        for name, when in TRIGGERS.items():
            db.execute(f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT raise(ABORT, 'a record only grows'); END")
        db.execute("COMMIT")
    seal(path, rows[-1][-1].hex() if rows else "")
    return rows[-1][-1].hex() if rows else ""


def seal(path: Path, head: str, key: SigningKey = NEXT_KEY, **changed: object) -> None:
    """Seals the file as it is now; `changed` fields are signed as they are told."""
    content = path.read_bytes()
    told: dict[str, Any] = {
        "session": SESSION,
        "head": head,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    told |= changed
    signature = sign(key, "syntherm seal 2", *(told[name] for name in ("session", "head", "size", "sha256")))
    told = {"format": 2, "key": hashlib.sha256(public(key)).hexdigest(), "signature": signature} | told
    Path(f"{path}.seal").write_text(canonical(told) + "\n", encoding="ascii")


def on(record: Path, *statements: str, sealed: bool = True) -> None:
    """Changes the finished file with its triggers away meanwhile, and seals it again."""
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        made = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        around = [f"DROP TRIGGER {name}" for name, _ in made], [sql for _, sql in made]
        for statement in (
            "PRAGMA synchronous = OFF",
            "PRAGMA journal_mode = MEMORY",
            *around[0],
            *statements,
            *around[1],
        ):
            db.execute(statement)
        head = db.execute("SELECT chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()[0]
    if sealed:
        seal(record, head.hex() if isinstance(head, bytes) else "00" * 32)


def keys(folder: Path, *which: SigningKey) -> list[Path]:
    for number, key in enumerate(which):
        (folder / f"{number}.pub").write_text(pem(key), encoding="ascii")
    return [folder / f"{number}.pub" for number in range(len(which))]


def named(told: dict[str, Any]) -> set[int]:
    return {number for number, _ in told["findings"]}
