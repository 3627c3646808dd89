"""What must hold of every virtual patient."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm_sim.physics.anatomy import Anatomy, breast, property_maps
from syntherm_sim.physics.grid import axis_mm, mesh_mm
from syntherm_sim.physics.shape import gap_mm, touches
from syntherm_sim.physics.tissue import PROPERTIES, Tissue
from syntherm_sim.physics.variation import TEXTBOOK

SEEDS = st.integers(0, 2**31)


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_anatomy_invariants(seed: int) -> None:
    patient = breast(seed)
    _skin_is_closed(patient)
    _tumour_keeps_its_margins(patient)
    _lobules_keep_clear_of_the_tumour(patient)
    _size_is_right(patient)
    assert np.all(patient.fat_fraction >= 0.0) and np.all(patient.fat_fraction <= 1.0)
    assert np.all(patient.fat_fraction[patient.mask(Tissue.WATER)] == 0.0)


def _skin_is_closed(patient: Anatomy) -> None:
    inside = patient.mask(Tissue.FAT, Tissue.GLAND, Tissue.TUMOUR, Tissue.MUSCLE)
    assert not touches(inside, patient.mask(Tissue.WATER)).any()


def _tumour_keeps_its_margins(patient: Anatomy) -> None:
    tumour = patient.mask(Tissue.TUMOUR)
    assert gap_mm(tumour, patient.mask(Tissue.SKIN)) >= 10.0
    assert gap_mm(tumour, patient.mask(Tissue.MUSCLE)) >= 10.0


def _lobules_keep_clear_of_the_tumour(patient: Anatomy) -> None:
    z = mesh_mm()[2]
    lobules = patient.mask(Tissue.FAT) & np.broadcast_to(z < 10.0, patient.labels.shape)
    assert gap_mm(patient.mask(Tissue.TUMOUR), lobules) >= 6.0


def _size_is_right(patient: Anatomy) -> None:
    volume_ml = float(patient.mask(Tissue.TUMOUR).sum()) * 0.008
    assert 4 / 3 * np.pi * 0.85**3 < volume_ml < 4 / 3 * np.pi * 1.04**3
    at_target = patient.labels[:, :, np.searchsorted(axis_mm(2), 0.0)]
    radius_mm = np.sqrt(float((at_target != Tissue.WATER).sum()) * 4.0 / np.pi)
    assert 51.0 < radius_mm < 59.0
    assert np.all(patient.labels[:, :, axis_mm(2) > 21.0] == Tissue.MUSCLE)


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_same_seed_is_bit_identical_and_another_differs(seed: int) -> None:
    first, second, other = breast(seed), breast(seed), breast(seed + 1)
    assert first.labels.tobytes() == second.labels.tobytes()
    assert first.fat_fraction.tobytes() == second.fat_fraction.tobytes()
    assert first.variation == second.variation
    assert not np.array_equal(first.labels, other.labels)
    assert first.variation != other.variation


def test_overriding_the_variation_leaves_the_shape() -> None:
    drawn, textbook = breast(5), breast(5, TEXTBOOK)
    assert np.array_equal(drawn.labels, textbook.labels)
    assert textbook.variation == TEXTBOOK


def test_arrays_cannot_be_changed() -> None:
    patient = breast(0)
    for array in (patient.labels, patient.fat_fraction, patient.maps.perfusion_W_per_m3_K):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0, 0] = 1


def test_maps_follow_the_table() -> None:
    patient = breast(3, TEXTBOOK)
    maps = property_maps(patient.labels)
    tumour = patient.mask(Tissue.TUMOUR)
    # 22545 W/m3/K is the figure read for w_b c_b of tumour; 6.26 is it rounded over 3600.
    np.testing.assert_allclose(maps.perfusion_W_per_m3_K[tumour], 22545.0, rtol=1e-3)
    np.testing.assert_allclose(maps.dilation[tumour], TEXTBOOK.tumour_dilation, rtol=1e-6)
    assert np.all(maps.perfusion_W_per_m3_K[patient.mask(Tissue.WATER)] == 0.0)


def test_attenuation_is_a_power_law_of_frequency() -> None:
    fat = PROPERTIES[Tissue.FAT]
    assert fat.attenuation_Np_per_m(1.0) == pytest.approx(0.60 * 11.513, rel=1e-3)
    assert fat.attenuation_Np_per_m(2.0) / fat.attenuation_Np_per_m(1.0) == pytest.approx(2.0**1.1)


def test_every_figure_says_where_it_comes_from() -> None:
    for properties in PROPERTIES.values():
        for name, figure in attrs.asdict(properties, recurse=False).items():
            assert len(figure.source) > 10, name
