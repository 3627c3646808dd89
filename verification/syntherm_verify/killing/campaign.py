"""Prepared days, and the trials that are forked from them at random moments."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.vocabulary import Session
from syntherm_verify.killing.prepared import RECORD, Prepared
from syntherm_verify.killing.trial import Child, Ended, trial

_STRETCH: Final = {Session.HEATING: 120.0, Session.DRUG_INFUSION_SYNC: 60.0}
"""Wakings of a day in each state, about."""
_LONGEST: Final = 30.0
"""Wakings between two trials, on average, at most: few trials need no whole day."""
_AT_ONCE: Final = 2
_PATIENCE_S: Final = 300.0


class Campaign:
    """`count` trials, half of them while drug flows, from as many days as that takes."""

    def __init__(self, count: int, seed: int, folder: Path) -> None:
        self._count, self._seed, self._folder = count, seed, folder
        self._begun = 0
        self._running: list[tuple[Child, Path]] = []
        self._ended: list[Ended] = []
        self._gaps = random.Random(f"{seed} gaps")
        self._left = {Session.HEATING: count - count // 2, Session.DRUG_INFUSION_SYNC: count // 2}
        self._wait = dict.fromkeys(self._left, 0)

    def run(self) -> Iterator[Ended]:
        """All trials. Raises what opening a day and running it raise."""
        day = 0
        while self._begun < self._count:
            folder = self._folder / f"day-{day}"
            folder.mkdir()
            self._live(folder, self._seed + day)
            yield from self._taken()
            day += 1
        while self._running:
            self._collect()
        yield from self._taken()

    def _taken(self) -> Iterator[Ended]:
        ended, self._ended = self._ended, []
        yield from ended

    def _live(self, folder: Path, seed: int) -> None:
        parent = os.getpid()
        with ExitStack() as opened:
            try:
                day = Prepared(folder, seed, opened, self._look)
                day.run(lambda: self._begun >= self._count)
            finally:
                if os.getpid() != parent:
                    os._exit(0)

    def _gap(self, state: Session) -> int:
        often = self._count / 2.0 / _STRETCH[state]
        return int(self._gaps.expovariate(max(often, 1.0 / _LONGEST)))

    def _look(self, day: Prepared) -> None:
        state = day.state.phases.session
        while self._wait[state] <= 0 and self._left[state] > 0:
            self._left[state] -= 1
            if self._fork(day):
                return
            self._wait[state] = self._gap(state)
        self._wait[state] -= 1

    def _fork(self, day: Prepared) -> bool:
        """Begin a trial. Returns True in the session that has to go on in it."""
        while len(self._running) >= _AT_ONCE:
            self._collect()
        number = self._begun
        self._begun += 1
        folder = self._folder / f"trial-{number}"
        folder.mkdir()
        day.copy_record(folder / RECORD)
        child = Child(partial(_told, day=day, number=number, seed=self._seed, folder=folder))
        if child.is_forked:
            return True
        self._running.append((child, folder))
        return False

    def _collect(self) -> None:
        child, folder = self._running.pop(0)
        line = child.line(_PATIENCE_S)
        child.end()
        if line is None or line.startswith("failed"):
            self._ended.append(Ended("", "", 0.0, None, None, False, (f"the trial failed: {line}",)))
        else:
            told = json.loads(line)
            self._ended.append(Ended(**{**told, "problems": tuple(told["problems"])}))
        shutil.rmtree(folder, ignore_errors=True)


def _told(say: Callable[[str], None], day: Prepared, number: int, seed: int, folder: Path) -> bool:
    """One trial, said. Whether this is the session in it, which goes on."""
    # Every other session is gone on with at once.
    ended = trial(day, random.Random(f"{seed} kill {number}"), folder, at_once=number % 2 == 1)
    if ended is None:
        return True
    say(json.dumps(attrs.asdict(ended)))
    return False
