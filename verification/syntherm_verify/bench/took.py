"""How long a call takes: on the clock, and of the processor, which other work on the machine does not lengthen."""

import time
from collections.abc import Callable
from typing import TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Took:
    """Seconds of one call."""

    wall_s: float
    cpu_s: float


def timed_call(call: Callable[[], T]) -> tuple[Took, T]:
    """Call it, and say how long that took, and what it gave."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = call()
    return Took(time.perf_counter() - wall_s, time.process_time() - cpu_s), answer


def timed(call: Callable[[], object]) -> Took:
    """Call it, and say how long that took."""
    return timed_call(call)[0]
