"""What a session asked of its record, kept, so that it can be asked of another writer at full rate."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import attrs

from syntherm.audit.writer import AuditWriter
from syntherm.core.decision import Decision, Record
from syntherm.core.events import Event, OperatorActed
from syntherm.core.vocabulary import Trigger
from syntherm.ports.record import AuditSink, Signature
from syntherm.session.records import identity
from syntherm_sim.timeline import FIRST_DAY
from syntherm_verify.recording.day import CREW, LEGS, Day, small_plan, small_text

ENDS_IN: Final = "COMPLETE"
ADDED: Final = frozenset({"checkpoint", "clock"})
"""Kinds of entries that the writer adds by itself."""


@attrs.frozen(eq=False)
class Step:
    """One call of the session to its record."""

    utc: datetime
    event: Event
    records: tuple[Record, ...] = ()
    remarks: tuple[str, ...] = ()
    signature: Signature | None = None
    refusal: str | None = None

    def to(self, sink: AuditSink, moved: timedelta = timedelta()) -> None:
        """Ask it of a record, with wall time moved. Raises AuditFailed."""
        utc = self.utc + moved
        if self.refusal is not None:
            sink.append_refusal(utc, self.event, self.refusal)
        else:
            sink.append(utc, self.event, self.records, self.remarks, self.signature)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of entries that it leads to, without those that the writer adds."""
        if self.refusal is not None:
            return ("event", "refusal")
        records = ["decision" if isinstance(record, Decision) else "maps" for record in self.records]
        signed = [] if self.signature is None else ["signature"]
        return ("event", *records, *("remark" for _ in self.remarks), *signed)


class Keeper:
    """Implements the AuditSink port: keeps all that it is asked."""

    head = ""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and what it led to."""
        self.steps.append(Step(utc, event, records, remarks, signature))

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self.steps.append(Step(utc, event, refusal=because))

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that was not signed."""
        raise AssertionError(f"puppets sign all that they must: {act}")

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        raise AssertionError(f"the core failed on {event}: {error}")


class Forgets(Keeper):
    """The same for who asks nothing of it: an event and its image are let go."""

    def append(self, utc: datetime, event: Event, *_: object) -> None:
        """Let it go."""


@cache
def small_steps() -> tuple[Step, ...]:
    """A whole small day: some 200 writes of every common kind, among them a refusal and a command that got lost."""
    return first_steps(None)


def first_steps(count: int | None) -> tuple[Step, ...]:
    """The first writes of a small day, or all; few take no longer to make than the leg of the day that they lie in."""
    keeper = Keeper()
    day = Day(small_plan(), keeper)
    for leg in (*LEGS, _end):
        leg(day)
        if count is not None and len(keeper.steps) >= count:
            break
    return tuple(keeper.steps[:count])


def _end(day: Day) -> None:
    day.act(Trigger.BEGIN_TEST)  # refused: the calibration is long accepted
    day.room.transducer.loses = 1
    day.act(Trigger.END_HEATING)  # a remark: the generator does not confirm
    day.live(8)
    for person in CREW:
        day.act(Trigger.SIGN, person)


@cache
def small_identity() -> Mapping[str, str]:
    """What the first entry of a small day says."""
    return identity(small_text())


def opened(writer: AuditWriter, session: str | None = None) -> None:
    """The first entry of a small day."""
    writer.open_session(FIRST_DAY, 0.0, small_identity(), session)


def closed(writer: AuditWriter, steps: Sequence[Step], moved: timedelta = timedelta()) -> str:
    """The last entry, after the last of these steps. Returns the head."""
    last = steps[-1] if steps else Step(FIRST_DAY, OperatorActed(0.0, Trigger.STOP, CREW[0]))
    return writer.close_session(last.utc + moved, last.event.at_s, ENDS_IN)
