"""Whether reading an input takes more memory than stated, or keeps some of it for ever."""

import gc
import tracemalloc
from typing import Final

from syntherm_verify.fuzzing.target import Target, demand

_EVERY: Final = 2048
"""One input in so many is measured: measuring takes as long as some hundred runs."""
_WARM: Final = 2
_ROUNDS: Final = 12
_SLACK_BYTES: Final = 4096
"""What counters and caches of the interpreter itself may grow by in so many rounds."""
_TRIES: Final = 12
"""The stock of freed scalars that numpy keeps for use again grows over some hundred runs, and then no more."""


def judge_memory(target: Target, data: bytes) -> None:
    """Raises Broken for an input that takes more than the target states at once, or leaves something at each run."""
    tracemalloc.start()
    try:
        target.run(data)
        _, peak = tracemalloc.get_traced_memory()
        demand(peak <= target.peak_bytes, f"takes {peak} bytes for {len(data)}, at most {target.peak_bytes} are stated")
        grown, tries = _growth(target, data), 1
        while grown > _SLACK_BYTES and tries < _TRIES:
            # What is kept once, as by a cache, is not kept again.
            grown, tries = _growth(target, data), tries + 1
    finally:
        tracemalloc.stop()
    demand(grown <= _SLACK_BYTES, f"keeps {grown} bytes of {_ROUNDS} runs on {len(data)} bytes")


def _growth(target: Target, data: bytes) -> int:
    for _ in range(_WARM):
        target.run(data)
    before = _now_bytes()
    for _ in range(_ROUNDS):
        target.run(data)
    return _now_bytes() - before


def _now_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


class Sampler:
    """Runs a target on every input, and measures one in a few."""

    def __init__(self, target: Target) -> None:
        self._target, self._count = target, 0

    def run(self, data: bytes) -> None:
        """One input. Raises Broken, or what a reader should not have raised."""
        self._target.run(data)
        self._count += 1
        if self._count % _EVERY == 0:
            judge_memory(self._target, data)
