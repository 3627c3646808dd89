"""The table as data: total, deterministic, well formed; and what it asks for at every stop."""

import itertools
import re
from collections import Counter

import pytest

from syntherm.core.table import ROWS, STOP_RESPONSE_S, TABLE, Kind, Row
from syntherm.core.vocabulary import ACTS, REGIONS, Effect, Energy, Fact, Infusion, Session, Trigger

N = Infusion
PAIRS = [(state, trigger) for region in REGIONS for state in region for trigger in Trigger]


def assignments(rows: tuple[Row, ...]):
    """Every truth of every fact that these rows ask for."""
    asked = sorted({fact for row in rows for fact, _ in row.guard}, key=lambda fact: fact.name)
    for truths in itertools.product((False, True), repeat=len(asked)):
        yield dict(zip(asked, truths, strict=True))


def holding(rows: tuple[Row, ...], facts: dict[Fact, bool]) -> list[Row]:
    return [row for row in rows if all(facts[fact] is truth for fact, truth in row.guard)]


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize(("state", "trigger"), PAIRS, ids=lambda value: value.value)
def test_exactly_one_row_governs_every_pair_under_every_truth_of_its_facts(state, trigger):
    rows = ROWS[state, trigger]
    for facts in assignments(rows):
        assert len(holding(rows, facts)) == 1, facts


@pytest.mark.verifies("SRS-101")
def test_the_index_holds_every_row_of_the_table_once_and_no_other():
    assert Counter(row for rows in ROWS.values() for row in rows) == Counter(TABLE)
    assert all(
        row.source is state and row.trigger is trigger for (state, trigger), rows in ROWS.items() for row in rows
    )


def test_every_fact_and_every_effect_is_used():
    assert {fact for row in TABLE for fact, _ in row.guard} == set(Fact)
    assert {effect for row in TABLE for effect in row.effects} == set(Effect)


def test_rows_stay_in_their_region_and_ask_each_fact_once():
    for row in TABLE:
        assert type(row.source) is type(row.target)
        asked = [fact for fact, _ in row.guard]
        assert len(asked) == len(set(asked)), row


def test_only_a_move_does_something_and_only_a_non_move_explains_itself():
    for row in TABLE:
        if row.kind is Kind.MOVE:
            assert row.because == ""
            assert row.target is not row.source or row.effects or row.guard, row
        else:
            assert row.target is row.source
            assert row.effects == ()
            assert row.because and row.because[0].islower() and not row.because.endswith("."), row


def test_ids_of_requirements_and_controls_are_well_formed():
    for row in TABLE:
        assert all(re.fullmatch(r"SRS-[1-7]\d\d", each) for each in row.requirements), row
        assert all(re.fullmatch(r"RC-(0[1-9]|1[0-2])", each) for each in row.controls), row
        if row.kind is Kind.MOVE:
            assert row.requirements, f"nothing requires {row}"
        if Effect.ENERGY_OFF in row.effects or Effect.GRANT_LEASE in row.effects:
            assert row.requirements, row


@pytest.mark.verifies("SRS-102")
def test_only_a_persons_act_is_ever_refused():
    assert {row.trigger for row in TABLE if row.kind is Kind.REFUSE} <= set(ACTS)
    assert Trigger.STOP not in {row.trigger for row in TABLE if row.kind is Kind.REFUSE}


@pytest.mark.verifies("SRS-101", "SRS-105", "RC-01")
def test_stop_abort_restart_image_and_look_are_decided_in_every_state():
    always = {Trigger.STOP, Trigger.FAULT_ABORT, Trigger.RESTART, Trigger.FRAME, Trigger.POLL}
    assert not always & {row.trigger for row in TABLE if row.kind is Kind.NEVER}


@pytest.mark.verifies("SRS-101")
def test_what_never_decides_carries_the_requirement_of_the_table_itself_and_no_risk_control():
    rows = [row for row in TABLE if row.kind is Kind.NEVER]
    assert {(row.requirements, row.controls, row.response_s) for row in rows} == {(("SRS-101",), (), None)}


@pytest.mark.verifies("SRS-105", "SRS-113", "RC-01")
@pytest.mark.parametrize("trigger", [Trigger.STOP, Trigger.FAULT_ABORT, Trigger.RESTART])
def test_a_stop_takes_energy_and_drug_away_from_every_state_within_a_tenth_of_a_second(trigger):
    for region, effect in ((Energy, Effect.ENERGY_OFF), (Infusion, Effect.HOLD_INFUSION)):
        for state in region:
            for row in ROWS[state, trigger]:
                assert row.kind is Kind.MOVE
                assert row.effects == (effect,)
                assert row.response_s is not None and row.response_s <= STOP_RESPONSE_S <= 0.1, row


