"""Sums and differences over neighbours, against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.thermometry.neighbours import bend, box_sum, grown, slope, turn

reach = st.integers(0, 5)


@given(reach, reach, reach, st.integers(0, 99))
def test_a_box_sum_is_the_sum_of_the_box(a, b, c, seed):
    values = np.random.default_rng(seed).standard_normal((7, 6, 3)).astype(np.float32)
    total = box_sum(values, (a, b, c))
    for i, j, k in ((0, 0, 0), (3, 2, 1), (6, 5, 2)):
        box = values[max(i - a, 0) : i + a + 1, max(j - b, 0) : j + b + 1, max(k - c, 0) : k + c + 1]
        assert total[i, j, k] == pytest.approx(box.sum(), abs=1e-4)


def test_a_mask_grows_by_its_reach():
    mask = np.zeros((7, 7, 3), dtype=np.bool_)
    mask[3, 3, 1] = True
    assert grown(mask, (2, 1, 0)).sum() == 15


def test_a_ramp_has_its_slope_and_one_voxel_has_none():
    ramp = (np.arange(5.0)[:, None, None] * np.ones((5, 1, 2))).astype(np.float32)
    assert slope(ramp, 0, 2.0) == pytest.approx(0.5)
    assert (slope(ramp, 1, 2.0) == 0.0).all()


def test_turn_and_bend_of_a_winding_phase():
    wound = np.exp(0.3j * np.arange(6))[:, None, None].astype(np.complex64) * np.ones((6, 1, 1), np.complex64)
    angles = np.angle(turn(wound, 0))[:, 0, 0]
    assert angles == pytest.approx([0.3, 0.6, 0.6, 0.6, 0.6, 0.3], abs=1e-5)
    bent = bend(wound, 0)[:, 0, 0]
    assert bent[[0, 5]] == pytest.approx(0.0) and bent[1:5] == pytest.approx(2.0 - 2.0 * np.cos(0.3), abs=1e-5)
