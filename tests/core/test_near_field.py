"""The near field's energy: what counts, what is left, and that nothing counts without a budget."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.loan import Loan
from syntherm.core.near_field import lately, most_W
from syntherm.core.plan.values import Control

CONTROL = Control(41.0, 0.0, 0.4, 60.0, 3.0, 600.0, 30.0)


@pytest.fixture(scope="module")
def plan(bench):
    return attrs.evolve(bench.plan, control=CONTROL)


def test_without_a_budget_the_plans_power_is_the_bound_and_nothing_is_kept(bench):
    sent = (Loan(0.0, 3.0, 1e6),)
    assert most_W(sent, bench.plan, 3.0) == bench.plan.sonication.max_power_W
    assert lately(sent, bench.plan, 3.0) == ()


def test_what_is_left_of_the_budget_bounds_the_power(plan):
    # 30 s up to the end of the coming lease, at 23 s, begin at -7 s.
    assert most_W((Loan(-10.0, 5.0, 20.0),), plan, 20.0) == 60.0
    assert most_W((Loan(0.0, 19.0, 30.0),), plan, 20.0) == pytest.approx(10.0)
    assert most_W((Loan(0.0, 19.0, 90.0),), plan, 20.0) == 0.0


def test_what_lies_behind_the_window_is_let_go(plan):
    sent = (Loan(0.0, 3.0, 20.0), Loan(3.0, 6.0, 20.0))
    assert lately(sent, plan, 33.0) == sent[1:]


@pytest.mark.verifies("SRS-211", "RC-02")
@given(asked=st.lists(st.floats(0.0, 60.0), min_size=15, max_size=40))
def test_no_window_ever_holds_more_than_its_budget(plan, asked):
    sent, at_s = (), 0.0
    for power in asked:
        lent = Loan(at_s, at_s + 3.0, min(power, most_W(sent, plan, at_s)))
        at_s += 3.0
        sent = lately((*sent, lent), plan, at_s)
        assert sum(each.energy_J(at_s - 30.0, at_s + 3.0) for each in sent) <= 600.0 + 1e-6
