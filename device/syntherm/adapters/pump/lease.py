"""Asking a pump whose watchdog is fed by any packet, without keeping it running past what it was granted."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Final, TypeVar

import attrs

from syntherm.adapters.line import Line
from syntherm.adapters.pump.replies import ALARM_WORDS, STILL, Alarm, Dispensed, dispensed, nothing
from syntherm.adapters.pump.talk import ANSWER_S, AlarmStands, Answer, Declined, Talk, Unanswered

T = TypeVar("T")
_EARLY_S: Final = 0.5
"""A watchdog that ends sooner than this before its time is no watchdog's end."""


class Refused(Exception):
    """The pump could not or must not run. One line."""


class RunsOn(Refused):
    """It was told to stop, and reads back as running. One line."""


ASKING_FAILED: Final = (Unanswered, Declined, AlarmStands, Refused)


@attrs.frozen
class Out:
    """What the pump may be running on: the grant's end in session time, its rate and limit, and the volume target.

    `ends_ml`: what its counter shows, to a step or two, when it has ended by itself.
    """

    until_s: float
    rate: Decimal
    limit: Decimal
    target: Decimal
    ends_ml: Decimal


class LeasedTalk:
    """A conversation that knows what is out. `out` is None while the pump is known to stand, or has said so by alarm.

    `latched` is the first alarm that was no end of a lease; nothing here clears it.

    A pump that runs on although it was told to stop is left alone: each further stop would feed its watchdog, which is
    all that is left to end it.
    """

    def __init__(self, line: Line, now_s: Callable[[], float], address: int, watchdog_s: int) -> None:
        """`now_s` is the session's time, `watchdog_s` what the pump is set to."""
        self._now_s = now_s
        self._talk = Talk(line, address, self._heard)
        self.watchdog_s = watchdog_s
        self.out: Out | None = None
        self.latched: Alarm | None = None
        self._fed_s = self._answered_s = self._alone_until_s = now_s()

    def listen(self) -> None:
        """Hear what came unasked. Raises Unanswered if the line is gone."""
        self._talk.listen()

    def ask(self, command: str, meaning: Callable[[str], T], /) -> Answer[T]:
        """Ask within the lease. Raises what ends in no answer, and Refused where asking would outlast the lease."""
        if not self._outlasts():
            raise Refused(f"{command or 'status'} would keep the pump running past its grant")
        return self.feed(command, meaning)

    def query(self, command: str, meaning: Callable[[str], T], /) -> Answer[T]:
        """Ask something that changes nothing; once more where an alarm came instead, since that acknowledges it."""
        try:
            return self.ask(command, meaning)
        except AlarmStands:
            return self.ask(command, meaning)

    def feed(self, command: str, meaning: Callable[[str], T], /) -> Answer[T]:
        """Ask whatever is out: only to stop it, to confirm that, and before anything was granted."""
        now_s = self._now_s()
        if now_s < self._alone_until_s:
            raise Refused("told to stop, it did not: left alone, so that its watchdog ends it")
        self._fed_s = now_s
        answer = self._talk.ask(command, meaning)
        self._answered_s = self._fed_s
        return answer

    def halt(self) -> Dispensed:
        """Stop, and read back; the counts as it stands. Raises what kept it from being confirmed."""
        try:
            return self._stopped_once()
        except ASKING_FAILED:
            try:
                return self._stopped_once()
            except RunsOn:
                self._alone_until_s = self._now_s() + self.watchdog_s + _EARLY_S
                raise

    def askable(self) -> bool:
        """Whether it may be asked now; where its lease or its watchdog is over, after it is confirmed to stand.

        False in the last part of a grant, while its watchdog runs down. Raises what kept a stop from being confirmed.
        """
        if self._outlasts():
            return True
        if self.out is not None and self._now_s() < min(self.out.until_s, self._fed_s + self.watchdog_s):
            return False
        self.halt()
        return True

    def refuse_alarm(self) -> None:
        """Raises Refused while an alarm is latched."""
        if self.latched is not None:
            raise Refused(f"pump alarm: {ALARM_WORDS[self.latched]}")

    def _outlasts(self) -> bool:
        """Whether the lease outlasts a packet sent now, its answer, and the watchdog that it feeds."""
        return self.out is None or self._now_s() + ANSWER_S + self.watchdog_s <= self.out.until_s

    def _stopped_once(self) -> Dispensed:
        with suppress(Declined, AlarmStands):
            # Neither says that it runs; what it does is asked next.
            self.feed("STP", nothing)
        found = self.feed("DIS", dispensed)
        if found.status not in STILL:
            raise RunsOn(f"told to stop, it reads back {found.status.name.lower()}")
        self.out = None
        return found.value

    def _heard(self, alarm: Alarm) -> None:
        # Whatever the alarm, the pump has stopped itself.
        due_s = self._answered_s + self.watchdog_s - _EARLY_S
        if not (alarm is Alarm.TIMED_OUT and self._now_s() >= due_s) and self.latched is None:
            self.latched = alarm
        self.out = None
