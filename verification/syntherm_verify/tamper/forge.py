"""What somebody can do who knows the format, has the file, and has a key, but not the site's."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import attrs

from syntherm.audit import checkpoint
from syntherm.audit.chain import ANCHORS, link
from syntherm.audit.keys import SiteKey
from syntherm.audit.seal import Seal
from syntherm_verify.tamper.corpus import FORGED, Row, body_of

Said = dict[str, Any]
_SHIFTED: Final = ("signs", "after")
"""Fields that hold numbers of entries: whoever closes a gap knows that they move."""


def text_of(value: object) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def rechained(rows: Sequence[Row], first: int = 1) -> list[Row]:
    """All hashes computed anew, from an entry on; nothing else changed."""
    made = list(rows[: first - 1])
    for seq, kind, at_s, utc, body, _ in rows[first - 1 :]:
        before = made[-1][5] if made else ANCHORS[2]
        made.append((seq, kind, at_s, utc, body, link(before, seq, kind, at_s, utc, body)))
    return made


def resigned(rows: Sequence[Row], first: int, key: SiteKey | None = FORGED) -> list[Row]:
    """All hashes and checkpoints made anew, from an entry on: by a key, or with the signatures that stood there."""
    session = str(body_of(rows[0])["session"])
    made = list(rows[: first - 1])
    for seq, kind, at_s, utc, body, _ in rows[first - 1 :]:
        before = made[-1][5] if made else ANCHORS[2]
        text = body
        if kind == "checkpoint" and key is not None:
            text = text_of(attrs.asdict(checkpoint.made(key, session, seq - 1, before.hex(), utc)))
        elif kind == "checkpoint":
            text = text_of({**json.loads(body), "covers": seq - 1, "head": before.hex()})
        made.append((seq, kind, at_s, utc, text, link(before, seq, kind, at_s, utc, text)))
    return made


def closed_up(rows: Sequence[Row], begin: int, end: int) -> list[Row]:
    """Without the entries from `begin` to before `end`, and with all numbers that move put right."""
    by = end - begin
    made = list(rows[: begin - 1])
    for seq, kind, at_s, utc, body, chain in rows[end - 1 :]:
        text = text_of(_shifted(json.loads(body), begin, by)) if kind in ("signature", "resumed") else body
        made.append((seq - by, kind, at_s, utc, text, chain))
    return made


def _shifted(said: Said, begin: int, by: int) -> Said:
    return {
        name: value - by if name in _SHIFTED and isinstance(value, int) and value >= begin else value
        for name, value in said.items()
    }


def with_key(rows: Sequence[Row], key: SiteKey) -> list[Row]:
    """Another site's key named by every entry that names one; no hash is computed anew."""
    return [
        (seq, kind, at_s, utc, text_of({**json.loads(body), "site_key": key.public.raw_hex}), chain)
        if kind in ("opened", "resumed")
        else (seq, kind, at_s, utc, body, chain)
        for seq, kind, at_s, utc, body, chain in rows
    ]


def ended(rows: Sequence[Row], at_s: float, utc: str) -> list[Row]:
    """With an end put to it, not yet chained or signed."""
    n = len(rows)
    closed: Row = (n + 1, "closed", at_s, utc, text_of({"ended_in": "COMPLETE"}), b"")
    return [*rows, closed, (n + 2, "checkpoint", at_s, utc, "", b"")]


def seal_of(data: bytes, rows: Sequence[Row], key: SiteKey = FORGED) -> bytes:
    """A seal for a file, by a key."""
    seal = Seal(
        rows[-1][5].hex(), len(data), hashlib.sha256(data).hexdigest(), str(body_of(rows[0])["session"]),
        key.public.fingerprint,
    )  # fmt: skip
    said: Mapping[str, object] = {**attrs.asdict(seal), "signature": key.sign(seal.signed), "format": 2}
    return (text_of(said) + "\n").encode()


def writes(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Numbers of the first entry of each write, and of the first after it."""
    begin = 1
    for before, row in pairwise(rows):
        begins = row[1] in ("opened", "resumed", "clock", "event", "unsigned", "closed") and before[1] != "clock"
        if begins:
            yield begin, row[0]
            begin = row[0]
    yield begin, rows[-1][0] + 1
