"""A record whose writer may die with its controller, before an entry is durable or right after."""

from collections.abc import Callable
from datetime import datetime

from syntherm.core.decision import Record
from syntherm.core.events import Event, OperatorActed
from syntherm.ports.record import AuditSink, Signature
from syntherm_sim.scenario import ControllerKilled
from syntherm_sim.story.values import Death


class MortalRecord:
    """Implements the AuditSink port around another one. `dies` is where the next entry kills."""

    def __init__(self, inner: AuditSink) -> None:
        self._inner = inner
        self.dies: Death | None = None

    @property
    def head(self) -> str:
        """The chain hash of the last durable entry."""
        return self._inner.head

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and what it led to."""
        self._write(lambda: self._inner.append(utc, event, records, remarks, signature))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self._write(lambda: self._inner.append_refusal(utc, event, because))

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that was not signed."""
        self._write(lambda: self._inner.append_unsigned(utc, act))

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
