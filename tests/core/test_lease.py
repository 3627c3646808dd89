"""Leases by examples; their bounds are among the properties."""

from math import inf

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.foci import Foci, place_foci
from syntherm.core.control.headroom import hottest_upper_degC
from syntherm.core.lease import bounded, grant, grant_test
from syntherm.core.plan.values import HiddenPeak
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


# ------------------------------------------------------------------------- the cut, by hand, on points of our own
def apart(count, *pairs):
    """Focal points with one voxel each; only the named pairs heat each other."""
    neighbours = np.eye(count, dtype=np.bool_)
    for one, other in pairs:
        neighbours[one, other] = neighbours[other, one] = True
    return Foci(np.zeros((count, 3)), tuple(np.array([i]) for i in range(count)), neighbours)


def powers(bench, upper_degC, wanted_W, *pairs, unseen_J=None, most_W=100.0, hidden=None):
    """What is lent at 0.125 degC per J, leases of 2 s and a limit of 45 degC."""
    plan = attrs.evolve(
        bench.plan,
        sonication=attrs.evolve(bench.plan.sonication, lease_s=2.0, max_power_W=most_W),
        limits=attrs.evolve(bench.plan.limits, target_max_degC=45.0, coverage_factor=2.0),
        hidden_peak=hidden,
    )
    seen = thermal(np.asarray(upper_degC) - 0.5, 0.25)
    response = attrs.evolve(RESPONSE, rise_degC_per_J=0.125)
    unseen = np.zeros(len(wanted_W)) if unseen_J is None else np.asarray(unseen_J)
    return bounded(np.asarray(wanted_W), seen, apart(len(wanted_W), *pairs), response, plan, unseen)


@pytest.mark.verifies("SRS-203", "RC-01")
def test_each_point_is_cut_by_its_own_headroom_and_by_its_neighbours(bench):
    # Alone: 8 W for 2 s raise by 2 degC; 3, 1 and 2 degC are left.
    assert powers(bench, [42.0, 44.0, 43.0], [8.0, 8.0, 8.0]).tolist() == [8.0, 4.0, 8.0]
    # The first two heat each other: 4 degC are expected of them, 1 degC is left to one; the third is not concerned.
    assert powers(bench, [42.0, 44.0, 43.0], [8.0, 8.0, 8.0], (0, 1)).tolist() == [2.0, 2.0, 8.0]
    # A fraction of a degree is shared out the same way.
    assert powers(bench, [44.75, 42.0], [2.0, 2.0]).tolist() == [1.0, 2.0]


@pytest.mark.verifies("SRS-203", "SRS-201", "RC-01")
def test_what_the_image_cannot_show_takes_from_its_own_neighbourhood_only(bench):
    limits = [42.0, 42.0, 42.0]
    # 8 J unseen at the first are 1 degC, which leaves it 2 of 3 degC; 16 W for 2 s would raise by 4 degC.
    assert powers(bench, limits, [16.0] * 3, unseen_J=[8.0, 0.0, 0.0]).tolist() == [8.0, 12.0, 12.0]
    assert powers(bench, limits, [8.0] * 3, (0, 1), unseen_J=[16.0, 0.0, 0.0]).tolist() == [2.0, 2.0, 8.0]
    # More unseen than can be borne leaves nothing.
    assert powers(bench, limits, [8.0] * 3, (0, 1), unseen_J=[32.0, 0.0, 0.0]).tolist() == [0.0, 0.0, 8.0]


@pytest.mark.verifies("SRS-203", "RC-01")
def test_a_points_own_energy_counts_by_what_a_lease_hides(bench):
    twice = HiddenPeak(2.0 * bench.plan.sonication.partial_volume_factor)
    # 8 W for 2 s raise by 2 degC as the test sonication's joules do, by 4 degC as a lease's own; 3 degC are left.
    assert powers(bench, [42.0], [8.0], hidden=twice).tolist() == [6.0]
    # So does what was lent since the image: 4 J are 1 degC, and 2 of 3 degC are left.
    assert powers(bench, [42.0], [8.0], unseen_J=[4.0], hidden=twice).tolist() == [4.0]
    # A neighbour's joule counts once: 4 degC of the own and 2 of the neighbour's are expected.
    assert powers(bench, [42.0, 42.0], [8.0, 8.0], (0, 1), hidden=twice).tolist() == [4.0, 4.0]


@pytest.mark.verifies("SRS-203", "SRS-206")
def test_the_coolest_tissue_gets_no_more_than_is_wanted(bench):
    assert powers(bench, [30.0], [1.0]).tolist() == [1.0]
    assert powers(bench, [30.0, 30.0], [1.0, 2.0], (0, 1)).tolist() == [1.0, 2.0]


@pytest.mark.verifies("SRS-201", "RC-01")
def test_the_sum_is_cut_to_the_plans_power(bench):
    assert powers(bench, [30.0] * 2, [6.0, 2.0], most_W=4.0).tolist() == [3.0, 1.0]
    assert powers(bench, [30.0] * 2, [0.75, 0.25], most_W=0.5).tolist() == [0.375, 0.125]
    assert powers(bench, [30.0] * 2, [0.5, 0.125], most_W=0.5) == pytest.approx([0.4, 0.1])
    assert powers(bench, [30.0] * 2, [0.0, 0.0]).tolist() == [0.0, 0.0]


@pytest.mark.verifies("SRS-201")
@pytest.mark.parametrize("off", [-1, 1])
def test_powers_of_other_points_are_refused(bench, foci, off):
    with pytest.raises(ValueError, match="zip"):
        grant(np.ones(len(foci.points_mm) + off), foci, RESPONSE, bench.plan, 0.0)


@pytest.mark.verifies("SRS-203")
def test_a_voxel_that_is_not_valid_bears_no_heat_of_its_own():
    seen = thermal([40.0, 60.0], validity=np.array([Reason.VALID, Reason.STEP], dtype=np.uint8))
    assert hottest_upper_degC(seen, np.arange(2), 2.0) == pytest.approx(40.2)
