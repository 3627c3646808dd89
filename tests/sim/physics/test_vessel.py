"""A large vessel against the closed form, perfusion that collapses, and the patients that are cut and lumpy."""

import numpy as np
import pytest
from attrs import evolve

from syntherm_sim.physics.altered import with_near_skin, with_tumour
from syntherm_sim.physics.anatomy import Anatomy, breast
from syntherm_sim.physics.bioheat import ARTERIAL_DEGC, Bioheat
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.grid import SHAPE, axis_mm, mesh_mm
from syntherm_sim.physics.medium import Medium
from syntherm_sim.physics.shape import gap_mm
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.vessel import BLOOD_W_PER_M_K, NUSSELT, Vessel, with_vessel


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    return breast(7)


@pytest.mark.parametrize(("diameter_mm", "at_mm"), [(3.5, 0.0), (3.0, 0.0), (4.0, 1.0)])
def test_a_vessel_drains_as_a_cylinder_in_a_shell(patient: Anatomy, diameter_mm: float, at_mm: float) -> None:
    """Heat per length, a shell 5 degC warmer about it: 2 pi k dT / (ln(b/a) + 2 k / (Nu k_blood))."""
    k_W_per_m_K, shell_mm = 0.5, 20.0
    vessel = Vessel(at_mm, diameter_mm)
    flat = evolve(patient, labels=np.full(SHAPE, Tissue.GLAND, dtype=np.uint8))
    sink = with_vessel(flat, vessel).maps.perfusion_W_per_m3_K - patient.maps.perfusion_W_per_m3_K
    sink = np.where(sink > 1e4, sink, 0.0)[:, :, :1]
    x, y, _ = mesh_mm()
    held = (np.hypot(x, y - at_mm) > shell_mm)[:, :, :1]
    even = np.ones(sink.shape, dtype=np.float32)
    medium = Medium(
        2.0, even * np.float32(k_W_per_m_K), even * np.float32(1e5), sink.astype(np.float32), even, 0.0 * even, held,
        core_above=False,
    )  # fmt: skip
    solver = Bioheat(medium, np.where(held, np.float32(ARTERIAL_DEGC + 5.0), np.float32(ARTERIAL_DEGC)))
    solver.settle()
    drained = float((sink * (solver.temperature_degC - ARTERIAL_DEGC)).sum()) * 4e-6
    wall = 2.0 * k_W_per_m_K / (NUSSELT * BLOOD_W_PER_M_K)
    expected = 2.0 * np.pi * k_W_per_m_K * 5.0 / (np.log(shell_mm / (diameter_mm / 2.0)) + wall)
    assert drained == pytest.approx(expected, rel=0.15)


def test_a_vessel_lies_where_it_was_put_and_does_not_open(patient: Anatomy) -> None:
    maps = with_vessel(patient, Vessel(12.0)).maps
    changed = maps.perfusion_W_per_m3_K != patient.maps.perfusion_W_per_m3_K
    _, y_index, z_index = np.nonzero(changed)
    assert np.abs(axis_mm(1)[y_index] - 12.0).max() < 3.5 and len(set(z_index)) > 20
    assert not (changed & patient.mask(Tissue.WATER, Tissue.SKIN)).any()
    per_length = float((maps.perfusion_W_per_m3_K * changed)[:, :, 24].sum()) * 4e-6
    assert per_length == pytest.approx(Vessel(12.0).sink_W_per_m3_K * np.pi * 1.75e-3**2, rel=0.04)
    assert maps.dilation[maps.perfusion_W_per_m3_K > 4e5].max() < 1.1
    assert (maps.dilation[~changed] == patient.maps.dilation[~changed]).all()


def perfused(collapse: Collapse) -> Bioheat:
    shape = (3, 3, 3)
    even = np.ones(shape, dtype=np.float32)
    where = np.zeros(shape, dtype=np.bool_)
    where[1] = True
    medium = Medium(
        2.0, even * np.float32(1e-4), even * np.float32(3.6e6), even * np.float32(2e4), even, 0.0 * even,
        np.zeros(shape, dtype=np.bool_), core_above=False, collapse=(collapse, where),
    )  # fmt: skip
    return Bioheat(medium, np.full(shape, ARTERIAL_DEGC, dtype=np.float32))


def test_perfusion_collapses_where_it_was_hot_for_long_enough_and_stays_so() -> None:
    """Q / w = 5 degC at first; at half the perfusion 10 degC. What does not collapse, and what is cooler, stays."""
    collapse, source = Collapse(41.0, 600.0, 60.0, 0.5), np.full((3, 3, 3), 1e5, dtype=np.float32)
    hot, mild = perfused(collapse), perfused(collapse)
    hot.advance(source, 900.0)
    before = float(hot.temperature_degC[1, 1, 1])
    hot.advance(source, 3600.0)
    mild.advance(source * np.float32(0.7), 4500.0)
    assert before < 42.6
    assert hot.temperature_degC[1, 1, 1] == pytest.approx(ARTERIAL_DEGC + 10.0, abs=0.05)
    assert hot.temperature_degC[0, 1, 1] == pytest.approx(ARTERIAL_DEGC + 5.0, abs=0.05)
    assert mild.temperature_degC[1, 1, 1] == pytest.approx(ARTERIAL_DEGC + 3.5, abs=0.05)
    hot.advance(None, 7200.0)
    hot.advance(source, 7200.0)
    assert hot.temperature_degC[1, 1, 1] == pytest.approx(ARTERIAL_DEGC + 10.0, abs=0.05)


def test_a_lumpy_tumour_is_as_large_as_said_and_its_place_is_gland_else(patient: Anatomy) -> None:
    lumpy, round_ = with_tumour(patient, (8.5,) * 3, 0.12, 3), with_tumour(patient, (8.5,) * 3, 0.0, 3)
    counts = [int(each.mask(Tissue.TUMOUR).sum()) * 8.0 for each in (round_, lumpy)]
    assert counts[0] == pytest.approx(4.0 / 3.0 * np.pi * 8.5**3, rel=0.05)
    assert counts[1] == pytest.approx(counts[0], rel=0.25)
    assert 0.1 < (lumpy.labels != round_.labels).sum() * 8.0 / counts[0] < 0.6
    assert (lumpy.maps.perfusion_W_per_m3_K[lumpy.mask(Tissue.TUMOUR)] > 1e4).all()


def test_a_near_skin_is_closed_and_near(patient: Anatomy) -> None:
    near = with_near_skin(patient, 20.0)
    assert (near.labels[:, axis_mm(1) < -20.0] % Tissue.GEL == Tissue.WATER).all()
    tumour, skin = near.mask(Tissue.TUMOUR), near.mask(Tissue.SKIN)
    assert gap_mm(tumour, skin) < 11.0 < gap_mm(patient.mask(Tissue.TUMOUR), patient.mask(Tissue.SKIN))
    behind = near.labels[:, axis_mm(1) == -19.0, :][:, 0]
    assert set(np.unique(behind)) <= {Tissue.WATER, Tissue.GEL, Tissue.SKIN}
