"""Trials on a failing disk, in a process that was started with the shim.

`python -m syntherm_verify.crash.failing SHIM FOLDER COUNT SEED WRITES` prints a line of JSON for each trial.
"""

import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.writer import AuditWriter
from syntherm.ports.record import AuditFailed
from syntherm_verify.crash.demands import Told, go_on, look
from syntherm_verify.crash.flaws import Flaw, Shim
from syntherm_verify.crash.scribe import CLOSED, KEY, RECORD
from syntherm_verify.crash.standing import Sessions
from syntherm_verify.recording.steps import Step, closed, first_steps, opened

_IN_SESSION_EVERY: Final = 4
"""One trial in so many fails a session loop, the others the writer alone."""
_AT_END_EVERY, _END_CALLS = 3, 8
"""One trial in so many fails one of the last so many calls: those that close and seal a record are few."""


@attrs.frozen
class Failure:
    """One trial. `hits`: calls that failed; `raised`: the writer said so; `problems` should be empty."""

    flaw: str
    session: bool
    hits: int
    raised: bool
    problems: tuple[str, ...]


class _Life:
    """A writer, and what it has said."""

    def __init__(self, path: Path) -> None:
        self.said: list[str] = []
        self.writer = AuditWriter(path, KEY, create=True)
        opened(self.writer)
        self.said.append(self.writer.head)

    def go(self, steps: Sequence[Step]) -> None:
        """Write it all. Raises AuditFailed."""
        for step in steps:
            step.to(self.writer)
            self.said.append(self.writer.head)
        self.said.append(f"{closed(self.writer, steps)} {CLOSED}")


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@cache
def calls(shim: Shim, folder: Path, steps: tuple[Step, ...], flaw: Flaw) -> int:
    """How many calls of the flaw's kind a life has."""
    path = _emptied(folder / "counted") / RECORD
    life = _Life(path)
    shim.count(path, flaw)
    life.go(steps)
    shim.disarm()
    return shim.counted


def writer_fails(shim: Shim, folder: Path, steps: Sequence[Step], flaw: Flaw, nth: int) -> Failure:
    """The `nth` call fails: the writer says so and latches, and all that it acknowledged is there."""
    path = _emptied(folder / "failing") / RECORD
    life = _Life(path)
    shim.arm(path, flaw, nth)
    problems: list[str] = []
    raised = False
    try:
        life.go(steps)
    except AuditFailed:
        raised = True
    hits = shim.hits
    problems += unsaid(flaw, hits, raised)
    if raised:
        problems += _latched(shim, path, life, steps)
        # What a process that dies now leaves, and what one leaves that lets go of the record.
        dead = _emptied(folder / "dead")
        for file in path.parent.iterdir():
            if not file.name.endswith((".reserve", "-shm")):
                shutil.copyfile(file, dead / file.name)
        problems += _kept(dead / RECORD, life.said, steps)
        life.writer.let_go()
    shim.disarm()
    problems += _kept(path, life.said, steps)
    return Failure(flaw.value.says, False, hits, raised, tuple(problems))


def unsaid(flaw: Flaw, hits: int, raised: bool) -> tuple[str, ...]:
    """Nothing that failed may pass in silence."""
    return () if raised or not hits or flaw.value.mended else (f"{hits} calls failed, and nobody said so",)


def _latched(shim: Shim, path: Path, life: _Life, steps: Sequence[Step]) -> Iterator[str]:
    """The disk is well again; every later call fails all the same, at once, and touches no file."""
    shim.watch(path)
    before = life.writer.head
    calls: dict[str, Callable[[], object]] = {
        "append": lambda: steps[-1].to(life.writer),
        "append again": lambda: steps[-1].to(life.writer),
        "close": lambda: closed(life.writer, steps),
    }
    for name, call in calls.items():
        try:
            call()
        except AuditFailed:
            continue
        yield f"{name} went through after a failure"
    if shim.counted:
        yield f"after a failure {shim.counted} more calls touched the record"
    if life.writer.head != before:
        yield "the head moved after a failure"


def _kept(path: Path, said: Sequence[str], steps: Sequence[Step]) -> Iterator[str]:
    seen = look(path, Told.of(said), steps)
    yield from seen.problems
    if seen.entries and not seen.sealed and not seen.problems:
        yield from go_on(path, steps)


def trials(shim: Shim, folder: Path, count: int, seed: int, steps: tuple[Step, ...]) -> Iterator[Failure]:
    """So many trials: all flaws in turn, each at a random call."""
    sessions, flaws = Sessions(shim, folder), list(Flaw)
    for number in range(count):
        rng = random.Random(f"{seed} failure {number}")
        in_session = number % _IN_SESSION_EVERY == _IN_SESSION_EVERY - 1
        flaw = flaws[(number // _IN_SESSION_EVERY if in_session else number) % len(flaws)]
        most = sessions.calls(flaw) if in_session else 0
        if most:
            hits, raised, problems = sessions.fail(flaw, rng.randint(1, most))
            yield Failure(flaw.value.says, True, hits, raised, problems)
        else:
            last = calls(shim, folder, steps, flaw)
            first = max(1, last - _END_CALLS) if number % _AT_END_EVERY == 0 else 1
            yield writer_fails(shim, folder, steps, flaw, rng.randint(first, last))


def main(arguments: Sequence[str]) -> None:
    """Run the trials, and print each as a line of JSON."""
    library, folder, count, seed, writes = arguments
    steps = first_steps(int(writes))
    for failure in trials(Shim(Path(library)), Path(folder), int(count), int(seed), steps):
        print(json.dumps(attrs.asdict(failure)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
