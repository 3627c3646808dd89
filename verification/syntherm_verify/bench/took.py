"""How long a call takes: on the clock, and of the processor, which other work on the machine does not lengthen."""

import time
from collections.abc import Callable

import attrs


@attrs.frozen
class Took:
    """Seconds of one call."""

    wall_s: float
    cpu_s: float


def timed(call: Callable[[], object]) -> Took:
    """Call it, and say how long that took."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    call()
    return Took(time.perf_counter() - wall_s, time.process_time() - cpu_s)
