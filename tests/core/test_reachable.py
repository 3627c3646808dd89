"""Every state that the four regions can reach together, found by search over all truths of all facts.

The facts are free, except the two that are nothing but a question about the regions themselves. So what holds here
holds whatever checks, images and people do.
"""

import itertools
from collections import defaultdict

import pytest

from syntherm.core.faults import TRIGGERS, Code
from syntherm.core.table import INITIAL, ROWS, TABLE, Kind
from syntherm.core.vocabulary import Calibration, Effect, Energy, Fact, Infusion, Session, Trigger

S, C, E, N, T, F, A, K = Session, Calibration, Energy, Infusion, Trigger, Fact, Effect, Kind
WATCHED = {
    trigger: frozenset().union(*(code.value.watched_in for code in Code if code.value.response is response))
    for response, trigger in TRIGGERS.items()
}
"""Where a fault with the answer of this trigger can arise."""


def tied(state, facts):
    """Whether the facts agree with the regions, where they are a question about the regions."""
    infusion = state[3]
    unfinished = infusion in (N.ARMED, N.HELD)
    under_way = infusion in (N.INFUSING, N.HELD)
    return facts.get(F.INFUSION_UNFINISHED, unfinished) is unfinished and not (facts.get(F.TIME_REACHED) and under_way)


def reactions(state, trigger):
    """(facts, next state, rows, effects) for every truth of the facts; an own reading of the rows.

    The next state is None where a region refuses, or where a row answers that says it never does.
    """
    regions = [ROWS[place, trigger] for place in state]
    asked = sorted({fact for rows in regions for row in rows for fact, _ in row.guard}, key=lambda f: f.name)
    for truths in itertools.product((False, True), repeat=len(asked)):
        facts = dict(zip(asked, truths, strict=True))
        if not tied(state, facts):
            continue
        rows = [next(r for r in each if all(facts[f] is t for f, t in r.guard)) for each in regions]
        if any(row.kind in (K.REFUSE, K.NEVER) for row in rows):
            yield facts, None, rows, frozenset()
        else:
            yield facts, tuple(r.target for r in rows), rows, frozenset(e for r in rows for e in r.effects)


def search(starts, allowed=lambda state, trigger, facts: True):
    """All states reachable by allowed reactions."""
    seen, waiting = set(starts), list(starts)
    while waiting:
        state = waiting.pop()
        for trigger in T:
            for facts, after, _, _ in reactions(state, trigger):
                if after is not None and after not in seen and allowed(state, trigger, facts):
                    seen.add(after)
                    waiting.append(after)
    return seen


@pytest.fixture(scope="module")
def world():
    """The reachable states, and every reaction from each."""
    states = search([INITIAL])
    return states, [(s, t, *reaction) for s in states for t in T for reaction in reactions(s, t)]


@pytest.mark.verifies("SRS-101")
def test_every_state_of_every_region_is_reached(world):
    states, _ = world
    for region, places in enumerate((S, C, E, N)):
        assert {state[region] for state in states} == set(places)


def deciding(rows):
    """The rows that settle a reaction: the first refusal, or else what should never be decided, or else all."""
    for kind in (K.REFUSE, K.NEVER):
        found = [row for row in rows if row.kind is kind]
        if found:
            return found[:1] if kind is K.REFUSE else found
    return rows


@pytest.fixture(scope="module")
def decided(world):
    """Every row that decides anything in this search."""
    return {row for *_, rows, _ in world[1] for row in deciding(rows)}


@pytest.mark.verifies("SRS-101")
def test_a_row_that_decides_nothing_whatever_the_facts_says_so(decided):
    assert [row for row in TABLE if row not in decided and row.kind is not K.NEVER] == []


