"""The door to the record."""

from datetime import datetime
from typing import Protocol

from syntherm.core.decision import Record
from syntherm.core.events import Event


class AuditFailed(Exception):
    """The record could not be made durable: nothing may rise any more."""


class AuditSink(Protocol):
    """Append-only. A call returns when its entries are durable."""

    def append(self, utc: datetime, event: Event, records: tuple[Record, ...], remarks: tuple[str, ...]) -> None:
        """An event and all that it led to, as one unit. Raises AuditFailed if it is not durable."""
        ...

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        ...

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        ...
