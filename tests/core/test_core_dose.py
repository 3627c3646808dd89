"""CEM43 against the figures of the facts, and what happens where a temperature is missing."""

import attrs
import numpy as np
import pytest

from syntherm.core.dose import DoseVariant, accumulate, begin, rate, residual_min
from syntherm.core.plan.values import ResidualDose
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

HOUR_S = 3600.0


def thermal(degC, common=0.0, validity=None):
    degC = np.atleast_1d(np.asarray(degC, dtype=np.float32))
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else np.asarray(validity, dtype=np.uint8)
    shared = np.full(degC.shape, common, dtype=np.float32)
    return Thermal(
        temperature_degC=degC, uncertainty_degC=shared, common_degC=shared, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


@pytest.mark.verifies("SRS-407")
@pytest.mark.parametrize(
    ("held_degC", "minutes"), [(40, 0.9375), (41, 3.75), (42, 15), (43, 60), (44, 120), (45, 240), (47, 960)]
)
def test_an_hour_at_a_temperature(held_degC, minutes):
    dose = begin(0.0, thermal(held_degC), 1.96)
    for frame in range(1, 1201):
        dose = accumulate(dose, frame * 3.0, thermal(held_degC), 1.96)
    assert dose.estimate_min[0] == pytest.approx(minutes, rel=1e-3)
    assert dose.upper_min[0] == pytest.approx(minutes, rel=1e-3)


@pytest.mark.verifies("SRS-407")
def test_rate_changes_its_base_at_43_and_is_continuous_there():
    assert rate(np.array([43.0, 44.0, 42.0, 37.0], dtype=np.float32)) == pytest.approx([1.0, 2.0, 0.25, 4.0**-6])
    just = np.nextafter(np.float32(43.0), np.float32(0.0))
    assert rate(np.array([just]))[0] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.verifies("SRS-407", "SRS-411", "RC-10")
def test_the_upper_bound_is_the_dose_of_what_images_share():
    dose = begin(0.0, thermal(42.0, common=0.5), 2.0)
    dose = accumulate(dose, HOUR_S, thermal(42.0, common=0.5), 2.0)
    assert dose.estimate_min[0] == pytest.approx(15.0, rel=1e-3)
    assert dose.upper_min[0] == pytest.approx(60.0, rel=1e-3)


@pytest.mark.verifies("SRS-407", "RC-09")
def test_a_voxel_that_is_lost_keeps_its_last_temperature():
    lost = thermal([37.0, 37.0], validity=[Reason.LOW_SIGNAL, Reason.VALID])
    dose = accumulate(begin(0.0, thermal([44.0, 37.0]), 1.96), 60.0, lost, 1.96)
    assert dose.estimate_min[0] == pytest.approx(2.0)
    dose = accumulate(dose, 120.0, lost, 1.96)
    assert dose.estimate_min[0] == pytest.approx(4.0)
    assert dose.last_degC.tolist() == [44.0, 37.0]


@pytest.mark.verifies("SRS-407")
def test_a_voxel_that_was_never_seen_gains_nothing_and_then_counts_from_its_first():
    never = thermal(99.0, validity=[Reason.NOISE])
    dose = accumulate(begin(0.0, never, 1.96), 60.0, never, 1.96)
    assert dose.estimate_min[0] == 0.0 and dose.upper_min[0] == 0.0
    assert np.isnan(dose.last_degC[0])
    dose = accumulate(dose, 120.0, thermal(43.0), 1.96)
    assert dose.estimate_min[0] == pytest.approx(1.0)


@pytest.mark.verifies("SRS-407")
def test_time_that_goes_back_takes_no_dose_away():
    dose = accumulate(begin(0.0, thermal(45.0), 1.96), 600.0, thermal(45.0), 1.96)
    again = accumulate(dose, 300.0, thermal(45.0), 1.96)
    assert again.estimate_min[0] >= dose.estimate_min[0]


def test_a_dose_is_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        begin(0.0, thermal(45.0), 1.96).at_s = 1.0


@pytest.mark.verifies("SRS-407")
def test_rate_between_the_degrees():
    assert rate(np.array([43.5, 42.5])) == pytest.approx([2.0**0.5, 0.5])


@pytest.mark.verifies("SRS-407", "RC-10")
def test_short_steps_count_as_what_they_are_and_steps_back_as_nothing():
    dose = begin(10.0, thermal(45.0), 1.96)
    short = accumulate(dose, 10.5, thermal(45.0), 1.96)
    assert short.estimate_min[0] == pytest.approx(4.0 * 0.5 / 60.0)
    assert short.at_s == 10.5
    back = accumulate(short, 4.0, thermal(60.0), 1.96)
    assert back.estimate_min[0] == short.estimate_min[0] and back.upper_min[0] == short.upper_min[0]


@pytest.mark.verifies("SRS-407")
def test_a_step_counts_the_mean_rate_of_its_ends():
    dose = begin(0.0, thermal(43.0), 1.96)
    assert accumulate(dose, 60.0, thermal(45.0), 1.96).estimate_min[0] == pytest.approx(2.5)


def test_maps_stay_single_precision():
    """A session holds them for hours, and a recorded one must come out bit for bit."""
    first = begin(0.0, thermal([43.0, 41.0], common=0.5, validity=[Reason.VALID, Reason.FAT]), 1.96)
    second = accumulate(first, 3.0, thermal([43.0, 41.0], common=0.5), 1.96)
    for dose in (first, second):
        for field in ("estimate_min", "upper_min", "last_degC", "last_upper_degC"):
            assert getattr(dose, field).dtype == np.float32
    assert rate(np.array([42.0])).dtype == np.float32


def test_the_variant_without_what_is_below_39_counts_only_the_rest():
    dose = begin(0.0, thermal([38.9, 39.0, 42.0]), 1.96)
    dose = accumulate(dose, HOUR_S, thermal([38.9, 39.0, 42.0]), 1.96)
    assert dose.cut39_min == pytest.approx([0.0, 60.0 * 4.0**-4, 15.0], rel=1e-3)
    assert dose.estimate_min[0] == pytest.approx(60.0 * 4.0**-4.1, rel=1e-3)
    assert (dose.cut39_min <= dose.estimate_min).all()


def test_variants_say_what_they_count():
    degC = np.array([38.99, 39.0, 43.0, 44.0], dtype=np.float32)
    assert rate(degC, DoseVariant.CUT39).tolist() == [0.0, *rate(degC)[1:].tolist()]
    assert "every temperature" in DoseVariant.WHOLE.value and "below 39" in DoseVariant.CUT39.value


@pytest.mark.parametrize("hottest", [37.0, 41.0, 43.0, 45.0])
@pytest.mark.parametrize("rise", [0.0, 0.5])
def test_what_cooling_adds_is_never_less_than_the_decay_itself(hottest, rise):
    residual = ResidualDose(rise_degC=rise, decay_s=120.0)
    found = float(residual_min(np.array([hottest], dtype=np.float32), 37.0, residual)[0])
    at_s = np.arange(0.0, 600.0, 0.1)
    degC = (37.0 + (hottest + rise - 37.0) * np.exp(-at_s / 120.0)).astype(np.float32)
    exact = float(rate(degC).sum(dtype=np.float64)) * 0.1 / 60.0
    assert exact * 0.999 <= found <= 1.25 * exact


def test_what_cooling_adds_to_a_voxel_that_never_had_a_temperature_is_nothing():
    residual = ResidualDose(rise_degC=0.5, decay_s=120.0)
    found = residual_min(np.array([np.nan, 43.0], dtype=np.float32), 37.0, residual)
    assert found[0] == 0.0 and found[1] > 0.5


def test_longer_decay_and_hotter_tissue_add_more():
    degC = np.linspace(37.0, 46.0, 40, dtype=np.float32)
    short = residual_min(degC, 37.0, ResidualDose(rise_degC=0.2, decay_s=60.0))
    long = residual_min(degC, 37.0, ResidualDose(rise_degC=0.2, decay_s=120.0))
    assert (np.diff(short) > 0.0).all() and (long > short).all()
