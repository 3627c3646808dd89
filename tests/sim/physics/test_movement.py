"""Movement carries tissue, signal and heat as said; faults spoil an image as said."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.commands import FocalPower
from syntherm_sim.patient import Day, Patient
from syntherm_sim.physics.anatomy import Anatomy, breast
from syntherm_sim.physics.disturbance import BreathingChange, Disturbance, FieldModel
from syntherm_sim.physics.grid import F32, SHAPE, mesh_mm, to_scanner_grid
from syntherm_sim.physics.image_fault import Faults, ImageFault, Spoilt
from syntherm_sim.physics.movement import REST, Movement, met_by, translated
from syntherm_sim.physics.mr import Sequence, Signal
from syntherm_sim.physics.susceptibility import FAT_PPM_PER_DEGC, field_ppm
from syntherm_sim.physics.tissue import Tissue

STILL = Disturbance(
    drift_degC_per_10min=0.0, breathing_degC=0.0, breathing_curvature_degC=0.0, drift_gradient=0.0,
    breathing_gradient=0.0,
)  # fmt: skip
CLEAN = Sequence(snr=1e9)
EVEN = np.full(SHAPE, 37.0, dtype=np.float32)
parts = st.floats(-4.0, 4.0)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return breast(7)


def ball(radius_mm: float, x_mm: float = 0.0) -> F32:
    x, y, z = mesh_mm()
    return np.asarray(np.exp(-(((x - x_mm) ** 2 + y**2 + z**2) / radius_mm**2)), dtype=np.float32)


@given(parts, parts, parts)
def test_a_smooth_field_is_where_it_was_moved_to(x: float, y: float, z: float) -> None:
    moved = translated(ball(14.0), (x, y, z))
    mx, my, mz = mesh_mm()
    wanted = np.exp(-((mx - x) ** 2 + (my - y) ** 2 + (mz - z) ** 2) / 14.0**2)
    assert np.abs(moved - wanted)[4:-4, 4:-4, 4:-4].max() < 3e-3


def test_whole_voxels_are_moved_exactly_and_rest_is_a_copy() -> None:
    field = np.random.default_rng(1).normal(size=SHAPE)
    assert np.array_equal(translated(field, (4.0, 0.0, -2.0))[2:, :, :-1], field[:-2, :, 1:])
    assert np.array_equal(translated(field, REST), field) and translated(field, REST) is not field


def test_movement_is_nothing_then_a_step_then_a_drift() -> None:
    movement = Movement(60.0, (1.0, 0.0, 0.0), (0.0, -0.5, 0.0))
    assert movement.displaced_mm(59.9) == REST
    assert movement.displaced_mm(60.0) == (1.0, 0.0, 0.0)
    assert movement.displaced_mm(180.0) == (1.0, -1.0, 0.0)


def test_a_beam_meets_moved_tissue_elsewhere_and_takes_no_heat_away() -> None:
    heat = ball(6.0)
    assert met_by(heat, REST) is heat
    met = met_by(heat, (4.0, -2.0, 0.0))
    assert np.array_equal(met[2:-4, 2:-2], heat[4:-2, 1:-3]) and met.min() >= 0.0


def test_tissue_carries_its_temperature_and_part_of_its_phase(patient: Anatomy) -> None:
    signal = Signal(patient, 1, STILL, CLEAN, Movement(10.0, (4.0, 0.0, 0.0)))
    hot = (EVEN + 4.0 * ball(8.0)).astype(np.float32)
    rest, moved = signal.true_degC(hot, 0.0), signal.true_degC(hot, 20.0)
    tumour = to_scanner_grid(patient.mask(Tissue.TUMOUR).astype(np.float32)) > 0.99
    inside = tumour & np.roll(tumour, 2, axis=0)
    assert np.abs(moved[2:] - rest[:-2])[inside[2:]].max() < 0.02, "two voxels along x"
    before, after = signal.volume(EVEN, 0.0), signal.volume(EVEN, 20.0)
    apparent = np.angle(after * np.conj(before)) / signal.sequence.rad_per_degC
    assert np.abs(apparent[inside]).mean() > 0.3, "an image that is not corrected shows heat that is none"
    tubes = to_scanner_grid(patient.mask(Tissue.GEL).astype(np.float32)) > 0.99
    assert np.allclose(after[tubes], before[tubes], atol=1e-5)


def test_the_beam_stands_still_while_the_tissue_moves() -> None:
    point = (FocalPower((0.0, 0.0, 0.0), 10.0),)
    still, moved = Patient(3), Patient(3, Day(movement=Movement(0.0, (6.0, 0.0, 0.0))))
    begun = still.tissue.temperature_degC.copy()
    for each in (still, moved):
        each.live(point, 6.0)
    at = [np.unravel_index(np.argmax(each.tissue.temperature_degC - begun), SHAPE) for each in (still, moved)]
    assert (at[0][0] - at[1][0], at[0][1], at[0][2]) == (3, at[1][1], at[1][2]), "6 mm the other way"


def test_heated_fat_disturbs_the_water_beside_it(patient: Anatomy) -> None:
    """A ball of fat, evenly warmer: outside, the field of a dipole; inside nothing, the sphere of Lorentz taken out."""
    x, y, z = mesh_mm()
    inside = (x**2 + y**2 + z**2 <= 12.0**2).astype(np.float32)
    ppm = field_ppm(inside, np.full(SHAPE, 10.0, dtype=np.float32))
    moment = 10.0 * FAT_PPM_PER_DEGC * float(inside.sum()) * 8.0 / (4.0 * np.pi)
    along, across = ppm[36, 46, 24], ppm[46, 36, 24]
    r2 = 1.0 + 21.0**2
    assert along == pytest.approx(moment * (3.0 * 21.0**2 / r2 - 1.0) / r2**1.5, rel=0.06)
    assert across == pytest.approx(moment * (3.0 / r2 - 1.0) / r2**1.5, rel=0.06)
    assert abs(ppm[36, 36, 24]) < 0.05 * abs(along)
    hot = (EVEN + 5.0 * ball(20.0)).astype(np.float32)
    usual = Signal(patient, 1, STILL, CLEAN)
    disturbed = Signal(patient, 1, attrs.evolve(STILL, fat_susceptibility=True), CLEAN)
    assert np.array_equal(disturbed.volume(EVEN, 0.0), usual.volume(EVEN, 0.0)), "nothing is heated yet"
    assert not np.array_equal(disturbed.volume(hot, 0.0), usual.volume(hot, 0.0))


def test_breathing_may_change() -> None:
    change = BreathingChange(100.0, deeper=3.0)
    usual, deeper = (
        FieldModel(np.random.default_rng(1), Disturbance(drift_degC_per_10min=0.0, breathing_change=each))
        for each in (None, change)
    )
    times = np.arange(0.0, 200.0, 0.7)
    before, after = (np.array([model.coefficients_degC(t)[0] for t in times]) for model in (usual, deeper))
    assert np.array_equal(after[times < 100.0], before[times < 100.0])
    assert np.allclose(after[times >= 100.0], 3.0 * before[times >= 100.0])
    apnoea = FieldModel(np.random.default_rng(1), Disturbance(breathing_change=BreathingChange(0.0, apnoea=True)))
    assert apnoea.coefficients_degC(10.0)[0] - apnoea.drift_degC(10.0) == pytest.approx(1.5)


@pytest.mark.parametrize("spoilt", Spoilt)
def test_an_image_is_spoilt_from_its_moment_on(patient: Anatomy, spoilt: Spoilt) -> None:
    size = {Spoilt.VOID: 0.0, Spoilt.SHIFTED: 2.0, Spoilt.TURNED: 0.5}.get(spoilt, 1.5)
    usual = Signal(patient, 1, STILL)
    spoiled = Signal(patient, 1, STILL, faults=Faults((ImageFault(spoilt, 10.0, size),)))
    hot = (EVEN + 3.0 * ball(9.0)).astype(np.float32)
    first = usual.volume(EVEN, 0.0)
    assert np.array_equal(spoiled.volume(EVEN, 0.0), first)
    good, bad = usual.volume(hot, 10.0), spoiled.volume(hot, 10.0)
    centre = (slice(27, 33), slice(27, 33), 2)
    match spoilt:
        case Spoilt.FROZEN:
            assert np.abs(bad - first).max() < usual.noise_sigma and not np.array_equal(bad, first)
        case Spoilt.SHIFTED:
            assert np.allclose(bad[1:], good[:-1])
        case Spoilt.RESCALED:
            assert np.allclose(bad, 1.5 * good)
        case Spoilt.TURNED:
            assert np.allclose(bad, good * np.exp(0.5j), atol=1e-5)
        case Spoilt.MISSCALED:
            assert np.allclose(np.abs(bad), np.abs(good), atol=1e-5)
            assert not np.allclose(bad, good, atol=1e-2)
        case Spoilt.NOISY:
            assert (bad - good).std() == pytest.approx(usual.noise_sigma * np.sqrt(2.0 * 1.25), rel=0.05)
        case Spoilt.VOID:
            assert np.abs(bad[centre]).max() < 0.1 * np.abs(good[centre]).mean()


def test_an_image_may_creep(patient: Anatomy) -> None:
    usual = Signal(patient, 1, STILL, CLEAN)
    creeping = Signal(patient, 1, STILL, CLEAN, faults=Faults(shift_mm_per_min=0.1))
    assert np.allclose(creeping.volume(EVEN, 1200.0)[1:], usual.volume(EVEN, 1200.0)[:-1], atol=1e-4), "2 mm in 20 min"
