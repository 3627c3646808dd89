"""The bioheat solver against closed-form solutions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm_sim.physics.anatomy import breast
from syntherm_sim.physics.bioheat import ARTERIAL_DEGC, Bioheat
from syntherm_sim.physics.grid import F32
from syntherm_sim.physics.medium import Medium
from syntherm_sim.physics.tissue import Tissue

K_W_PER_M_K = 0.5
RHO_C = 3.6e6


def uniform(
    shape: tuple[int, int, int], spacing_mm: float = 2.0, perfusion: float = 0.0, dilation: float = 1.0
) -> Medium:
    def full(value: float) -> F32:
        return np.full(shape, value, dtype=np.float32)

    return Medium(
        spacing_mm=spacing_mm,
        conductivity_W_per_m_K=full(K_W_PER_M_K),
        heat_capacity_J_per_m3_K=full(RHO_C),
        perfusion_W_per_m3_K=full(perfusion),
        dilation=full(dilation),
        metabolic_W_per_m3=full(0.0),
        held=np.zeros(shape, dtype=np.bool_),
        core_above=False,
    )


def test_a_gaussian_spreads_as_the_heat_kernel() -> None:
    n, sigma_mm, time_s = 41, 6.0, 60.0
    r2 = sum(axis**2 for axis in np.meshgrid(*[2.0 * (np.arange(n) - n // 2)] * 3, indexing="ij"))
    solver = Bioheat(uniform((n, n, n)), (37.0 + 4.0 * np.exp(-r2 / (2 * sigma_mm**2))).astype(np.float32))
    solver.advance(None, time_s)
    wider = sigma_mm**2 + 2 * K_W_PER_M_K / RHO_C * time_s * 1e6
    expected = 37.0 + 4.0 * (sigma_mm**2 / wider) ** 1.5 * np.exp(-r2 / (2 * wider))
    assert np.abs(solver.temperature_degC - expected).max() < 0.03


@settings(max_examples=15, deadline=None)
@given(st.floats(1e3, 3e4), st.floats(-7.0, 5.0), st.floats(1.0, 300.0))
def test_perfusion_alone_is_an_exponential(perfusion: float, start: float, time_s: float) -> None:
    solver = Bioheat(uniform((3, 3, 3), perfusion=perfusion), np.full((3, 3, 3), 37.0 + start, dtype=np.float32))
    solver.advance(None, time_s)
    expected = start * np.exp(-perfusion / RHO_C * time_s)
    assert np.abs(solver.temperature_degC - 37.0 - expected).max() < 0.02


def test_space_is_second_order() -> None:
    """A cosine mode in an insulated bar: halving the voxel must quarter the error."""
    length_mm, time_s = 32.0, 200.0
    decay = np.exp(-K_W_PER_M_K / RHO_C * (np.pi / (length_mm * 1e-3)) ** 2 * 4 * time_s)
    errors = []
    for n in (8, 16):
        spacing_mm = length_mm / n
        centres = (np.arange(n) + 0.5) / n
        mode = np.cos(2 * np.pi * centres)
        field = np.broadcast_to(37.0 + 5.0 * mode[:, None, None], (n, 1, 1)).astype(np.float32)
        solver = Bioheat(uniform((n, 1, 1), spacing_mm), field)
        # Small equal steps keep the first-order error of time out of the comparison.
        solver.stable_step_s = 0.05
        solver.advance(None, time_s)
        errors.append(float(np.abs(solver.temperature_degC[:, 0, 0] - 37.0 - 5.0 * decay * mode).max()))
    order = np.log2(errors[0] / errors[1])
    assert 1.7 < order < 2.3, errors


def test_flux_is_continuous_through_two_layers() -> None:
    """Series resistance: 30 degC held below, arterial above, conductivities 0.2 and 0.6."""
    n = 20
    base = uniform((1, 1, n))
    k = np.where(np.arange(n) < 10, 0.2, 0.6).astype(np.float32)[None, None, :]
    held = np.zeros((1, 1, n), dtype=np.bool_)
    held[..., 0] = True
    layered = Medium(
        base.spacing_mm, k, base.heat_capacity_J_per_m3_K, base.perfusion_W_per_m3_K, base.dilation,
        base.metabolic_W_per_m3, held, core_above=True,
    )  # fmt: skip
    start = np.full((1, 1, n), 37.0, dtype=np.float32)
    start[..., 0] = 30.0
    solver = Bioheat(layered, start)
    solver.settle()
    # From the held centre: 19 mm of 0.2, then 20 mm of 0.6 up to the trunk's face.
    flux = 7.0 / (0.019 / 0.2 + 0.020 / 0.6)
    at_last = 37.0 - flux * 0.001 / 0.6
    at_ninth = 30.0 + flux * 0.018 / 0.2
    assert solver.temperature_degC[0, 0, -1] == pytest.approx(at_last, abs=0.01)
    assert solver.temperature_degC[0, 0, 9] == pytest.approx(at_ninth, abs=0.01)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.3, 40.0))
def test_heat_is_conserved_without_perfusion(seed: int, seconds: float) -> None:
    shape = (9, 8, 7)
    source = np.random.default_rng(seed).uniform(0.0, 1e5, shape).astype(np.float32)
    solver = Bioheat(uniform(shape), np.full(shape, 37.0, dtype=np.float32))
    solver.advance(source, seconds)
    stored = float((solver.temperature_degC.astype(np.float64) - 37.0).sum()) * RHO_C
    assert stored == pytest.approx(float(source.sum(dtype=np.float64)) * seconds, rel=2e-3)


def test_dilation_lowers_the_plateau_as_documented() -> None:
    """At 42 degC and above w = dilation * w0, so the plateau under a source is Q / (dilation * w0)."""
    shape, perfusion = (3, 3, 3), 1e4
    source = np.full(shape, 1.5e5, dtype=np.float32)
    start = np.full(shape, 37.0, dtype=np.float32)
    stiff = Bioheat(uniform(shape, perfusion=perfusion), start)
    dilating = Bioheat(uniform(shape, perfusion=perfusion, dilation=2.5), start)
    for solver in (stiff, dilating):
        solver.advance(source, 6000.0)
    assert stiff.temperature_degC[1, 1, 1] == pytest.approx(52.0, abs=0.01)
    assert dilating.temperature_degC[1, 1, 1] == pytest.approx(43.0, abs=0.01)


def test_unheated_patient_rests_at_its_steady_state() -> None:
    patient = breast(2)
    solver = Bioheat.of(patient)
    before = solver.temperature_degC.copy()
    solver.advance(None, 120.0)
    assert np.abs(solver.temperature_degC - before).max() < 0.01
    tumour = before[patient.mask(Tissue.TUMOUR)]
    assert tumour.min() > 36.0 and tumour.max() < 37.3
    assert np.all(before[patient.mask(Tissue.WATER)] == 30.0)
    skin = before[patient.mask(Tissue.SKIN)]
    assert skin.min() > 30.0 and skin.max() < 35.0


def test_two_runs_are_bit_identical_and_pieces_add_up() -> None:
    patient = breast(1)
    source = np.where(patient.mask(Tissue.TUMOUR), np.float32(1e5), np.float32(0.0))
    first, second = Bioheat.of(patient), Bioheat.of(patient)
    first.advance(source, 6.0)
    for _ in range(3):
        second.advance(source, 2.0)
    assert first.temperature_degC.tobytes() == second.temperature_degC.tobytes()
    assert first.temperature_degC.max() > ARTERIAL_DEGC + 0.1


def test_bad_input_is_refused() -> None:
    solver = Bioheat(uniform((3, 3, 3)), np.full((3, 3, 3), 37.0, dtype=np.float32))
    with pytest.raises(ValueError, match="seconds"):
        solver.advance(None, -1.0)
    with pytest.raises(ValueError, match="seconds"):
        solver.advance(None, float("nan"))
    with pytest.raises(ValueError, match="source_W_per_m3"):
        solver.advance(np.zeros((3, 3, 4), dtype=np.float32), 1.0)
    with pytest.raises(ValueError, match="initial_degC"):
        Bioheat(uniform((3, 3, 3)), np.zeros((3, 3, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="read-only"):
        solver.temperature_degC[0, 0, 0] = 50.0
