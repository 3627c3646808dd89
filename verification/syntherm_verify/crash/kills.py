"""kill -9: a process that writes a record at full rate is killed at a random moment, and its record is looked at.

Each life is a fork of this process, which has everything loaded, so that thousands of them take minutes.
"""

import gc
import os
import random
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from enum import Enum, unique
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from syntherm.ports.record import AuditFailed
from syntherm.session.records import recover
from syntherm_sim.timeline import Timeline
from syntherm_verify.crash.demands import KEYS, Told, go_on, look
from syntherm_verify.crash.scribe import KEY, RECORD, Way, write
from syntherm_verify.recording.steps import Step
from syntherm_verify.recording.verifiers import independent, ours

_STEPS: Final = 40.0
"""How many writes a life would have, on average, if nobody ended it."""
_IN_OPENING, _IN_CLOSING = 0.05, 0.15
"""Shares of lives that end there; the others end in or between appends."""
_BEYOND: Final = 1.2
"""The moment lies within this many times what that part of a life takes."""
_RECOVERED_EVERY: Final = 25
_WARM_UP: Final = 5
_BLOCK: Final = 1 << 16
_PATIENCE_S: Final = 60.0
KILLED: Final = -int(signal.SIGKILL)


@unique
class Phase(Enum):
    """Where in its life a writer was killed."""

    OPENING = "while it opened the record"
    APPENDING = "while it appended"
    CLOSING = "while it closed the record"
    OUTLIVED = "too late: it had closed the record"


@attrs.frozen
class Kill:
    """One life and its end. `recovered`: the session was executed again from its record and gone on with."""

    phase: Phase
    acknowledged: int
    lost: int
    problems: tuple[str, ...]
    recovered: bool = False


@attrs.frozen
class Paces:
    """How long the parts of a life take on this machine, in seconds."""

    opening_s: float
    append_s: float
    closing_s: float


class _Life:
    """A forked writer, and what it has said so far."""

    def __init__(self, path: Path, steps: Sequence[Step]) -> None:
        self._said, out = os.pipe()
        self._text = b""
        sys.stdout.flush()
        self._pid = os.fork()
        if self._pid == 0:
            _live(path, steps, out)
        os.close(out)

    def wait_for(self, count: int) -> None:
        """Until it has said so many things, or is dead."""
        until_s = time.monotonic() + _PATIENCE_S
        while self._text.count(b"\n") < count and time.monotonic() < until_s:
            more = os.read(self._said, _BLOCK) if select.select([self._said], [], [], 1.0)[0] else None
            if more == b"":
                return
            self._text += more or b""

    def kill(self) -> tuple[list[str], int]:
        """End it. Returns all that it said, and its exit status: minus the signal, if it was one."""
        os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        while more := os.read(self._said, _BLOCK):
            self._text += more
        os.close(self._said)
        return self._text.decode().splitlines(), os.waitstatus_to_exitcode(status)


def _live(path: Path, steps: Sequence[Step], out: int) -> None:
    """The child: it never returns."""
    code = 1
    try:
        gc.disable()
        write(path, steps, lambda said: _say(out, said))
        code = 0
    except AuditFailed as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(code)


def _say(out: int, said: str) -> None:
    os.write(out, f"{said}\n".encode())


def paces(folder: Path, steps: Sequence[Step]) -> Paces:
    """What the parts of a life take, from a few that nobody ends."""
    took: list[tuple[float, float, float]] = []
    for number in range(_WARM_UP):
        path = _emptied(folder / "warm-up") / RECORD
        some = steps[: 10 + number]
        moments = [time.perf_counter()]
        write(path, some, lambda _, at=moments: at.append(time.perf_counter()), Way.SHIPPED)  # type: ignore[misc]
        opening_s, closing_s = moments[1] - moments[0], moments[-1] - moments[-2]
        took.append((opening_s, (moments[-2] - moments[1]) / len(some), closing_s))
    return Paces(*(median(column) for column in zip(*took, strict=True)))


def kills(count: int, seed: int, folder: Path, steps: Sequence[Step]) -> Iterator[Kill]:
    """So many lives and their ends."""
    pace = paces(folder, steps)
    for number in range(count):
        rng = random.Random(f"{seed} kill {number}")
        yield kill(rng, _emptied(folder / "life") / RECORD, steps, pace, recovers=number % _RECOVERED_EVERY == 0)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def kill(rng: random.Random, path: Path, steps: Sequence[Step], pace: Paces, *, recovers: bool) -> Kill:
    """One life, killed at a random moment, and all that is demanded of its record."""
    some = steps[: 1 + int(rng.expovariate(1.0 / _STEPS))]
    after, takes_s = _moment(rng, len(some), pace)
    life = _Life(path, some)
    life.wait_for(after)
    time.sleep(rng.uniform(0.0, _BEYOND * takes_s))
    lines, status = life.kill()
    told = Told.of(lines)
    problems: list[str] = []
    if status not in (KILLED, 0) or len(lines) < after:
        problems.append(f"the writer ended by itself, with {status}, after {len(lines)} of {len(some) + 2} writes")
    seen = look(path, told, some)
    problems += seen.problems
    recovered = False
    if seen.entries and not seen.sealed:
        recovered = recovers and not seen.closed
        problems += _recovered(path) if recovered else go_on(path, some)
    return Kill(_phase(told, len(some)), len(told.heads), seen.lost, tuple(problems), recovered)


def _moment(rng: random.Random, steps: int, pace: Paces) -> tuple[int, float]:
    """After how many acknowledgements the end comes, and what the part of life that it falls into takes."""
    chance = rng.random()
    if chance < _IN_OPENING:
        return 0, pace.opening_s
    if chance < _IN_OPENING + _IN_CLOSING:
        return 1 + steps, pace.closing_s
    return 1 + rng.randrange(steps), pace.append_s


def _phase(told: Told, steps: int) -> Phase:
    if told.closed:
        return Phase.OUTLIVED
    if not told.heads:
        return Phase.OPENING
    return Phase.CLOSING if len(told.heads) > steps else Phase.APPENDING


def _recovered(path: Path) -> list[str]:
    """The shipped recovery: the session executed again to its last durable entry."""
    clock = Timeline(lambda *_: None)
    clock.wait_until(24 * 3600.0)
    try:
        writer, state, restarted = recover(path, clock, KEY)
        writer.append_refusal(clock.utc(), restarted, "looked at, not answered")
        writer.close_session(clock.utc(), clock.now_s(), state.phases.session.name)
    except AuditFailed as error:
        return [f"cannot be recovered: {error}"]
    return [
        f"{name}: not sound after it was recovered: {answer.findings}"
        for name, answer in (("syntherm", ours(path, None, KEYS)), ("independent", independent(path, None, KEYS)))
        if not answer.sound
    ]
