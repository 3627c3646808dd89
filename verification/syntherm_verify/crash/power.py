"""Power loss by enumeration: one writer is traced, and disks are rebuilt as a power loss can leave them."""

import random
import tempfile
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
"""Operations at either end of a writer's life, where files come and go: each is the last one before a power loss."""
_GONE_ON_EVERY: Final = 10
_PASSES: Final = 20
"""Random images may be equal: so often, at most, more of them are made."""


@attrs.frozen
class Outage:
    """One image. `problems` should be empty."""

    cut: int
    loss: Loss
    acknowledged: int
    lost: int
    opened: bool
    problems: tuple[str, ...]


def operations(way: Way, steps: int) -> tuple[Operation, ...]:
    """All that a writer of this way asks of the record's files for the first so many writes. Raises NoTrace."""
    with tempfile.TemporaryDirectory(prefix="syntherm-trace-") as name:
        place = Path(name).resolve()
        program = ["-m", "syntherm_verify.crash.scribe", str(place), way.value, str(steps)]
        found = traced(place, program, ACKNOWLEDGED)
    return tuple(each for each in found if not getattr(each, "name", "").endswith((*_BESIDE, ACKNOWLEDGED, "trace")))


def losses(count: int, seed: int, found: Sequence[Operation], steps: Sequence[Step]) -> Iterator[Outage]:
    """So many different images, each looked at; fewer if there are no more."""
    rng = random.Random(f"{seed} power")
    seen = set[object]()
    with folder(in_memory=True) as name:
        plan = _ends(rng, len(found))[: count // 2]
        for _ in range(_PASSES):
            plan += [(rng.randint(1, len(found)), rng.choice(list(Loss))) for _ in range(count - len(seen) - len(plan))]
            for cut, loss, image, said in _images(rng, found, plan, seen):
                yield _looked_at(Path(name), cut, loss, image, Told.of(said), steps, len(seen))
            plan = []


def _ends(rng: random.Random, last: int) -> list[tuple[int, Loss]]:
    """After each of the first and last operations, all that was not synced is lost, is there, or is torn."""
    cuts = {*range(1, min(_ENDS, last) + 1), *range(max(1, last - _ENDS), last + 1)}
    every = [(cut, loss) for cut in sorted(cuts) for loss in (Loss.ALL, Loss.NONE, Loss.TORN)]
    return rng.sample(every, len(every))


def _images(
    rng: random.Random, found: Sequence[Operation], plan: Sequence[tuple[int, Loss]], seen: set[object]
) -> Iterator[tuple[int, Loss, Image, Sequence[str]]]:
    """The planned images that are like none before, and what had been acknowledged."""
    disk = Disk()
    losing: dict[int, list[Loss]] = {}
    for cut, loss in plan:
        losing.setdefault(cut, []).append(loss)
    for cut, operation in enumerate(found, start=1):
        disk.take(operation)
        for loss in losing.get(cut, ()):
            key, image = disk.image(rng, loss)
            # The same disk after one more acknowledgement must hold more.
            if (key, len(disk.said)) not in seen:
                seen.add((key, len(disk.said)))
                yield cut, loss, image, disk.said


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
