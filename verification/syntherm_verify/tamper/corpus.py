"""The records that are damaged, made by the real writer: a sealed one with every kind of entry, and its relatives."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.audit.keys import PublicKey, SiteKey
from syntherm.audit.seal import seal_path
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import FrameReceived, OperatorActed
from syntherm.core.vocabulary import Trigger
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_verify.recording.day import CREW
from syntherm_verify.recording.options import folder
from syntherm_verify.recording.steps import Step, closed, opened, small_identity, small_steps
from syntherm_verify.tamper.pages import owners

KEY: Final = demonstration_key(1)
FORGED: Final = demonstration_key(2)
"""The key of somebody who has none of this site."""
KEYS: Final[tuple[PublicKey, ...]] = (KEY.public,)
_REFERENCE: Final = re.compile(r'"\$array":"([0-9a-f]{64})"')
_MOVED: Final = timedelta(seconds=90)
"""Somebody sets the clock in the middle of the session, and later the controller ends and another goes on."""
_OPENING_STEPS, _IMAGES, _EARLIER = 8, 4, 3

Row = tuple[int, str, float, str, str, bytes]
Packed = tuple[str, str, str, str, bytes]


@attrs.frozen(eq=False)
class Original:
    """An undamaged record. `owner`: the entry that each byte belongs to; `uses`: the first entry to name an array."""

    data: bytes
    seal: bytes | None
    wal: bytes | None
    rows: tuple[Row, ...]
    arrays: Mapping[str, Packed]
    owner: NDArray[np.int32]
    uses: Mapping[str, int]

    @property
    def head(self) -> str:
        """The chain of its last entry, in hex."""
        return self.rows[-1][5].hex()

    @property
    def last(self) -> int:
        """The number of its last entry."""
        return len(self.rows)

    @property
    def session(self) -> str:
        """The session that it is of."""
        return str(json.loads(self.rows[0][4])["session"])


@attrs.frozen(eq=False)
class Corpus:
    """`whole`: closed and sealed. `earlier`: the same session, closed and sealed by the same key when it was shorter.

    `other`: of another session. `unclosed`: let go of, without a seal. `dead`: left by a process that died, with its
    log beside.
    """

    whole: Original
    earlier: Original
    other: Original
    unclosed: Original
    dead: Original


def corpus() -> Corpus:
    """All records, the same each time."""
    with folder(in_memory=True) as name:
        place = Path(name)
        dead: list[Original] = []
        made = {
            "whole": _made(place / "whole.db", 1, KEY, _ended),
            "earlier": _made(place / "earlier.db", 1, KEY, _ended, shorter=_EARLIER),
            "other": _made(place / "other.db", 3, KEY, _ended),
            "unclosed": _made(place / "unclosed.db", 1, KEY, lambda writer, _: writer.let_go()),
        }
        _made(place / "dead.db", 1, KEY, lambda writer, _: dead.append(_read(writer.path, place / "copy.db")))
        return Corpus(dead=dead[0], **made)


def _ended(writer: AuditWriter, steps: Sequence[Step]) -> None:
    closed(writer, steps, _MOVED)


def _made(
    path: Path, seed: int, key: SiteKey, end: Callable[[AuditWriter, Sequence[Step]], object], shorter: int = 0
) -> Original:
    steps = _chosen(seed)
    half = len(steps) // 2
    writer = AuditWriter(path, key, create=True)
    opened(writer, demonstration_session(seed))
    for step in steps[:half]:
        step.to(writer)
    writer.let_go()
    again = steps[half]
    writer = AuditWriter(path, key, create=False)
    writer.resume_session(again.utc, again.event.at_s, {**small_identity(), "between": {}})
    for step in steps[half : half + 3]:
        step.to(writer)
    rest = steps[half + 3 : len(steps) - shorter]
    for step in rest:
        step.to(writer, _MOVED)
    last = rest[-1]
    act = OperatorActed(last.event.at_s, Trigger.SIGN, CREW[0])
    writer.append_unsigned(last.utc + _MOVED, act)
    writer.append_crash(last.utc + _MOVED, act, "ValueError: made up")
    end(writer, rest)
    return _read(path, path)


def _chosen(seed: int) -> list[Step]:
    """Few steps of a small day, in their order, with every kind of entry among them."""
    steps = small_steps()
    first = list(steps[seed : seed + _OPENING_STEPS])
    later = steps[seed + _OPENING_STEPS :]
    images = [step for step in later if isinstance(step.event, FrameReceived)][:_IMAGES]
    rare = [next(step for step in later if kind in step.kinds) for kind in ("maps", "refusal", "remark", "signature")]
    return first + sorted({id(step): step for step in images + rare}.values(), key=lambda step: step.event.at_s)


def _read(path: Path, copy: Path) -> Original:
    """All of a record that lies there; one that is still open is read from a copy."""
    wal = path.with_name(path.name + "-wal")
    # Zeros behind the last frame of the log are none of it.
    data, log = path.read_bytes(), wal.read_bytes().rstrip(b"\0") if wal.exists() else None
    if copy != path:
        copy.write_bytes(data)
        copy.with_name(copy.name + "-wal").write_bytes(log or b"")
    seal = seal_path(path).read_bytes() if seal_path(path).exists() else None
    with closing(sqlite3.connect(copy)) as db:
        rows: list[Row] = db.execute("SELECT seq, kind, at_s, utc, body, chain FROM entries ORDER BY seq").fetchall()
        packed: list[Packed] = db.execute("SELECT digest, dtype, shape, packing, data FROM arrays").fetchall()
        root: int = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()[0]
    uses: dict[str, int] = {}
    for row in rows:
        for digest in _REFERENCE.findall(row[4]):
            uses.setdefault(digest, row[0])
    owner = owners(data, root) if log is None else np.zeros(len(data), dtype=np.int32)
    return Original(data, seal, log, tuple(rows), {each[0]: each for each in packed}, owner, uses)


def body_of(row: Row) -> dict[str, Any]:
    """What an entry says, where that is an object."""
    found: dict[str, Any] = json.loads(row[4])
    return found
