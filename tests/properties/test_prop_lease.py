"""Less is known, hotter, or already on its way: never does that lend more."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.binary import binary, local_upper_degC
from syntherm.core.control.controller import ControlInput
from syntherm.core.control.foci import place_foci
from syntherm.core.lease import bounded, grant, hottest_upper_degC
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

N = 432
TINY_W = 1e-6


@pytest.fixture(scope="module")
def foci(bench):
    return place_foci(bench.plan, bench.layout)


@st.composite
def tissues(draw):
    """Temperatures near the limits, with some voxels of their own."""
    degC = np.full(N, draw(st.floats(38.0, 45.0)), dtype=np.float32)
    own, common = np.full(N, draw(st.floats(0.0, 0.5))), np.full(N, draw(st.floats(0.05, 0.4)))
    for voxel, value in draw(st.lists(st.tuples(st.integers(0, N - 1), st.floats(36.0, 48.0)), max_size=20)):
        degC[voxel] = value
    return Thermal(
        temperature_degC=degC, uncertainty_degC=np.hypot(own, common).astype(np.float32),
        common_degC=common.astype(np.float32), validity=np.zeros(N, dtype=np.uint8), last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


responses = st.builds(lambda per_J: FocusResponse(Bounded(2.0, 1.0, 3.0), (0.0, 0.0, 0.0), per_J), st.floats(1e-3, 1.0))
shares = hnp.arrays(np.float64, 113, elements=st.floats(0.0, 1.0), fill=st.floats(0.0, 1.0))
unseens = hnp.arrays(np.float64, 113, elements=st.floats(0.0, 5.0), fill=st.floats(0.0, 1.0))
voxels = st.lists(st.integers(0, N - 1), min_size=1, max_size=N, unique=True)


def wanted_W(bench, foci, share):
    """What a controller may want: an equal share of the plan's power for each point at most."""
    return share[: len(foci.points_mm)] * bench.plan.sonication.max_power_W / len(foci.points_mm)


def changed(thermal, where, **maps):
    """A copy with these maps raised in some voxels."""
    raised = {}
    for name, by in maps.items():
        raised[name] = getattr(thermal, name).copy()
        raised[name][where] += np.float32(by)
    return attrs.evolve(thermal, **raised)


@pytest.mark.verifies("SRS-203", "SRS-406", "RC-01")
@settings(max_examples=60, deadline=None)
@given(
    thermal=tissues(), response=responses, share=shares, unseen=unseens, where=voxels, rise=st.floats(0.0, 6.0),
    doubt=st.floats(0.0, 2.0),
)  # fmt: skip
def test_hotter_or_less_certain_voxels_never_raise_any_points_power(
    bench, foci, thermal, response, share, unseen, where, rise, doubt
):
    wanted, unseen = wanted_W(bench, foci, share), unseen[: len(foci.points_mm)]
    before = bounded(wanted, thermal, foci, response, bench.plan, unseen)
    hotter = changed(thermal, where, temperature_degC=rise)
    assert (bounded(wanted, hotter, foci, response, bench.plan, unseen) <= before + TINY_W).all()
    vaguer = changed(thermal, where, uncertainty_degC=doubt)
    assert (bounded(wanted, vaguer, foci, response, bench.plan, unseen) <= before + TINY_W).all()


@pytest.mark.verifies("SRS-203", "SRS-201", "RC-01")
@settings(max_examples=60, deadline=None)
@given(thermal=tissues(), response=responses, share=shares, unseen=unseens, more=unseens)
def test_more_unseen_energy_never_raises_any_points_power(bench, foci, thermal, response, share, unseen, more):
    wanted, count = wanted_W(bench, foci, share), len(foci.points_mm)
    before = bounded(wanted, thermal, foci, response, bench.plan, unseen[:count])
    after = bounded(wanted, thermal, foci, response, bench.plan, unseen[:count] + more[:count])
    assert (after <= before + TINY_W).all()


