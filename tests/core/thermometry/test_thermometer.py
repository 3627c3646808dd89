"""One image to one map: known temperatures come back, and each enemy is named in its voxel."""

import attrs
import numpy as np
import pytest

from syntherm.core.thermometry import baseline
from syntherm.core.thermometry.thermometer import measure
from syntherm.core.thermometry.validity import Reason

N = 432


@pytest.fixture(scope="module")
def known(bench, made):
    learning = None
    for seed in range(20):
        volume = made.volume_of(bench.plan, np.full(N, 37.0), seed + 1)
        learning = baseline.start(volume) if learning is None else baseline.learn(learning, volume, bench.layout)
    return baseline.finish(learning)


@pytest.fixture
def shown(bench, made, known):
    """Measures an image of given temperatures."""

    def measured(degC, *, previous=None, fat=None, spoil=None, seed=99, plan=None, **how):
        volume = made.volume_of(bench.plan, degC, seed, **how)
        if spoil is not None:
            volume = volume.copy()
            spoil(volume.reshape(-1))
        fat_map = np.zeros(N, dtype=np.float32) if fat is None else fat
        return measure(volume, known, fat_map, bench.layout, plan or bench.plan, previous)

    return measured


@pytest.mark.verifies("SRS-401", "SRS-402", "SRS-403")
def test_temperatures_come_back_through_drift_and_background(bench, shown):
    truth = np.full(N, 37.0)
    truth[bench.layout.target.voxels] = 41.5
    field = 0.8 + bench.layout.points_mm @ np.array([0.004, -0.006, 0.01])
    thermal = shown(truth, field=field)
    off = (thermal.temperature_degC - truth) / thermal.uncertainty_degC
    assert (thermal.validity == Reason.VALID).all()
    assert np.abs(off).max() < 4.5
    assert thermal.drift_degC == pytest.approx(0.8 * 13.26, rel=0.05)
    assert thermal.residual_degC < 0.3


@pytest.mark.verifies("SRS-404", "SRS-408", "RC-09")
@pytest.mark.parametrize(("factor", "reason"), [(0.02, Reason.NOISE), (0.07, Reason.LOW_SIGNAL), (1.0, Reason.VALID)])
def test_a_voxel_that_loses_its_signal_is_named(bench, shown, factor, reason):
    voxel = bench.layout.target.voxels[0]

    def dim(flat):
        flat[voxel] *= factor

    thermal = shown(np.full(N, 37.0), spoil=dim, noise=0.01)
    assert thermal.validity[voxel] == reason


@pytest.mark.verifies("SRS-404", "RC-09")
def test_fat_is_named(bench, shown):
    fat = np.zeros(N, dtype=np.float32)
    fat[7] = 0.3
    assert shown(np.full(N, 37.0), fat=fat).validity[7] == Reason.FAT


@pytest.mark.verifies("SRS-404", "RC-09")
def test_a_voxel_that_was_restless_in_calibration_is_named(bench, made, known, shown):
    excess = known.excess_rad2.copy()
    excess[5] = (1.0 / 13.26) ** 2
    restless = attrs.evolve(known, excess_rad2=excess)
    volume = made.volume_of(bench.plan, np.full(N, 37.0), 50)
    thermal = measure(volume, restless, np.zeros(N, np.float32), bench.layout, bench.plan, None)
    assert thermal.validity[5] == Reason.UNSTABLE
    assert (np.delete(thermal.validity, 5) == Reason.VALID).all()


@pytest.mark.verifies("SRS-404", "RC-09")
@pytest.mark.parametrize("step_degC", [10.5, -10.5])
def test_a_jump_beyond_what_tissue_can_is_named(bench, shown, step_degC):
    voxel, truth = bench.layout.target.voxels[0], np.full(N, 37.0)
    before = shown(truth)
    truth[voxel] += step_degC
    after = shown(truth, previous=before, noise=0.1)
    assert after.validity[voxel] == Reason.STEP
    assert (np.delete(after.validity, voxel) == Reason.VALID).all()


