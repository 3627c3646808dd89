"""The hash chain: each entry's hash covers its number, kind, times and body, and the hash before it."""

import hashlib
from typing import Final

import attrs

ANCHORS: Final = {version: hashlib.sha256(f"syntherm record {version}".encode()).digest() for version in (1, 2)}
"""What the first entry chains to, by version of the format."""

MOVED_S: Final = 0.5
"""Wall time that differs by more from the monotonic clock's has been moved, and the record says so."""


@attrs.frozen
class Entry:
    """One line of the record. `body` is canonical JSON; `chain` the hash over this entry and all before it."""

    seq: int
    kind: str
    at_s: float
    utc: str
    body: str
    chain: bytes


def link(previous: bytes, seq: int, kind: str, at_s: float, utc: str, body: str) -> bytes:
    """The chain hash of an entry after `previous`."""
    head = f"{seq}\n{kind}\n{at_s!r}\n{utc}\n{len(body)}\n"
    return hashlib.sha256(previous + head.encode() + body.encode()).digest()
