"""The test sonication's response: where the heat lies, how much a joule heats, and what is accepted."""

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse, acceptable, find_focus
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
