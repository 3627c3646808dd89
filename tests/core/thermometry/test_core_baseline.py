"""Learning the unheated patient: noise, unrest and reference against what was put in."""

import numpy as np
import pytest

from syntherm.core.thermometry import baseline


def learned(made, plan, layout, images, noise=8.0, moving=None):
    learning = None
    for seed in range(images):
        degC = np.full(len(layout.points_mm), 37.0)
        if moving is not None:
            degC = degC + moving(seed)
        volume = made.volume_of(plan, degC, seed + 1, noise=noise, field=0.1 * seed)
        learning = baseline.start(volume) if learning is None else baseline.learn(learning, volume, layout)
    return learning


@pytest.mark.verifies("SRS-405", "SRS-403", "RC-06")
@pytest.mark.parametrize("noise", [2.0, 8.0, 30.0])
def test_noise_is_what_was_put_in(bench, made, noise):
    known = baseline.finish(learned(made, bench.plan, bench.layout, 20, noise))
    assert known.frames == 20
    assert known.noise == pytest.approx(noise, rel=0.1)


@pytest.mark.verifies("SRS-405")
def test_reference_is_the_mean_turned_to_the_first_image(bench, made):
    known = baseline.finish(learned(made, bench.plan, bench.layout, 20, noise=1e-3))
    first = made.volume_of(bench.plan, np.full(432, 37.0), 1, noise=1e-3)
    assert known.reference.dtype == np.complex64
    assert np.abs(known.reference - first).max() < 0.1


@pytest.mark.verifies("SRS-405", "SRS-404", "RC-06")
def test_unrest_is_seen_where_it_is(bench, made):
    layout = bench.layout
    restless = np.zeros(432)
    restless[layout.target.voxels] = 1.0
    rng = np.random.default_rng(9)
    swings = rng.normal(0.0, 1.5, 100)
    calm = baseline.finish(learned(made, bench.plan, layout, 20))
    moved = baseline.finish(learned(made, bench.plan, layout, 20, moving=lambda i: restless * swings[i]))
    scale2 = (1.0 / made.radians_per_degC(bench.plan)) ** 2
    assert np.sqrt(calm.excess_rad2 * scale2).max() < 0.15
    assert np.sqrt(moved.excess_rad2[layout.target.voxels] * scale2).mean() == pytest.approx(1.4, rel=0.3)
    assert (moved.excess_rad2 >= 0.0).all()


def test_an_image_whose_drift_cannot_be_fitted_adds_nothing(bench, made):
    so_far = learned(made, bench.plan, bench.layout, 3)
    volume = made.volume_of(bench.plan, np.full(432, 37.0), 4).copy()
    volume.reshape(-1)[bench.layout.reference] = np.nan
    assert baseline.learn(so_far, volume, bench.layout) is so_far


def test_two_images_are_enough_for_a_baseline(bench, made):
    known = baseline.finish(learned(made, bench.plan, bench.layout, 2))
    assert np.isfinite(known.noise) and known.noise > 0.0
    assert np.isfinite(known.excess_rad2).all()
