"""Bias, spread and verdict."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.qa.agreement import Agreement, Comparison, Limits, agreement

pytestmark = pytest.mark.verifies("SRS-802")

LIMITS = Limits(bias_degC=1.5, sd_degC=0.8)


def compared(errors_degC: list[float], region: int = 1) -> list[Comparison]:
    return [Comparison(run, region, 20.0 + error, 0.5, 20.0) for run, error in enumerate(errors_degC, start=1)]


@given(st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=12))
def test_bias_sd_and_limits_of_agreement_are_those_of_the_errors(errors_degC: list[float]) -> None:
    (found,) = agreement(compared(errors_degC))
    assert found.bias_degC == pytest.approx(np.mean(errors_degC), abs=1e-9)
    assert found.sd_degC == pytest.approx(np.std(errors_degC, ddof=1), abs=1e-9)
    low, high = found.limits_of_agreement_degC
    assert high - low == pytest.approx(2 * 1.96 * found.sd_degC)
    assert (high + low) / 2 == pytest.approx(found.bias_degC)


@given(st.floats(-4.0, 4.0), st.floats(0.0, 3.0))
def test_the_verdict_is_the_limits_and_nothing_else(bias_degC: float, sd_degC: float) -> None:
    found = Agreement(region=1, runs=5, measured=5, bias_degC=bias_degC, sd_degC=sd_degC)
    assert (not found.failures(LIMITS)) == (abs(bias_degC) <= 1.5 and sd_degC <= 0.8)


def test_each_broken_limit_is_named() -> None:
    (found,) = agreement(compared([-4.0, -2.0]))
    assert found.failures(LIMITS) == ("bias -3.00 degC beyond 1.5", "SD 1.41 degC beyond 0.8")


def test_regions_are_judged_each_by_itself() -> None:
    first, second = agreement(compared([0.1, 0.2], region=1) + compared([3.0, 3.1], region=2))
    assert not first.failures(LIMITS)
    assert second.region == 2
    assert second.failures(LIMITS)


def test_a_run_that_could_not_be_measured_fails_the_region() -> None:
    (found,) = agreement(compared([0.0, nan, 0.1]))
    assert isnan(found.bias_degC)
    assert found.failures(LIMITS) == ("1 of 3 runs could not be measured",)


def test_one_run_leaves_the_spread_unknown_and_fails() -> None:
    (found,) = agreement(compared([0.0]))
    assert isnan(found.sd_degC)
    assert found.failures(LIMITS) == ("1 run: at least 2 are needed to know the SD",)
