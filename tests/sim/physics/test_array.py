"""The element array against closed forms, its order of convergence, and its heat against the analytic fan's."""

import math
from itertools import pairwise

import numpy as np
import pytest
from attrs import evolve
from scipy.special import j1

from syntherm_sim.physics.acoustics import heat_pattern
from syntherm_sim.physics.anatomy import Anatomy, breast
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.array_heat import FINE, focus_of, rays_W, voxel_means
from syntherm_sim.physics.array_kernel import coherent, directivity, paths, shine
from syntherm_sim.physics.grid import F64, SPACING_MM, axis_mm
from syntherm_sim.physics.sub_voxel import sub_voxel
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.variation import TEXTBOOK

ARRAY = BreastArray()
WAVE_MM = ARRAY.wavelength_mm
VOXEL_M3 = (SPACING_MM * 1e-3) ** 3
AIM = (1.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return breast(4, TEXTBOOK)


def amplitude(sources: F64, x: F64, y: F64, z: F64, radius_mm: float = 0.0) -> F64:
    """|s| at points of a lattice without loss, sqrt(W) / mm."""
    re, im = (np.zeros((x.size, y.size, z.size)) for _ in range(2))
    passed = np.ones((len(sources), x.size, y.size, z.size), dtype=np.float32)
    coherent(re, im, np.concatenate([x, y, z]), 1, sources, passed, WAVE_MM, radius_mm)
    return np.asarray(np.hypot(re, im))


def bowl(rings: int, curved_mm: float, half_rad: float) -> F64:
    """A bowl of 1 W with its apex at 0, opening along z, as one source per ring: enough on its axis."""
    angle = (np.arange(rings) + 0.5) / rings * half_rad
    area = 2.0 * np.pi * curved_mm**2 * np.sin(angle) * half_rad / rings
    strength = area / np.sqrt(2.0 * np.pi * curved_mm**2 * (1.0 - math.cos(half_rad))) / WAVE_MM
    x, z = curved_mm * np.sin(angle), curved_mm * (1.0 - np.cos(angle))
    flat = np.zeros(rings)
    return np.column_stack([x, flat, z, flat, flat, flat + 1.0, strength, flat])


def oneil(z_mm: F64, curved_mm: float, half_rad: float) -> F64:
    """O'Neil 1949, scaled: |p| / (rho c u) = |2 / (1 - z / A) sin(k (B - z) / 2)|, u from 1 W over the bowl."""
    deep = curved_mm * (1.0 - math.cos(half_rad))
    rim = np.sqrt((z_mm - deep) ** 2 + (curved_mm * math.sin(half_rad)) ** 2)
    shape = 2.0 / (1.0 - z_mm / curved_mm) * np.sin(np.pi / WAVE_MM * (rim - z_mm))
    return np.asarray(np.abs(shape) / math.sqrt(2.0 * np.pi * curved_mm * deep))


def test_a_focused_bowl_has_oneils_pressure_on_its_axis_with_second_order_in_its_rings() -> None:
    z = np.linspace(70.3, 130.7, 241)
    wanted, errors = oneil(z, 100.0, 0.35), []
    for rings in (100, 200, 400):
        found = amplitude(bowl(rings, 100.0, 0.35), np.zeros(1), np.zeros(1), z)[0, 0]
        errors.append(float(np.abs(found - wanted).max() / wanted.max()))
    assert errors[2] < 1e-3, errors
    for coarse, finer in pairwise(errors):
        assert 1.8 < np.log2(coarse / finer) < 2.2, errors


def disc(rings: int) -> F64:
    """One element of 1 W, facing along x, cut into rings of 6, 18, 30 ... equal pieces."""
    radius, pieces = ARRAY.disc_mm / 2.0, []
    for ring in range(rings):
        count = 6 * (2 * ring + 1)
        # Each piece at its centre of area, seen along the radius.
        inner, outer = radius * ring / rings, radius * (ring + 1) / rings
        at = 2.0 / 3.0 * (outer**3 - inner**3) / (outer**2 - inner**2)
        turn = 2.0 * np.pi * (np.arange(count) + 0.5 * (ring % 2)) / count
        area = np.full(count, np.pi * (outer**2 - inner**2) / count)
        pieces.append(np.stack([at * np.cos(turn), at * np.sin(turn), area], axis=1))
    y, z, area = np.concatenate(pieces).T
    flat = np.zeros(y.size)
    strength = area / math.sqrt(ARRAY.disc_area_mm2) / WAVE_MM
    return np.column_stack([flat, y, z, flat + 1.0, flat, flat, strength, flat])


def test_one_element_is_its_far_field_and_converges_with_its_pieces_in_second_order() -> None:
    x, y, z = np.array([120.0]), np.array([0.0, 7.0, 14.0]), np.array([0.0, 6.0])
    fine = amplitude(disc(48), x, y, z)
    errors = [float(np.abs(amplitude(disc(rings), x, y, z) - fine).max()) for rings in (2, 4, 8)]
    for coarse, finer in pairwise(errors):
        assert np.log2(coarse / finer) > 1.7, errors
    whole = np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, math.sqrt(ARRAY.disc_area_mm2) / WAVE_MM, 0.0]])
    far = amplitude(whole, x, y, z, ARRAY.disc_mm / 2.0)
    assert np.abs(far - fine).max() < 0.01 * fine.max()