@pytest.mark.verifies("SRS-101")
def test_what_says_that_it_never_decides_does_not_but_where_this_search_knows_too_little(decided):
    """This search lets every fault come anywhere, and tissue be unsettled at any time; the model proves the rest."""
    wrong = {row for row in decided if row.kind is K.NEVER}
    faults = {row for row in wrong if row.trigger in (T.FAULT_HOLD, T.FAULT_INFUSION, T.FAULT_PAUSE, T.FAULT_COOL)}
    assert {(row.source, row.trigger, row.guard) for row in wrong - faults} == {
        (C.LEARNED, T.REPEAT_CALIBRATION, ((F.TISSUE_SETTLED, False),)),
    }
    # Of the faults, the session's own rows are right where no fault with this answer is watched.
    for row in faults:
        if isinstance(row.source, S):
            assert row.source not in WATCHED[row.trigger], row


@pytest.mark.verifies("SRS-101", "RC-01")
def test_energy_flows_in_its_own_states_only(world):
    for session, calibration, energy, _ in world[0]:
        if energy is E.ON:
            assert session in (S.HEATING, S.DRUG_INFUSION_SYNC)
            assert calibration is C.ACCEPTED
        if energy is E.TEST:
            assert (session, calibration) == (S.CALIBRATION, C.TEST)


@pytest.mark.verifies("SRS-301", "RC-07")
def test_drug_flows_in_the_synchronous_state_only(world):
    for session, calibration, energy, infusion in world[0]:
        if infusion is N.INFUSING:
            assert session is S.DRUG_INFUSION_SYNC
            assert calibration is C.ACCEPTED
            assert energy is not E.TEST


@pytest.mark.verifies("SRS-302", "RC-07")
def test_drug_flows_only_while_energy_does(world):
    assert not [state for state in world[0] if state[3] is N.INFUSING and state[2] is not E.ON]


@pytest.mark.verifies("SRS-301", "RC-07")
def test_no_infusion_begins_without_the_dwell_and_every_check(world):
    for state, trigger, facts, after, _, _ in world[1]:
        if after is not None and after[3] is N.INFUSING and state[3] is not N.INFUSING:
            assert trigger is T.RELEASE_INFUSION
            assert facts[F.DWELL_REACHED] and facts[F.MAY_START]
            assert state[0] in (S.HEATING, S.DRUG_INFUSION_SYNC)


@pytest.mark.verifies("SRS-111", "SRS-104", "RC-06")
def test_no_energy_begins_without_every_check_and_a_persons_act(world):
    for state, trigger, facts, after, _, _ in world[1]:
        if after is not None and after[2] in (E.ON, E.TEST) and state[2] is not after[2]:
            assert trigger in (T.BEGIN_TEST, T.BEGIN_HEATING, T.RESUME)
            assert facts[F.MAY_START]
            assert trigger is not T.BEGIN_HEATING or state[1] is C.ACCEPTED


@pytest.mark.verifies("SRS-204", "RC-01", "RC-02")
def test_no_reaction_takes_away_and_lends_on_the_same_channel(world):
    for *_, effects in world[1]:
        assert not (A.ENERGY_OFF in effects and effects & {A.GRANT_LEASE, A.GRANT_TEST})
        assert not {A.HOLD_INFUSION, A.GRANT_INFUSION} <= effects
        assert not {A.GRANT_LEASE, A.GRANT_TEST} <= effects


@pytest.mark.verifies("SRS-201", "SRS-301", "RC-02")
def test_nothing_is_lent_but_to_a_region_that_flows(world):
    for _, _, _, after, _, effects in world[1]:
        if A.GRANT_LEASE in effects:
            assert after[2] is E.ON
        if A.GRANT_TEST in effects:
            assert after[2] is E.TEST
        if A.GRANT_INFUSION in effects:
            assert after[3] is N.INFUSING


@pytest.mark.verifies("SRS-105", "RC-01")
@pytest.mark.parametrize("trigger", [T.STOP, T.FAULT_ABORT, T.RESTART])
def test_from_everywhere_one_trigger_ends_energy_and_drug(world, trigger):
    for state in world[0]:
        for _, after, _, effects in reactions(state, trigger):
            assert after is not None
            assert after[0] is (S.COMPLETE if state[0] is S.COMPLETE else S.ABORT)
            assert after[2] is E.OFF and after[3] is not N.INFUSING
            assert {A.ENERGY_OFF, A.HOLD_INFUSION} <= effects


