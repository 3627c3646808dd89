"""Which properties a played story violated, and by which event: read from what the session's monitors found."""

from typing import Final

import attrs

from syntherm.core.properties import Property
from syntherm.core.state import SessionState

_NO_ONE_ROW: Final = "TableBroken"
"""How the session names a table without exactly one row: no monitor sees it, for it ends the step itself."""


@attrs.frozen
class Seen:
    """One violated property: the event's number in the story, and the figures that show it."""

    property: Property
    event: int
    detail: str


def first_seen(state: SessionState, event: int) -> tuple[Seen, ...]:
    """What the session holds as violated after an event."""
    return tuple(Seen(each.property, event, each.detail) for each in state.watch.violations)


def of_failure(text: str, event: int) -> tuple[Seen, ...]:
    """What it means that the session failed."""
    return (Seen(Property.ONE_ROW, event, text),) if _NO_ONE_ROW in text else ()
