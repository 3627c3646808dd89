"""What must go on happening for a session to end: time, looks at equipment, and images of a target that cools."""

from enum import Enum, unique

from syntherm_verify.model.environment import Kind, ModelEvent


@unique
class Needed(Enum):
    """Events without which nothing can be said about the end."""

    TIME = "time passes"
    LOOK = "equipment is looked at, and is well"
    COOL = "an image comes that shows a cool target"


def needed(event: ModelEvent) -> Needed | None:
    """Which of the events that must go on happening this is, if any."""
    if event.kind is Kind.TICK:
        return Needed.TIME
    plain = event.fault is None and not event.stop_open and not event.unfit
    if event.kind is Kind.POLL and plain:
        return Needed.LOOK
    shows = event.suits and event.thermal and not event.finishes and not event.in_range and event.delay == 0
    return Needed.COOL if event.kind is Kind.FRAME and plain and shows else None
