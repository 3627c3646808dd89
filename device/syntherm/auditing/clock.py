"""Session time: seconds since the record was opened, over all controllers that went on with it."""

from datetime import datetime
from math import isfinite


def _between_s(earlier: str, later: str) -> float | None:
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return None


class SessionClock:
    """Is told every entry in order.

    Within a run the controller's own clock counts. A controller that goes on may count from anywhere, so from the
    last entry before it wall time counts; if that is no time, session time is not known any more.
    """

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None
        self._last: tuple[float, str] | None = None

    def at(self, kind: str, at_s: float, utc: str) -> float | None:
        """Session time of the next entry, in s."""
        if self._last is None:
            self._start = (at_s, 0.0)
        elif kind == "resumed" or at_s < self._last[0]:
            self._begin(at_s, utc)
        self._last = (at_s, utc)
        return self._now_s(at_s)

    def _now_s(self, at_s: float) -> float | None:
        now_s = None if self._start is None else at_s - self._start[0] + self._start[1]
        return now_s if now_s is not None and isfinite(now_s) else None

    def _begin(self, at_s: float, utc: str) -> None:
        before_s = None if self._last is None else self._now_s(self._last[0])
        gap_s = None if self._last is None else _between_s(self._last[1], utc)
        self._start = None if before_s is None or gap_s is None else (at_s, before_s + gap_s)


def minutes(session_s: float | None) -> str:
    """`12:03.4`, minutes and seconds; `-` where it is not known."""
    if session_s is None:
        return "-"
    tenths = round(abs(session_s) * 10.0)
    sign = "-" if session_s < 0.0 and tenths else ""
    return f"{sign}{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"
