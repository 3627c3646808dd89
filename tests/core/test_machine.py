"""The machine of the library against the table, row by row; refusals; and all regions at once."""

import itertools

import attrs
import pytest
from transitions import MachineError

from syntherm.core import machine
from syntherm.core.machine import MACHINES, IllegalEvent, Phases, TableBroken, react, select
from syntherm.core.table import INITIAL, ROWS, TABLE, Kind
from syntherm.core.vocabulary import REGIONS, Calibration, Effect, Energy, Fact, Infusion, Session, Trigger


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
            if row.kind is Kind.REFUSE:
                with pytest.raises(IllegalEvent, match=row.because):
                    select(state, trigger, facts.__getitem__)
                assert not library_takes(region, trigger, spot, facts)
                assert spot.state is state
            else:
                assert select(state, trigger, facts.__getitem__) is row
                went = MACHINES[region].events[trigger.value].trigger(spot, facts.__getitem__)
                assert went
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
    rows = [row for row in TABLE if isinstance(row.source, region) and row.kind is not Kind.REFUSE]
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
            except IllegalEvent:
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
