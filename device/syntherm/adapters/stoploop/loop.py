"""Judges the patient's contact from its two channels; no IO.

Channel 0 is RTS through the contact to CTS, channel 1 is DTR through a second contact to DSR. Both are driven on. Now
and then one of them is driven off until its end has followed, and on again: so a short, a stuck line and a lost serial
server are found, while the other channel goes on watching. A press is never hidden by a pulse.
"""

from enum import Enum, unique
from typing import Final

import attrs

CHANNELS: Final = 2


@attrs.frozen
class Levels:
    """One level for each channel; True is on."""

    first: bool
    second: bool


ALL_ON: Final = Levels(True, True)


@attrs.frozen
class Times:
    """`pulse_every_s`: rest between two pulses; `follow_s`: within which a driven channel must be seen to follow."""

    pulse_every_s: float = 0.5
    follow_s: float = 0.15


@unique
class _Stage(Enum):
    RESTING = "both channels are driven on"
    FALLING = "one channel is driven off, and must be seen off"
    RISING = "it is driven on again, and must be seen on"


class Loop:
    """Closed only while both channels are seen on, and each has followed a pulse since the loop was last open."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._stage = _Stage.RESTING
        self._since_s: float | None = None
        self._pulsed = 1
        self._proven: set[int] = set()
        self.was_closed = False

    @property
    def closed(self) -> bool:
        """Whether the loop is known to be closed."""
        return len(self._proven) == CHANNELS

    @property
    def drive(self) -> Levels:
        """What to drive now."""
        if self._stage is not _Stage.FALLING:
            return ALL_ON
        return Levels(self._pulsed != 0, self._pulsed != 1)

    def look(self, now_s: float, seen: Levels | None) -> None:
        """Take in what was read at `now_s`; None: the lines could not be read."""
        if self._since_s is None:
            self._since_s = now_s
        if seen is None or now_s < self._since_s:
            self._open(now_s)
            return
        levels = (seen.first, seen.second)
        if self._stage is _Stage.RESTING:
            self._rest(now_s, levels)
        elif not levels[1 - self._pulsed]:
            self._open(now_s)
        elif levels[self._pulsed] is (self._stage is _Stage.RISING):
            self._followed(now_s)
        elif now_s - self._since_s > self._times.follow_s:
            self._open(now_s)
        self.was_closed = self.was_closed or self.closed

    def _rest(self, now_s: float, levels: tuple[bool, bool]) -> None:
        if not all(levels):
            self._open(now_s)
        elif not self.closed or now_s - (self._since_s or 0.0) >= self._times.pulse_every_s:
            self._pulsed = 1 - self._pulsed
            self._enter(_Stage.FALLING, now_s)

    def _followed(self, now_s: float) -> None:
        if self._stage is _Stage.FALLING:
            self._enter(_Stage.RISING, now_s)
        else:
            self._proven.add(self._pulsed)
            self._enter(_Stage.RESTING, now_s)

    def _open(self, now_s: float) -> None:
        self._proven.clear()
        self._enter(_Stage.RESTING, now_s)

    def _enter(self, stage: _Stage, now_s: float) -> None:
        self._stage, self._since_s = stage, now_s
