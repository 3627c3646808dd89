"""The test sonication's response: where the heat lies, how much a joule heats, and what is accepted."""

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse, acceptable, find_focus
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason


def thermal(degC, uncertainty=0.1, validity=None):
    degC = np.asarray(degC, dtype=np.float32)
    u = np.full(degC.shape, uncertainty, dtype=np.float32)
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else validity
    return Thermal(
        temperature_degC=degC, uncertainty_degC=u, common_degC=u, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


@pytest.mark.verifies("SRS-412", "SRS-203", "RC-06")
def test_a_spot_is_found_where_it_is(bench, made):
    for at in ((0.0, 0.0, 0.0), (2.0, -2.0, 0.0), (-3.0, 1.0, 0.0)):
        degC = made.Picture(spot=3.0, spot_mm=at).map(bench.layout)
        found = find_focus(thermal(degC), bench.layout, bench.plan, 100.0)
        assert found.offset_mm == pytest.approx(at, abs=1.1)
        assert found.distance_mm == pytest.approx(np.linalg.norm(found.offset_mm))
        half = bench.plan.limits.coverage_factor * 0.1
        peak = degC.max() - 37.0
        assert found.rise_degC.estimate == pytest.approx(peak, abs=1e-3)
        assert found.rise_degC.upper == pytest.approx(peak + half, abs=1e-3)


@pytest.mark.verifies("SRS-203")
def test_rise_per_joule_is_an_upper_bound_with_the_partial_volume_in_it(bench, made):
    degC = made.Picture(spot=3.0).map(bench.layout)
    found = find_focus(thermal(degC), bench.layout, bench.plan, 100.0)
    least = bench.plan.sonication.partial_volume_factor * found.rise_degC.upper / 100.0
    assert found.rise_degC_per_J == pytest.approx(least)
    less = find_focus(thermal(degC), bench.layout, bench.plan, 50.0)
    assert less.rise_degC_per_J == pytest.approx(2.0 * found.rise_degC_per_J)


@pytest.mark.verifies("SRS-412", "SRS-404", "RC-06")
def test_nothing_is_found_where_nothing_is_seen_or_nothing_was_lent(bench, made):
    degC = made.Picture(spot=3.0).map(bench.layout)
    for energy_J in (0.0, -1.0, float("nan")):
        assert find_focus(thermal(degC), bench.layout, bench.plan, energy_J) is None
    blind = np.full(432, Reason.LOW_SIGNAL, dtype=np.uint8)
    assert find_focus(thermal(degC, validity=blind), bench.layout, bench.plan, 100.0) is None
    blind[bench.layout.target.voxels[:3]] = Reason.VALID
    assert find_focus(thermal(degC, validity=blind), bench.layout, bench.plan, 100.0) is None


@pytest.mark.verifies("SRS-412")
def test_no_rise_at_all_is_no_focus(bench, made):
    assert find_focus(thermal(np.full(432, 36.5)), bench.layout, bench.plan, 100.0) is None
    assert find_focus(thermal(np.full(432, 37.0)), bench.layout, bench.plan, 100.0) is None


def test_heat_beyond_the_search_is_not_the_focus(bench, made):
    degC = made.Picture(spot=9.0, spot_mm=(20.0, 0.0, 0.0)).map(bench.layout)
    found = find_focus(thermal(degC), bench.layout, bench.plan, 100.0)
    assert found is None or found.rise_degC.estimate < 1.0


@pytest.mark.verifies("SRS-412", "RC-06")
def test_acceptance_at_its_limits(bench):
    wanted = bench.plan.calibration
    low, high, far = wanted.min_rise_degC, wanted.max_rise_degC, wanted.max_focus_offset_mm
    good = FocusResponse(Bounded((low + high) / 2, low, high), (far, 0.0, 0.0), 0.03)
    assert acceptable(good, bench.plan)
    middle = (low + high) / 2
    for bad in (
        attrs.evolve(good, rise_degC=Bounded(middle, low - 1e-6, high)),
        attrs.evolve(good, rise_degC=Bounded(middle, low, high + 1e-6)),
        attrs.evolve(good, offset_mm=(far + 1e-6, 0.0, 0.0)),
        attrs.evolve(good, offset_mm=(float("nan"), 0.0, 0.0)),
    ):
        assert not acceptable(bad, bench.plan)
    assert not acceptable(None, bench.plan)


# ---------------------------------------------------------------------- edges, on a target away from the grid's centre
@pytest.fixture(scope="module")
def aside(bench, made):
    """A plan whose target's centre is a voxel's, and its layout."""
    plan = made.put(bench.plan, target__centre_mm=(2.0, 2.0, 0.0))
    assert plan.heating.baseline_degC == 37.0
    return plan, lay_out(plan)


def warmed(layout, *spots):
    """Everything at 37 degC, but for single voxels: (position, rise)."""
    degC = np.full(len(layout.points_mm), 37.0, dtype=np.float32)
    for at, rise in spots:
        (voxel,) = np.flatnonzero((layout.points_mm == np.asarray(at)).all(axis=1))
        degC[voxel] += rise
    return degC


@pytest.mark.verifies("SRS-412", "RC-06")
@pytest.mark.parametrize(("at", "offset"), [((2.0, 2.0, 0.0), (0.0, 0.0, 0.0)), ((10.0, 2.0, 0.0), (8.0, 0.0, 0.0))])
def test_the_offset_is_seen_from_the_aim_and_the_search_holds_its_edge(aside, at, offset):
    plan, layout = aside
    found = find_focus(thermal(warmed(layout, (at, 3.0))), layout, plan, 100.0)
    assert found.offset_mm == pytest.approx(offset)
    assert found.rise_degC.estimate == pytest.approx(3.0)


@pytest.mark.verifies("SRS-412")
def test_a_voxel_at_half_the_rise_counts_with_its_weight(aside):
    plan, layout = aside
    for peak in (4.0, 1.5):
        degC = warmed(layout, ((2.0, 2.0, 0.0), peak), ((6.0, 2.0, 0.0), peak / 2.0), ((2.0, 6.0, 0.0), peak / 4.0))
        found = find_focus(thermal(degC), layout, plan, 100.0)
        assert found.offset_mm == pytest.approx((4.0 / 3.0, 0.0, 0.0))


@pytest.mark.verifies("SRS-412")
def test_a_small_rise_and_little_energy_make_a_response_too(aside):
    plan, layout = aside
    found = find_focus(thermal(warmed(layout, ((2.0, 2.0, 0.0), 0.5))), layout, plan, 0.5)
    assert found.rise_degC.estimate == 0.5
    half = plan.limits.coverage_factor * 0.1
    assert found.rise_degC_per_J == pytest.approx(plan.sonication.partial_volume_factor * (0.5 + half) / 0.5)


@pytest.mark.verifies("SRS-412", "SRS-404")
def test_four_valid_voxels_are_enough(aside):
    plan, layout = aside
    seen = warmed(layout, ((2.0, 2.0, 0.0), 3.0))
    validity = np.full(len(seen), Reason.LOW_SIGNAL, dtype=np.uint8)
    near = np.flatnonzero(np.linalg.norm(layout.points_mm - (2.0, 2.0, 0.0), axis=1) <= 4.0)
    validity[near[:4]] = Reason.VALID
    assert (seen[near[:4]] > 37.0).any()
    assert find_focus(thermal(seen, validity=validity), layout, plan, 100.0) is not None
    validity[near[0]] = Reason.LOW_SIGNAL
    assert find_focus(thermal(seen, validity=validity), layout, plan, 100.0) is None


@pytest.mark.verifies("SRS-412")
def test_heat_just_beyond_the_search_is_not_seen(aside):
    plan, layout = aside
    assert np.hypot(8.0, 4.0) < 9.0
    assert find_focus(thermal(warmed(layout, ((10.0, 6.0, 0.0), 3.0))), layout, plan, 100.0) is None
