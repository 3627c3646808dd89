"""The machine of the library against the table, row by row; refusals; and all regions at once."""

import itertools

import attrs
import pytest
from transitions import MachineError

from syntherm.core import machine
from syntherm.core.machine import MACHINES, IllegalEvent, Phases, TableBroken, react, select
from syntherm.core.table import INITIAL, ROWS, TABLE, Kind
from syntherm.core.vocabulary import REGIONS, Calibration, Effect, Energy, Fact, Infusion, Session, Trigger

WALKED = (Kind.MOVE, Kind.IGNORE)
"""What the library walks. It knows neither what is refused nor what never comes to be decided."""


class Spot:
    """A model of the library's, made here: it only stands somewhere."""

    def __init__(self, state):
        self.state = state


def truths_of(rows):
    asked = sorted({fact for row in rows for fact, _ in row.guard}, key=lambda fact: fact.name)
    return [dict(zip(asked, each, strict=True)) for each in itertools.product((False, True), repeat=len(asked))]


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.__name__)
def test_the_machine_goes_where_the_table_says_under_every_truth(region):
    walked = set()
    for state, trigger in itertools.product(region, Trigger):
        rows = ROWS[state, trigger]
        for facts in truths_of(rows):
            row = next(r for r in rows if all(facts[f] is truth for f, truth in r.guard))
            walked.add(row)
            spot = Spot(state)
            assert select(state, trigger, facts.__getitem__) is row
            assert library_takes(region, trigger, spot, facts) is (row.kind in WALKED)
            assert spot.state is row.target
    assert walked == {row for row in TABLE if isinstance(row.source, region)}


def library_takes(region, trigger, spot, facts):
    """Whether the library by itself would move, or stay and say yes."""
    event = MACHINES[region].events.get(trigger.value)
    if event is None:
        return False
    try:
        return event.trigger(spot, facts.__getitem__)
    except MachineError:
        return False


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.__name__)
def test_the_machine_has_the_tables_transitions_and_no_other(region):
    built = MACHINES[region]
    assert not [name for name in built.events if name.startswith("to_")]
    assert set(built.events) <= {trigger.value for trigger in Trigger}
    transitions = [t for event in built.events.values() for each in event.transitions.values() for t in each]
    rows = [row for row in TABLE if isinstance(row.source, region) and row.kind in WALKED]
    assert len(transitions) == len(rows)
    assert all(not t.before and not t.after and not t.prepare for t in transitions)
    assert built.initial == next(s for s in INITIAL if isinstance(s, region)).name
    assert built.models == []


@pytest.mark.verifies("SRS-102")
def test_a_refusal_in_one_region_moves_none():
    phases = Phases(Session.CALIBRATION, Calibration.LEARNED, Energy.OFF, Infusion.IDLE)
    before = attrs.evolve(phases)
    with pytest.raises(IllegalEvent, match="not accepted by two people") as refused:
        react(phases, Trigger.BEGIN_HEATING, lambda _: True)
    assert phases == before
    assert refused.value.trigger is Trigger.BEGIN_HEATING
    assert refused.value.state is Calibration.LEARNED


@pytest.mark.verifies("SRS-102")
def test_of_several_regions_that_refuse_the_first_one_speaks():
    phases = Phases(Session.COOLING, Calibration.LEARNED, Energy.PAUSED, Infusion.HELD)
    assert [select(p, Trigger.BEGIN_HEATING, lambda _: True).kind for p in phases.all()] == [
        Kind.REFUSE, Kind.REFUSE, Kind.NEVER, Kind.NEVER,
    ]  # fmt: skip
    with pytest.raises(IllegalEvent, match="from an accepted calibration only") as refused:
        react(phases, Trigger.BEGIN_HEATING, lambda _: True)
    assert refused.value.state is Session.COOLING


@pytest.mark.verifies("SRS-101", "SRS-102")
@pytest.mark.parametrize(("phases", "trigger", "says"), [
    # A region before the one that refuses has a row that never decides, and so has one after it.
    (Phases(Session.HEATING, Calibration.NONE, Energy.PAUSED), Trigger.PAUSE, "there is no heating to pause"),
    (Phases(Session.HEATING, Calibration.NONE, Energy.OFF), Trigger.SIGN, "only a complete session is signed"),
])  # fmt: skip
def test_what_one_region_refuses_is_refused_whatever_never_happens_in_the_others(phases, trigger, says):
    assert Kind.NEVER in {select(phase, trigger, lambda _: True).kind for phase in phases.all()}
    with pytest.raises(IllegalEvent, match=says):
        react(phases, trigger, lambda _: True)


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize(("phases", "trigger", "says"), [
    (Phases(Session.COOLING, Calibration.ACCEPTED), Trigger.FAULT_COOL,
     "fault-cool was decided in cooling, which never happens: no such fault is watched here"),
    (Phases(Session.HEATING, Calibration.REVIEW, Energy.ON, Infusion.ARMED), Trigger.END_HEATING,
     "end-heating was decided in review, which never happens: nothing heats before calibration is accepted"),
])  # fmt: skip
def test_a_row_that_never_decides_and_does_is_named_a_defect(phases, trigger, says):
    with pytest.raises(TableBroken, match=says):
        react(phases, trigger, lambda _: True)


@pytest.mark.verifies("SRS-105", "RC-01")
def test_one_trigger_moves_all_four_regions_and_falling_effects_come_first():
    phases = Phases(Session.DRUG_INFUSION_SYNC, Calibration.ACCEPTED, Energy.ON, Infusion.INFUSING)
    reaction = react(phases, Trigger.STOP, lambda _: False)
    assert reaction.phases == Phases(Session.ABORT, Calibration.ACCEPTED, Energy.OFF, Infusion.HELD)
    assert reaction.effects == (Effect.ENERGY_OFF, Effect.HOLD_INFUSION, Effect.KEEP_MAPS)
    assert [type(row.source) for row in reaction.rows] == list(REGIONS)


def test_no_effect_is_given_twice_and_their_order_is_that_of_the_vocabulary():
    for trigger in Trigger:
        for phases in (Phases(), Phases(Session.HEATING, Calibration.ACCEPTED, Energy.ON, Infusion.ARMED)):
            try:
                effects = react(phases, trigger, lambda fact: fact is not Fact.TIME_REACHED).effects
            except (IllegalEvent, TableBroken):
                continue
            assert list(effects) == [effect for effect in Effect if effect in effects]


def test_a_table_with_no_row_or_two_is_named_a_defect(monkeypatch):
    key = (Session.SETUP, Trigger.POLL)
    for rows in ((), ROWS[key] * 2):
        monkeypatch.setattr(machine, "ROWS", {**ROWS, key: rows})
        with pytest.raises(TableBroken, match=f"{len(rows)} rows govern poll in setup"):
            react(Phases(), Trigger.POLL, lambda _: True)


def test_a_machine_that_leaves_the_table_is_named_a_defect(monkeypatch):
    key = (Session.SETUP, Trigger.POLL)
    wrong = attrs.evolve(ROWS[key][0], target=Session.HEATING)
    monkeypatch.setattr(machine, "ROWS", {**ROWS, key: (wrong,)})
    with pytest.raises(TableBroken, match="took poll to setup, the table to heating"):
        react(Phases(), Trigger.POLL, lambda _: True)
