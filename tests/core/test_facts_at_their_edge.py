"""Facts, names and refusals of guards at the very edge of what they say."""

from types import SimpleNamespace

import attrs
import pytest

from syntherm.core import machine
from syntherm.core.checks.registry import examine
from syntherm.core.events import OperatorActed
from syntherm.core.faults import Clears, Code, Response
from syntherm.core.guards import Situation, person_of, topic_of, trigger_of
from syntherm.core.machine import IllegalEvent, TableBroken, select
from syntherm.core.state import Standing
from syntherm.core.vocabulary import Fact, Session, Trigger


def holds(fact, state):
    return Situation(state, OperatorActed(state.at_s, Trigger.SIGN, "ana"), examine(state)).holds(fact)


@pytest.mark.verifies("SRS-103", "SRS-106", "RC-03")
@pytest.mark.parametrize(("response", "blocks"), [(Response.FAIL_INFUSION, False), (Response.PAUSE, True)])
def test_a_latched_fault_blocks_a_start_from_a_pause_upwards(bench, response, blocks):
    """Today's faults that pause clear with their cause; one that would stay must block all the same."""
    latched = next(code.value for code in Code if code.value.clears is not Clears.WITH_CAUSE)
    code = SimpleNamespace(value=attrs.evolve(latched, response=response))
    state = attrs.evolve(bench.at("heating").state, faults=(Standing(code, 0.0, "why"),))
    assert holds(Fact.MAY_START, state) is not blocks


@pytest.mark.verifies("SRS-405", "RC-06")
def test_precision_at_its_limit_is_good(bench, made):
    state = bench.at("learned").state
    uncertainty = state.thermometry.thermal.uncertainty_degC.copy()
    uncertainty[:] = 0.5
    state = made.put(state, thermometry__thermal__uncertainty_degC=uncertainty)
    assert holds(Fact.PRECISION_GOOD, made.put(state, plan__limits__precision_degC=0.5))
    assert not holds(Fact.PRECISION_GOOD, made.put(state, plan__limits__precision_degC=0.499))


@pytest.mark.verifies("SRS-704", "RC-12")
@pytest.mark.parametrize("spelt", ["Operator A", " operator  a ", "OPERATOR\ta\n"])
def test_one_person_spelt_in_many_ways_is_one(spelt):
    assert person_of(OperatorActed(0.0, Trigger.SIGN, spelt)) == "operator a"


@pytest.mark.verifies("SRS-704")
def test_a_confirmation_without_an_item_is_of_itself():
    assert topic_of(OperatorActed(0.0, Trigger.CONFIRM, "ana")) == "confirm"


@pytest.mark.verifies("SRS-101", "SRS-704", "RC-12")
def test_what_nobody_can_do_is_refused_and_why_is_said():
    with pytest.raises(IllegalEvent) as refused:
        trigger_of(OperatorActed(0.0, Trigger.FRAME, "ana"), Session.HEATING)
    assert (refused.value.trigger, refused.value.state) == (Trigger.FRAME, Session.HEATING)
    assert refused.value.because == "this is not an act of a person"
    assert str(refused.value) == "frame is refused in heating: this is not an act of a person"
    with pytest.raises(IllegalEvent) as refused:
        trigger_of(OperatorActed(0.0, Trigger.SIGN, "  "), Session.COMPLETE)
    assert refused.value.because == "whoever acts must be named"
    assert trigger_of(OperatorActed(0.0, Trigger.STOP, ""), Session.HEATING) is Trigger.STOP


@pytest.mark.verifies("SRS-101")
def test_a_pair_without_any_row_is_a_defect_of_the_table(monkeypatch):
    monkeypatch.setattr(machine, "ROWS", {})
    with pytest.raises(TableBroken, match=r"^0 rows govern poll in setup; exactly one must$"):
        select(Session.SETUP, Trigger.POLL, lambda _: True)
