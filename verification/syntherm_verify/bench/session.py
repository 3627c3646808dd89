"""A session with images of the size that scanners send: what its record takes, and how fast it is executed again."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import zstandard

from syntherm.audit.replay import Replay, replay
from syntherm.audit.verify import verify
from syntherm.core.plan.values import Plan
from syntherm.session.records import open_new
from syntherm_sim.site import demonstration_session
from syntherm_sim.story.small_plan import text_of
from syntherm_sim.timeline import Timeline
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.images import volumes
from syntherm_verify.bench.took import timed
from syntherm_verify.bench.verifying import Unsound
from syntherm_verify.recording.day import Day
from syntherm_verify.tamper.corpus import KEY, KEYS

_SAMPLE: Final = 10
_LEAST_SPEED: Final = 50.0


def session(folder: Path, plan: Plan, minutes: float) -> Iterator[Figure]:
    """Size of a session's record, and the speed of its execution. Raises Unsound."""
    path = folder / "session.db"
    lasted_s, images = _lived(path, plan, minutes)
    size, raw = path.stat().st_size, images * math.prod(plan.scanner.matrix) * np.dtype(np.complex64).itemsize
    says = f"{lasted_s / 60.0:.1f} min, {images} images, {size / 1e6:.1f} MB; the images alone are {raw / 1e6:.1f} MB"
    yield Figure("record of a session", size / raw, "of its images as complex64", says)
    for name, share in _packed():
        yield Figure(f"the same images by {name}", share, "of themselves", f"{_SAMPLE} images alone, without entries")
    took = timed(lambda: _sound(path))
    yield Figure("verifying that record", took.cpu_s, "s of the processor", f"{size / 1e6 / took.cpu_s:.0f} MB/s of it")
    made: list[Replay] = []
    took = timed(lambda: made.append(replay(path)))
    again = made[0]
    if again.difference is not None or again.compared != again.decisions:
        raise Unsound(f"{path}: executed again, it differs: {again.difference}")
    yield Figure(
        "execution of that record",
        lasted_s / took.cpu_s,
        "x real time",
        f"{took.cpu_s:.1f} s of the processor, {1000.0 * took.cpu_s / images:.1f} ms for an image with its looks; "
        f"on the clock {took.wall_s:.1f} s, {lasted_s / took.wall_s:.0f} x; all {again.compared} decisions equal",
        Bar.AT_LEAST,
        _LEAST_SPEED,
    )


def _lived(path: Path, plan: Plan, minutes: float) -> tuple[float, int]:
    """Live through the session; returns its seconds and its images."""
    writer = open_new(path, plan, text_of(plan), Timeline(lambda *_: None), KEY, demonstration_session(1))
    day = Day(plan, writer)
    timeline = day.room.timeline
    for leg in (Day.set_up, Day.calibrate, Day.heat):
        leg(day)
    day.infuse(1)
    while timeline.now_s() < 60.0 * minutes:
        day.live(1)
    writer.close_session(timeline.utc(), timeline.now_s(), day.state.phases.session.name)
    return timeline.now_s(), day.room.images


def _packed() -> Iterator[tuple[str, float]]:
    """What general compressors make of the images, as they come and as their 16-bit parts."""
    images = list(volumes(_SAMPLE))
    plain = [image.tobytes() for image in images]
    parts = [image.view(np.float32).astype(np.int16).tobytes() for image in images]
    raw = sum(map(len, plain))
    compressors: dict[str, Callable[[bytes], bytes]] = {
        "zstd, level 3": zstandard.ZstdCompressor(level=3).compress,
        "zstd, level 19": zstandard.ZstdCompressor(level=19).compress,
    }
    for name, compress in compressors.items():
        yield name, sum(len(compress(each)) for each in plain) / raw
        yield f"{name}, of their 16-bit parts", sum(len(compress(each)) for each in parts) / raw


def _sound(path: Path) -> None:
    result = verify(path, keys=KEYS)
    if not result.sound:
        raise Unsound(f"{path}: {result.findings[0]}")
