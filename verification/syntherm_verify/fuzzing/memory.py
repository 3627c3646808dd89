"""Whether reading an input takes more memory than stated, or keeps some of it for ever."""

import gc
import tracemalloc
from typing import Final

from syntherm_verify.fuzzing.target import Target, demand

_EVERY: Final = 2048
"""One input in so many is measured: measuring takes as long as some hundred runs."""
_WARM: Final = 2
_ROUNDS: Final = 12
_MOST_ROUNDS: Final = 384
_SLACK_BYTES: Final = 341
"""What each run may leave. A stock of freed scalars, as numpy keeps it, grows over some hundred runs and then no more:
so it is less of each run, the more there are; what is kept at each run for ever is not."""


def judge_memory(target: Target, data: bytes) -> None:
    """Raises Broken for an input that takes more than the target states at once, or leaves something at each run."""
    tracemalloc.start()
    try:
        target.run(data)
        _, peak = tracemalloc.get_traced_memory()
        demand(peak <= target.peak_bytes, f"takes {peak} bytes for {len(data)}, at most {target.peak_bytes} are stated")
        rounds, left = _ROUNDS, _left(target, data, _ROUNDS)
        while left > _SLACK_BYTES and rounds < _MOST_ROUNDS:
            rounds *= 2
            left = _left(target, data, rounds)
    finally:
        tracemalloc.stop()
    demand(left <= _SLACK_BYTES, f"keeps {left:.0f} bytes of each of {rounds} runs on {len(data)} bytes")


def _left(target: Target, data: bytes, rounds: int) -> float:
    """Bytes that each run leaves."""
    for _ in range(_WARM):
        target.run(data)
    before = _now_bytes()
    for _ in range(rounds):
        target.run(data)
    return (_now_bytes() - before) / rounds


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
