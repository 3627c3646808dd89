"""Rules of thermometry: it gives back what was put in, it knows how well, and it never believes what it cannot know."""

from math import isnan

import attrs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.thermometry import baseline
from syntherm.core.thermometry.baseline import Baseline
from syntherm.core.thermometry.drift import fit_drift
from syntherm.core.thermometry.regions import Region, lay_out
from syntherm.core.thermometry.summary import exceeded_by, summarise
from syntherm.core.thermometry.thermometer import Thermal, measure
from syntherm.core.thermometry.validity import Reason, judge

N = 432
numbers = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(-1e6, 1e6)


# ----------------------------------------------------------------------------------------------------------- bounds
@pytest.mark.verifies("SRS-406")
@given(numbers, numbers, numbers)
def test_no_bound_is_ever_on_the_wrong_side(estimate, lower, upper):
    try:
        built = Bounded(estimate, lower, upper)
    except ValueError:
        assert not lower <= estimate <= upper
    else:
        assert not any(map(isnan, (built.estimate, built.lower, built.upper)))
        assert built.lower <= built.estimate <= built.upper


@pytest.mark.verifies("SRS-406")
@given(finite)
def test_unknown_is_outside_every_limit(limit):
    assert not UNKNOWN.upper <= limit and not UNKNOWN.lower >= limit and not UNKNOWN.known


# ------------------------------------------------------------------------------------------------- order statistics
samples = hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(30.0, 60.0))


@pytest.mark.verifies("SRS-406")
@given(samples, st.floats(0.01, 0.99), st.floats(0.0, 4.0), st.floats(0.0, 1.0))
def test_quantile_bounds_hold_the_estimate_and_open_with_coverage_and_uncertainty(sample, fraction, k, common):
    ascending = np.sort(sample)
    value = exceeded_by(fraction, ascending, k, common)
    assert value.lower <= value.estimate <= value.upper
    wider = exceeded_by(fraction, ascending, k + 0.5, common + 0.1)
    assert wider.lower <= value.lower and value.upper <= wider.upper
    assert wider.estimate == value.estimate


@pytest.mark.verifies("SRS-406")
@given(samples, st.floats(0.02, 0.98), st.floats(0.0, 3.0))
def test_a_higher_share_is_exceeded_by_a_lower_value(sample, fraction, k):
    ascending = np.sort(sample)
    here = exceeded_by(fraction, ascending, k, 0.0)
    assert exceeded_by(fraction + 0.01, ascending, k, 0.0).estimate <= here.estimate
    warmer = exceeded_by(fraction, ascending + 1.0, k, 0.0)
    assert warmer.upper == pytest.approx(here.upper + 1.0) and warmer.lower == pytest.approx(here.lower + 1.0)


