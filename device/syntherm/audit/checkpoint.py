"""Checkpoints: the site's signature over all entries so far, as an entry of its own."""

from typing import Final

import attrs

from syntherm.audit.keys import SiteKey
from syntherm.core.decision import Decision, Record

PERIOD_S: Final = 60.0
"""No more than this passes between two checkpoints, as long as anything is written."""
ALWAYS: Final = frozenset({"crash", "signature", "resumed", "closed"})
"""Kinds of entries whose write ends in a checkpoint; so does `opened`, as entry 1."""


@attrs.frozen
class Checkpoint:
    """The body of a checkpoint. All but `covers` in hex."""

    covers: int
    head: str
    key: str
    signature: str


def text_of(session: str, covers: int, head: str, utc: str) -> bytes:
    """What is signed."""
    return f"syntherm checkpoint 2\n{session}\n{covers}\n{head}\n{utc}\n".encode()


def made(key: SiteKey, session: str, covers: int, head: str, utc: str) -> Checkpoint:
    """A checkpoint over the entry `covers` and all before it."""
    return Checkpoint(covers, head, key.public.fingerprint, key.sign(text_of(session, covers, head, utc)))


def turns(record: Record) -> bool:
    """Whether a decision leads the session to another state."""
    return isinstance(record, Decision) and record.before.session is not record.after.session
