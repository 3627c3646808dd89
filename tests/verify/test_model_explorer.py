"""The explorer on a small model: the table holds, and faults that a person would put in by hand are found."""

import attrs
import pytest

from syntherm.core import effects, guards
from syntherm.core.commands import GrantLease
from syntherm.core.observe import event as observing
from syntherm.core.properties import Property
from syntherm.core.table import TABLE, Kind
from syntherm.core.vocabulary import Effect, Energy, Fact, Infusion, Session, Trigger
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.engine_explorer import explore
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.tale import lines

TINY = attrs.evolve(
    SMALL, lease=1, frame_age=1, frame_loss=2, clock_step=1, dwell=1, prescribed=2, longest=2, loss_of_range=0,
    watchdog=1, dead_volume=0, test_frames=1, settling=0, delay=0,
)  # fmt: skip
"""So small that two rows of simultaneous faults are out of reach."""
P = Property


def changed(source, trigger, **fields):
    """The table with every row of a state and a trigger changed."""
    return tuple(attrs.evolve(r, **fields) if (r.source, r.trigger) == (source, trigger) else r for r in TABLE)


def broken(rows=TABLE, k=TINY):
    return {verdict.claim for verdict in explore(Rules(k, rows)).broken}


@pytest.fixture(scope="module")
def good():
    return explore(Rules(TINY))


@pytest.mark.verifies("SRS-101", "SRS-105", "SRS-202", "SRS-301", "RC-01", "RC-02", "RC-07")
def test_no_claim_of_a_step_is_broken(good):
    stepwise = set(Property) - {P.NO_TRAP, P.NO_DEAD_ROW, P.EVERY_STATE, P.ENDS}
    assert {v.claim for v in good.verdicts if v.holds} >= stepwise
    assert good.states > 1000


WRONG_ROWS = {
    "pause leaves energy on": (changed(Energy.ON, Trigger.PAUSE, effects=()), P.FALLING_WINS),
    "restart goes on infusing": (
        changed(Infusion.INFUSING, Trigger.RESTART, target=Infusion.INFUSING),
        P.HAZARD_ENDS_ENERGY,
    ),
    "a fault that pauses is ignored": (
        changed(Energy.ON, Trigger.FAULT_PAUSE, kind=Kind.IGNORE, target=Energy.ON, effects=()),
        P.HAZARD_ENDS_ENERGY,
    ),
    "a row is missing": (tuple(r for r in TABLE if r.trigger is not Trigger.SIGN), P.ONE_ROW),
    "a reset remembers": (
        tuple(attrs.evolve(r, effects=tuple(e for e in r.effects if e is not Effect.FORGET_PEOPLE)) for r in TABLE),
        P.NOTHING_SURVIVES,
    ),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_wrong_row_is_found(name):
    rows, expected = WRONG_ROWS[name]
    assert expected in broken(rows)


def _one_is_two(at):
    return bool(guards.people_for(at.state, guards.topic_of(at.event)))


def test_a_wrong_guard_is_found(monkeypatch):
    monkeypatch.setitem(guards.PREDICATES, Fact.OTHER_PERSON_AGREED, _one_is_two)
    assert P.WAY_BACK in broken()


def test_a_wrong_lease_is_found(monkeypatch):
    right = effects.grant_test

    def twice(plan, at_s):
        lease = right(plan, at_s)
        return GrantLease(at_s + 2.0 * (lease.until_s - at_s), lease.points)

    monkeypatch.setattr(effects, "grant_test", twice)
    assert P.LEASE_FROM_IMAGE in broken()


def test_a_counter_that_forgets_is_found(monkeypatch):
    right = observing.see_poll

    def sees_nothing_pumped(state, poll):
        seen = right(state, poll)
        return attrs.evolve(seen, ledger=state.ledger)

    monkeypatch.setattr(observing, "see_poll", sees_nothing_pumped)
    assert P.NEVER_MORE in broken()


def test_the_shortest_way_is_told_in_order():
    run = explore(Rules(TINY, changed(Session.SETUP, Trigger.STOP, target=Session.SETUP)))
    verdict = next(v for v in run.broken if v.claim is P.STOP_FROM_EVERYWHERE)
    assert [scene.event.trigger for scene in verdict.scenes] == [Trigger.STOP]
    assert "stop" in next(lines(list(verdict.scenes)))
