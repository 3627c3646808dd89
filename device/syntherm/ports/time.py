"""The door to time. The core never sees it: time reaches the core inside events."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds for the session, and wall time for the record."""

    def now_s(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        ...

    def utc(self) -> datetime:
        """Wall time, aware, in UTC."""
        ...

    def wait_until(self, moment_s: float) -> None:
        """Return at `moment_s`, or earlier when something may have arrived."""
        ...
