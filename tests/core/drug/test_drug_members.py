"""The members are the stated ones: central first, four corners, and each part of each range once."""

import attrs
import numpy as np
import pytest
from drug_ranges import RANGES, sampled

from syntherm.core.drug.members import BROUGHT, HELD, NAMES, Members, levels_of, members_of, value_at
from syntherm.core.plan.values import DrugRanges


def test_every_parameter_has_a_side_in_one_table_and_an_array():
    ranges = [field.name for field in attrs.fields(DrugRanges) if isinstance(getattr(RANGES, field.name), tuple)]
    assert list(NAMES) == ranges
    assert set(BROUGHT) & set(HELD) == set()
    assert tuple(field.name for field in attrs.fields(Members)) == (*NAMES, "temperature_bias")


def test_central_and_corners():
    members = members_of(sampled(0))
    assert members.count == 5
    for name in NAMES:
        low, central, high = getattr(RANGES, name)
        sides = [1, 1, -1, -1] if name in BROUGHT else [1, -1, 1, -1]
        ends = {1: high, -1: low}
        turn = {**BROUGHT, **HELD}[name]
        expected = [central, *(ends[side * turn] for side in sides)]
        assert getattr(members, name) == pytest.approx(expected, rel=1e-12), name
    assert list(members.temperature_bias) == [0.0, 1.0, 1.0, -1.0, -1.0]


def test_the_others_take_each_part_of_each_range_once():
    levels = levels_of(11)[5:]
    assert levels.shape == (11, 19)
    for column in levels.T:
        assert sorted(column) == pytest.approx([(part + 0.5) / 11.0 for part in range(11)])


@pytest.mark.parametrize("count", [11, 13, 16, 24, 32, 64])
def test_no_two_parameters_rise_and_fall_together(count):
    related = np.corrcoef(levels_of(count)[5:].T) - np.eye(19)
    assert np.abs(related).max() < 0.7


def test_the_same_parameters_give_the_same_members():
    one, other = members_of(sampled(11)), members_of(sampled(11))
    for field in attrs.fields(Members):
        assert np.array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.parametrize(
    ("low", "level", "expected"),
    [(1.0, 0.0, 1.0), (1.0, 0.25, 2.0), (1.0, 0.5, 4.0), (1.0, 0.75, 6.0), (1.0, 1.0, 9.0), (0.0, 0.25, 2.0)],
)
def test_a_level_is_even_in_ratio_or_in_steps_from_zero(low, level, expected):
    assert value_at((low, 4.0, 9.0), level) == pytest.approx(expected)


def test_rates_of_the_body():
    members = members_of(sampled(0))
    assert members.loss_per_s[0] == pytest.approx(np.log(2.0) / 5400.0)
    assert members.leak_per_s == pytest.approx(members.leak_share * members.loss_per_s)
