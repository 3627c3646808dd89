"""What a run says: a row for each path under each load, and whether every stop has a way that is quick enough."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from syntherm_verify.latency.loads import Load
from syntherm_verify.latency.trials import Path

STOP_MS: Final = 20.0
SILENCE_MS: Final = 300.0
WAYS: Final[Mapping[str, tuple[Path, Path]]] = {
    "patient": (Path.PATIENT_ENABLE, Path.PATIENT_OFF),
    "operator": (Path.OPERATOR_ENABLE, Path.OPERATOR_OFF),
}
"""The independent ways of each stop: either ends energy by itself."""


@attrs.frozen
class Row:
    """Milliseconds of one path under one load."""

    path: Path
    load: Load
    median_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    n: int

    @classmethod
    def of(cls, path: Path, load: Load, took_s: Sequence[float]) -> "Row":
        """From seconds; at least one."""
        ordered = sorted(1000.0 * each for each in took_s)

        def rank(share: float) -> float:
            return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

        return cls(path, load, rank(0.5), rank(0.99), rank(0.999), ordered[-1], len(ordered))

    def line(self) -> str:
        """For a reader."""
        numbers = f"{self.median_ms:8.2f} {self.p99_ms:8.2f} {self.p999_ms:8.2f} {self.max_ms:8.2f} {self.n:6d}"
        return f"{self.path.value:42} {self.load.value:14} {numbers}"

    def values(self) -> dict[str, object]:
        """For a machine; what was lost is null."""
        numbers = {name: getattr(self, name) for name in ("median_ms", "p99_ms", "p999_ms", "max_ms")}
        kept = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        return {"path": self.path.value, "load": self.load.value, **kept, "n": self.n}


HEADING: Final = f"{'path':42} {'load':14} {'median':>8} {'p99':>8} {'p99.9':>8} {'max ms':>8} {'n':>6}"


@attrs.frozen
class Judged:
    """One demand: the figure that counts, and its bar."""

    name: str
    says: str
    ms: float
    bar_ms: float

    @property
    def holds(self) -> bool:
        """Whether it is below."""
        return self.ms < self.bar_ms

    def short(self) -> str:
        """For the last line."""
        return f"{self.name} {self.ms:.1f} ms {self.says} (bar {self.bar_ms:g}){'' if self.holds else ' MISSED'}"


def judged(rows: Iterable[Row]) -> tuple[Judged, ...]:
    """Each stop by its better way in its worst load; the silence by its longest."""
    rows = tuple(rows)
    found = []
    for stop, paths in WAYS.items():
        worst = {path: max((row.p999_ms for row in rows if row.path is path), default=math.inf) for path in paths}
        best = min(paths, key=lambda path, worst=worst: worst[path])  # type: ignore[misc]
        says = f"p99.9 by {best.value.partition(', ')[2]}"
        found.append(Judged(f"{stop}'s stop", says, worst[best], STOP_MS))
    longest = max((row.max_ms for row in rows if row.path is Path.SILENCE), default=math.inf)
    found.append(Judged("heartbeat", "beyond its deadline at most", longest, SILENCE_MS))
    return tuple(found)
