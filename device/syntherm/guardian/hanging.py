"""A port that does not come back must not hold the enable: a thread beside the loop looks how long it has been gone.

A control line behind USB is read by asking the adapter, and one that hangs keeps whoever asks for seconds. The loop
cannot look at anything then. This thread can: the ports are different ones, and off may be said from any thread.
"""

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Final

LOOK_S: Final = 0.05
LOOKS: Final = 4
"""So many looks in a row at one and the same call: 0.2 to 0.25 s. Counted, and not timed, so that a process that was
itself held up finds nothing."""


class PortWatch:
    """`with` it around each use of a port. `hung` stays once it was."""

    def __init__(self, fall: Callable[[], None]) -> None:
        """`fall` takes the enable away; it never raises, and may be called beside the loop."""
        self._fall = fall
        self._call = 0  # odd while a port is being used
        self._ended = Event()
        self._thread = Thread(target=self._watch, name="ports", daemon=True)
        self.hung = False

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def __enter__(self) -> None:
        self._call += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._call += 1

    def _watch(self) -> None:
        seen, looks = 0, 0
        while not self._ended.wait(LOOK_S):
            call = self._call
            looks = looks + 1 if call % 2 and call == seen else 0
            seen = call
            if looks >= LOOKS:
                self.hung = True
                self._fall()
