"""The facts that guards ask for, each a pure predicate over what is known and the event at hand."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from syntherm.core.calibration import acceptable
from syntherm.core.checks.precision import precision_degC
from syntherm.core.checks.registry import ALL, EQUIPMENT, may_start
from syntherm.core.checks.verdict import Verdict
from syntherm.core.drug.ledger import delivered
from syntherm.core.events import EquipmentPolled, Event, FrameReceived, OperatorActed, Restarted
from syntherm.core.faults import Clears, Response
from syntherm.core.machine import IllegalEvent
from syntherm.core.response.trial import leases_of
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import ACTS, Fact, Infusion, Session, SetupItem, Trigger


@attrs.frozen(eq=False)
class Situation:
    """All that a guard may look at."""

    state: SessionState
    event: Event
    verdicts: Mapping[str, Verdict]

    def holds(self, fact: Fact) -> bool:
        """The truth of one fact."""
        return PREDICATES[fact](self)


def topic_of(act: OperatorActed) -> str:
    """What a person's act agrees to: in setup the item that is confirmed, else the act itself."""
    return act.item.value if act.act is Trigger.CONFIRM and act.item is not None else act.act.value


def person_of(act: OperatorActed) -> str:
    """Who acted, so that one person spelt in two ways is one."""
    return " ".join(act.person.split()).casefold()


def people_for(state: SessionState, topic: str) -> frozenset[str]:
    """Who has agreed to a topic."""
    return frozenset(agreement.person for agreement in state.agreements if agreement.topic == topic)


def _setup_confirmed(at: Situation) -> bool:
    return all(len(people_for(at.state, item.value)) >= item.people for item in SetupItem)


def _stop_path_proven(at: Situation) -> bool:
    seen = at.state.equipment
    closed_again = seen.stop_loop is not None and seen.stop_loop.closed
    return seen.seen_open and closed_again and seen.transducer is not None and not seen.transducer.output_on


def _latched(at: Situation) -> bool:
    faults = (standing.code.value for standing in at.state.faults)
    return any(fault.clears is not Clears.WITH_CAUSE and fault.response >= Response.PAUSE for fault in faults)


def _tissue_settled(at: Situation) -> bool:
    last, now = at.state.beam.last_energy_s, at.state.at_s
    wait_s = at.state.plan.limits.recalibration_wait_min * 60.0
    return last is None or (now is not None and now - last >= wait_s)


def _frame_accepted(at: Situation) -> bool:
    return (
        isinstance(at.event, FrameReceived)
        and at.state.imaging.defect is None
        and at.state.thermometry.thermal is not None
    )


def _other_person_agreed(at: Situation) -> bool:
    act = at.event
    return isinstance(act, OperatorActed) and bool(people_for(at.state, topic_of(act)) - {person_of(act)})


def _time_reached(at: Situation) -> bool:
    needed_s = at.state.plan.heating.prescribed_in_range_min * 60.0
    under_way = at.state.phases.infusion in (Infusion.INFUSING, Infusion.HELD)
    return at.state.range_clock.total_s >= needed_s and not under_way


def _response_good(at: Situation) -> bool:
    beam = at.state.beam
    if at.state.plan.calibration_proof is None:
        return acceptable(beam.pending, at.state.plan)
    return beam.pending is not None and beam.identified is not None and not beam.identified.refusals


def _cooled(at: Situation) -> bool:
    known, plan = at.state.thermometry, at.state.plan
    if known.target is None or len(known.guards) != len(plan.guard):
        return False
    needed = (plan.limits.target_min_valid_fraction, *(guard.min_valid_fraction for guard in plan.guard))
    return all(
        region.valid_fraction >= least and region.hottest.upper < plan.heating.release_degC
        for region, least in zip((known.target, *known.guards), needed, strict=True)
    )


PREDICATES: Final[Mapping[Fact, Callable[[Situation], bool]]] = {
    Fact.SETUP_CONFIRMED: _setup_confirmed,
    Fact.STOP_PATH_PROVEN: _stop_path_proven,
    Fact.EQUIPMENT_READY: lambda at: may_start(at.verdicts, EQUIPMENT) and not _latched(at),
    Fact.MAY_START: lambda at: may_start(at.verdicts, ALL) and not _latched(at),
    Fact.TISSUE_SETTLED: _tissue_settled,
    Fact.FRAME_ACCEPTED: _frame_accepted,
    Fact.BASELINE_LEARNED: lambda at: at.state.thermometry.baseline is not None,
    Fact.PRECISION_GOOD: lambda at: precision_degC(at.state) <= at.state.plan.limits.precision_degC,
    Fact.TEST_FINISHED: lambda at: at.state.beam.test_granted >= leases_of(at.state.plan),
    Fact.RESPONSE_GOOD: _response_good,
    Fact.OTHER_PERSON_AGREED: _other_person_agreed,
    Fact.DWELL_REACHED: lambda at: at.state.range_clock.dwell_s >= at.state.plan.heating.dwell_s,
    Fact.INFUSION_UNFINISHED: lambda at: at.state.phases.infusion in (Infusion.ARMED, Infusion.HELD),
    Fact.VOLUME_DELIVERED: lambda at: delivered(at.state.ledger, at.state.plan.prescription),
    Fact.TIME_REACHED: _time_reached,
    Fact.COOLED: _cooled,
    Fact.REASON_GIVEN: lambda at: isinstance(at.event, OperatorActed) and at.event.reason.strip() != "",
}


_TRIGGERS: Final[Mapping[type[Event], Trigger]] = {
    FrameReceived: Trigger.FRAME,
    EquipmentPolled: Trigger.POLL,
    Restarted: Trigger.RESTART,
}


def trigger_of(event: Event, session: Session) -> Trigger | None:
    """The table's trigger for an event in a session state; None where only the checks answer it.

    Raises IllegalEvent for an act that no person can do, or that nobody did: what comes from a console is not
    trusted. A stop needs no name.
    """
    if not isinstance(event, OperatorActed):
        return _TRIGGERS.get(type(event))
    if event.act not in ACTS:
        raise IllegalEvent(event.act, session, "this is not an act of a person")
    if person_of(event) == "" and event.act is not Trigger.STOP:
        raise IllegalEvent(event.act, session, "whoever acts must be named")
    return event.act
