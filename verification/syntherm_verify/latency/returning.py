"""The session's clock and scanner for a run that goes back to one moment again and again."""

from collections.abc import Callable
from datetime import datetime

import attrs

from syntherm.core.events import FatMapReceived, FrameReceived, OperatorActed
from syntherm.ports.equipment import Scanner
from syntherm.ports.record import Signature
from syntherm.session.clock import SystemClock


class ReturningClock:
    """Implements the Clock port: the system's, less what has passed since it was last set back."""

    def __init__(self, system: SystemClock) -> None:
        self._system = system
        self._offset_s = 0.0
        self.upon_waiting: Callable[[], None] | None = None

    @property
    def offset_s(self) -> float:
        """What the system's clock is ahead."""
        return self._offset_s

    def set_back(self, to_s: float) -> None:
        """It is `to_s` now."""
        self._offset_s = self._system.now_s() - to_s

    def now_s(self) -> float:
        """Seconds of the session."""
        return self._system.now_s() - self._offset_s

    def utc(self) -> datetime:
        """Wall time."""
        return self._system.utc()

    def wait_until(self, moment_s: float) -> None:
        """As the system's."""
        if self.upon_waiting is not None:
            upon, self.upon_waiting = self.upon_waiting, None
            upon()
        self._system.wait_until(moment_s + self._offset_s)


class RenumberedScanner:
    """Implements the Scanner port: images as they come, counted and timed on from the moment that was gone back to."""

    def __init__(self, ear: Scanner, clock: ReturningClock) -> None:
        self._ear, self._clock = ear, clock
        self._sequence = 0
        self.received_s: list[float] = []
        self.count = 0
        """All that ever came."""

    def count_from(self, sequence: int) -> None:
        """The next image has the number after this one."""
        self._sequence = sequence
        self.received_s.clear()

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        """What has come."""
        return tuple(map(self._renumbered, self._ear.received()))

    def remarks(self) -> tuple[str, ...]:
        """As the other's."""
        return self._ear.remarks()

    def _renumbered(self, image: FrameReceived | FatMapReceived) -> FrameReceived | FatMapReceived:
        if not isinstance(image, FrameReceived):
            return image
        self._sequence += 1
        self.count += 1
        self.received_s.append(self._clock.now_s() + self._clock.offset_s)
        acquired_s = image.acquired_s - self._clock.offset_s
        return attrs.evolve(image, sequence=self._sequence, acquired_s=acquired_s)


class NoNotary:
    """A notary for a desk that signs nothing."""

    def ask(self, number: int, act: OperatorActed, secret: str, shown: str) -> bool:
        """Never."""
        return False

    def answers(self) -> tuple[tuple[int, Signature | None], ...]:
        """None."""
        return ()
