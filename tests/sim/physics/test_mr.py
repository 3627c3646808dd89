"""The signal carries temperature as the phase convention says, and its enemies at the sizes asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from syntherm_sim.physics.anatomy import Anatomy, breast
from syntherm_sim.physics.disturbance import Disturbance, FieldModel
from syntherm_sim.physics.grid import F32, SCANNER_SHAPE, SHAPE, to_scanner_grid
from syntherm_sim.physics.mr import Sequence, Signal
from syntherm_sim.physics.tissue import Tissue

STILL = Disturbance(
    drift_degC_per_10min=0.0, breathing_degC=0.0, breathing_curvature_degC=0.0, drift_gradient=0.0,
    breathing_gradient=0.0,
)  # fmt: skip
CLEAN = Sequence(snr=1e9)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return breast(7)


def even(temperature_degC: float) -> F32:
    return np.full(SHAPE, temperature_degC, dtype=np.float32)


def wholly(patient: Anatomy, tissue: Tissue) -> NDArray[np.bool_]:
    return np.asarray(to_scanner_grid(patient.mask(tissue).astype(np.float32)) == 1.0)


def apparent_degC(after: NDArray[np.complex64], before: NDArray[np.complex64]) -> NDArray[np.float64]:
    return np.asarray(np.angle(after * np.conj(before)) / Sequence().rad_per_degC, dtype=np.float64)


def test_phase_per_degree_is_the_published_figure() -> None:
    # 2 pi x 42.577 MHz/T x 1.5 T x -0.0094 ppm x 20 ms
    assert Sequence().rad_per_degC == pytest.approx(-0.0754, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.floats(-10.0, 20.0))
def test_water_shows_the_step_and_fat_does_not(patient: Anatomy, rise: float) -> None:
    signal = Signal(patient, 1, STILL, CLEAN)
    shift = apparent_degC(signal.volume(even(37.0 + rise), 0.0), signal.volume(even(37.0), 0.0))
    tumour = shift[wholly(patient, Tissue.TUMOUR)]
    # A few per cent of fat in the tumour bend the phase a little, in either direction.
    assert np.abs(tumour - rise).max() <= 0.05 * abs(rise) + 1e-3
    fat = shift[wholly(patient, Tissue.FAT)]
    assert np.abs(fat).mean() <= 0.25 * abs(rise) + 1e-3


def test_heating_turns_the_phase_negative(patient: Anatomy) -> None:
    signal = Signal(patient, 1, STILL, CLEAN)
    turned = np.angle(signal.volume(even(42.0), 0.0) * np.conj(signal.volume(even(37.0), 0.0)))
    assert np.all(turned[wholly(patient, Tissue.TUMOUR)] < -0.3)


def test_noise_is_a_third_of_a_degree_and_the_step_is_recovered_within_it(patient: Anatomy) -> None:
    signal = Signal(patient, 3, STILL)
    reference = Signal(patient, 3, STILL, CLEAN).volume(even(37.0), 0.0)
    tumour = wholly(patient, Tissue.TUMOUR)
    readings = np.stack([apparent_degC(signal.volume(even(41.0), 0.0), reference)[tumour] for _ in range(60)])
    assert readings.std(axis=0).mean() == pytest.approx(0.295, rel=0.08)
    assert readings.mean() == pytest.approx(4.0, abs=0.2)


def test_bath_is_noise_only(patient: Anatomy) -> None:
    signal = Signal(patient, 3)
    water = wholly(patient, Tissue.WATER)
    volume = signal.volume(even(37.0), 0.0)[water]
    assert volume.real.std() == pytest.approx(signal.noise_sigma, rel=0.05)
    assert np.all(Signal(patient, 3, STILL, CLEAN).volume(even(37.0), 0.0)[water].real < 1e-6)


def test_partial_volume_mixes_hot_and_cold_by_complex_mean(patient: Anatomy) -> None:
    """Two of three layers heated: the voxel reads the complex mean, below the hot layers' temperature."""
    hot = even(37.0)
    hot[:, :, [23, 24]] = 47.0
    signal = Signal(patient, 1, STILL, CLEAN)
    middle = wholly(patient, Tissue.TUMOUR).copy()
    middle[:, :, [0, 1, 3, 4, 5, 6]] = False
    reading = apparent_degC(signal.volume(hot, 0.0), signal.volume(even(37.0), 0.0))[middle]
    assert middle.any()
    assert reading.mean() == pytest.approx(20.0 / 3.0, abs=0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 4.0), st.floats(0.01, 4.0))
