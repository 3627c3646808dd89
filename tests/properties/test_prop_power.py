"""What is lent never exceeds what tissue can bear: recomputed here from the plan's words, not from the code's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.binary import binary
from syntherm.core.control.controller import ControlInput
from syntherm.core.control.foci import place_foci
from syntherm.core.lease import bounded, grant
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

N = 432


@pytest.fixture(scope="module")
def foci(bench):
    return place_foci(bench.plan, bench.layout)


@st.composite
def tissues(draw):
    """Temperatures, uncertainties and reasons of a volume: a few voxels each of their own, the rest alike."""
    degC = np.full(N, draw(st.one_of(st.floats(36.0, 46.0), st.floats(40.5, 42.5), st.floats(44.0, 45.2))))
    own, common = np.full(N, draw(st.floats(0.0, 0.5))), np.full(N, draw(st.floats(0.05, 0.4)))
    reasons = np.zeros(N, dtype=np.uint8)
    spots = st.tuples(st.integers(0, N - 1), st.floats(30.0, 60.0), st.floats(0.0, 3.0), st.sampled_from(list(Reason)))
    for voxel, value, uncertainty, reason in draw(st.lists(spots, max_size=25)):
        degC[voxel], own[voxel], reasons[voxel] = value, uncertainty, reason
    if draw(st.booleans()):
        reasons[:] = Reason.LOW_SIGNAL
    whole = np.hypot(own, common).astype(np.float32)
    return Thermal(
        temperature_degC=degC.astype(np.float32), uncertainty_degC=whole, common_degC=common.astype(np.float32),
        validity=reasons, last_valid_degC=degC.astype(np.float32), drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


responses = st.builds(lambda per_J: FocusResponse(Bounded(2.0, 1.0, 3.0), (0.0, 0.0, 0.0), per_J), st.floats(1e-4, 3.0))
wants = hnp.arrays(np.float64, 113, elements=st.floats(0.0, 30.0), fill=st.floats(0.0, 3.0))


def hottest(thermal, voxels, k):
    """Upper bound of the hottest voxel, one by one."""
    bounds = [
        float(thermal.temperature_degC[v]) + k * float(thermal.uncertainty_degC[v])
        for v in voxels
        if thermal.validity[v] == Reason.VALID
    ]
    return max(bounds) if bounds else float("inf")


@pytest.mark.verifies("SRS-203", "SRS-201", "SRS-406", "RC-01")
@settings(max_examples=60, deadline=None)
@given(thermal=tissues(), response=responses, wanted=wants)
def test_no_focal_point_gets_more_energy_than_its_tissue_can_bear(bench, foci, thermal, response, wanted):
    plan = bench.plan
    k, lease_s, limit = plan.limits.coverage_factor, plan.sonication.lease_s, plan.limits.target_max_degC
    powers = bounded(wanted, thermal, foci, response, plan, np.zeros(len(wanted)))
    assert np.isfinite(powers).all() and (powers >= 0.0).all()
    assert (powers <= wanted + 1e-9).all()
    assert powers.sum() <= plan.sonication.max_power_W * (1.0 + 1e-9)
    reach = max(plan.sonication.focal_spacing_mm, float(np.linalg.norm(plan.scanner.voxel_mm)) / 2.0)
    for i, point in enumerate(foci.points_mm):
        near = np.linalg.norm(foci.points_mm - point, axis=1) <= reach
        energy_J = powers[near].sum() * lease_s
        headroom = max(limit - hottest(thermal, foci.voxels[i], k), 0.0)
        assert energy_J * response.rise_degC_per_J <= headroom + 1e-4
    assert grant(powers, foci, response, plan, 10.0).power_W == pytest.approx(powers.sum())


@pytest.mark.verifies("SRS-203")
@settings(max_examples=40, deadline=None)
@given(thermal=tissues(), response=responses, wanted=wants, cooler=st.floats(0.0, 5.0))
def test_cooler_tissue_never_gets_less(bench, foci, thermal, response, wanted, cooler):
    total = wanted.sum()
    wanted = wanted * min(1.0, bench.plan.sonication.max_power_W / max(total, 1e-9))
    powers = bounded(wanted, thermal, foci, response, bench.plan, np.zeros(len(wanted)))
    colder = Thermal(
        temperature_degC=thermal.temperature_degC - np.float32(cooler), uncertainty_degC=thermal.uncertainty_degC,
        common_degC=thermal.common_degC, validity=thermal.validity, last_valid_degC=thermal.last_valid_degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip
    assert (bounded(wanted, colder, foci, response, bench.plan, np.zeros(len(wanted))) >= powers - 1e-6).all()


@pytest.mark.verifies("SRS-206", "SRS-406")
@settings(max_examples=40, deadline=None)
@given(thermal=tissues())
def test_a_point_sounds_exactly_while_the_upper_bound_of_its_surroundings_is_below_the_set_point(bench, foci, thermal):
    plan = bench.plan
    k, share = plan.limits.coverage_factor, plan.sonication.max_power_W / len(foci.points_mm)
    powers = binary(ControlInput(thermal, foci, plan))
    for power, voxels in zip(powers, foci.voxels, strict=True):
        valid = [v for v in voxels if thermal.validity[v] == Reason.VALID]
        if not valid:
            assert power == 0.0
            continue
        t = np.asarray([float(thermal.temperature_degC[v]) for v in valid])
        own2 = np.asarray([float(thermal.uncertainty_degC[v]) ** 2 - float(thermal.common_degC[v]) ** 2 for v in valid])
        common2 = np.asarray([float(thermal.common_degC[v]) ** 2 for v in valid])
        upper = t.mean() + k * np.sqrt(max(own2.sum(), 0.0) / len(valid) ** 2 + common2.mean())
        if abs(upper - plan.heating.setpoint_degC) > 1e-4:
            assert power == (pytest.approx(share) if upper < plan.heating.setpoint_degC else 0.0)
    assert powers.sum() <= plan.sonication.max_power_W + 1e-9
