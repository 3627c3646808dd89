"""How long the device's verifier takes, beside one SHA-256 over the same bytes, and how that grows with the record."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from syntherm.audit.seal import hash_file, seal_path
from syntherm.audit.verify import verify
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.long_record import make
from syntherm_verify.bench.took import timed
from syntherm_verify.tamper.corpus import KEYS

_MILLION: Final = 10**6
_LONGEST_S: Final = 5.0
_STEEPEST: Final = 1.5


class Unsound(Exception):
    """A record that was made to be measured is not sound: what was measured is not what was meant."""


def verifying(folder: Path, sizes: Sequence[int]) -> Iterator[Figure]:
    """Seconds for each number of entries, and how much more an entry costs in the longest than in the shortest."""
    per_entry: list[float] = []
    for size in sizes:
        path = folder / f"long-{size}.db"
        make(path, size)
        took, hashed = timed(lambda path=path: _verified(path)), timed(lambda path=path: hash_file(path))  # type: ignore[misc]
        per_entry.append(took.cpu_s / size)
        megabytes = path.stat().st_size / 1e6
        yield Figure(
            f"verifying {size:.0e} entries".replace("e+0", "e"),
            took.cpu_s,
            "s of the processor",
            f"{took.wall_s:.2f} s on the clock; {megabytes:.0f} MB, one SHA-256 over them takes {hashed.cpu_s:.2f} s",
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


def _verified(path: Path) -> None:
    result = verify(path, keys=KEYS)
    if not result.sound:
        raise Unsound(f"{path}: {result.findings[0]}")