def test_drift_and_breathing_have_the_sizes_asked_for(seed: int, drift: float, breathing: float) -> None:
    model = FieldModel(np.random.default_rng(seed), Disturbance(drift_degC_per_10min=drift, breathing_degC=breathing))
    assert abs(model.drift_degC(1.0)) == pytest.approx(drift / 600.0, rel=1e-3, abs=1e-12)
    assert 0.7 * drift <= abs(model.drift_degC(600.0)) <= drift
    states = np.array([model.breath(t) for t in np.arange(0.0, 12.0, 0.05)])
    assert states.min() >= 0.0 and 0.97 < states.max() <= 1.0
    constants = np.array([model.coefficients_degC(t)[0] - model.drift_degC(t) for t in np.arange(0.0, 12.0, 0.05)])
    assert np.ptp(constants) == pytest.approx(breathing, rel=0.05, abs=1e-9)


def test_breathing_keeps_its_period() -> None:
    model = FieldModel(np.random.default_rng(0), Disturbance(breathing_period_s=4.0))
    states = np.array([model.breath(t) for t in np.arange(0.0, 200.0, 0.05)])
    peaks = np.nonzero((states[1:-1] > states[:-2]) & (states[1:-1] >= states[2:]))[0]
    assert np.diff(peaks).mean() * 0.05 == pytest.approx(4.0, rel=0.03)


def test_drift_reaches_the_image_in_water_and_fat_alike(patient: Anatomy) -> None:
    only_drift = Disturbance(drift_degC_per_10min=2.0, drift_gradient=0.0, breathing_degC=0.0,
                             breathing_curvature_degC=0.0)  # fmt: skip
    signal = Signal(patient, 5, only_drift, CLEAN)
    shift = apparent_degC(signal.volume(even(37.0), 600.0), signal.volume(even(37.0), 0.0))
    expected = signal.field_model.drift_degC(600.0)
    assert 1.5 < abs(expected) < 2.0
    for tissue in (Tissue.TUMOUR, Tissue.FAT, Tissue.GLAND):
        np.testing.assert_allclose(shift[wholly(patient, tissue)], expected, atol=2e-3)


def test_curvature_left_after_a_linear_fit_is_small() -> None:
    model = FieldModel(np.random.default_rng(0), Disturbance())
    largest = max(model.coefficients_degC(t)[4] for t in np.arange(0.0, 8.0, 0.1))
    assert 0.05 < largest * 50.0**2 <= 0.15


def test_same_seed_and_calls_are_bit_identical(patient: Anatomy) -> None:
    def record(seed: int) -> bytes:
        signal = Signal(patient, seed)
        return b"".join(signal.volume(even(37.0 + n), 2.5 * n).tobytes() for n in range(3))

    assert record(9) == record(9)
    assert record(9) != record(10)


def test_fat_fraction_volume_is_the_mean_of_its_voxels(patient: Anatomy) -> None:
    volume = Signal(patient, 1).fat_fraction_volume()
    assert volume.shape == SCANNER_SHAPE and volume.dtype == np.float32
    assert volume[wholly(patient, Tissue.FAT)].min() > 0.85
    assert volume[wholly(patient, Tissue.TUMOUR)].max() < 0.1


def test_bad_input_is_refused(patient: Anatomy) -> None:
    with pytest.raises(ValueError, match="temperature_degC: expected shape"):
        Signal(patient, 1).volume(np.zeros(SCANNER_SHAPE, dtype=np.float32), 0.0)
    with pytest.raises(ValueError, match="drift_degC_per_10min"):
        Disturbance(drift_degC_per_10min=-1.0)