@pytest.mark.verifies("SRS-105", "SRS-106", "RC-03")
def test_a_stop_leads_to_abort_and_only_a_reset_leads_out():
    for state in Session:
        for trigger in (Trigger.STOP, Trigger.FAULT_ABORT):
            wanted = Session.COMPLETE if state is Session.COMPLETE else Session.ABORT
            assert {row.target for row in ROWS[state, trigger]} == {wanted}
    out = [row for row in TABLE if row.source is Session.ABORT and row.target is not Session.ABORT]
    assert [(row.trigger, row.target) for row in out] == [(Trigger.RESET, Session.SETUP)]
    assert set(out[0].guard) == {(Fact.REASON_GIVEN, True), (Fact.OTHER_PERSON_AGREED, True)}
    assert {Effect.FORGET_PEOPLE, Effect.FORGET_CALIBRATION} <= set(out[0].effects)


@pytest.mark.verifies("RC-01", "RC-08")
def test_what_takes_away_stands_in_its_own_region_only_and_has_a_response_time():
    falling = {Energy: Effect.ENERGY_OFF, Infusion: Effect.HOLD_INFUSION}
    for row in TABLE:
        falls = set(falling.values()) & set(row.effects)
        assert falls <= {falling.get(type(row.source))}, row
        timed = row.response_s is not None
        # The session's own move is timed where it goes with what takes away.
        assert timed if falls else not timed or (type(row.source), row.kind) == (Session, Kind.MOVE), row


@pytest.mark.verifies("SRS-202", "RC-02")
def test_leases_of_energy_come_from_an_accepted_image_only():
    lending = [row for row in TABLE if {Effect.GRANT_LEASE, Effect.GRANT_TEST} & set(row.effects)]
    assert {row.source for row in lending} == {Energy.ON, Energy.TEST}
    for row in lending:
        assert row.trigger is Trigger.FRAME
        assert (Fact.FRAME_ACCEPTED, True) in row.guard


@pytest.mark.verifies("SRS-301", "SRS-306", "RC-07", "RC-08")
def test_the_pump_is_fed_by_an_accepted_image_or_a_release_after_the_dwell():
    for row in TABLE:
        if Effect.GRANT_INFUSION in row.effects:
            asked = dict(row.guard)
            if row.trigger is Trigger.FRAME:
                assert row.source is Infusion.INFUSING and asked[Fact.FRAME_ACCEPTED]
            else:
                assert row.trigger is Trigger.RELEASE_INFUSION
                assert asked[Fact.DWELL_REACHED] and asked[Fact.MAY_START]


@pytest.mark.verifies("SRS-302", "RC-07")
@pytest.mark.parametrize("trigger", [
    Trigger.HOLD_INFUSION, Trigger.PAUSE, Trigger.STOP, Trigger.FAULT_HOLD, Trigger.FAULT_INFUSION,
    Trigger.FAULT_PAUSE, Trigger.FAULT_COOL, Trigger.FAULT_ABORT, Trigger.END_HEATING, Trigger.END_INFUSION,
    Trigger.RESTART,
])  # fmt: skip
def test_a_running_infusion_is_held_by_everything_that_ends_it(trigger):
    for row in ROWS[Infusion.INFUSING, trigger]:
        assert Effect.HOLD_INFUSION in row.effects
        assert row.target is not Infusion.INFUSING


@pytest.mark.verifies("SRS-306", "RC-08")
@pytest.mark.parametrize("state", [
    N.IDLE, N.ARMED, N.INFUSING, N.HELD, N.DONE, N.FAILED,
])  # fmt: skip
def test_a_pump_that_runs_unasked_is_told_to_hold_in_every_state(state):
    for row in ROWS[state, Trigger.FAULT_INFUSION]:
        assert Effect.HOLD_INFUSION in row.effects, row


@pytest.mark.verifies("SRS-302", "RC-07")
def test_drug_is_not_released_while_energy_is_paused():
    assert {row.kind for row in ROWS[Energy.PAUSED, Trigger.RELEASE_INFUSION]} == {Kind.REFUSE}
