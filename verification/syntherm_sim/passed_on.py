"""A record that is kept by another one."""

from collections.abc import Callable
from datetime import datetime

from syntherm.core.decision import Record
from syntherm.core.events import Event, OperatorActed
from syntherm.ports.record import AuditSink, Signature


class PassedOn:
    """Implements the AuditSink port: everything goes to `to`, which may be exchanged between two entries."""

    def __init__(self, to: AuditSink) -> None:
        self.to = to

    @property
    def head(self) -> str:
        """The chain hash of the last durable entry."""
        return self.to.head

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and what it led to."""
        self._write(lambda: self.to.append(utc, event, records, remarks, signature))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self._write(lambda: self.to.append_refusal(utc, event, because))

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that was not signed."""
        self._write(lambda: self.to.append_unsigned(utc, act))

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        self._write(lambda: self.to.append_crash(utc, event, error))

    def _write(self, write: Callable[[], None]) -> None:
        write()