@pytest.mark.verifies("SRS-203", "SRS-412", "RC-01", "RC-06")
@settings(max_examples=40, deadline=None)
@given(thermal=tissues(), response=responses, share=shares, factor=st.floats(1.0, 5.0))
def test_a_stronger_response_never_raises_any_points_power(bench, foci, thermal, response, share, factor):
    wanted = wanted_W(bench, foci, share)
    nothing = np.zeros(len(wanted))
    stronger = attrs.evolve(response, rise_degC_per_J=response.rise_degC_per_J * factor)
    before = bounded(wanted, thermal, foci, response, bench.plan, nothing)
    assert (bounded(wanted, thermal, foci, stronger, bench.plan, nothing) <= before + TINY_W).all()


@pytest.mark.verifies("SRS-203", "SRS-404", "RC-09")
@settings(max_examples=40, deadline=None)
@given(thermal=tissues(), response=responses, share=shares, unseen=unseens)
def test_energy_seen_and_unseen_together_stay_below_what_the_tissue_bears(
    bench, foci, thermal, response, share, unseen
):
    plan, unseen = bench.plan, unseen[: len(foci.points_mm)]
    powers = bounded(wanted_W(bench, foci, share), thermal, foci, response, plan, unseen)
    for i, neighbours in enumerate(foci.neighbours):
        left_degC = plan.limits.target_max_degC - hottest_upper_degC(
            thermal, foci.voxels[i], plan.limits.coverage_factor
        )
        lent_J, hidden_J = powers[neighbours].sum() * plan.sonication.lease_s, unseen[neighbours].sum()
        assert lent_J == 0.0 or response.rise_degC_per_J * (lent_J + hidden_J) <= left_degC + 1e-6
    assert grant(powers, foci, response, plan, 0.0).power_W <= plan.sonication.max_power_W + TINY_W


@pytest.mark.verifies("SRS-206", "SRS-406", "RC-01")
@settings(max_examples=60, deadline=None)
@given(thermal=tissues(), where=voxels, rise=st.floats(0.0, 6.0), doubt=st.floats(0.0, 2.0))
def test_the_controller_never_wants_more_where_it_is_hotter_or_less_certain(bench, foci, thermal, where, rise, doubt):
    before = binary(ControlInput(thermal, foci, bench.plan))
    hotter = changed(thermal, where, temperature_degC=rise)
    vaguer = changed(thermal, where, uncertainty_degC=doubt)
    shared = changed(thermal, slice(None), uncertainty_degC=doubt, common_degC=doubt)
    for worse in (hotter, vaguer, shared):
        assert (binary(ControlInput(worse, foci, bench.plan)) <= before).all()


@pytest.mark.verifies("SRS-203", "SRS-406")
@settings(max_examples=60, deadline=None)
@given(thermal=tissues(), where=voxels, k=st.floats(1.6, 4.0), wider=st.floats(0.0, 2.0))
def test_bounds_of_a_neighbourhood_are_above_its_estimates_and_open_with_coverage(thermal, where, k, wider):
    near = np.asarray(sorted(where))
    shown = thermal.temperature_degC[near].astype(np.float64)
    assert hottest_upper_degC(thermal, near, k) >= float(shown.max()) - 1e-5
    assert local_upper_degC(thermal, near, k) >= float(shown.mean()) - 1e-5
    assert hottest_upper_degC(thermal, near, k + wider) >= hottest_upper_degC(thermal, near, k)
    assert local_upper_degC(thermal, near, k + wider) >= local_upper_degC(thermal, near, k)


@pytest.mark.verifies("SRS-404", "RC-09")
@given(reason=st.sampled_from([reason for reason in Reason if reason is not Reason.VALID]), degC=st.floats(30.0, 44.0))
def test_a_point_that_nobody_sees_gets_nothing(bench, foci, reason, degC):
    cool = np.full(N, degC, dtype=np.float32)
    blind = Thermal(
        temperature_degC=cool, uncertainty_degC=cool * 0, common_degC=cool * 0,
        validity=np.full(N, reason, dtype=np.uint8), last_valid_degC=cool, drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip
    assert (binary(ControlInput(blind, foci, bench.plan)) == 0.0).all()
    response = FocusResponse(Bounded(2.0, 1.0, 3.0), (0.0, 0.0, 0.0), 0.03)
    wanted = np.ones(len(foci.points_mm))
    assert (bounded(wanted, blind, foci, response, bench.plan, np.zeros(len(wanted))) == 0.0).all()
