"""The patient's stop behind its port: reads the lines, lets the loop judge, drives what it asks for."""

from collections.abc import Callable
from typing import Final

from syntherm.adapters.stoploop.lines import ControlLines, LinesFailed
from syntherm.adapters.stoploop.loop import Levels, Loop, Times
from syntherm.core.events import StopLoopReport

LOOK_EVERY_S: Final = 0.05


class ContactStopLoop:
    """Implements the StopLoop port. A call takes no longer than two reads of control lines; it never waits."""

    def __init__(self, lines: ControlLines, now_s: Callable[[], float], times: Times | None = None) -> None:
        """`now_s` is the session's clock."""
        self._lines, self._now_s = lines, now_s
        self._loop = Loop(times or Times())
        self._driven: Levels | None = None
        self.due_s = now_s()
        """The session's clock should end its waiting by this moment, since nothing else tells of a press."""
        self.failure: str | None = None
        """Why the lines could not be read or driven at the last look."""

    def report(self) -> StopLoopReport | None:
        """The loop as judged now; None until it has been found closed once.

        Before that an open loop proves nothing: it may never have been connected. Afterwards whatever is not known to
        be closed is open.
        """
        now_s = self._now_s()
        self.due_s = now_s + LOOK_EVERY_S
        self.failure = None
        self._loop.look(now_s, self._read())
        self._drive(now_s)
        if not self._loop.was_closed:
            return None
        return StopLoopReport(self._loop.closed)

    def _read(self) -> Levels | None:
        try:
            return self._lines.read()
        except LinesFailed as error:
            self.failure = str(error)
            self._driven = None
            return None

    def _drive(self, now_s: float) -> None:
        wanted = self._loop.drive
        if wanted == self._driven and self._loop.closed:
            # An open loop is driven anew at each look: the port may have forgotten, as after a power failure.
            return
        try:
            self._lines.drive(wanted)
            self._driven = wanted
        except LinesFailed as error:
            self.failure = str(error)
            self._driven = None
            self._loop.look(now_s, None)
