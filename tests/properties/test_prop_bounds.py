"""A region's bounds: on the right side of every estimate, and never moved towards safety by what makes it hotter."""

import attrs
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse, acceptable, find_focus
from syntherm.core.observe.range_clock import in_range
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.summary import summarise
from syntherm.core.thermometry.thermometer import Thermal

TINY = 1e-4
"""Temperatures are of single precision."""


def region_of(degC, own=0.0, common=0.0):
    degC = np.asarray(degC, dtype=np.float32)
    whole, shared = np.broadcast_to(np.hypot(own, common), degC.shape), np.broadcast_to(common, degC.shape)
    thermal = Thermal(
        temperature_degC=degC, uncertainty_degC=whole.astype(np.float32), common_degC=shared.astype(np.float32),
        validity=np.zeros(degC.shape, dtype=np.uint8), last_valid_degC=degC, drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip
    return Region("r", np.arange(len(degC))), thermal


samples = hnp.arrays(np.float32, st.integers(4, 120), elements=st.floats(34.0, 50.0, width=32))
doubts = st.floats(0.0, 1.5)
coverages = st.floats(1.6, 4.0)


@pytest.mark.verifies("SRS-406")
@given(degC=samples, own=doubts, common=doubts, k=coverages)
def test_bounds_hold_their_estimates_and_stand_in_order(degC, own, common, k):
    known = summarise(*region_of(degC, own, common), k)
    for each in (known.mean, known.hot10, known.cold90, known.hottest):
        assert each.lower <= each.estimate <= each.upper
    assert known.cold90.estimate <= known.hot10.estimate <= known.hottest.upper + TINY
    assert known.cold90.lower <= known.hot10.lower and known.cold90.upper <= known.hot10.upper
    assert known.hot10.upper <= known.hottest.upper + TINY
    assert known.mean.upper <= known.hottest.upper + TINY
    assert known.hottest.upper >= float(degC.max()) - TINY
    assert known.cold90.lower <= float(np.sort(degC)[len(degC) // 10]) + TINY


@pytest.mark.verifies("SRS-406", "RC-01", "RC-10")
@given(degC=samples, own=doubts, common=doubts, k=coverages, rise=st.floats(0.0, 5.0), data=st.data())
def test_a_hotter_voxel_lowers_no_bound(degC, own, common, k, rise, data):
    where = data.draw(st.lists(st.integers(0, len(degC) - 1), min_size=1, unique=True))
    hotter = degC.copy()
    hotter[where] += np.float32(rise)
    before, after = (summarise(*region_of(values, own, common), k) for values in (degC, hotter))
    for name in ("mean", "hot10", "cold90"):
        assert getattr(after, name).upper >= getattr(before, name).upper - TINY
        assert getattr(after, name).lower >= getattr(before, name).lower - TINY
    assert after.hottest.upper >= before.hottest.upper - TINY


@pytest.mark.verifies("SRS-406", "SRS-403")
@given(degC=samples, own=doubts, common=doubts, k=coverages, more=st.tuples(doubts, doubts, doubts))
def test_more_doubt_or_coverage_opens_every_bound(degC, own, common, k, more):
    before = summarise(*region_of(degC, own, common), k)
    after = summarise(*region_of(degC, own + more[0], common + more[1]), k + more[2])
    for name in ("mean", "hot10", "cold90"):
        assert getattr(after, name).upper >= getattr(before, name).upper - TINY
        assert getattr(after, name).lower <= getattr(before, name).lower + TINY
        assert getattr(after, name).estimate == getattr(before, name).estimate
    assert after.hottest.upper >= before.hottest.upper - TINY


@pytest.mark.verifies("SRS-406", "SRS-301")
@given(cold=st.floats(38.0, 43.0), hot=st.floats(40.0, 45.0), by=st.floats(0.0, 3.0), valid=st.integers(0, 100))
def test_in_range_is_lost_and_never_won_by_what_makes_it_worse(bench, cold, hot, by, valid):
    plan = bench.plan
    target = bench.at("heating").state.thermometry.target

    def reached(lower, upper, seen):
        changed = attrs.evolve(
            target, cold90=Bounded(50.0, lower, 51.0), hot10=Bounded(30.0, 29.0, upper), voxels=100, valid=seen
        )
        return in_range(changed, plan)

    heating = plan.heating
    enough = valid / 100 >= plan.limits.target_min_valid_fraction
    within = heating.range_cold90_min_degC <= cold and hot <= heating.range_hot10_max_degC
    assert reached(cold, hot, valid) is (enough and within)
    for worse in (reached(cold - by, hot, valid), reached(cold, hot + by, valid), reached(cold, hot, valid // 2)):
        assert reached(cold, hot, valid) or not worse
    assert not in_range(None, plan)


# --------------------------------------------------------------------------------------------- response of the day
@pytest.mark.verifies("SRS-412", "SRS-203", "RC-06")
@given(
    rise=st.floats(0.5, 6.0), doubt=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0), energy_J=st.floats(1.0, 500.0),
    fewer=st.floats(0.1, 1.0),
)  # fmt: skip
def test_the_response_is_an_upper_bound_that_grows_with_doubt_and_with_less_energy(
    bench, made, rise, doubt, more, energy_J, fewer
):
    degC = made.Picture(spot=rise).map(bench.layout)

    def found(uncertainty, joules):
        return find_focus(region_of(degC, common=uncertainty)[1], bench.layout, bench.plan, joules)

    here = found(doubt, energy_J)
    assert here.rise_degC.lower <= here.rise_degC.estimate <= here.rise_degC.upper
    assert here.rise_degC_per_J * energy_J >= here.rise_degC.upper * (1.0 - 1e-9)
    assert found(doubt + more, energy_J).rise_degC_per_J >= here.rise_degC_per_J * (1.0 - 1e-9)
    assert found(doubt, energy_J * fewer).rise_degC_per_J >= here.rise_degC_per_J * (1.0 - 1e-9)


@pytest.mark.verifies("SRS-412", "RC-06")
@given(estimate=st.floats(0.0, 6.0), half=st.floats(0.0, 2.0), wider=st.floats(0.0, 2.0), away=st.floats(0.0, 12.0))
def test_a_wider_or_farther_response_is_never_accepted_where_a_better_one_was_not(bench, estimate, half, wider, away):
    def accepted(spread, distance_mm):
        bounds = Bounded(estimate, estimate - spread, estimate + spread)
        return acceptable(FocusResponse(bounds, (0.0, distance_mm, 0.0), 0.03), bench.plan)

    wanted = bench.plan.calibration
    assume(abs(away - wanted.max_focus_offset_mm) > 1e-9)
    rise_well = estimate - half >= wanted.min_rise_degC and estimate + half <= wanted.max_rise_degC
    assert accepted(half, away) is (rise_well and away <= wanted.max_focus_offset_mm)
    assert accepted(half, away) or not accepted(half + wider, away)
    assert accepted(half, away) or not accepted(half, away + wider)