def test_directivity_is_the_bessel_function_and_carries_the_elements_power() -> None:
    x = np.linspace(0.01, 25.0, 500)
    assert np.array([directivity(float(each)) for each in x]) == pytest.approx(2.0 * j1(x) / x, abs=1e-6)
    angle = (np.arange(4000) + 0.5) / 4000 * np.pi / 2
    beam = np.array([directivity(float(each)) ** 2 for each in np.pi * ARRAY.disc_mm / WAVE_MM * np.sin(angle)])
    ring = 2.0 * np.pi * np.sin(angle) * (np.pi / 2 / 4000)
    assert ARRAY.disc_area_mm2 / WAVE_MM**2 * float((beam * ring).sum()) == pytest.approx(1.0, abs=0.03)


def test_elements_are_256_and_apart_on_the_arc() -> None:
    places = ARRAY.places_mm()
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    assert places.shape == (256, 3) and np.sqrt((places**2).sum(axis=1)) == pytest.approx(ARRAY.radius_mm)
    assert apart[~np.eye(256, dtype=bool)].min() > ARRAY.disc_mm
    assert np.abs(places[:, 2]).max() <= ARRAY.height_mm / 2
    assert np.abs(np.rad2deg(np.arctan2(places[:, 1], places[:, 0]))).max() <= ARRAY.arc_deg / 2
    assert 0.3 < ARRAY.filled < 0.4


def test_loss_along_a_path_is_that_of_its_layers() -> None:
    """Water, 20 mm of 5 Np/m, then 10 Np/m up to the voxel."""
    alpha = np.zeros((60, 9, 9), dtype=np.float32)
    alpha[20:30], alpha[30:] = 5.0, 10.0
    passed = np.empty((1, 2, 1, 1), dtype=np.float32)
    paths(alpha, np.array([[-30.0, 4.0, 4.0]]), np.array([39.5, 4.0, 4.0]), 0.25, 0.5e-3, passed)
    layers = np.exp(-(0.020 * 5.0 + 0.020 * 10.0))
    assert passed[0, 0, 0, 0] == pytest.approx(layers, rel=2e-3)
    assert passed[0, 1, 0, 0] == pytest.approx(layers * np.exp(-0.02), rel=2e-3)


def test_rays_keep_their_power() -> None:
    lost = np.full((9, 9, 9), 0.1, dtype=np.float32)
    heat = np.zeros((9, 9, 9))
    leaving = shine(heat, lost, 0.5, np.array([[-3.0, 4.0, 4.0, 1.0, 0.0, 0.0, 2.0]]), 40, 0.5)
    assert 2.0 * float(heat.sum()) + leaving == pytest.approx(2.0)
    assert leaving == pytest.approx(2.0 * 0.9**18) and heat[:, 4, 4].min() > 0.0


def test_a_voxels_mean_converges_with_the_points_in_it() -> None:
    """Second order; 6 points per voxel are within 3 %."""
    few, bare = evolve(ARRAY, elements=16), breast(4, evolve(TEXTBOOK, focused_fraction=1.0))
    means = {
        fine: float(voxel_means(focus_of(bare, AIM, few, fine, (1, 1, 1)).heat_W_per_m3, fine).max())
        for fine in (FINE, 12, 24, 48)
    }
    order = np.log2((means[24] - means[12]) / (means[48] - means[24]))
    assert 1.7 < order < 2.3, means
    assert means[FINE] == pytest.approx(means[48], rel=0.03)


def test_its_heat_is_the_fans_in_all_and_weaker_at_the_focus(patient: Anatomy) -> None:
    """Total and near field agree; a third of the surface focuses a third of the power."""
    fan, found = heat_pattern(patient, AIM), heat_pattern(patient, AIM, array=ARRAY)
    assert found.dtype == np.float32 and found.min() >= 0.0
    assert found.tobytes() == heat_pattern(patient, AIM, array=ARRAY).tobytes()
    assert float(found.sum()) == pytest.approx(float(fan.sum()), rel=0.05)
    gland = patient.mask(Tissue.GLAND, Tissue.FAT, Tissue.SKIN)
    assert float(found[gland].sum()) == pytest.approx(float(fan[gland].sum()), rel=0.08)
    i, j, k = np.unravel_index(int(found.argmax()), found.shape)
    assert (axis_mm(0)[i], axis_mm(1)[j], axis_mm(2)[k]) == AIM
    assert 0.25 < found.max() / fan.max() < 0.45


def test_rays_and_waves_bring_about_as_much_to_the_box(patient: Anatomy) -> None:
    """Between the lobes waves cancel, so that a little goes further out: two models of one power."""
    focus = focus_of(patient, AIM, ARRAY, half=(4, 4, 3))
    waves = float(voxel_means(focus.heat_W_per_m3, FINE).sum()) * VOXEL_M3
    rays = float(rays_W(patient, AIM, ARRAY)[focus.box].sum())
    assert 0.55 < waves / rays < 1.1


def test_the_peak_is_several_times_what_an_image_shows(patient: Anatomy) -> None:
    found = sub_voxel(patient, ARRAY, 40.0, 3.0, fine=6)
    longer = sub_voxel(patient, ARRAY, 40.0, 9.0, fine=6)
    assert 2.5 < found.factor < 4.5
    assert 1.5 < longer.factor < found.factor and longer.peak_degC > found.peak_degC


def test_steering_far_aside_costs_power_at_the_focus(patient: Anatomy) -> None:
    """The discs look at the middle; height is followed, the plane is not."""
    even = np.full_like(patient.maps.attenuation_Np_per_m, 0.1)
    bare = evolve(patient, maps=evolve(patient.maps, attenuation_Np_per_m=even))
    aims = (AIM, (17.0, 1.0, 0.0), (1.0, 1.0, 12.0))
    there = [float(focus_of(bare, at, ARRAY, half=(1, 1, 1)).heat_W_per_m3.max()) for at in aims]
    assert there[1] < 0.8 * there[0] and there[2] == pytest.approx(there[0], rel=0.02)
