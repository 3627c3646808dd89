"""Verifies a session record of format 2. Written from docs/record-format.md alone, it shares no code with the device.

Exit: 0 sound, 1 findings, 2 no record of format 2, or bad arguments. Needs PyNaCl and a little-endian machine.
"""

import argparse
import array
import base64
import hashlib
import json
import math
import re
import sqlite3
import sys
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

try:
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey
except ImportError:
    print("verify_record.py: error: needs PyNaCl: pip install pynacl", file=sys.stderr)
    sys.exit(2)

MOST_BYTES, MOST_FINDINGS = 1 << 30, 1000  # of an array, unpacked; further findings are not kept
PEM: Final = "-----BEGIN PUBLIC KEY-----\\s+MCowBQYDK2VwAyEA([A-Za-z0-9+/]{43}=)\\s+-----END PUBLIC KEY-----\\s*"
REFERENCE: Final = re.compile(r'\{"\$array":"([0-9a-f]{64})"\}|"\$array":')  # no text has it: quotes are escaped there
DTYPE, SHAPE = "[<>|][biufcSV]([0-9]{1,9})", r"\[([0-9]{1,10}(, [0-9]{1,10}){0,63})?\]"
HEX: Final = "[0-9a-f]{64}"
TYPES: Final[dict[str, str | type]] = {  # of fields: a pattern or a type; any other is a text
    **dict.fromkeys(("site_key", "plan_sha256", "head", "key", "sha256"), HEX), "moved_s": float,
    **dict.fromkeys(("covers", "signs", "size", "format"), int), **dict.fromkeys(("before", "after"), dict),
    "session": "[0-9a-f]{32}", "signature": "[0-9a-f]{128}",
}  # fmt: skip
OPENED: Final = "session site_key plan plan_sha256 syntherm"
BODIES: Final = {  # objects with at least these fields; what the bodies of other kinds say is not judged
    "opened": OPENED, "resumed": OPENED, "decision": "before after", "clock": "moved_s", "closed": "ended_in",
    "signature": "person name role meaning shown signs", "checkpoint": "covers head key signature",
    "seal": "format session head size sha256 key signature",
}  # fmt: skip
STARTS: Final = ("opened", "resumed", "clock", "event", "unsigned", "closed")  # of a write
NEXT: Final = {  # what may follow in the same write
    "clock": ("event", "unsigned", "closed"), "event": ("decision", "refusal", "crash"),
    **dict.fromkeys(("decision", "maps", "remark", "signature"), ("maps", "remark", "signature", "checkpoint")),
    **dict.fromkeys(("opened", "resumed", "unsigned", "closed", "refusal", "crash"), ("checkpoint",)),
}  # fmt: skip
UNFINISHED: Final = ("opened", "resumed", "clock", "event", "closed")  # which no write ends with
ENTRIES: Final = "SELECT seq, kind, at_s, utc, body, chain FROM entries"
ARRAYS: Final = "SELECT digest, dtype, shape, packing, data FROM arrays"
TYPES_OF: Final = "typeof(digest) || typeof(dtype) || typeof(shape) || typeof(packing) || typeof(data)"
TRIGGERS: Final = {"entries_only_append", "arrays_never_replaced"} | {
    f"{table}_no_{verb}" for table in ("meta", "entries", "arrays") for verb in ("update", "delete")
}
encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def read_json(text: str, kind: str) -> tuple[Any, str]:
    """The value of canonical JSON, or None, and what is wrong with it as the body of this kind."""
    try:
        value = json.loads(text)
        again = encode(value)
    except (ValueError, RecursionError) as error:
        return None, f"body: no JSON: {error!s:.72}"
    if again != text or text[0] != "{":
        return None, f"body: found {text!a:.72}, expected an object of canonical JSON"
    for name in BODIES[kind].split():
        wanted, found = TYPES.get(name, str), value.get(name)
        is_so = type(found) in (wanted, int if wanted is float else wanted)
        if not (type(found) is str and re.fullmatch(wanted, found) if isinstance(wanted, str) else is_so):
            return None, f"{name}: found {found!a:.72}, expected {getattr(wanted, '__name__', wanted)}"
    return value, ""


