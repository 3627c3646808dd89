"""The patient's stop button: a normally-closed loop."""

from collections.abc import Callable

from syntherm.core.events import StopLoopReport


class StopButton:
    """Implements the StopLoop port. A press wakes the session, as the contact's edge does."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._closed = True

    def press(self) -> None:
        """Open the loop."""
        self._closed = False
        self._wake()

    def release(self) -> None:
        """Close it again."""
        self._closed = True

    def report(self) -> StopLoopReport | None:
        """The contact as read."""
        return StopLoopReport(self._closed)
