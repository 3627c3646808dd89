"""A core that is made to misbehave: its answer does not leave, everything is taken away, and the session is over."""

import pytest

from syntherm.core import effects, guards
from syntherm.core.commands import EnergyOff, GrantLease, HoldInfusion
from syntherm.core.faults import Code
from syntherm.core.machine import IllegalEvent, react
from syntherm.core.properties import Property
from syntherm.core.step import step
from syntherm.core.vocabulary import Effect, Energy, Fact, Infusion, Session, Trigger

T = Trigger
OFF = (EnergyOff(), HoldInfusion())


def broken(outcome):
    return {violation.property for violation in outcome.records[0].violations}


def codes(drive):
    return [fault.code for fault in drive.state.faults]


@pytest.fixture
def released_too_early(bench, made, monkeypatch):
    """A session in HEATING whose core takes any time for the dwell; the release has just been answered."""
    drive = bench.at("accepted").heat(images=1)
    drive.live(made.Picture(target=41.2), 1)
    drive.poll(0.1)
    monkeypatch.setitem(guards.PREDICATES, Fact.DWELL_REACHED, lambda at: True)
    drive.act(T.RELEASE_INFUSION)
    return drive


@pytest.mark.verifies("SRS-114", "SRS-301", "RC-07", "RC-16")
def test_a_release_without_dwell_ends_in_abort_in_its_own_step_and_releases_nothing(released_too_early):
    drive, outcome = released_too_early, released_too_early.last
    assert outcome.commands == OFF and outcome.records[0].commands == OFF
    assert drive.names == ("abort", "accepted", "off", "armed")
    assert broken(outcome) == {Property.INFUSION_AFTER_DWELL}
    assert codes(drive) == [Code.PROPERTY_VIOLATED]
    assert "infusion-after-dwell: the pump was released after 3.000 s in range" in drive.state.faults[0].detail
    assert outcome.refused, "the person who released is told so"
    assert drive.state.equipment.granted_infusion is None


@pytest.mark.verifies("SRS-114", "SRS-703", "RC-03", "RC-16")
def test_a_session_that_broke_a_property_is_never_gone_on_with(released_too_early):
    drive = released_too_early
    drive.reset()
    assert drive.state.phases.session is Session.SETUP
    assert Code.PROPERTY_VIOLATED in codes(drive), "two people cannot clear it"
    assert drive.poll().commands == OFF
    assert drive.state.phases.session is Session.ABORT
    drive.reset()
    for act in (T.BEGIN_CALIBRATION, T.RESUME, T.RELEASE_INFUSION):
        outcome = drive.act(act)
        assert outcome.refused and outcome.commands == OFF
    assert {violation.property for violation in drive.state.watch.violations} == {Property.INFUSION_AFTER_DWELL}


@pytest.mark.verifies("SRS-114", "SRS-112")
def test_the_answer_to_a_broken_property_is_the_same_each_time(released_too_early):
    drive = released_too_early
    again = step(drive.state, drive.room.look(drive.at_s + 1.0))
    other = step(drive.state, drive.room.look(drive.at_s + 1.0))
    assert (again.commands, again.state.watch, again.state.phases) == (OFF, other.state.watch, other.state.phases)


@pytest.mark.verifies("SRS-114", "SRS-201", "RC-02", "RC-16")
def test_a_lease_that_is_too_long_never_leaves(bench, made, monkeypatch):
    def longer(state, event, at_s):
        return state, GrantLease(at_s + 60.0, ())

    drive = bench.at("heating")
    monkeypatch.setitem(effects.CARRIED_OUT, Effect.GRANT_LEASE, longer)
    outcome = drive.frame(made.Picture(target=41.2), after_s=1.0)
    assert outcome.commands == OFF
    assert broken(outcome) == {Property.LEASE_FROM_IMAGE, Property.RESTART_SAFE, Property.IMAGES_NEEDED}
    assert drive.names == ("abort", "accepted", "off", "armed")
    assert drive.state.watch.energy.lent_until_s is None, "what did not leave was not lent"


@pytest.mark.verifies("SRS-114", "SRS-111", "RC-01", "RC-16")
@pytest.mark.parametrize(("place", "effect", "seen"), [
    ("heating", Effect.ENERGY_OFF, Property.FALLING_WINS),
    ("infusing", Effect.HOLD_INFUSION, Property.INFUSION_IN_HEAT),
])  # fmt: skip
def test_an_off_that_is_forgotten_is_given_all_the_same(bench, monkeypatch, place, effect, seen):
    drive = bench.at(place)
    monkeypatch.setitem(effects.CARRIED_OUT, effect, lambda state, event, at_s: (state, None))
    outcome = drive.act(T.PAUSE)
    assert outcome.commands == OFF and broken(outcome) == {seen}
    assert drive.state.phases.session is Session.ABORT


@pytest.mark.verifies("SRS-114", "SRS-105", "RC-01", "RC-16")
def test_a_stop_that_is_refused_stops(bench, monkeypatch):
    def deaf(phases, trigger, truth):
        if trigger is T.STOP:
            raise IllegalEvent(trigger, phases.session, "not now")
        return react(phases, trigger, truth)

    drive = bench.at("infusing")
    monkeypatch.setattr("syntherm.core.step.react", deaf)
    outcome = drive.act(T.STOP)
    assert outcome.commands == OFF and broken(outcome) == {Property.STOP_FROM_EVERYWHERE}
    assert drive.names == ("abort", "accepted", "off", "held")
    assert codes(drive) == [Code.PROPERTY_VIOLATED]


@pytest.mark.verifies("SRS-114", "RC-16")
def test_nothing_is_lent_any_more_even_if_no_fault_aborts(bench, made, monkeypatch):
    drive = bench.at("infusing")
    monkeypatch.setattr("syntherm.core.step.asked_for", lambda causes, session: ())
    drive.room.stop_open = True
    for _ in range(3):
        assert drive.poll().commands == OFF
        assert drive.frame(made.Picture(target=41.2), after_s=0.5).commands == OFF
    assert (drive.state.phases.energy, drive.state.phases.infusion) == (Energy.ON, Infusion.INFUSING)
    seen = [violation.property for violation in drive.state.watch.violations]
    assert Property.HAZARD_ENDS_ENERGY in seen and len(seen) == len(set(seen))


@pytest.mark.verifies("SRS-102", "SRS-114")
def test_a_refused_act_is_refused_as_ever(bench):
    drive = bench.at("heating")
    before = drive.state
    with pytest.raises(IllegalEvent, match="nothing is paused"):
        drive.act(T.RESUME)
    assert drive.state is before and before.watch.violations == ()
