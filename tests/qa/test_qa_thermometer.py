"""The temperature of a region, its uncertainty, and what is refused."""

import numpy as np
import pytest

from syntherm.qa.dataset import RegionSignal
from syntherm.qa.model import Echoes, magnitude, shift_ppm
from syntherm.qa.thermometer import measure, region_magnitude

TIME_s = np.sort(np.concatenate([1.79 + 2.38 * np.arange(12), 2.68 + 2.38 * np.arange(12)])) * 1e-3
TRAIN = np.tile([0, 1], 12).astype(np.intp)


def region(voxels_degC: list[float], noise: float = 2.0, b: float = 300.0, phase: float = 0.0) -> RegionSignal:
    bare = Echoes(TIME_s, np.ones_like(TIME_s), TRAIN, 123.25)
    signal = np.array(
        [magnitude(np.array([600.0, b, 12.0, 18.0, shift_ppm(t), phase, 100.0, 1.0]), bare) for t in voxels_degC]
    )
    channel = np.random.default_rng(7).normal(scale=noise, size=(2, *signal.shape))
    return RegionSignal(1, 1, 123.25, TIME_s, TRAIN, np.hypot(signal + channel[0], channel[1]), noise)


def test_a_uniform_vial_is_measured_within_its_uncertainty() -> None:
    found = measure(region([25.0] * 9))
    assert not found.reason
    assert abs(found.temperature_degC - 25.0) < 3.0 * found.uncertainty_degC
    assert found.uncertainty_degC < 0.5


def test_voxels_that_differ_make_the_region_more_uncertain() -> None:
    even, uneven = measure(region([25.0] * 4)), measure(region([19.0, 23.0, 27.0, 31.0]))
    assert uneven.voxels_degC > 5.0 * even.voxels_degC
    # Four voxels spread 5.2 degC: the standard error of their mean is 2.6.
    assert uneven.voxels_degC == pytest.approx(2.6, rel=0.3)


def test_a_phase_that_is_not_zero_counts_as_uncertainty_of_the_model() -> None:
    assert measure(region([25.0] * 9, phase=0.3)).model_degC > 5.0 * measure(region([25.0] * 9)).model_degC


def test_the_uncertainty_combines_its_three_parts() -> None:
    found = measure(region([23.0, 25.0, 27.0], phase=0.2))
    parts = (found.fit_degC, found.voxels_degC, found.model_degC)
    assert min(parts) > 0.0
    assert found.uncertainty_degC == pytest.approx(np.linalg.norm(parts))


def test_the_noise_floor_is_taken_off_the_region() -> None:
    channels = np.random.default_rng(1).normal(scale=10.0, size=(2, 20_000, 3))
    voxels = np.hypot(np.array([0.0, 15.0, 100.0]) + channels[0], channels[1])
    assert region_magnitude(voxels, 10.0) == pytest.approx([0.0, 15.0, 100.0], abs=2.5)
    assert region_magnitude(voxels, 0.0)[1] > 19.0


@pytest.mark.parametrize(
    "signal",
    [region([25.0] * 4, b=0.0), region([25.0] * 4, noise=3000.0)],
    ids=["one component", "noise alone"],
)
def test_a_region_without_a_beat_is_not_measured(signal: RegionSignal) -> None:
    found = measure(signal)
    assert found.reason
    assert not np.isfinite(found.temperature_degC)
    assert not np.isfinite(found.uncertainty_degC)
