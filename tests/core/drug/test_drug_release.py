"""Release by temperature: nothing below the onset, the whole rate from full, no fall between; bounds that hold."""

from math import inf, nan

import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.drug.members import members_of
from syntherm.core.drug.release import Heat, opened, temperatures

MEMBERS = members_of(sampled(11))


def heat(lower, estimate, upper):
    return Heat(np.array([lower]), np.array([estimate]), np.array([upper]))


def share(temperature_degC):
    return opened(np.full((MEMBERS.count, 1), temperature_degC), MEMBERS)[:, 0]


def test_closed_to_the_onset_and_open_from_full():
    at_onset = opened(MEMBERS.onset_degC[:, None], MEMBERS)
    assert (at_onset == 0.0).all() and (share(20.0) == 0.0).all()
    assert opened(MEMBERS.full_degC[:, None], MEMBERS) == pytest.approx(1.0)
    assert (share(60.0) == 1.0).all()
    middle = 0.5 * (MEMBERS.onset_degC + MEMBERS.full_degC)[:, None]
    assert opened(middle, MEMBERS) == pytest.approx(0.5)


def test_never_less_at_a_higher_temperature():
    rising = np.stack([share(degC) for degC in np.linspace(38.0, 43.0, 501)])
    assert (np.diff(rising, axis=0) >= 0.0).all()


def test_members_take_temperatures_between_the_bounds():
    taken = temperatures(heat(39.0, 40.0, 42.0), MEMBERS)[:, 0]
    assert list(taken[:5]) == [40.0, 42.0, 42.0, 39.0, 39.0]
    assert (taken >= 39.0).all() and (taken <= 42.0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        (nan, 40.0, 41.0), (39.0, nan, 41.0), (39.0, 40.0, inf), (-inf, 40.0, 41.0), (40.1, 40.0, 41.0),
        (39.0, 41.1, 41.0),
    ],
)  # fmt: skip
def test_bounds_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        heat(*wrong)


def test_shapes_that_differ_are_refused():
    flat = np.full(3, 40.0)
    for wrong in ((flat, flat, flat[:2]), (flat[None], flat[None], flat[None])):
        with pytest.raises(ValueError, match="one flat shape"):
            Heat(*wrong)
