"""A region's bounds by examples, and what is said of a region that is hardly seen."""

from math import inf, sqrt

import numpy as np
import pytest

from syntherm.core.bounds import UNKNOWN
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.summary import exceeded_by, summarise
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason


def thermal(degC, own=0.0, common=0.0, validity=None):
    degC = np.asarray(degC, dtype=np.float32)
    whole = np.full(degC.shape, sqrt(own**2 + common**2), dtype=np.float32)
    shared = np.full(degC.shape, common, dtype=np.float32)
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else np.asarray(validity, dtype=np.uint8)
    return Thermal(
        temperature_degC=degC, uncertainty_degC=whole, common_degC=shared, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


def everything(count):
    return Region("target", np.arange(count))


@pytest.mark.verifies("SRS-406")
def test_tenths_of_an_even_ramp():
    ramp = np.linspace(40.0, 42.0, 1001)
    known = summarise(everything(1001), thermal(ramp), 1.96)
    assert known.hot10.estimate == pytest.approx(41.8, abs=0.005)
    assert known.cold90.estimate == pytest.approx(40.2, abs=0.005)
    assert known.mean.estimate == pytest.approx(41.0, abs=1e-4)
    assert known.hottest.estimate == pytest.approx(42.0)
    # 1.96 binomial deviations of 1001 voxels are 19 voxels, 0.002 degC each.
    assert known.hot10.upper == pytest.approx(41.8 + 0.002 * 19, abs=0.005)
    assert known.cold90.lower == pytest.approx(40.2 - 0.002 * 19, abs=0.005)


@pytest.mark.verifies("SRS-406", "SRS-403")
def test_what_voxels_share_widens_every_bound_and_is_not_averaged():
    known = summarise(everything(400), thermal(np.full(400, 41.0), own=0.4, common=0.3), 2.0)
    assert known.mean.upper - 41.0 == pytest.approx(2.0 * sqrt(0.3**2 + 0.4**2 / 400), rel=1e-3)
    assert known.hot10.upper == pytest.approx(41.6, abs=1e-3)
    assert known.cold90.lower == pytest.approx(40.4, abs=1e-3)
    assert known.hottest.upper == pytest.approx(42.0, abs=1e-3)
    assert known.hottest.lower == pytest.approx(40.0, abs=1e-3)


@pytest.mark.verifies("SRS-406")
def test_hottest_is_the_voxel_that_may_be_hottest_and_not_the_one_that_looks_so():
    shown = thermal([41.0, 41.0, 41.0, 41.0, 42.0])
    shown.uncertainty_degC[0] = 2.0
    known = summarise(everything(5), shown, 1.96)
    assert known.hottest.upper == pytest.approx(41.0 + 1.96 * 2.0, abs=1e-4)


@pytest.mark.verifies("SRS-406", "SRS-404", "RC-09")
def test_invalid_voxels_count_for_nothing_but_the_share():
    degC = np.array([41.0] * 6 + [99.0] * 4)
    known = summarise(everything(10), thermal(degC, validity=[0] * 6 + [Reason.LOW_SIGNAL] * 4), 1.96)
    assert known.hottest.upper < 42.0
    assert (known.voxels, known.valid, known.valid_fraction) == (10, 6, 0.6)


@pytest.mark.verifies("SRS-406", "RC-09")
@pytest.mark.parametrize("valid", [0, 1, 3])
def test_fewer_than_four_valid_voxels_say_nothing(valid):
    reasons = [0] * valid + [Reason.NOISE] * (10 - valid)
    known = summarise(everything(10), thermal(np.full(10, 41.0), validity=reasons), 1.96)
    assert {known.mean, known.hot10, known.cold90, known.hottest} == {UNKNOWN}
    assert known.valid_fraction == valid / 10


def test_four_valid_voxels_say_something():
    known = summarise(everything(4), thermal([40.0, 41.0, 42.0, 43.0]), 1.96)
    assert known.hot10.upper == 43.0 and known.cold90.lower == 40.0


def test_an_empty_region_has_no_share():
    known = summarise(everything(0), thermal([]), 1.96)
    assert known.valid_fraction == 0.0
    assert known.hottest.upper == inf


def test_order_statistics_stay_within_the_sample():
    sample = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert exceeded_by(0.1, sample, 4.0, 0.0).upper == 5.0
    assert exceeded_by(0.9, sample, 4.0, 0.0).lower == 1.0


@pytest.mark.verifies("SRS-406")
def test_tenths_of_eleven():
    eleven = np.arange(11.0)
    assert exceeded_by(0.1, eleven, 0.0, 0.0).estimate == 9.0
    assert exceeded_by(0.9, eleven, 0.0, 0.0).estimate == 1.0
    # k binomial deviations of eleven voxels: sqrt(11 x 0.1 x 0.9) is 0.995.
    hot, cold = exceeded_by(0.1, eleven, 2.0, 0.5), exceeded_by(0.9, eleven, 2.0, 0.5)
    assert (hot.lower, hot.upper) == (7.0 - 1.0, 10.0 + 1.0)
    assert (cold.lower, cold.upper) == (0.0 - 1.0, 3.0 + 1.0)


@pytest.mark.parametrize("valid", [3, 4])
def test_a_summary_bears_its_regions_name(valid):
    reasons = [Reason.VALID] * valid + [Reason.FAT] * (5 - valid)
    assert summarise(everything(5), thermal(np.full(5, 41.0), validity=reasons), 1.96).name == "target"
