"""The drug in the body by closed forms: half-life, leak, the constants of free doxorubicin, and no loss of mass."""

from math import exp, log

import attrs
import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.drug.members import members_of
from syntherm.core.drug.systemic import (
    AMOUNTS,
    CLEARED,
    COLUMNS,
    FREE,
    LEAKED,
    LIPOSOMAL,
    free_ug_per_ml,
    liposomal_ug_per_ml,
    propagator,
    step_systemic,
)

MEMBERS = members_of(sampled(11))


def nothing():
    return np.zeros((MEMBERS.count, COLUMNS))


@pytest.mark.parametrize("step_s", [0.5, 3.0, 30.0, 3600.0])
def test_liposomes_fall_with_their_half_life(step_s):
    start = nothing()
    start[:, LIPOSOMAL] = 90.0
    after = step_systemic(start, MEMBERS, 0.0, step_s)
    assert after[:, LIPOSOMAL] == pytest.approx(90.0 * np.exp(-MEMBERS.loss_per_s * step_s), rel=1e-10)
    gone = 90.0 - after[:, LIPOSOMAL]
    assert after[:, LEAKED] == pytest.approx(MEMBERS.leak_share * gone, rel=1e-9, abs=1e-12)
    assert after[:, CLEARED] == pytest.approx((1.0 - MEMBERS.leak_share) * gone, rel=1e-9, abs=1e-12)


def test_an_even_infusion():
    after = step_systemic(nothing(), MEMBERS, 6.0, 600.0)
    loss = MEMBERS.loss_per_s
    assert after[:, LIPOSOMAL] == pytest.approx(0.01 * -np.expm1(-loss * 600.0) / loss, rel=1e-10)
    assert after[:, AMOUNTS].sum(axis=1) == pytest.approx(6.0, rel=1e-12)


def test_free_drug_follows_its_three_exponentials():
    start = nothing()
    start[:, FREE] = 50.0
    for minutes in (5.0, 60.0, 600.0):
        found = free_ug_per_ml(step_systemic(start, MEMBERS, 0.0, 60.0 * minutes), MEMBERS)[0]
        at_s = 60.0 * minutes
        sum_per_l = 0.0746 * exp(-0.161 * minutes) + 2.49e-3 * exp(-2.83e-4 * at_s) + 5.52e-4 * exp(-1.18e-5 * at_s)
        assert found == pytest.approx(50.0 * sum_per_l, rel=5e-3)


def test_concentrations_are_amounts_over_volumes():
    start = nothing()
    start[:, LIPOSOMAL], start[:, FREE] = 90.0, 12.88
    assert liposomal_ug_per_ml(start, MEMBERS)[0] == pytest.approx(30.0)
    assert free_ug_per_ml(start, MEMBERS)[0] == pytest.approx(1.0)


def test_nothing_moves_where_no_rate_is():
    assert np.array_equal(propagator(np.zeros((2, 3, 3)), 100.0), np.broadcast_to(np.eye(3), (2, 3, 3)))


def test_steps_add_up():
    start = nothing()
    start[:, LIPOSOMAL], start[:, FREE] = 60.0, 5.0
    whole = step_systemic(start, MEMBERS, 2.0, 60.0)
    halves = step_systemic(step_systemic(start, MEMBERS, 1.0, 30.0), MEMBERS, 1.0, 30.0)
    assert halves == pytest.approx(whole, rel=1e-11)


def test_all_leak_and_none_are_both_exact():
    for share, column in ((0.0, LEAKED), (1.0, CLEARED)):
        members = attrs.evolve(MEMBERS, leak_share=np.full(MEMBERS.count, share))
        start = nothing()
        start[:, LIPOSOMAL] = 90.0
        assert (step_systemic(start, members, 0.0, 3600.0)[:, column] == 0.0).all()


def test_half_life_of_the_central_member():
    start = nothing()
    start[:, LIPOSOMAL] = 90.0
    after = step_systemic(start, MEMBERS, 0.0, 5400.0)[0, LIPOSOMAL]
    assert 1.5 * log(2.0) / log(90.0 / after) == pytest.approx(1.5)
