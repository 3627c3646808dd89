"""What else goes on while a stop is on its way: threads in the session's process, or processes beside it."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from enum import Enum, unique
from threading import Event, Thread
from typing import Final

import numpy as np

_PIECE: Final = 20_000
_LONG_LIVED: Final = 200_000
_CYCLES: Final = 2_000
_REST_S: Final = 0.002
_COUNTS: Final = """import os
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
parent = os.getppid()
while os.getppid() == parent: sum(range(20_000))
"""
"""It does not outlive whoever started it, and has no priority."""


@unique
class Load(Enum):
    """The loads of a run."""

    IDLE = "idle"
    PYTHON = "python thread"
    NUMPY = "numpy thread"
    CYCLES = "cycles"
    NEIGHBOURS = "neighbours"


SAYS: Final[Mapping[Load, str]] = {
    Load.IDLE: "nothing else of this run",
    Load.PYTHON: "a thread in the session that counts",
    Load.NUMPY: "a thread in the session that works on arrays of 98,304 numbers",
    Load.CYCLES: "a thread in the session that makes cyclic garbage, up to 1,000,000 objects a second beside 200,000 "
    "that stay; the collector as the session has it, off",
    Load.NEIGHBOURS: "a process that counts for each core",
}


class Worker:
    """A load inside this process. One at a time."""

    def __init__(self) -> None:
        self._ended = Event()
        self._thread: Thread | None = None

    def work(self, load: Load) -> None:
        """Change to a load; those outside of this process are none here."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None
        target = _INSIDE.get(load)
        if target is not None:
            self._ended.clear()
            self._thread = Thread(target=target, args=(self._ended,), daemon=True)
            self._thread.start()


def _count(ended: Event) -> None:
    while not ended.is_set():
        sum(number for number in range(_PIECE))


def _compute(ended: Event) -> None:
    numbers = np.random.default_rng(1).random(98_304)
    while not ended.is_set():
        np.sort(np.exp(1j * numbers).real)


def _litter(ended: Event) -> None:
    kept: list[list[object]] = [[] for _ in range(_LONG_LIVED)]
    for each in kept:
        each.append(each)
    while not ended.wait(_REST_S):
        for _ in range(_CYCLES):
            node: list[object] = []
            node.append(node)


_INSIDE: Final[Mapping[Load, Callable[[Event], None]]] = {
    Load.PYTHON: _count, Load.NUMPY: _compute, Load.CYCLES: _litter,
}  # fmt: skip


class Neighbours:
    """Processes that count, one for each core that this process may use; ended at the end of the block."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> None:
        for _ in range(len(os.sched_getaffinity(0)) if self._wanted else 0):
            self._processes.append(subprocess.Popen([sys.executable, "-c", _COUNTS]))

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