def array_fault(digest: str, dtype: str, shape: str, packing: str, data: bytes) -> str:
    """Why an array cannot be unpacked, or is not what its digest says; empty if neither."""
    try:
        item, is_i2 = re.fullmatch(DTYPE, dtype), packing == "i2-shuffle-zlib"
        if not (item and re.fullmatch(SHAPE, shape) and (packing == "shuffle-zlib" or (is_i2 and dtype == "<c8"))):
            raise ValueError(f"dtype {dtype}, shape {shape}, packing {packing}")
        count, width = math.prod(json.loads(shape)) * (2 if is_i2 else 1), 2 if is_i2 else int(item[1])
        inflate, size = zlib.decompressobj(), count * width
        planes = inflate.decompress(data, min(size, MOST_BYTES) + 1)
        if len(planes) != size or not inflate.eof or inflate.unused_data:
            raise ValueError(f"it does not inflate to {size} bytes")
        content = bytearray(planes)
        for place in range(width):
            content[place::width] = planes[place * count : (place + 1) * count]
        unpacked = array.array("f", array.array("h", bytes(content))).tobytes() if is_i2 else content
        found = hashlib.sha256(f"{dtype}\n{shape}\n".encode() + unpacked).hexdigest()
    except (ValueError, TypeError, zlib.error, MemoryError) as error:
        return f"array {digest!a:.72}: cannot be unpacked: {str(error)!a:.144}"
    return "" if found == digest else f"array {digest!a:.72}: has the digest {found}"