@pytest.mark.verifies("SRS-404")
def test_what_tissue_can_is_no_step(bench, shown):
    voxel, truth = bench.layout.target.voxels[0], np.full(N, 37.0)
    thermal = shown(truth, noise=0.1)
    for truth[voxel] in (46.5, 55.0, 46.5, 37.0):
        thermal = shown(truth, previous=thermal, noise=0.1)
        assert thermal.validity[voxel] == Reason.VALID
        assert thermal.last_valid_degC[voxel] == thermal.temperature_degC[voxel]


@pytest.mark.verifies("SRS-404", "RC-09")
@pytest.mark.parametrize("between", [None, Reason.LOW_SIGNAL])
def test_a_voxel_that_has_jumped_stays_invalid_until_it_is_back(bench, shown, between):
    voxel, truth = bench.layout.target.voxels[0], np.full(N, 37.0)
    thermal = shown(truth, noise=0.1)
    if between is not None:
        thermal = shown(
            truth, previous=thermal, spoil=lambda flat: flat.__setitem__(voxel, flat[voxel] * 1e-3), noise=0.1
        )
    truth[voxel] = 25.0
    for _ in range(3):
        thermal = shown(truth, previous=thermal, noise=0.1)
        assert thermal.validity[voxel] == Reason.STEP
        assert thermal.last_valid_degC[voxel] == pytest.approx(37.0, abs=0.1)
    truth[voxel] = 40.0
    assert shown(truth, previous=thermal, noise=0.1).validity[voxel] == Reason.VALID


@pytest.mark.verifies("SRS-404", "RC-09")
def test_the_first_image_is_compared_with_the_baseline(bench, shown):
    voxel, truth = bench.layout.target.voxels[0], np.full(N, 37.0)
    truth[voxel] = 48.0
    assert shown(truth, noise=0.1).validity[voxel] == Reason.STEP


@pytest.mark.verifies("SRS-402", "SRS-404", "RC-09")
def test_without_references_there_is_no_temperature_at_all(bench, shown):
    def dim(flat):
        flat[bench.layout.reference] *= 1e-3

    assert shown(np.full(N, 37.0), spoil=dim) is None


@pytest.mark.verifies("SRS-403")
def test_uncertainty_holds_noise_and_what_is_shared(bench, shown, known):
    thermal = shown(np.full(N, 37.0))
    heating, scale = bench.plan.heating, 13.26
    own = scale * known.noise / 1000.0 * np.sqrt(1.0 + 1.0 / 20.0)
    assert thermal.uncertainty_degC.mean() == pytest.approx(np.hypot(own, thermal.common_degC.mean()), rel=0.05)
    assert (thermal.common_degC >= heating.baseline_uncertainty_degC).all()
    assert (thermal.uncertainty_degC > thermal.common_degC).all()


@pytest.mark.verifies("SRS-403")
def test_the_shift_coefficient_is_less_certain_the_warmer_it_is(bench, shown):
    warm = np.full(N, 37.0)
    warm[bench.layout.target.voxels] = 47.0
    cool, hot = shown(np.full(N, 37.0)), shown(warm)
    added2 = hot.common_degC[bench.layout.target.voxels] ** 2 - cool.common_degC[bench.layout.target.voxels] ** 2
    assert np.sqrt(added2).mean() == pytest.approx(bench.plan.scanner.prf_relative_uncertainty * 10.0, rel=0.1)


@pytest.mark.verifies("SRS-403")
def test_a_baseline_of_few_images_is_noisy_itself(bench, made, known):
    volume = made.volume_of(bench.plan, np.full(N, 37.0), 50)
    fat, variances = np.zeros(N, np.float32), {}
    for frames in (2, 1000):
        thermal = measure(volume, attrs.evolve(known, frames=frames), fat, bench.layout, bench.plan, None)
        variances[frames] = (thermal.uncertainty_degC**2 - thermal.common_degC**2).mean()
    assert variances[2] / variances[1000] == pytest.approx(1.5, rel=0.02)
