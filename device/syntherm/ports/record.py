"""The door to the record."""

from datetime import datetime
from typing import Protocol

import attrs

from syntherm.core.decision import Record
from syntherm.core.events import Event, OperatorActed


class AuditFailed(Exception):
    """The record could not be made durable: nothing may rise any more."""


@attrs.frozen
class Signature:
    """A person's electronic signature under an act, after the secret was given anew (21 CFR 11.50, 11.70, 11.200).

    `meaning`: what signing it means; `shown`: the text that the person saw when signing.
    """

    person: str
    name: str
    role: str
    meaning: str
    shown: str


class AuditSink(Protocol):
    """Append-only. A call returns when its entries are durable."""

    @property
    def head(self) -> str:
        """The chain hash of the last durable entry, in hex: what a console shows and a report prints."""
        ...

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and all that it led to, as one unit. Raises AuditFailed if it is not durable."""
        ...

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        ...

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that needs a signature and came without: it was not taken."""
        ...

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        ...
