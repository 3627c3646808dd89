"""Energy against heat: what tissue can do stays within the bounds, what it cannot leaves them."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantom import phantom_plan

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.thermometry.balance import (
    Balance,
    Loan,
    booked,
    lend,
    looked,
    missing_degC,
    responded,
    response_known,
    running,
    unexplained_degC,
)

W = phantom_plan().thermometry
PER_J = 0.0014


def about(rise, half=0.05):
    return Bounded(rise, rise - half, rise + half)


KNOWN = Balance(per_J=Bounded(PER_J, 0.8 * PER_J, 1.2 * PER_J), rest=about(0.0), seen_s=0.0)


def lived(power_W, rises, balance=KNOWN, period_s=3.0):
    """The balance after images that showed these rises, under constant power."""
    loans = (Loan(0.0, 1e6, power_W),)
    worst, short = 0.0, 0.0
    for index, rise in enumerate(rises):
        balance = looked(booked(balance, loans, (index + 1) * period_s, W), about(rise), W)
        worst, short = max(worst, unexplained_degC(balance, W)), max(short, missing_degC(balance))
    return balance, worst, short


def lumped(power_W, images, loss_s, gain=1.0, period_s=3.0):
    rise, rises = 0.0, []
    for _ in range(images):
        rise += period_s * (gain * PER_J * power_W - rise / loss_s)
        rises.append(rise)
    return rises


@given(st.floats(0.0, 60.0), st.floats(80.0, 1000.0), st.floats(0.7, 1.5))
def test_tissue_stays_within_the_bounds(power_W, loss_s, gain):
    _, over, short = lived(power_W, lumped(power_W, 100, loss_s, gain))
    assert over <= W.balance_floor_degC and short <= W.balance_floor_degC


@pytest.mark.verifies("SRS-417")
def test_a_frozen_image_under_energy_lacks_heat_within_a_minute():
    rises = [0.0] * 20
    _, _, short = lived(60.0, rises)
    assert short > W.balance_floor_degC


@pytest.mark.verifies("SRS-417")
def test_warming_without_energy_is_not_explained():
    _, over, _ = lived(0.0, [0.1 * index for index in range(10)])
    assert over > W.balance_floor_degC


def test_loans_end_where_the_next_begins_and_only_the_latest_are_kept():
    loans = lend(lend((), Loan(0.0, 3.0, 10.0)), Loan(2.0, 5.0, 20.0))
    assert sum(loan.energy_J(0.0, 10.0) for loan in loans) == pytest.approx(20.0 + 60.0)
    assert running(loans, 2.5) == (Loan(2.0, 5.0, 20.0),)
    many = ()
    for index in range(100):
        many = lend(many, Loan(float(index), index + 1.0, 1.0))
    assert len(many) == 64 and many[-1].from_s == 99.0


def test_the_response_is_the_rise_over_rest_per_joule():
    loans = (Loan(0.0, 15.0, 10.0),)
    balance = Balance()
    for at_s in (-6.0, -3.0, 0.0):
        balance = looked(booked(balance, loans, at_s, W), about(0.1), W)
        assert responded(balance) is balance
    balance = responded(looked(booked(balance, loans, 15.0, W), about(0.4), W))
    assert balance.energy_J == pytest.approx(150.0)
    assert balance.per_J.estimate == pytest.approx(0.3 / 150.0)
    assert balance.per_J.lower < 0.3 / 150.0 < balance.per_J.upper
    assert balance.rest.upper - balance.rest.estimate == pytest.approx(0.05 / 3**0.5)


def test_what_is_not_known_is_not_looked_at():
    assert looked(Balance(), about(1.0), W) == Balance()
    booked_once = booked(Balance(), (), 3.0, W)
    assert looked(booked_once, UNKNOWN, W) == booked_once
    assert unexplained_degC(Balance(), W) == missing_degC(Balance()) == 0.0
    assert unexplained_degC(attrs.evolve(KNOWN), W) == missing_degC(KNOWN) == 0.0
    assert not response_known(Balance()) and response_known(KNOWN)


def test_memory_is_bounded():
    balance, _, _ = lived(0.0, [0.0] * 100)
    assert len(balance.looks) == W.balance_frames
