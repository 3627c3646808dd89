"""From verdicts to faults, and when each lets go."""

import attrs
import pytest

from syntherm.core.checks.registry import ALL
from syntherm.core.checks.verdict import Verdict, failed, not_yet, passed
from syntherm.core.faults import TRIGGERS, Clears, Code, Response
from syntherm.core.latch import asked_for, failing, latch, reset
from syntherm.core.state import Standing
from syntherm.core.vocabulary import Session, Trigger

WELL = {name: passed() for name in ALL}


@pytest.mark.verifies("SRS-703")
@pytest.mark.parametrize("name", ALL)
def test_a_check_that_did_not_run_has_failed(name):
    left = {other: verdict for other, verdict in WELL.items() if other != name}
    assert failing(left) == {Code.CHECK_DID_NOT_RUN: name}
    assert set(Code.CHECK_DID_NOT_RUN.value.watched_in) == set(Session)
    for session in Session:
        assert asked_for(failing(left), session) == (Trigger.FAULT_ABORT,)


@pytest.mark.verifies("SRS-703")
def test_only_a_failed_check_is_a_cause_and_the_first_gives_the_detail():
    assert failing(WELL) == {}
    assert failing({**WELL, "precision": not_yet("poor")}) == {}
    both = {**WELL, "stop-loop": failed(Code.DRIFT, "one"), "drift": failed(Code.DRIFT, "other")}
    assert failing(both) == {Code.DRIFT: "one"}


@pytest.mark.verifies("SRS-703")
def test_a_failure_without_a_name_is_a_cause_too():
    assert failing({**WELL, "drift": Verdict(False, False, None, "nameless")})


@pytest.mark.verifies("SRS-703")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_a_fault_begins_where_it_is_watched_only(code):
    for session in Session:
        begun = latch((), {code: "why"}, session, 5.0)
        watched = session in code.value.watched_in
        assert begun == ((Standing(code, 5.0, "why"),) if watched else ())
        response = TRIGGERS.get(code.value.response)
        assert asked_for({code: "why"}, session) == ((response,) if watched and response else ())


@pytest.mark.verifies("SRS-703", "SRS-106", "RC-03")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
@pytest.mark.parametrize("session", Session)
def test_a_standing_fault_lets_go_by_its_rule(code, session):
    standing = (Standing(code, 5.0, "why"),)
    assert latch(standing, {code: "other words"}, session, 9.0) == standing
    gone = latch(standing, {}, session, 9.0)
    inactive = (attrs.evolve(standing[0], active=False),)
    assert gone == (() if code.value.clears is Clears.WITH_CAUSE else inactive)
    for each in (standing, inactive):
        assert reset(each) == (each if code.value.clears is Clears.NEVER else ())


@pytest.mark.verifies("SRS-703")
def test_a_cause_that_comes_back_makes_the_fault_active_again():
    away = (Standing(Code.TARGET_HOT, 5.0, "why", active=False),)
    assert latch(away, {Code.TARGET_HOT: "again"}, Session.ABORT, 9.0) == (attrs.evolve(away[0], active=True),)


@pytest.mark.verifies("SRS-703", "SRS-105")
def test_responses_come_worst_first_and_once():
    causes = {Code.OUT_OF_RANGE: "", Code.FRAME_LATE: "", Code.PUMP_ALARM: "", Code.GUARD_DOSE: "",
              Code.PATIENT_STOP: "", Code.DRIFT: "", Code.COOLING_SLOW: ""}  # fmt: skip
    assert asked_for(causes, Session.DRUG_INFUSION_SYNC) == (
        Trigger.FAULT_ABORT, Trigger.FAULT_COOL, Trigger.FAULT_PAUSE, Trigger.FAULT_INFUSION, Trigger.FAULT_HOLD,
    )  # fmt: skip
    assert asked_for(causes, Session.HEATING) == (
        Trigger.FAULT_ABORT, Trigger.FAULT_COOL, Trigger.FAULT_PAUSE, Trigger.FAULT_INFUSION,
    )  # fmt: skip
    assert asked_for({Code.COOLING_SLOW: ""}, Session.COOLING) == ()
    assert asked_for({}, Session.HEATING) == ()


@pytest.mark.verifies("SRS-703", "SRS-105")
def test_a_response_is_asked_for_as_long_as_the_cause_lasts(bench):
    drive = bench.at("heating")
    drive.act(Trigger.PAUSE)
    for _ in range(8):
        drive.poll()
    for _ in range(3):
        assert drive.poll().records[0].triggers[0] is Trigger.FAULT_PAUSE
    drive = bench.at("cooling")
    drive.room.stop_open = True
    drive.poll()
    assert drive.state.faults[0].since_s == drive.at_s
    drive.poll()
    assert drive.state.faults[0].since_s == drive.at_s - 1.0


def test_severity():
    assert list(TRIGGERS) == sorted(set(Response) - {Response.NOTE})
