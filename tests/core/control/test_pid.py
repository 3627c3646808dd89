"""The mean's controller: its law by examples, what it does where nothing is known, and that it does not wind up."""

from math import inf, nan

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.control.pid import PidMemory, pid
from syntherm.core.control.remembering import Fallback
from syntherm.core.plan.values import Control
from syntherm.core.thermometry.validity import Reason


def upper_of(steer):
    """The upper bound of the mean that a uniform 40 degC gives, above those 40 degC."""
    voxels = len(steer.layout.target.voxels)
    return steer.plan.limits.coverage_factor * np.sqrt(0.2**2 / voxels + 0.1**2)


def test_far_below_the_set_point_it_wants_all_power_evenly(steer):
    answer = pid(steer.course(37.0), None)
    assert answer.fallback is None
    assert answer.powers_W == pytest.approx(np.full(steer.count, steer.plan.sonication.max_power_W / steer.count))


def test_near_the_set_point_it_wants_its_share_of_the_error_on_the_upper_bound(steer):
    setpoint = steer.plan.heating.setpoint_degC
    answer = pid(steer.course(setpoint - upper_of(steer) - 1.0), None)
    assert answer.powers_W.sum() == pytest.approx(0.4 * steer.plan.sonication.max_power_W, rel=1e-3)
    assert answer.memory.integral == 0.0
    assert pid(steer.course(setpoint - 0.5 * upper_of(steer)), None).powers_W.sum() == 0.0


def test_the_integral_grows_with_the_error_and_the_slope_is_held_against_it(steer):
    setpoint = steer.plan.heating.setpoint_degC
    first = pid(steer.course(setpoint - upper_of(steer) - 1.0, 10.0), None).memory
    same = pid(steer.course(setpoint - upper_of(steer) - 1.0, 13.0), first)
    assert same.memory.integral == pytest.approx(0.4 * 3.0 / 60.0, rel=1e-3)
    assert same.memory.wanted == pytest.approx(0.42, rel=1e-3)
    warming = pid(steer.course(setpoint - upper_of(steer) - 0.9, 13.0), first)
    assert warming.memory.wanted == pytest.approx(0.4 * (0.9 - 0.1) + 0.4 * 0.9 * 3.0 / 60.0, rel=1e-3)


def test_a_gap_counts_as_its_longest_step(steer):
    setpoint = steer.plan.heating.setpoint_degC
    known = PidMemory(0.1, 0.3, None, 10.0)
    answer = pid(steer.course(setpoint - upper_of(steer) - 1.0, 500.0), known)
    assert answer.memory.integral == pytest.approx(0.1 + 0.4 * 10.0 / 60.0, rel=1e-3)


def test_it_does_not_wind_up_at_either_end(steer):
    cold = PidMemory(0.3, 1.0, 37.0, 10.0)
    assert pid(steer.course(37.0, 13.0, lent=60.0 / steer.count), cold).memory.integral == pytest.approx(0.3)
    hot = PidMemory(0.3, 0.0, 44.0, 10.0)
    assert pid(steer.course(44.0, 13.0), hot).memory.integral == pytest.approx(0.3)


@pytest.mark.parametrize(("lent", "left"), [(0.0, 0.3 - 0.5 * 3.0 / 15.0), (0.25, 0.3 - 0.25 * 0.2), (0.7, 0.3)])
def test_the_integral_follows_what_was_really_lent(steer, lent, left):
    setpoint = steer.plan.heating.setpoint_degC
    known = PidMemory(0.3, 0.5, setpoint, 10.0)
    course = steer.course(setpoint - upper_of(steer), 13.0, lent=lent * steer.plan.sonication.max_power_W / steer.count)
    assert pid(course, known).memory.integral == pytest.approx(left, abs=2e-3)


def test_power_that_nobody_knows_counts_as_not_lent(steer):
    known = PidMemory(0.3, 0.5, 41.0, 10.0)
    unknown, none = (pid(steer.course(41.0, 13.0, lent=lent), known).memory for lent in (nan, 0.0))
    assert unknown == none


def test_a_mean_that_is_not_known_gets_nothing_and_keeps_the_integral(steer):
    blind = np.full(steer.voxels, Reason.FAT, dtype=np.uint8)
    answer = pid(steer.course(37.0, 13.0, validity=blind), PidMemory(0.3, 0.5, 41.0, 10.0))
    assert answer.fallback is Fallback.TARGET_NOT_SEEN and not answer.powers_W.any()
    assert answer.memory == PidMemory(0.3, 0.0, None, 10.0)


@pytest.mark.parametrize("at", [nan, inf, 9.0])
def test_a_moment_that_is_no_moment_begins_anew_without_power(steer, at):
    answer = pid(steer.course(37.0, at), PidMemory(0.3, 0.5, 41.0, 10.0))
    assert answer.fallback is Fallback.TIME_UNKNOWN and not answer.powers_W.any()
    assert answer.memory == PidMemory()


@given(
    degC=st.floats(30.0, 50.0),
    integral=st.floats(0.0, 1.0),
    wanted=st.floats(0.0, 1.0),
    last=st.one_of(st.none(), st.floats(30.0, 50.0)),
    lent=st.one_of(st.none(), st.floats(0.0, 60.0)),
)
def test_powers_are_within_the_plans_and_hotter_never_gets_more(steer, degC, integral, wanted, last, lent):
    known, each = PidMemory(integral, wanted, last, 10.0), None if lent is None else lent / steer.count
    answers = [pid(steer.course(value, 13.0, lent=each), known) for value in (degC, degC, degC + 0.5)]
    powers = [answer.powers_W for answer in answers]
    assert np.isfinite(powers).all() and min(p.min() for p in powers) >= 0.0
    assert max(p.sum() for p in powers) <= steer.plan.sonication.max_power_W * (1.0 + 1e-12)
    assert (powers[0] == powers[1]).all() and answers[0].memory == answers[1].memory
    assert powers[2].sum() <= powers[0].sum() + 1e-9


def test_the_plan_may_tune_it(steer):
    control = Control(41.0, 0.0, 0.2, 120.0, 0.0, 1e6, 600.0)
    setpoint, plan = steer.plan.heating.setpoint_degC, attrs.evolve(steer.plan, control=control)
    answer = pid(steer.course(setpoint - upper_of(steer) - 1.0, plan=plan), PidMemory(0.0, 0.0, None, 4.0))
    assert answer.memory.wanted == pytest.approx(0.2 + 0.2 * 6.0 / 120.0, rel=1e-3)
