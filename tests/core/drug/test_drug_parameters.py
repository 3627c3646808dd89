"""The ranges of the demonstration plan: their arithmetic is what their sources say, and no code holds a second set."""

from math import log

import attrs
import numpy as np
import pytest
from drug_ranges import RANGES

from syntherm.core.plan.values import DrugRanges


@pytest.mark.verifies("SRS-307")
def test_no_parameter_has_a_default():
    assert [field.name for field in attrs.fields(DrugRanges) if field.default is not attrs.NOTHING] == []


def test_rates_of_free_drug_are_those_of_its_three_exponentials():
    names = ("elimination", "to_shallow", "from_shallow", "to_deep", "from_deep")
    k10, k12, k21, k13, k31 = (getattr(RANGES, f"free_{name}_per_s")[1] for name in names)
    matrix = np.array([[-(k10 + k12 + k13), k21, k31], [k12, -k21, 0.0], [k13, 0.0, -k31]])
    decay, vectors = np.linalg.eig(matrix)
    shares = vectors[0] * np.linalg.solve(vectors, [1.0, 0.0, 0.0]) / RANGES.free_volume_l[1]
    order = np.argsort(decay)
    assert -decay[order] == pytest.approx([0.161 / 60.0, 2.83e-4, 1.18e-5], rel=2e-3)
    assert shares[order] == pytest.approx([0.0746, 2.49e-3, 5.52e-4], rel=2e-3)


def test_derived_ranges_are_the_arithmetic_that_their_sources_name():
    most = 0.28 * 1e9 / 1e5 / 1000.0 / 60.0
    low, central, high = RANGES.uptake_per_s
    assert low == pytest.approx(2.27 / 3600.0, rel=0.01)
    assert high == pytest.approx(most / (0.4 * 0.219), rel=0.01)
    assert central == pytest.approx((low * high) ** 0.5, rel=0.01)
    low, central, high = RANGES.efflux_per_s
    assert low == pytest.approx(0.0485 / 3600.0, rel=0.01)
    assert high == pytest.approx(0.28 / 1.37 / 60.0, rel=0.01)
    assert central == pytest.approx((low * high) ** 0.5, rel=0.01)
    low, central, high = RANGES.exchange_per_s
    assert high == pytest.approx(200.0 * 160e-4 / 60.0, rel=0.01)
    assert central == pytest.approx(high / 4.0, rel=0.01)
    assert low == pytest.approx(200.0 * 60e-4 / 60.0 / 4.0, rel=0.01)
    assert RANGES.plasma_flow_per_s[1] == pytest.approx(0.6 * 9.72 / 3600.0, rel=0.01)
    assert RANGES.plasma_flow_per_s[2] == pytest.approx(0.6 * 6.26 / 1050.0, rel=0.01)
    assert RANGES.release_per_s[2] == pytest.approx(log(2.0) / 2.0, rel=0.02)
    assert RANGES.plasma_fraction[1] == pytest.approx(0.6 * 0.0285, rel=0.01)
