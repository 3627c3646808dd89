"""Durable appends of the real writer, against a bare append and sync of the same disk in the same minute."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from syntherm.audit.arrays import pack
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import ComplexVolume, EquipmentPolled, Event, FrameReceived, OperatorActed
from syntherm.core.vocabulary import Trigger
from syntherm_sim.timeline import FIRST_DAY
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.images import MATRIX, volumes
from syntherm_verify.bench.took import Took, timed
from syntherm_verify.recording.day import CREW
from syntherm_verify.recording.steps import Step, closed, opened, small_steps
from syntherm_verify.tamper.corpus import KEY

_BLOCK: Final = 4096
_LEAST_RATE: Final = 0.8
_LONGEST_MS: Final = 15.0
_BECAUSE: Final = "nothing to end in SETUP: the session is not heating, and no energy is lent"


def _small() -> Step:
    act = OperatorActed(0.0, Trigger.END_HEATING, CREW[0], None, "asked for by the physicist at the second screen")
    return Step(FIRST_DAY, act, refusal=_BECAUSE)


def _look() -> Step:
    """One look at the equipment with its decision: what a session writes every second."""
    found = [step for step in small_steps() if isinstance(step.event, EquipmentPolled) and step.kinds[1:]]
    return attrs.evolve(found[-1], utc=FIRST_DAY, event=attrs.evolve(found[-1].event, at_s=0.0))


@attrs.define(eq=False)
class _Bare:
    """Appends a block to a file and syncs it; or writes over one of many blocks that are there already."""

    file: int
    over: int = 0
    at: int = 0

    def write(self) -> None:
        block = os.urandom(_BLOCK)
        if self.over:
            os.pwrite(self.file, block, self.at % self.over * _BLOCK)
            self.at += 1
        else:
            os.write(self.file, block)
        os.fdatasync(self.file)


def appends(folder: Path, rounds: int, each: int) -> Iterator[Figure]:
    """Rates of the writer as shares of the bare rates: medians over rounds in which all take turns."""
    with AuditWriter(folder / "appends.db", KEY, create=True) as writer:
        opened(writer)
        small, look = _small(), _look()
        growing = _Bare(os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        fixed = _Bare(os.open(folder / "fixed", os.O_WRONLY | os.O_CREAT, 0o600), over=each)
        for _ in range(each):
            fixed.write()
        ways: dict[str, Callable[[], None]] = {
            "small": lambda: small.to(writer),
            "bare": growing.write,
            "look": lambda: look.to(writer),
            "fixed": fixed.write,
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            names = list(ways)[:: 1 if number % 2 else -1]
            for name in names:
                took[name].append(_seconds(ways[name], each))
        cpu_ms = 1000.0 * timed(lambda: _seconds(ways["small"], each)).cpu_s / each
        for bare in (growing, fixed):
            os.close(bare.file)
    pairs = list(zip(took["bare"], took["small"], took["look"], took["fixed"], strict=True))
    said = f"median of {rounds} rounds of {each} each, in turns"
    per_ms = {name: 1000.0 * median(column) / each for name, column in took.items()}
    yield Figure(
        "durable appends",
        median(bare / small for bare, small, _, _ in pairs),
        "x bare",
        f"rate of an event with its refusal over that of a 4 KiB append and fdatasync; {said}; "
        f"{per_ms['small']:.3f} and {per_ms['bare']:.3f} ms, of the first {cpu_ms:.3f} ms of the processor",
        Bar.AT_LEAST,
        _LEAST_RATE,
    )
    yield Figure(
        "durable appends of looks",
        median(bare / look for bare, _, look, _ in pairs),
        "x bare",
        f"the same for a look at the equipment with its decision (6 kB); {per_ms['look']:.3f} ms",
    )
    yield Figure(
        "durable appends over a file of one size",
        median(fixed / small for _, small, _, fixed in pairs),
        "x bare",
        f"the first against writing over 4 KiB that are there, which costs the file system less; "
        f"{per_ms['fixed']:.3f} ms",
    )


def _seconds(write: Callable[[], None], count: int) -> float:
    began_s = time.perf_counter()
    for _ in range(count):
        write()
    return time.perf_counter() - began_s


def frames(folder: Path, count: int) -> Iterator[Figure]:
    """What one image costs from its arrival at the writer to its durable entry, beside its bytes written bare."""
    step = next(step for step in small_steps() if isinstance(step.event, FrameReceived))
    took: list[Took] = []
    bare: list[Took] = []
    file = os.open(folder / "bare-images", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with AuditWriter(folder / "frames.db", KEY, create=True) as writer:
        opened(writer)
        for volume in volumes(count):
            shown = attrs.evolve(step, utc=FIRST_DAY, event=_showing(step.event, volume))
            packed = pack(volume, "").data
            took.append(timed(lambda shown=shown: shown.to(writer)))  # type: ignore[misc]
            bare.append(timed(lambda packed=packed: _append(file, packed)))  # type: ignore[misc]
        closed(writer, ())
    os.close(file)
    cpu_ms, wall_ms = 1000.0 * median(each.cpu_s for each in took), 1000.0 * median(each.wall_s for each in took)
    sync_ms = 1000.0 * median(each.wall_s - each.cpu_s for each in bare)
    x, y, z = MATRIX
    yield Figure(
        f"{x}x{y}x{z} image with its entry",
        cpu_ms + sync_ms,
        "ms",
        f"median of {count}: {cpu_ms:.1f} ms of the processor, and {sync_ms:.1f} ms that a bare append and fdatasync "
        f"of the packed bytes waits for the disk, in turns; on the clock, beside all else, {wall_ms:.1f} ms; "
        "whole numbers, 12,000 counts with noise of 96",
        Bar.BELOW,
        _LONGEST_MS,
    )


def _append(file: int, data: bytes) -> None:
    os.write(file, data)
    os.fdatasync(file)


def _showing(event: Event, volume: ComplexVolume) -> FrameReceived:
    if not isinstance(event, FrameReceived):
        raise TypeError("an image was expected")
    return attrs.evolve(event, at_s=0.0, volume=volume)