@pytest.mark.verifies("SRS-406")
@pytest.mark.parametrize("spread_degC", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("noise_degC", [0.1, 0.6])
@pytest.mark.parametrize("count", [40, 300])
def test_tenths_of_a_smooth_region_are_held_under_noise(spread_degC, noise_degC, count):
    """True temperatures with one peak; the true hot10 stays below the upper bound, the true cold90 above the lower."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        truth = rng.normal(41.0, spread_degC, count)
        shown = np.sort(truth + rng.normal(0.0, noise_degC, count))
        hot, cold = exceeded_by(0.1, shown, 1.96, 0.0), exceeded_by(0.9, shown, 1.96, 0.0)
        held += hot.upper >= np.quantile(truth, 0.9) and cold.lower <= np.quantile(truth, 0.1)
    assert held >= 0.95 * 400


# ------------------------------------------------------------------------------------------------------------ drift
fields = st.tuples(st.floats(-3.0, 3.0), *[st.floats(-0.01, 0.01)] * 3)


def drifted(layout, field):
    return field[0] + layout.points_mm.astype(np.float64) @ np.asarray(field[1:])


@pytest.mark.verifies("SRS-402")
@given(field=fields, seed=st.integers(0, 10_000))
def test_any_field_of_first_order_is_taken_out(bench, field, seed):
    layout = bench.layout
    angles = drifted(layout, field) + np.random.default_rng(seed).normal(0.0, 1e-4, N)
    product = np.exp(1j * angles).astype(np.complex64)
    fitted = fit_drift(product, layout, np.ones(N, dtype=np.bool_))
    left = np.angle(product * np.exp(-1j * fitted.field_rad))
    assert np.abs(left).max() < 1e-3
    assert fitted.residual_rad < 2e-4


@pytest.fixture(scope="module")
def tubes(bench):
    return lay_out(bench.full)


@pytest.mark.verifies("SRS-402")
@settings(max_examples=40, deadline=None)
@given(field=fields, seed=st.integers(0, 10_000), share=st.floats(0.0, 0.05), away=st.floats(-1.5, 1.5))
def test_outliers_among_the_references_do_not_move_the_fit(tubes, field, seed, share, away):
    assert wrong_by(tubes, field, seed, share, away) < 0.02


def wrong_by(layout, field, seed, share, away):
    """Radians by which the fit is wrong in the target, with a share of the references off by `away`."""
    rng = np.random.default_rng(seed)
    angles = drifted(layout, field) + rng.normal(0.0, 0.01, len(layout.points_mm))
    wild = rng.choice(layout.reference, int(share * len(layout.reference)), replace=False)
    angles[wild] += away
    fitted = fit_drift(np.exp(1j * angles).astype(np.complex64), layout, np.ones(len(angles), dtype=np.bool_))
    if fitted is None or fitted.residual_rad * 13.26 > 0.6:
        return 0.0  # It is told: nothing is silently wrong.
    wrong = np.exp(1j * (fitted.field_rad - drifted(layout, field)))[layout.target.voxels]
    return float(np.abs(np.angle(wrong)).max())


@pytest.mark.verifies("SRS-402", "SRS-413")
def test_a_fifth_of_outliers_is_rejected_or_told(tubes):
    worst = max(wrong_by(tubes, (0.0, 0.0, 0.0, 0.0), seed, 0.19, 1.0) for seed in range(60))
    assert worst < 0.02


@pytest.mark.verifies("SRS-402", "RC-09")
def test_references_in_one_plane_fit_nothing(bench):
    layout = bench.layout
    usable = layout.points_mm[:, 2] == 0.0
    angles = np.random.default_rng(1).normal(0.0, 0.01, N)
    assert fit_drift(np.exp(1j * angles).astype(np.complex64), layout, usable) is None


# ----------------------------------------------------------------------------------------------------- thermometer
def noiseless(plan, field=0.0):
    """A baseline of one unit of signal and hardly any noise."""
    volume = np.exp(1j * np.linspace(-2.0, 2.0, N)).reshape(plan.scanner.matrix).astype(np.complex64)
    return volume, Baseline(volume, 20, 1e-4, np.zeros(N, dtype=np.float32))


@pytest.mark.verifies("SRS-401", "SRS-402")
@settings(max_examples=60)
@given(
    sign=st.sampled_from([-1, 1]), field_T=st.sampled_from([0.5, 1.5, 3.0, 7.0]), echo_ms=st.floats(2.0, 20.0),
    alpha=st.floats(-0.0115, -0.0085), rise=st.floats(-8.0, 8.0), field=fields,
)  # fmt: skip
def test_temperatures_come_back_at_any_sign_field_and_echo_time(
    bench, made, sign, field_T, echo_ms, alpha, rise, field
):
    assume(field_T * echo_ms <= 60.0)
    plan = made.put(
        bench.plan, scanner__phase_sign=sign, scanner__field_T=field_T, scanner__echo_time_ms=echo_ms,
        scanner__prf_ppm_per_degC=alpha,
    )  # fmt: skip
    volume, known = noiseless(plan)
    truth = np.full(N, 37.0)
    truth[bench.layout.target.voxels] += rise
    phase = (truth - 37.0) * made.radians_per_degC(plan) + drifted(bench.layout, field)
    seen = (volume * np.exp(1j * phase).reshape(volume.shape)).astype(np.complex64)
    thermal = measure(seen, known, np.zeros(N, np.float32), bench.layout, plan, None)
    assert (thermal.validity == Reason.VALID).all()
    tolerance = 3e-5 / abs(made.radians_per_degC(plan)) + 1e-4
    assert np.abs(thermal.temperature_degC - truth).max() < tolerance


@pytest.mark.verifies("SRS-403")
def test_uncertainty_is_what_repeated_images_scatter_by(bench, made):
    """Coverage of 1.96 standard uncertainties over many calibrations; causes that do not scatter are left out."""
    plan = made.put(
        bench.plan, scanner__prf_relative_uncertainty=1e-9, heating__baseline_uncertainty_degC=1e-9,
        limits__precision_degC=5.0,
    )  # fmt: skip
    truth = np.full(N, 37.0)
    truth[bench.layout.target.voxels] = 41.5
    inside = []
    for run in range(40):
        learning = None
        for image in range(20):
            volume = made.volume_of(plan, np.full(N, 37.0), 1000 * run + image, noise=25.0)
            learning = baseline.start(volume) if learning is None else baseline.learn(learning, volume, bench.layout)
        known = baseline.finish(learning)
        seen = made.volume_of(plan, truth, 1000 * run + 500, noise=25.0, field=0.3)
        thermal = measure(seen, known, np.zeros(N, np.float32), bench.layout, plan, None)
        valid = thermal.validity == Reason.VALID
        assert valid.all()
        inside.append(np.abs(thermal.temperature_degC - truth) <= 1.96 * thermal.uncertainty_degC)
    assert 0.93 <= np.mean(inside) <= 0.97


images = hnp.arrays(
    np.complex64, N,
    elements=st.complex_numbers(max_magnitude=1e6, allow_nan=False, allow_infinity=False, width=64),
    fill=st.just(np.complex64(800.0 + 10.0j)),
)  # fmt: skip


@pytest.mark.verifies("SRS-404", "SRS-408", "RC-09")
@settings(max_examples=60)
@given(image=images)
def test_whatever_finite_image_comes_a_valid_voxel_has_a_number(bench, made, image):
    known = Baseline(
        made.volume_of(bench.plan, np.full(N, 37.0), 1), 20, 8.0, np.zeros(N, dtype=np.float32)
    )  # fmt: skip
    volume = image.reshape(bench.plan.scanner.matrix)
    thermal = measure(volume, known, np.zeros(N, np.float32), bench.layout, bench.plan, None)
    if thermal is None:
        return
    valid = thermal.validity == Reason.VALID
    for values in (thermal.temperature_degC, thermal.uncertainty_degC, thermal.common_degC):
        assert np.isfinite(values[valid]).all()
    assert (thermal.uncertainty_degC[valid] >= thermal.common_degC[valid]).all()
    assert (thermal.uncertainty_degC[valid] > 0.0).all()
    dim = np.minimum(np.abs(image), np.abs(known.reference.reshape(-1))) < bench.plan.limits.min_snr * 8.0 * 0.999
    assert not (valid & dim).any()
    step = np.abs(thermal.temperature_degC - 37.0) > bench.plan.limits.voxel_step_degC
    assert not (valid & step).any()
    known_summary = summarise(Region("all", np.arange(N)), thermal, 1.96)
    assert known_summary.valid == valid.sum()
    if known_summary.hottest.known:
        assert known_summary.hottest.upper >= (thermal.temperature_degC[valid]).max()
        assert known_summary.cold90.lower <= known_summary.mean.estimate <= known_summary.hottest.upper


@pytest.mark.verifies("SRS-404", "SRS-408", "RC-09")
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
def test_a_huge_but_finite_number_is_no_temperature(bench, made):
    reference = made.volume_of(bench.plan, np.full(N, 37.0), 1)
    known = Baseline(reference, 20, 8.0, np.zeros(N, dtype=np.float32))
    seen = made.volume_of(bench.plan, np.full(N, 37.0), 2)
    voxel = bench.layout.target.voxels[0]
    seen.reshape(-1)[voxel] = np.complex64(3e37 + 3e37j)
    thermal = measure(seen, known, np.zeros(N, np.float32), bench.layout, bench.plan, None)
    assert thermal is None or thermal.validity[voxel] != Reason.VALID or np.isfinite(thermal.temperature_degC[voxel])


singles = st.floats(allow_nan=True, allow_infinity=True, width=32)


@pytest.mark.verifies("SRS-404", "RC-09")
@given(singles, singles, singles)
def test_reasons_for_any_numbers_follow_their_order(snr, fat, excess):
    maps = [np.array([value], dtype=np.float32) for value in (snr, fat, excess)]
    found = Reason(judge(*maps, min_snr=12.0, max_fat_fraction=0.25, max_excess_degC=0.5)[0])
    wanted = Reason.VALID
    for holds, reason in (
        (excess <= 0.5, Reason.UNSTABLE), (fat <= 0.25, Reason.FAT), (snr >= 12.0, Reason.LOW_SIGNAL),
        (snr >= 4.0, Reason.NOISE),
    ):  # fmt: skip
        if not holds:
            wanted = reason
    assert found is wanted
    if any(map(isnan, (snr, fat, excess))):
        assert found is not Reason.VALID


@pytest.mark.verifies("SRS-404")
@given(st.lists(st.sampled_from(list(Reason)), min_size=1, max_size=60))
def test_only_valid_voxels_count(reasons):
    degC = np.where(np.asarray(reasons) == Reason.VALID, 41.0, 90.0).astype(np.float32)
    nothing = np.zeros(len(reasons), dtype=np.float32)
    thermal = Thermal(
        temperature_degC=degC, uncertainty_degC=nothing, common_degC=nothing,
        validity=np.asarray(reasons, dtype=np.uint8), last_valid_degC=degC, drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip
    known = summarise(Region("r", np.arange(len(reasons))), thermal, 1.96)
    valid = reasons.count(Reason.VALID)
    assert known.valid_fraction == valid / len(reasons)
    assert known.hottest == (UNKNOWN if valid < 4 else Bounded(41.0, 41.0, 41.0))
    assert attrs.asdict(known)["valid"] == valid
