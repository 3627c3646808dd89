"""All trials, forked from one prepared day."""

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syntherm.session.loop import SessionFailed
from syntherm_verify.faulting.day import RECORD, Day
from syntherm_verify.faulting.faults import FAULTS
from syntherm_verify.faulting.moments import Moment, reached
from syntherm_verify.faulting.room import Generator
from syntherm_verify.faulting.trial import Outcome, Trial, Watch


def singles() -> list[Trial]:
    """Every fault at every moment."""
    return [Trial(moment, (fault,)) for fault in FAULTS for moment in Moment]


def pairs(count: int, seed: int) -> list[Trial]:
    """So many pairs of faults of different devices."""
    rng = random.Random(f"{seed} pairs")
    found: list[Trial] = []
    while len(found) < count:
        one, other = rng.sample(FAULTS, 2)
        scanners = one.device.startswith("scanner") and other.device.startswith("scanner")
        generators = None not in (one.generator, other.generator) and one.generator is not other.generator
        if one.device != other.device and not scanners and not generators:
            found.append(Trial(rng.choice(tuple(Moment)), (one, other)))
    return found


class Campaign:
    """Runs trials one after the other, a day for each generator, in the order in which a day reaches their moments."""

    def __init__(self, trials: list[Trial], seed: int, folder: Path, told: Callable[[Outcome], None]) -> None:
        """`told` is told each outcome."""
        self._told = told
        self._seed, self._folder = seed, folder
        self._trials = trials
        self._left: list[Trial] = []
        self._watch: Watch | None = None

    def run(self) -> None:
        """All of them. Raises what opening a day and running it raise."""
        for generator in Generator:
            self._left = [trial for trial in self._trials if trial.generator is generator]
            if self._left:
                self._live(generator)
            for trial in self._left:
                self._told(_not_run(trial, self._seed, f"the day never was at: {trial.moment.value}"))

    def _live(self, generator: Generator) -> None:
        parent = os.getpid()
        folder = self._folder / f"day-{generator.value}"
        folder.mkdir()
        with ExitStack() as opened:
            try:
                Day(folder, self._seed, generator, opened, self._look).run()
            except SessionFailed as error:
                if self._watch is None:
                    raise
                self._watch.end(str(error))
            finally:
                if os.getpid() != parent:
                    os._exit(1)

    def _look(self, day: Day) -> None:
        sounds = day.room.sounds
        for trial in tuple(self._left):
            if reached(trial.moment, day.state, sounds=sounds, of_the_pump=trial.of_the_pump):
                self._left.remove(trial)
                if self._fork(day, trial):
                    return
        day.enough = not self._left

    def _fork(self, day: Day, trial: Trial) -> bool:
        """Run a trial to its end. Returns True in the session that has to go on in it."""
        folder = self._folder / "trial"
        folder.mkdir()
        day.copy_record(folder / RECORD)
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(out)
            self._watch = Watch(day, trial, self._seed, folder, into)
            return True
        os.close(into)
        with os.fdopen(out, "rb") as pipe:
            line = pipe.readline()
        os.waitpid(pid, 0)
        shutil.rmtree(folder)
        self._told(_outcome(line) if line else _not_run(trial, self._seed, "the trial's process ended"))
        return False


def _outcome(line: bytes) -> Outcome:
    told: dict[str, Any] = json.loads(line)
    lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return Outcome(**{**told, **lists})


def _not_run(trial: Trial, seed: int, why: str) -> Outcome:
    return Outcome(trial.name, trial.moment.value, seed, (), (), None, None, False, (why,))
