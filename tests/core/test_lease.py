"""Leases by examples; their bounds are among the properties."""

from math import inf

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.foci import place_foci
from syntherm.core.lease import bounded, grant, grant_test, hottest_upper_degC
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

RESPONSE = FocusResponse(Bounded(2.0, 1.5, 2.5), (1.0, -2.0, 0.5), 0.03)


def thermal(degC, uncertainty=0.1, validity=None):
    degC = np.asarray(degC, dtype=np.float32)
    u = np.full(degC.shape, uncertainty, dtype=np.float32)
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else validity
    return Thermal(
        temperature_degC=degC, uncertainty_degC=u, common_degC=u, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def foci(bench):
    return place_foci(bench.plan, bench.layout)


@pytest.mark.verifies("SRS-203", "SRS-406")
def test_hottest_upper_bound_of_a_neighbourhood():
    shown = thermal([40.0, 41.0, 39.0], 0.5)
    assert hottest_upper_degC(shown, np.arange(3), 2.0) == pytest.approx(42.0)
    shown.uncertainty_degC[0] = 3.0
    assert hottest_upper_degC(shown, np.arange(3), 2.0) == pytest.approx(46.0)
    blind = thermal([40.0] * 3, validity=np.full(3, Reason.NOISE, dtype=np.uint8))
    assert hottest_upper_degC(blind, np.arange(3), 2.0) == inf


@pytest.mark.verifies("SRS-203", "RC-01")
def test_no_power_where_the_limit_is_reached_or_nothing_is_seen(bench, foci):
    wanted = np.full(len(foci.points_mm), 0.5)
    hot = thermal(np.full(432, bench.plan.limits.target_max_degC))
    assert (bounded(wanted, hot, foci, RESPONSE, bench.plan, np.zeros(len(wanted))) == 0.0).all()
    blind = thermal(np.full(432, 37.0), validity=np.full(432, Reason.LOW_SIGNAL, dtype=np.uint8))
    assert (bounded(wanted, blind, foci, RESPONSE, bench.plan, np.zeros(len(wanted))) == 0.0).all()


@pytest.mark.verifies("SRS-203")
def test_cool_tissue_gets_what_is_wanted(bench, foci):
    wanted = np.linspace(0.0, 0.1, len(foci.points_mm))
    assert bounded(
        wanted, thermal(np.full(432, 37.0)), foci, RESPONSE, bench.plan, np.zeros(len(wanted))
    ) == pytest.approx(wanted)


@pytest.mark.verifies("SRS-201", "SRS-412", "RC-02")
def test_a_lease_ends_after_one_period_and_its_aims_are_corrected(bench, foci):
    powers = np.zeros(len(foci.points_mm))
    powers[[3, 5]] = (0.25, 0.5)
    lease = grant(powers, foci, RESPONSE, bench.plan, 100.0)
    assert lease.until_s == 100.0 + bench.plan.sonication.lease_s <= 100.0 + bench.plan.scanner.frame_period_s
    assert [point.power_W for point in lease.points] == [0.25, 0.5]
    assert lease.power_W == 0.75
    for point, index in zip(lease.points, (3, 5), strict=True):
        assert np.asarray(point.aim_mm) + RESPONSE.offset_mm == pytest.approx(foci.points_mm[index])


def test_not_a_number_is_lent_to_nobody(bench, foci):
    powers = np.full(len(foci.points_mm), np.nan)
    assert grant(powers, foci, RESPONSE, bench.plan, 0.0).points == ()


@pytest.mark.verifies("SRS-412", "SRS-201")
def test_the_test_lease_is_of_low_power_on_the_centre(bench):
    lease = grant_test(bench.plan, 50.0)
    assert lease.until_s == 50.0 + bench.plan.sonication.lease_s
    (point,) = lease.points
    assert point.aim_mm == bench.plan.target.centre_mm
    assert point.power_W == bench.plan.calibration.test_power_W
    assert attrs.evolve(lease) == lease
