"""Dose grows with temperature, with time and with doubt, and nothing takes any of it away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core import dose as cem43
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

VOXELS = 3
temperatures = st.lists(st.floats(30.0, 55.0, width=32), min_size=VOXELS, max_size=VOXELS)
days = st.lists(st.tuples(st.floats(0.1, 30.0), temperatures), min_size=2, max_size=12)


def seen(degC, common=0.0, reasons=None):
    degC = np.asarray(degC, dtype=np.float32)
    shared = np.full(degC.shape, common, dtype=np.float32)
    validity = np.zeros(degC.shape, dtype=np.uint8) if reasons is None else np.asarray(reasons, dtype=np.uint8)
    return Thermal(
        temperature_degC=degC, uncertainty_degC=shared, common_degC=shared, validity=validity, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


def lived(day, *, common=0.0, k=2.0, warmer=0.0, longer=1.0):
    """The dose at the end of a day: images with the time since the one before."""
    at_s, dose = 0.0, None
    for elapsed_s, degC in day:
        at_s += elapsed_s * longer
        thermal = seen(np.asarray(degC) + warmer, common)
        dose = cem43.begin(at_s, thermal, k) if dose is None else cem43.accumulate(dose, at_s, thermal, k)
    return dose


def not_less(after, before):
    return bool((after >= before * (1.0 - 1e-4) - 1e-9).all())


@pytest.mark.verifies("SRS-407", "SRS-411", "RC-10")
@given(day=days, warmer=st.floats(0.0, 5.0), longer=st.floats(1.0, 4.0), common=st.floats(0.0, 1.0))
def test_a_warmer_or_longer_day_has_no_less_dose(day, warmer, longer, common):
    before = lived(day, common=common)
    for more in (lived(day, common=common, warmer=warmer), lived(day, common=common, longer=longer)):
        assert not_less(more.estimate_min, before.estimate_min)
        assert not_less(more.upper_min, before.upper_min)


@pytest.mark.verifies("SRS-407", "SRS-406", "RC-10")
@given(day=days, common=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0), k=st.floats(1.6, 4.0), wider=st.floats(0.0, 2.0))
def test_doubt_opens_the_bound_and_moves_no_estimate(day, common, more, k, wider):
    before, after = lived(day, common=common, k=k), lived(day, common=common + more, k=k + wider)
    assert not_less(after.upper_min, before.upper_min)
    assert (after.estimate_min == before.estimate_min).all()
    assert not_less(before.upper_min, before.estimate_min)


@pytest.mark.verifies("SRS-407", "RC-09")
@given(hot=st.floats(37.0, 50.0), lost=st.sampled_from([r for r in Reason if r is not Reason.VALID]),
       gap_s=st.floats(1.0, 600.0), shown=st.floats(20.0, 37.0))  # fmt: skip
def test_a_voxel_that_is_lost_while_hot_goes_on_counting_as_hot(hot, lost, gap_s, shown):
    dose = cem43.begin(0.0, seen([hot]), 2.0)
    unseen = cem43.accumulate(dose, gap_s, seen([shown], reasons=[lost]), 2.0)
    stayed = cem43.accumulate(dose, gap_s, seen([hot]), 2.0)
    assert unseen.estimate_min == stayed.estimate_min and unseen.upper_min == stayed.upper_min
    assert unseen.last_degC == stayed.last_degC


@pytest.mark.verifies("SRS-407")
@given(day=days, split=st.floats(0.1, 0.9))
def test_an_image_more_in_between_at_the_same_temperature_changes_nothing(day, split):
    held = [(elapsed_s, day[0][1]) for elapsed_s, _ in day]
    parts = [held[0], *((e * part, degC) for e, degC in held[1:] for part in (split, 1.0 - split))]
    assert lived(parts).estimate_min == pytest.approx(lived(held).estimate_min, rel=1e-3)


@pytest.mark.verifies("SRS-407", "RC-02")
@given(day=days, back_s=st.floats(0.0, 1000.0), degC=temperatures)
def test_time_that_goes_back_takes_no_dose_away(day, back_s, degC):
    dose = lived(day)
    after = cem43.accumulate(dose, dose.at_s - back_s, seen(degC), 2.0)
    assert (after.estimate_min == dose.estimate_min).all() and (after.upper_min == dose.upper_min).all()
