"""The hash chain: each entry's hash covers its number, kind, times and body, and the hash before it."""

import hashlib
from typing import Final, NamedTuple

ANCHORS: Final = {version: hashlib.sha256(f"syntherm record {version}".encode()).digest() for version in (1, 2)}
"""What the first entry chains to, by version of the format."""

MOVED_S: Final = 0.5
"""Wall time that differs by more from the monotonic clock's has been moved, and the record says so."""


class Entry(NamedTuple):
    """One line of the record. `body` is canonical JSON; `chain` the hash over this entry and all before it."""

    seq: int
    kind: str
    at_s: float
    utc: str
    body: str
    chain: bytes


def link(previous: bytes, seq: int, kind: str, at_s: float, utc: str, body: str) -> bytes:
    """The chain hash of an entry after `previous`."""
    text = f"{seq}\n{kind}\n{at_s!r}\n{utc}\n{len(body)}\n{body}"
    return hashlib.sha256(previous + text.encode()).digest()
