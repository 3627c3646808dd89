"""A step's entry for the record: every field is what it says it is."""

import pytest

from syntherm.core import step
from syntherm.core.checks.registry import examine
from syntherm.core.commands import EnergyOff, GrantLease, HoldInfusion
from syntherm.core.machine import IllegalEvent, react
from syntherm.core.observe.event import observe
from syntherm.core.vocabulary import Effect, Fact, Session, Trigger


def entry(drive):
    return drive.last.records[0]


@pytest.mark.verifies("SRS-202")
def test_a_frame_in_heating_is_recorded_whole(bench, made):
    drive = bench.at("heating")
    drive.poll(), drive.poll(), drive.poll()
    was, event = drive.state, drive.frame_event(made.Picture(target=41.2))
    before, outcome = was.phases, drive.feed(event)
    decision, state = entry(drive), drive.state
    assert decision.at_s == drive.at_s
    assert (decision.before, decision.after) == (before, state.phases)
    assert decision.triggers == (Trigger.FRAME,)
    assert decision.effects == (Effect.GRANT_LEASE,)
    assert Fact.FRAME_ACCEPTED in decision.facts
    assert decision.refused is None and outcome.refused is None
    assert decision.verdicts == examine(observe(was, event))
    assert decision.faults == state.faults == ()
    assert decision.commands == outcome.commands and isinstance(decision.commands[0], GrantLease)
    assert decision.range_clock == state.range_clock and decision.range_clock.in_range
    assert decision.ledger == state.ledger
    assert decision.heating_s == state.beam.heating_s > 0.0
    assert decision.focus_offset_mm == state.beam.response.offset_mm
    assert decision.target is state.thermometry.target is not None
    assert decision.guards is state.thermometry.guards and len(decision.guards) == 2
    assert decision.maps is state.thermometry.thermal is not None
    assert len(outcome.records) == 1


@pytest.mark.verifies("SRS-306")
def test_a_look_at_equipment_records_the_account_of_the_drug_and_no_map(bench):
    drive = bench.at("infusing")
    for _ in range(8):
        drive.poll()
    decision = entry(drive)
    assert decision.ledger == drive.state.ledger and decision.ledger.pumped_ml > 0.0
    assert decision.maps is None


@pytest.mark.verifies("SRS-105")
def test_a_fault_is_recorded_with_the_response_that_it_asked_for(bench):
    drive = bench.at("heating")
    drive.room.stop_open = True
    drive.poll()
    decision = entry(drive)
    assert decision.triggers[0] is Trigger.FAULT_ABORT
    assert decision.after.session is Session.ABORT
    assert decision.faults == drive.state.faults != ()
    assert Effect.ENERGY_OFF in decision.effects and isinstance(decision.commands[0], EnergyOff)


def test_before_any_calibration_there_is_no_offset_to_record(bench):
    drive = bench.at("set-up")
    drive.poll()
    assert entry(drive).focus_offset_mm is None and entry(drive).target is None and entry(drive).guards == ()


@pytest.mark.verifies("SRS-101")
def test_an_act_that_a_fault_of_the_same_moment_came_before_is_recorded_as_refused(bench, made):
    drive = bench.at("heating")
    drive.state = made.put(drive.state, equipment__unconfirmed="pump: no answer")
    outcome = drive.act(Trigger.RELEASE_INFUSION)
    assert entry(drive).refused == outcome.refused != ""
    assert isinstance(outcome.refused, str)
    assert entry(drive).triggers[-1] is Trigger.RELEASE_INFUSION


@pytest.mark.verifies("SRS-105", "SRS-703")
def test_a_stop_that_was_refused_is_recorded_with_why(bench, monkeypatch):
    def refuses(phases, trigger, _):
        if trigger is Trigger.STOP:
            raise IllegalEvent(trigger, phases.session, "not here")
        return react(phases, trigger, _)

    drive = bench.at("heating")
    monkeypatch.setattr(step, "react", refuses)
    outcome = drive.act(Trigger.STOP)
    (violation,) = entry(drive).violations
    assert violation.detail == "a stop was refused: not here"
    assert outcome.commands == (EnergyOff(), HoldInfusion())
