"""The session's clock on a real system: time that counts through a suspend, and waiting that ends when bytes come."""

import select
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

LOOK_EVERY_S: Final = 0.02
"""Longest wait. Control lines cannot be selected on: so a press of the patient's stop is seen within this time."""
_BROKEN: Final = select.POLLNVAL
_REST_S: Final = 0.005


class SystemClock:
    """Implements the Clock port."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        self._look_every_s = look_every_s
        self._sources: list[Callable[[], Iterable[int]]] = []

    def wakes_for(self, filenos: Callable[[], Iterable[int]]) -> None:
        """End waiting when a byte, or an end, waits on one of these; they are asked for anew at each waiting."""
        self._sources.append(filenos)

    def now_s(self) -> float:
        """Seconds since the system started, with those in which it was suspended: a lease ends in them too."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def utc(self) -> datetime:
        """Wall time."""
        return datetime.now(UTC)

    def wait_until(self, moment_s: float) -> None:
        """Return at `moment_s`, after the longest wait, or when something waits to be read, whichever is first."""
        left_s = min(moment_s - self.now_s(), self._look_every_s)
        if left_s <= 0.0:
            return
        poll = select.poll()
        for filenos in self._sources:
            for fileno in filenos():
                if fileno >= 0:
                    poll.register(fileno, select.POLLIN)
        seen = poll.poll(left_s * 1000.0)
        if any(event & _BROKEN for _, event in seen):
            # A descriptor that was closed beneath its owner would end every wait at once.
            time.sleep(min(left_s, _REST_S))