@pytest.mark.verifies("SRS-109", "SRS-411", "RC-01", "RC-10")
def test_the_end_of_heating_ends_energy_and_drug(world):
    for state, trigger, _, after, _, effects in world[1]:
        if after is not None and after[0] is S.COOLING and state[0] is not S.COOLING:
            assert A.ENERGY_OFF in effects
            # By itself heating ends only while no infusion is under way: then nothing is held that could run.
            by_itself = trigger is T.FRAME and state[3] in (N.ARMED, N.DONE, N.FAILED)
            assert A.HOLD_INFUSION in effects or by_itself
            assert after[2] is E.OFF and after[3] is not N.INFUSING
        if trigger is T.FAULT_COOL and after is not None:
            assert after[2] is E.OFF and after[3] is not N.INFUSING


@pytest.mark.verifies("SRS-107", "RC-01")
def test_energy_is_off_and_not_only_paused_once_heating_is_over(world):
    over = (S.SETUP, S.COOLING, S.COMPLETE, S.ABORT)
    assert {state[2] for state in world[0] if state[0] in over} == {E.OFF}


@pytest.mark.verifies("SRS-106", "SRS-113", "RC-03")
def test_abort_holds_without_a_second_person_and_a_reason(world):
    def no_reset(state, trigger, facts):
        return trigger is not T.RESET or not (facts[F.OTHER_PERSON_AGREED] and facts[F.REASON_GIVEN])

    aborted = {state for state in world[0] if state[0] is S.ABORT}
    held = search(aborted, no_reset)
    assert {state[0] for state in held} == {S.ABORT}
    assert {state[2] for state in held} == {E.OFF}
    assert N.INFUSING not in {state[3] for state in held}


@pytest.mark.verifies("SRS-103", "SRS-104", "SRS-106", "RC-03", "RC-06", "RC-12")
@pytest.mark.parametrize(("act", "without"), [
    (T.BEGIN_CALIBRATION, {E.TEST, E.ON}),
    (T.BEGIN_TEST, {E.TEST, E.ON}),
    (T.ACCEPT_CALIBRATION, {E.ON}),
    (T.BEGIN_HEATING, {E.ON}),
])  # fmt: skip
def test_energy_comes_back_after_an_abort_only_by_the_whole_way(world, act, without):
    aborted = {state for state in world[0] if state[0] is S.ABORT}
    reached = search(aborted, lambda _, trigger, __: trigger is not act)
    assert not without & {state[2] for state in reached}


@pytest.mark.verifies("SRS-104", "RC-12")
def test_one_person_alone_never_gets_to_heating(world):
    reached = search([INITIAL], lambda _, __, facts: not facts.get(F.OTHER_PERSON_AGREED, False))
    assert C.ACCEPTED not in {state[1] for state in reached}
    assert E.ON not in {state[2] for state in reached}


@pytest.mark.verifies("SRS-305", "RC-08")
def test_a_failed_or_finished_infusion_never_runs_again(world):
    for state, _, _, after, _, _ in world[1]:
        if after is not None and state[3] in (N.FAILED, N.DONE):
            assert after[3] is state[3]


@pytest.mark.verifies("SRS-110")
def test_complete_is_left_by_nothing(world):
    for state, _, _, after, _, _ in world[1]:
        if after is not None and state[0] is S.COMPLETE:
            assert after[0] is S.COMPLETE


def test_no_state_is_a_trap_complete_or_a_new_setup_can_be_reached_from_everywhere(world):
    back = defaultdict(set)
    for state, _, _, after, _, _ in world[1]:
        if after is not None:
            back[after].add(state)
    waiting = [s for s in world[0] if s[0] in (S.COMPLETE, S.SETUP)]
    seen = set(waiting)
    while waiting:
        for before in back[waiting.pop()] - seen:
            seen.add(before)
            waiting.append(before)
    assert seen == world[0]
