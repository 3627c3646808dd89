"""What images cost on their way, as figures and as one table for each protocol."""

import os
from collections.abc import Iterable, Iterator
from statistics import median, quantiles
from typing import Final

import attrs

from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.images import MATRIX
from syntherm_verify.bench.took import Took

LONGEST_MS: Final = 25.0
PARTS: Final = ("receive and decode", "step", "record", "lease to other focal points")
WHOLE: Final = "image to lease"
BESIDE: Final = (
    "beside: lease to the same focal points",
    "beside: the same bytes received bare",
    "beside: one pass of numpy's abs over the image",
    "beside: append and fdatasync of the bytes",
)
_WIDE: Final = max(map(len, (*PARTS, *BESIDE))) + 2


@attrs.frozen
class Way:
    """One image: each part of its way, and what stands beside it, in the order of PARTS and BESIDE."""

    parts: tuple[Took, ...]
    beside: tuple[Took, ...]

    @property
    def whole(self) -> Took:
        """From bytes to lease."""
        return Took(sum(part.wall_s for part in self.parts), sum(part.cpu_s for part in self.parts))

    @property
    def own_s(self) -> float:
        """What the session spends, and what a bare append of as many bytes waits for the disk."""
        # The processor's part of a bare append is in the record's own.
        return self.whole.cpu_s + self.beside[-1].wall_s - self.beside[-1].cpu_s


def figures_of(name: str, ways: list[Way]) -> Iterator[Figure]:
    """The figures of one protocol; the last is judged."""
    for row, costs in _rows(ways):
        says = f"{_ms(each.cpu_s for each in costs):.2f} ms of it of the processor"
        yield _figure(f"{name}: {row}{' on the clock' if row == WHOLE else ''}", [c.wall_s for c in costs], says)
    says = "the processor's time from bytes to lease, and what a bare append waits for the disk"
    yield attrs.evolve(
        _figure(f"{name}: {WHOLE}", [way.own_s for way in ways], says), side=Bar.BELOW, bar=LONGEST_MS
    )  # fmt: skip


def table_of(name: str, ways: list[Way]) -> str:
    """The same as a table for a reader."""
    size = "x".join(map(str, MATRIX))
    lines = [f"{name}: {size} complex, median of {len(ways)}, in ms; load average {os.getloadavg()[0]:.1f}"]
    lines.append(f"{'':{_WIDE}}{'clock':>9}{'p95':>9}{'processor':>11}")
    for row, costs in _rows(ways):
        wall_s = [each.wall_s for each in costs]
        lines.append(
            f"{row:{_WIDE}}{_ms(wall_s):9.2f}{1000.0 * _p95(wall_s):9.2f}{_ms(each.cpu_s for each in costs):11.2f}"
        )
    own_s = [way.own_s for way in ways]
    missed = "" if _ms(own_s) < LONGEST_MS else ": MISSED"
    judged = f"{WHOLE}, processor and disk"
    lines.append(f"{judged:{_WIDE}}{_ms(own_s):9.2f}{1000.0 * _p95(own_s):9.2f}   bar: below {LONGEST_MS:g}{missed}")
    return "\n".join(lines)


def _rows(ways: list[Way]) -> Iterator[tuple[str, list[Took]]]:
    for at, name in enumerate(PARTS):
        yield name, [way.parts[at] for way in ways]
    yield WHOLE, [way.whole for way in ways]
    for at, name in enumerate(BESIDE):
        yield name, [way.beside[at] for way in ways]


def _figure(name: str, took_s: list[float], says: str) -> Figure:
    return Figure(name, _ms(took_s), "ms", f"median of {len(took_s)}; p95 {1000.0 * _p95(took_s):.2f} ms; {says}")


def _ms(took_s: Iterable[float]) -> float:
    return 1000.0 * median(took_s)


def _p95(took_s: list[float]) -> float:
    return quantiles(took_s, n=20, method="inclusive")[-1] if len(took_s) > 1 else took_s[0]
