"""Virtual time: what is due happens in order, and tissue lives on in between. Nothing here waits."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

FIRST_DAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
"""A fixed morning, so that two runs write the same record."""


class Timeline:
    """Seconds since the start of the day, and what is planned. It is also the session's clock."""

    def __init__(self, live: Callable[[float, float], None]) -> None:
        """`live(from_s, to_s)` lets the world pass a stretch of time in which nothing is due."""
        self._live = live
        self._now_s = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._woken = False

    def at(self, moment_s: float, happens: Callable[[], None]) -> None:
        """Plan something; what is planned for the same moment keeps its order."""
        heapq.heappush(self._due, (moment_s, next(self._numbers), happens))

    def wake(self) -> None:
        """Something has arrived for the session: end its waiting."""
        self._woken = True

    def now_s(self) -> float:
        """Seconds since the start of the day."""
        return self._now_s

    def utc(self) -> datetime:
        """Wall time of the virtual day."""
        return FIRST_DAY + timedelta(seconds=self._now_s)

    def wait_until(self, moment_s: float) -> None:
        """Let time pass until `moment_s`, or until something wakes the session."""
        self._woken = False
        while not self._woken and self._due and self._due[0][0] <= moment_s:
            due_s, _, happens = heapq.heappop(self._due)
            self._pass_to(due_s)
            happens()
        if not self._woken:
            self._pass_to(moment_s)

    def _pass_to(self, moment_s: float) -> None:
        if moment_s > self._now_s:
            self._live(self._now_s, moment_s)
            self._now_s = moment_s
