"""Power loss by enumeration: one writer is traced, and disks are rebuilt as a power loss can leave them."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.crash.demands import Told, go_on, look
from syntherm_verify.crash.disk import Disk, Image, Loss
from syntherm_verify.crash.scribe import ACKNOWLEDGED, RECORD, Way
from syntherm_verify.crash.strace import Operation, traced
from syntherm_verify.recording.options import folder
from syntherm_verify.recording.steps import Step

_BESIDE: Final = (".reserve", "-shm")
"""Files beside the record that hold nothing of it."""
_ENDS: Final = 60
"""Operations at either end of a writer's life, where files come and go: as many images are made of these ..."""
_AT_ENDS: Final = 0.3
"""... as this share of all."""
_GONE_ON_EVERY: Final = 10
_TRIES: Final = 50


@attrs.frozen
class Outage:
    """One image. `problems` should be empty."""

    cut: int
    loss: Loss
    acknowledged: int
    lost: int
    opened: bool
    problems: tuple[str, ...]


def operations(way: Way) -> tuple[Operation, ...]:
    """All that a writer of this way asks of the record's files. Raises NoTrace."""
    with tempfile.TemporaryDirectory(prefix="syntherm-trace-") as name:
        place = Path(name).resolve()
        program = ["-m", "syntherm_verify.crash.scribe", str(place), way.value]
        found = traced(place, program, ACKNOWLEDGED)
    return tuple(each for each in found if not getattr(each, "name", "").endswith((*_BESIDE, ACKNOWLEDGED, "trace")))


def losses(count: int, seed: int, found: Sequence[Operation], steps: Sequence[Step]) -> Iterator[Outage]:
    """So many different images, each looked at; fewer if there are no more."""
    rng = random.Random(f"{seed} power")
    cuts = Counter(_cut(rng, len(found)) for _ in range(count))
    disk, seen = Disk(), set[object]()
    with folder(in_memory=True) as name:
        for cut, operation in enumerate(found, start=1):
            disk.take(operation)
            for _ in range(cuts[cut]):
                made = _different(rng, disk, seen)
                if made is not None:
                    loss, image = made
                    number = len(seen)
                    yield _looked_at(Path(name), cut, loss, image, Told.of(disk.said), steps, number)


def _cut(rng: random.Random, last: int) -> int:
    """After how many operations the power fails."""
    if rng.random() < _AT_ENDS:
        return rng.choice((rng.randint(1, min(_ENDS, last)), rng.randint(max(1, last - _ENDS), last)))
    return rng.randint(1, last)


def _different(rng: random.Random, disk: Disk, seen: set[object]) -> tuple[Loss, Image] | None:
    for _ in range(_TRIES):
        loss = rng.choice(list(Loss))
        key, image = disk.image(rng, loss)
        if key not in seen:
            seen.add(key)
            return loss, image
    return None


def _looked_at(
    place: Path, cut: int, loss: Loss, image: Image, told: Told, steps: Sequence[Step], number: int
) -> Outage:
    for old in place.iterdir():
        old.unlink()
    for name, content in image.items():
        (place / name).write_bytes(content)
    record = place / RECORD
    seen = look(record, told, steps)
    problems = list(seen.problems)
    if number % _GONE_ON_EVERY == 0 and seen.entries and not seen.sealed and not problems:
        problems += go_on(record, steps)
    return Outage(cut, loss, len(told.heads), seen.lost, seen.opens, tuple(problems))
