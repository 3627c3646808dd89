"""A record whose writer may die with its controller, before an entry is durable or right after."""

from collections.abc import Callable
from datetime import datetime

from syntherm.core.decision import Record
from syntherm.core.events import Event
from syntherm.ports.record import AuditSink
from syntherm_sim.scenario import ControllerKilled
from syntherm_sim.story.values import Death


class MortalRecord:
    """Implements the AuditSink port around another one. `dies` is where the next entry kills."""

    def __init__(self, inner: AuditSink) -> None:
        self._inner = inner
        self.dies: Death | None = None

    def append(self, utc: datetime, event: Event, records: tuple[Record, ...], remarks: tuple[str, ...]) -> None:
        """An event and what it led to."""
        self._write(lambda: self._inner.append(utc, event, records, remarks))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self._write(lambda: self._inner.append_refusal(utc, event, because))

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        self._write(lambda: self._inner.append_crash(utc, event, error))

    def _write(self, write: Callable[[], None]) -> None:
        dies, self.dies = self.dies, None
        if dies is Death.ACTING:
            raise ControllerKilled
        write()
        if dies is Death.RECORDING:
            raise ControllerKilled
