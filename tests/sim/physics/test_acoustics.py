"""Deposited power: conserved, peaked where it converges, and physical in its dependence on tissue."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm_sim.physics.acoustics import RingArray, heat_pattern, with_attenuation
from syntherm_sim.physics.anatomy import Anatomy, breast
from syntherm_sim.physics.grid import F32, SPACING_MM, Point, axis_mm, mesh_mm
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.variation import TEXTBOOK

VOXEL_M3 = (SPACING_MM * 1e-3) ** 3
STEERED = st.tuples(*[st.floats(-8.0, 8.0)] * 3)


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return breast(4, TEXTBOOK)


def power_W(pattern: F32) -> float:
    return float(pattern.sum(dtype=np.float64)) * VOXEL_M3


def peak_mm(pattern: F32) -> Point:
    i, j, k = np.unravel_index(int(pattern.argmax()), pattern.shape)
    return float(axis_mm(0)[i]), float(axis_mm(1)[j]), float(axis_mm(2)[k])


@pytest.fixture(scope="module")
def even(patient: Anatomy) -> Anatomy:
    """The same breast with one weak attenuation everywhere, all power focused: heat then shows intensity."""
    alpha = np.full_like(patient.maps.attenuation_Np_per_m, 0.1)
    return evolve(
        patient,
        maps=evolve(patient.maps, attenuation_Np_per_m=alpha),
        variation=evolve(TEXTBOOK, focused_fraction=1.0),
    )


@settings(max_examples=15, deadline=None)
@given(focus=STEERED, offset=st.tuples(*[st.floats(-3.0, 3.0)] * 3))
def test_intensity_peaks_at_the_focus_plus_the_days_error(even: Anatomy, focus: Point, offset: Point) -> None:
    pattern = heat_pattern(even, focus, offset)
    for found, aimed, error in zip(peak_mm(pattern), focus, offset, strict=True):
        # The nearest voxel; half-way between two either may win.
        assert abs(found - aimed - error) <= SPACING_MM / 2 + 0.25


@settings(max_examples=8, deadline=None)
@given(focus=STEERED)
def test_in_tissue_the_hottest_voxel_stands_at_the_focus(patient: Anatomy, focus: Point) -> None:
    """One voxel further at most: where the focus straddles tumour and gland, the stronger absorber is hotter."""
    pattern = heat_pattern(patient, focus)
    for found, aimed in zip(peak_mm(pattern), focus, strict=True):
        assert abs(found - aimed) <= 1.5 * SPACING_MM
    assert 0.1 < power_W(pattern) <= 1.0
    assert pattern.dtype == np.float32 and pattern.min() >= 0.0


def test_no_power_appears_or_vanishes(patient: Anatomy) -> None:
    """With attenuation so strong that nothing leaves, heat is all that was transmitted, less what was scattered."""
    opaque = heat_pattern(with_attenuation(patient, 30.0), (0.0, 0.0, 0.0))
    expected = RingArray().transmission * TEXTBOOK.absorbed_fraction
    assert power_W(opaque) == pytest.approx(expected, rel=0.03)
    assert power_W(opaque) <= expected * (1 + 1e-6)


def test_heat_rises_with_attenuation_and_the_share_at_the_focus_falls(patient: Anatomy) -> None:
    factors = (0.25, 0.5, 1.0, 2.0)
    patterns = [heat_pattern(with_attenuation(patient, factor), (0.0, 0.0, 0.0)) for factor in factors]
    totals = [power_W(pattern) for pattern in patterns]
    assert totals == sorted(totals)
    tumour = patient.mask(Tissue.TUMOUR)
    shares = [float(pattern[tumour].sum()) * VOXEL_M3 / total for pattern, total in zip(patterns, totals, strict=True)]
    assert shares == sorted(shares, reverse=True)


def test_weak_attenuation_is_proportional(patient: Anatomy) -> None:
    thin, thicker = (power_W(heat_pattern(with_attenuation(patient, f), (0.0, 0.0, 0.0))) for f in (0.01, 0.02))
    assert thicker / thin == pytest.approx(2.0, rel=0.02)


def test_in_plane_the_wave_converges_as_one_over_rho(even: Anatomy) -> None:
    """In an even medium with next to no loss, heat summed over z falls as 1 / rho (a full ring)."""
    pattern = heat_pattern(even, (0.0, 0.0, 0.0), array=RingArray(arc_deg=360.0))
    in_plane = pattern.sum(axis=2)
    x, y, _ = mesh_mm()
    rho = np.hypot(x, y)[:, :, 0]
    ring_means = [float(in_plane[(rho > r - 2) & (rho < r + 2)].mean()) * r for r in (8.0, 16.0, 32.0)]
    # The tail of the Gaussian leaves the lattice in z only far out.
    assert max(ring_means) / min(ring_means) < 1.06, ring_means


def test_weak_loss_is_twice_the_amplitude_attenuation_along_the_path(even: Anatomy) -> None:
    """Power falls as exp(-2 alpha s): for 0.1 Np/m nearly 2 alpha times the mean chord of the square lattice."""
    angles = np.deg2rad(np.linspace(-180.0, 180.0, 2000, endpoint=False))
    chord_m = 2.0 * 71.0e-3 / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    expected = RingArray().transmission * TEXTBOOK.absorbed_fraction * 2.0 * 0.1 * float(chord_m.mean())
    found = power_W(heat_pattern(even, (0.0, 0.0, 0.0), array=RingArray(arc_deg=360.0)))
    assert found == pytest.approx(expected, rel=0.03)


def test_waist_opens_with_distance_from_the_focus(even: Anatomy) -> None:
    """Standard deviation in z at 40 mm: 0.11 per mm, plus the focal waist and the voxel's own width."""
    pattern = heat_pattern(even, (0.0, 0.0, 0.0)).astype(np.float64)
    x, y, _ = mesh_mm()
    profile = pattern[np.abs(np.hypot(x, y)[:, :, 0] - 40.0) < 1.0].sum(axis=0)
    sigma_mm = np.sqrt(float((profile * axis_mm(2) ** 2).sum() / profile.sum()))
    assert sigma_mm == pytest.approx(np.sqrt((0.11 * 40.0) ** 2 + 0.99**2 + SPACING_MM**2 / 12), rel=0.03)


def test_focus_is_a_few_millimetres(patient: Anatomy) -> None:
    """-6 dB full widths: as narrow as 2 mm voxels can show, and the 3.3 mm class in z."""
    pattern = heat_pattern(patient, (1.0, 1.0, 0.0))
    i, j, k = np.unravel_index(int(pattern.argmax()), pattern.shape)
    quarter = pattern[i, j, k] / 4
    assert 1 <= int((pattern[i, :, k] > quarter).sum()) <= 4
    assert 1 <= int((pattern[:, j, k] > quarter).sum()) <= 4
    assert 1 <= int((pattern[i, j, :] > quarter).sum()) <= 3


def test_same_input_is_bit_identical(patient: Anatomy) -> None:
    one, two = (heat_pattern(patient, (3.0, -2.0, 4.0), (1.0, 0.5, -1.0)) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_a_focus_outside_the_lattice_is_refused(patient: Anatomy) -> None:
    with pytest.raises(ValueError, match="inside the lattice"):
        heat_pattern(patient, (0.0, 0.0, 45.0), (0.0, 0.0, 5.0))