class Verifier:
    """What is found in a record, and what is remembered from one entry to the next."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []  # number of the entry or 0 for the file, and what is wrong
        self.chain = self.before = hashlib.sha256(b"syntherm record 2").digest()
        self.kind, self.at_s, self.utc, self.checkpoint_at_s = "", 0.0, "", 0.0
        self.wall: datetime | None = None
        self.session, self.key, self.site_keys = "", b"", list[tuple[int, str]]()
        self.count, self.array_count, self.arrays = 0, 0, dict[str, int]()  # the first entry that refers to an array
        self.act = 0  # the event of this write, once it is decided
        self.is_due = self.is_closed = self.is_cut = False  # is_due: this write is to end in a checkpoint

    def say(self, entry: int, text: str) -> None:
        """Adds a finding, unless the text is empty."""
        self.found += [(entry, text)] if text and len(self.found) < MOST_FINDINGS else []

    def expect(self, entry: int, value: dict[str, Any], text: str, **expected: object) -> None:
        """Adds a finding for every field that has not its expected value, and unless the run's key signed the text."""
        for name, wanted in {**expected, "key": hashlib.sha256(self.key).hexdigest()}.items():
            if value[name] != wanted:
                self.say(entry, f"{name}: found {value[name]!a:.72}, expected {wanted!a:.72}")
        try:
            VerifyKey(self.key).verify(text.encode(), bytes.fromhex(value["signature"]))
        except (CryptoError, ValueError):
            self.say(entry, "signature: is not by the site's key of this run")

    def read_entries(self, db: sqlite3.Connection) -> None:
        """Rules 1 to 4."""
        fault = ""
        try:
            for row in db.execute(f"{ENTRIES} ORDER BY seq"):
                if fault := self._take(row):
                    break
        except (sqlite3.Error, MemoryError) as error:
            fault = f"row: reading stops: {str(error)!a:.72}"
            # sqlite3 drops the last good row when it cannot step on to the next: ask for that one again.
            with suppress(sqlite3.Error, MemoryError):
                for row in db.execute(f"{ENTRIES} WHERE seq = ? LIMIT 1", (self.count + 1,)).fetchall():
                    fault = self._take(row) or fault
        self.is_cut = bool(fault)
        self.say(self.count + 1, fault)

    def _take(self, row: tuple[int, str, float, str, str, bytes]) -> str:
        """Judges the next entry, or says why neither it nor a later one can be looked at."""
        n, (seq, kind, at_s, utc, body, chain) = self.count + 1, row
        if tuple(map(type, row)) != (int, str, float, str, str, bytes):
            return f"row: found {[type(each).__name__ for each in row]}, expected int, str, float, str, str, bytes"
        if seq != n:
            return f"seq: found {seq}, expected {n}"
        text = body.encode()
        line = f"{seq}\n{kind}\n{at_s!r}\n{utc}\n{len(text)}\n".encode()
        if hashlib.sha256(self.chain + line + text).digest() != chain or not body.isascii():
            return f"chain: found {chain.hex():.64}, which does not fit this entry and the one before"
        self.before, self.chain, self.count = self.chain, chain, n
        self._judge(n, kind, at_s, utc, body)
        self.kind, self.at_s, self.utc = kind, at_s, utc
        return ""

    def _judge(self, n: int, kind: str, at_s: float, utc: str, body: str) -> None:
        value, fault = read_json(body, kind) if kind in BODIES else (None, "")
        self.say(n, fault)
        follows = NEXT.get(self.kind, ())
        is_good = kind in follows and (at_s, utc) == (self.at_s, self.utc)
        if kind in STARTS and kind not in follows:
            self._start(n, kind, at_s, utc, value["moved_s"] if kind == "clock" and value else None)
            is_good = (n == 1) == (kind == "opened") and not self.is_closed
        self.say(n, "" if is_good else f"kind: found {kind!a:.72} after {self.kind!a:.72} at {at_s!r} s, {utc!a:.72}")
        self.is_closed |= kind == "closed"
        self.is_due |= kind in ("crash", "signature")
        for digest in REFERENCE.findall(body):
            self.arrays.setdefault(digest, n)
        if value is not None:
            self._content(n, kind, at_s, utc, value)

    def _start(self, n: int, kind: str, at_s: float, utc: str, moved_s: float | None) -> None:
        if self.is_due or self.kind in UNFINISHED:
            self.say(n, f"kind: found a new write after {self.kind!a:.72}, which is not complete")
        opens, last, self.wall = kind in ("opened", "resumed"), self.wall, None
        with suppress(ValueError):
            wall = datetime.fromisoformat(utc)
            self.wall = wall if wall.isoformat(timespec="microseconds") == utc and utc.endswith("+00:00") else None
        if self.wall is None or not math.isfinite(at_s) or (at_s < self.at_s and not opens):
            self.say(n, f"time: found {utc!a:.72} and {at_s!r} s after {self.at_s!r} s")
        elif last and not opens:
            drift_s = (self.wall - last).total_seconds() - (at_s - self.at_s)
            slack_s = (0.5 if moved_s is None else 0.001) + 2e-6  # utc is rounded to a microsecond, twice here
            if not drift_s - slack_s <= (moved_s or 0) <= drift_s + slack_s:
                self.say(n, f"moved_s: found {moved_s!r:.20}, expected {drift_s:.6f} since the write before")
        self.act, self.is_due = 0, not opens and at_s - self.checkpoint_at_s >= 60

    def _content(self, n: int, kind: str, at_s: float, utc: str, value: Any) -> None:
        if kind in ("opened", "resumed"):
            self.key, self.session = bytes.fromhex(value["site_key"]), self.session or value["session"]
            self.site_keys.append((n, value["site_key"]))
            if kind == "resumed" and (value["session"], value.get("after")) != (self.session, n - 1):
                self.say(n, f"session, after: found {value['session']}, {value.get('after')!a:.20}")
            if value["plan_sha256"] != hashlib.sha256(value["plan"].encode("utf-8", "surrogatepass")).hexdigest():
                self.say(n, f"plan_sha256: found {value['plan_sha256']}, which is not the plan's")
        elif kind == "decision":
            self.act = n - 1
            self.is_due |= value["before"].get("session") != value["after"].get("session")
        elif kind == "signature" and value["signs"] != self.act:
            self.say(n, f"signs: found {value['signs']!a:.72}, expected {self.act}, the event of its write")
        elif kind == "checkpoint":
            self.is_due, self.checkpoint_at_s = False, at_s
            text = f"syntherm checkpoint 2\n{self.session}\n{value['covers']}\n{value['head']}\n{utc}\n"
            self.expect(n, value, text, covers=n - 1, head=self.before.hex())

    def read_arrays(self, db: sqlite3.Connection) -> None:
        """Rule 5."""
        try:
            if db.execute(f"SELECT 1 FROM arrays WHERE {TYPES_OF} != 'texttexttexttextblob'").fetchone():
                raise sqlite3.DataError("found a row of other types than four texts and a blob")
            for digest, count in db.execute("SELECT digest, count(*) FROM arrays GROUP BY digest"):
                self.array_count += count
                if count > 1 or not (digest in self.arrays or self.is_cut):
                    self.say(0, f"array {digest!a:.72}: is there {count} times, first for {self.arrays.get(digest)}")
            for digest, n in self.arrays.items():
                row = db.execute(f"{ARRAYS} WHERE digest = ? LIMIT 1", (digest,)).fetchone()
                self.say(n, array_fault(*row) if row else f"array {digest!a:.72}: is missing")
        except (sqlite3.Error, MemoryError) as error:
            self.say(0, f"arrays: reading stops: {str(error)!a:.72}")

    def read_seal(self, record: Path) -> None:
        """Rule 7."""
        try:
            text = Path(f"{record}.seal").read_bytes().decode("ascii")
        except (OSError, ValueError) as error:
            return self.say(0, f"seal: cannot be read: {error}")
        value, fault = read_json(text[:-1], "seal")
        if fault or text[-1:] != "\n" or len(value) != len(BODIES["seal"].split()):
            return self.say(0, f"seal: {fault or 'is not one line with the fields of a seal and no other'}")
        with record.open("rb") as file:
            own = {"size": record.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        text = "syntherm seal 2\n{session}\n{head}\n{size}\n{sha256}\n".format_map(value)
        return self.expect(0, value, text, format=2, session=self.session, head=self.chain.hex(), **own)


def read_key(path: str) -> str:
    """The Ed25519 public key of a PEM file, in hex. What stands before its 32 bytes never differs (RFC 8410)."""
    pem = re.fullmatch(PEM, Path(path).read_text("ascii", "replace"))
    if not pem:
        raise ValueError(f"{path}: no PEM file of an Ed25519 public key")
    return base64.b64decode(pem[1]).hex()


def verify(record: Path, head: str | None, keys: list[str]) -> Verifier:
    """All that is found in a record. Raises ValueError, OSError."""
    # Otherwise SQLite makes a -wal file beside a record that has none. Where one is, it holds the last entries.
    beside = [Path(f"{record}{end}") for end in ("-wal", "-journal")]
    strays = [each for each in beside if each.exists() and each.stat().st_size > 0]
    flag = "" if beside[0] in strays and not Path(f"{record}.seal").exists() else "&immutable=1"
    try:
        db = sqlite3.connect(f"{record.absolute().as_uri()}?mode=ro{flag}", uri=True, isolation_level=None)
        db.execute("BEGIN")  # one state of a record that is still written
        versions = db.execute("SELECT schema_version FROM meta LIMIT 2").fetchall()
    except sqlite3.Error as error:
        raise ValueError(f"{record}: not a record: {str(error)!a:.144}") from None
    if versions != [(2,)]:
        raise ValueError(f"{record}: schema_version: found {versions!a:.72}, expected 2, the only format known here")
    it = Verifier()
    it.read_entries(db)
    it.read_arrays(db)
    it.found += [(0, f"{each}: lies beside the record") for each in strays]
    triggers = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    it.found += [(0, f"trigger {name}: is missing") for name in sorted(TRIGGERS - triggers)]
    it.read_seal(record)
    if not it.is_cut:
        it.say(it.count, "" if it.is_closed and it.kind == "checkpoint" else "the record is not closed")
    last = it.count + it.is_cut  # or the entry at which reading stopped
    it.say(last, "" if head in (None, it.chain.hex()) else f"head: found {it.chain.hex()}, expected {head}")
    it.found += [(n, f"site_key: found {key}, not one given") for n, key in it.site_keys if keys and key not in keys]
    return it


def main(arguments: list[str] | None = None) -> int:
    """Verifies one record. Returns the exit code."""
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, description="Verifies a session record of format 2.")
    parser.add_argument("record", type=Path)
    parser.add_argument("--head", type=str.lower, help="64 hex digits, as the console or the report shows them")
    parser.add_argument("--key", nargs="+", action="extend", default=[], help="public keys of the site (PEM)")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    given = parser.parse_args(arguments)
    try:
        if given.head is not None and not re.fullmatch(HEX, given.head):
            raise ValueError(f"--head: found {given.head!a:.72}, expected 64 hex digits")
        it = verify(given.record, given.head, [read_key(path) for path in given.key])
    except (ValueError, OSError) as error:
        parser.error(str(error))
    first = min((n for n, _ in it.found if n), default=0) if it.found else None
    told = {"sound": not it.found, "entries": it.count, "arrays": it.array_count, "head": it.chain.hex()}
    lines = [f"entry {n}: {text}" if n else f"file: {text}" for n, text in it.found]
    verdict = f"NOT SOUND, first bad entry {first}" if it.found else "sound"
    known = "" if given.key else ", by site keys that only the record itself names"
    lines.append(f"{verdict}{known}: {it.count} entries, {it.array_count} arrays, head {it.chain.hex()}")
    print(json.dumps({**told, "first_bad": first, "findings": it.found}) if given.json else "\n".join(lines))
    return int(bool(it.found))


if __name__ == "__main__":
    sys.exit(main())
