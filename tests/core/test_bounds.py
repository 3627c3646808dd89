"""Bounds at their edges."""

from math import inf, nan

import attrs
import pytest

from syntherm.core.bounds import UNKNOWN, Bounded


@pytest.mark.verifies("SRS-406")
def test_a_bound_may_touch_its_estimate_and_not_pass_it():
    assert Bounded(1.0, 1.0, 1.0).known
    for estimate, lower, upper in ((1.0, 1.1, 2.0), (1.0, 0.0, 0.9), (nan, 0.0, 2.0), (1.0, nan, 2.0), (1.0, 0.0, nan)):
        with pytest.raises(ValueError, match="do not hold the estimate"):
            Bounded(estimate, lower, upper)


@pytest.mark.verifies("SRS-406")
def test_unknown_is_outside_every_limit():
    assert not UNKNOWN.known
    assert Bounded(estimate=0.0, lower=-inf, upper=inf) == UNKNOWN
    for limit in (-1e300, 0.0, 1e300):
        assert not UNKNOWN.upper <= limit
        assert not UNKNOWN.lower >= limit
    assert not Bounded(0.0, -inf, 1.0).known and not Bounded(0.0, -1.0, inf).known


def test_bounds_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        UNKNOWN.upper = 1.0
