"""Sums that must come out: every second and every millilitre once, and a dose that only grows."""

from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core import dose as cem43
from syntherm.core.drug.ledger import Ledger, book, delivered, volume_limit_ml
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

# How the pump ran between two looks: for how long, whether at all, and whether the target was in range.
runs = st.lists(st.tuples(st.floats(0.5, 3.0), st.booleans(), st.booleans()), max_size=60)
volumes = st.tuples(st.floats(1.0, 50.0), st.floats(0.0, 5.0), st.floats(60.0, 600.0))


def lived(prescription, looks):
    """The ledger after looks at a pump with a fine counter, beside sums of our own."""
    ledger, pumped_ml, seconds, states = Ledger(), 0.0, {"running": 0.0, True: 0.0, False: 0.0}, []
    for elapsed_s, running, in_range in looks:
        if running:
            pumped_ml += prescription.rate_ml_per_h / 3600.0 * elapsed_s
            seconds["running"] += elapsed_s
            seconds[in_range] += elapsed_s
            ledger = book(ledger, pumped_ml, elapsed_s, in_range, prescription)
        states.append(ledger)
    return ledger, pumped_ml, seconds, states


def with_volumes(bench, values):
    volume_ml, dead_ml, rate = values
    return attrs.evolve(bench.plan.prescription, volume_ml=volume_ml, line_dead_volume_ml=dead_ml, rate_ml_per_h=rate)


@pytest.mark.verifies("SRS-304", "RC-08")
@given(values=volumes, looks=runs)
def test_every_second_of_the_pump_is_counted_exactly_once(bench, values, looks):
    ledger, _, seconds, _ = lived(with_volumes(bench, values), looks)
    assert ledger.heated_s + ledger.unheated_s + ledger.filling_s == pytest.approx(seconds["running"])
    assert ledger.heated_s <= seconds[True] + 1e-9
    assert ledger.unheated_s <= seconds[False] + 1e-9


@pytest.mark.verifies("SRS-303", "SRS-304", "RC-08")
@given(values=volumes, looks=runs)
def test_the_patient_got_what_left_the_line(bench, values, looks):
    prescription = with_volumes(bench, values)
    ledger, pumped_ml, _, states = lived(prescription, looks)
    assert ledger.patient_ml == pytest.approx(max(0.0, pumped_ml - prescription.line_dead_volume_ml), abs=1e-9)
    assert ledger.heated_ml + ledger.unheated_ml == pytest.approx(ledger.patient_ml, abs=1e-9)
    for before, after in pairwise(states):
        for field in attrs.fields_dict(Ledger):
            assert getattr(after, field) >= getattr(before, field) >= 0.0


@pytest.mark.verifies("SRS-303", "RC-08")
@given(values=volumes)
def test_the_pumps_own_limit_is_where_the_prescription_is_delivered(bench, values):
    prescription = with_volumes(bench, values)
    limit_ml = volume_limit_ml(prescription)
    full = book(Ledger(), limit_ml, 1.0, True, prescription)
    assert delivered(full, prescription)
    short = book(Ledger(), limit_ml - 0.02, 1.0, True, prescription)
    assert not delivered(short, prescription)
    assert full.patient_ml <= prescription.volume_ml + 1e-9


@pytest.mark.verifies("SRS-304")
@given(values=volumes, gap_s=st.floats(5.0, 600.0), ran_s=st.floats(0.5, 4.0))
def test_a_gap_in_which_the_pump_stood_still_is_not_counted_as_infused(bench, values, gap_s, ran_s):
    prescription = with_volumes(bench, values)
    ledger = book(Ledger(), prescription.rate_ml_per_h / 3600.0 * ran_s, gap_s, False, prescription)
    counted_s = ledger.heated_s + ledger.unheated_s + ledger.filling_s
    assert counted_s <= ran_s + 0.01 * 3600.0 / prescription.rate_ml_per_h + 1e-9
    assert ledger.heated_s == 0.0


# ------------------------------------------------------------------------------------------------------------- dose
maps = st.lists(
    st.tuples(st.floats(0.5, 20.0), st.lists(st.tuples(st.floats(30.0, 60.0, width=32), st.sampled_from(list(Reason))),
                                             min_size=3, max_size=3)), min_size=1, max_size=20,
)  # fmt: skip


def thermal(voxels, common):
    degC = np.asarray([value for value, _ in voxels], dtype=np.float32)
    u = np.full(3, common, dtype=np.float32)
    reasons = np.asarray([reason for _, reason in voxels], dtype=np.uint8)
    return Thermal(
        temperature_degC=degC, uncertainty_degC=u, common_degC=u, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


@pytest.mark.verifies("SRS-407", "SRS-411", "RC-10")
@given(looks=maps, common=st.floats(0.0, 1.0), k=st.floats(1.6, 4.0))
def test_dose_only_grows_is_always_a_number_and_its_bound_is_above_it(looks, common, k):
    at_s, dose = 0.0, None
    for elapsed_s, voxels in looks:
        at_s += elapsed_s
        seen = thermal(voxels, common)
        after = cem43.begin(at_s, seen, k) if dose is None else cem43.accumulate(dose, at_s, seen, k)
        assert np.isfinite(after.estimate_min).all() and np.isfinite(after.upper_min).all()
        assert (after.upper_min >= after.estimate_min * (1.0 - 1e-5)).all()
        if dose is not None:
            assert (after.estimate_min >= dose.estimate_min).all() and (after.upper_min >= dose.upper_min).all()
        dose = after


@pytest.mark.verifies("SRS-407")
@given(degC=st.lists(st.floats(30.0, 55.0), min_size=2, max_size=30))
def test_dose_lies_between_that_of_the_coolest_and_that_of_the_hottest_image(degC):
    looks = [[(value, Reason.VALID)] * 3 for value in degC]
    dose = cem43.begin(0.0, thermal(looks[0], 0.0), 2.0)
    for frame, voxels in enumerate(looks[1:], start=1):
        dose = cem43.accumulate(dose, 3.0 * frame, thermal(voxels, 0.0), 2.0)
    minutes = 3.0 * (len(degC) - 1) / 60.0
    rates = [(2.0 if value >= 43.0 else 4.0) ** (value - 43.0) for value in degC]
    assert min(rates) * minutes * 0.999 <= dose.estimate_min[0] <= max(rates) * minutes * 1.001


@pytest.mark.verifies("SRS-407")
@given(st.floats(20.0, 60.0, width=32), st.floats(20.0, 60.0, width=32))
def test_a_warmer_voxel_gains_faster(one, other):
    cool, warm = sorted((one, other))
    rates = cem43.rate(np.array([cool, warm], dtype=np.float32))
    assert rates[0] <= rates[1]
