"""People: who confirmed, reset and accepted, counted from their acts alone, and what may not begin without them."""

from typing import TypeVar

import attrs

from syntherm.core.events import EquipmentPolled, OperatorActed
from syntherm.core.monitors.look import Case, Look
from syntherm.core.vocabulary import Calibration, Energy, Session, SetupItem, Trigger
from syntherm.core.watch import PeopleSeen

T = TypeVar("T")
_TWO = 2


def note(seen: PeopleSeen, look: Look) -> PeopleSeen:
    """What is remembered of people, and of the patient stop, after a step."""
    before, after = look.before.session, look.after.session
    if after is Session.ABORT and before is not Session.ABORT:
        seen = PeopleSeen(aborted=True)
    elif look.reset:
        # What was confirmed counts no more; who reset is still to be judged.
        seen = PeopleSeen(aborted=True, resets=seen.resets)
    if look.learns_anew:
        seen = attrs.evolve(seen, accepted=())
    if before is after is Session.SETUP and _stop_open(look):
        seen = attrs.evolve(seen, stop_opened=True)
    return _acted(seen, look)


def _acted(seen: PeopleSeen, look: Look) -> PeopleSeen:
    event, person = look.event, look.person
    if not isinstance(event, OperatorActed) or look.act is None or person == "":
        return seen
    if look.act is Trigger.RESET and event.reason.strip() != "":
        return attrs.evolve(seen, resets=_with(seen.resets, person))
    if look.act is Trigger.ACCEPT_CALIBRATION:
        return attrs.evolve(seen, accepted=_with(seen.accepted, person))
    if look.act is Trigger.CONFIRM and event.item is not None:
        return attrs.evolve(seen, confirmed=_with(seen.confirmed, (event.item, person)))
    return seen


def _with(known: tuple[T, ...], more: T) -> tuple[T, ...]:
    return known if more in known else (*known, more)


def _stop_open(look: Look) -> bool:
    report = look.event.stop_loop if isinstance(look.event, EquipmentPolled) else None
    return report is not None and not report.closed


def _missing(seen: PeopleSeen) -> str | None:
    """What setup lacks: people for an item, or the proof of the patient stop."""
    for item in SetupItem:
        people = [person for confirmed, person in seen.confirmed if confirmed is item]
        if len(people) < item.people:
            return f"{item.value} was confirmed by {len(people)} of {item.people} people"
    return None if seen.stop_opened else "the patient stop was not seen to open"


def way_back(at: Case) -> str | None:
    """Neither energy nor the way out of ABORT without all the people that it takes."""
    look, people = at.look, at.now.people
    # What has begun with all of them goes on with all of them: only an abort forgets people, and it ends energy.
    flows = look.energy_begins or bool(look.leases)
    if (flows or look.reset) and people.aborted and len(people.resets) < _TWO:
        return f"after an abort, {len(people.resets)} of {_TWO} people have reset with a reason"
    lacks = _lacks_for(look, people) if flows else None
    return None if lacks is None else f"energy {look.after.energy.value}, and {lacks}"


def _lacks_for(look: Look, people: PeopleSeen) -> str | None:
    if look.after.energy is Energy.ON and len(people.accepted) < _TWO:
        return f"the calibration was accepted by {len(people.accepted)} of {_TWO} people"
    return _missing(people)


def nothing_survives(at: Case) -> str | None:
    """What a reset, or a calibration begun anew, has to forget; and that what follows rests on nothing older."""
    look = at.look
    if look.reset and look.after.calibration is not Calibration.NONE:
        return f"calibration is {look.after.calibration.value} after a reset"
    if (look.reset or look.learns_anew) and (look.target is not None or look.guards):
        return "temperatures of an earlier baseline are still known"
    return _rests_on_older(look, at.now.people)


def _rests_on_older(look: Look, people: PeopleSeen) -> str | None:
    if look.before.session is Session.SETUP and look.after.session is Session.CALIBRATION:
        lacks = _missing(people)
        return None if lacks is None else f"setup was left, and since the last reset {lacks}"
    accepted = look.after.calibration is Calibration.ACCEPTED is not look.before.calibration
    if accepted and len(people.accepted) < _TWO:
        return f"the calibration is accepted, by {len(people.accepted)} of {_TWO} people since it began"
    return None
