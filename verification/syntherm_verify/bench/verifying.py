"""How long the device's verifier takes, beside one SHA-256 over the same bytes, and how that grows with the record."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from syntherm.audit.seal import hash_file, seal_path
from syntherm.audit.verify import verify
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.long_record import make
from syntherm_verify.bench.took import Took, timed
from syntherm_verify.tamper.corpus import KEYS

_MILLION: Final = 10**6
_LONGEST_S: Final = 5.0
_STEEPEST: Final = 1.5
_TIMES: Final = 3


class Unsound(Exception):
    """A record that was made to be measured is not sound: what was measured is not what was meant."""


def verifying(folder: Path, sizes: Sequence[int]) -> Iterator[Figure]:
    """Seconds for each number of entries, and how much more an entry costs in the longest than in the shortest."""
    per_entry: list[float] = []
    for size in sizes:
        path = folder / f"long-{size}.db"
        make(path, size)
        took, floor = _least(_verified, path), _least(_read, path)
        per_entry.append(took.cpu_s / size)
        yield Figure(
            f"verifying {size:.0e} entries".replace("e+0", "e"),
            took.cpu_s,
            "s of the processor",
            f"the least of {_TIMES}; {took.wall_s:.2f} s on the clock; {path.stat().st_size / 1e6:.0f} MB; reading and "
            f"hashing alone {floor.cpu_s:.2f} s, one SHA-256 over the file {_least(hash_file, path).cpu_s:.2f} s",
            Bar.BELOW if size == _MILLION else Bar.NONE,
            _LONGEST_S,
        )
        path.unlink()
        seal_path(path).unlink()
    yield Figure(
        "growth of verifying",
        per_entry[-1] / per_entry[0],
        "x",
        f"time for an entry of {sizes[-1]} over that for one of {sizes[0]}: 1 is linear",
        Bar.BELOW,
        _STEEPEST,
    )


def _least(call: Callable[[Path], object], path: Path) -> Took:
    """Other work on the machine only ever adds."""
    return min((timed(lambda: call(path)) for _ in range(_TIMES)), key=lambda took: took.cpu_s)


def _read(path: Path) -> None:
    """The floor of what verifying can cost: every row read, and its text hashed with the hash before."""
    chain = b""
    with closing(sqlite3.connect(path)) as db:
        for seq, kind, at_s, utc, body, _ in db.execute("SELECT * FROM entries ORDER BY seq"):
            chain = hashlib.sha256(chain + f"{seq}{kind}{at_s}{utc}{body}".encode()).digest()


def _verified(path: Path) -> None:
    result = verify(path, keys=KEYS)
    if not result.sound:
        raise Unsound(f"{path}: {result.findings[0]}")
