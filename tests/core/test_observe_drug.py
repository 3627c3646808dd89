"""The drug in a session: from image to image, through gaps and restarts, and what the record is told of it."""

from math import inf, nan

import attrs
import numpy as np
import pytest

from syntherm.audit.encoding import Encoder
from syntherm.core.bounds import Bounded
from syntherm.core.drug.exposure import Shown
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.release import Heat
from syntherm.core.drug.track import follow, on_grid, start, went_on
from syntherm.core.effects import carry_out
from syntherm.core.events import FrameReceived, Restarted
from syntherm.core.observe.event import observe
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Effect


@pytest.fixture(scope="module")
def infusing(bench, made):
    """Drug has reached the patient, and images show a heated target."""
    drive = bench.at("infusing")
    for _ in range(20):
        drive.poll(), drive.poll(), drive.poll(), drive.frame(made.Picture(target=41.0))
    assert drive.state.ledger.patient_ml > 0.5
    return drive.state


def width(found: Bounded) -> float:
    return found.upper - found.lower


def later(state, seconds):
    return Restarted(state.at_s + seconds, "a gap")


@pytest.mark.verifies("SRS-308")
def test_it_begins_with_the_pump_and_knows_of_none_before(bench, made):
    drive = bench.at("heating")
    drive.poll()
    assert drive.state.drug is None and drive.last.records[0].drug is None
    drive = bench.at("infusing")
    while drive.state.drug is None:
        drive.poll()
    assert drive.state.ledger.pumped_ml > 0.0
    assert drive.last.records[0].drug is drive.state.drug.summary
    assert drive.state.drug.state.patient_ml == 0.0 and drive.state.drug.summary.seen_fraction == 0.0


def test_without_a_table_there_is_no_model_and_nothing_on_record(infusing, made):
    plain = attrs.evolve(infusing, plan=attrs.evolve(infusing.plan, drug_model=None), drug=None)
    assert observe(plain, later(plain, 100.0)).drug is None


@pytest.mark.verifies("SRS-308")
def test_an_image_takes_it_on_with_what_it_shows(infusing):
    track = infusing.drug
    assert track.state.at_s == infusing.at_s and track.state.patient_ml == infusing.ledger.patient_ml
    summary = track.summary
    assert summary.seen_fraction == 1.0
    assert 0.0 < summary.tissue.low90.estimate <= summary.tissue.mean.estimate <= summary.tissue.high10.estimate
    assert summary.released.mean.lower > 0.0 and summary.co_exposure.mean.lower > 0.0
    assert summary.body.infused_heated_mg == infusing.ledger.heated_ml * 2.0 > 0.0
    assert [guard.name for guard in summary.guards] == ["lateral", "pectoral"]
    assert summary.guards[0].mean.estimate < summary.tissue.mean.estimate
    assert summary.above_release_s.lower > 0.0


@pytest.mark.verifies("SRS-309")
def test_a_voxel_without_temperature_may_be_closed_or_open(infusing, bench, made):
    layout, plan = infusing.layout, infusing.plan
    dark = layout.target.voxels[:5]
    thermal = infusing.thermometry.thermal
    lost = thermal.validity.copy()
    lost[dark] = Reason.LOW_SIGNAL
    odd = thermal.uncertainty_degC.copy()
    odd[layout.target.voxels[5]] = np.inf
    before = attrs.evolve(infusing, at_s=infusing.at_s)
    hidden = attrs.evolve(thermal, validity=lost, uncertainty_degC=odd)
    from syntherm.core.observe.drug import follow_drug

    known = attrs.evolve(infusing.thermometry, thermal=hidden)
    after = follow_drug(before, attrs.evolve(infusing, thermometry=known), infusing.at_s + 3.0).drug
    places = after.followed.target[:6]
    assert (after.heat.lower_degC[places] == plan.heating.baseline_degC).all()
    assert (after.heat.upper_degC[places] == max(plan.limits.target_max_degC, plan.drug_model.full_degC[2])).all()
    assert np.array_equal(after.heat.estimate_degC[places], infusing.drug.heat.estimate_degC[places])
    assert after.summary.seen_fraction == pytest.approx(1.0 - 6.0 / len(layout.target.voxels))
    seen = after.followed.target[6:]
    assert (after.heat.upper_degC[seen] - after.heat.lower_degC[seen] < 4.0).all()


@pytest.mark.verifies("SRS-309")
def test_time_without_images_widens_what_is_told(infusing):
    age_s = infusing.plan.limits.frame_age_s
    near = observe(infusing, later(infusing, age_s))
    assert near.drug is infusing.drug, "an image may be so old"
    gap = observe(infusing, later(infusing, 60.0))
    summary, was = gap.drug.summary, infusing.drug.summary
    assert gap.drug.state.at_s == infusing.at_s + 60.0 and summary.seen_fraction == 0.0
    assert width(summary.released.mean) > width(was.released.mean)
    assert summary.above_release_s.lower == was.above_release_s.lower
    assert summary.above_release_s.upper == pytest.approx(was.above_release_s.upper + 60.0)
    assert summary.co_exposure.mean.lower == was.co_exposure.mean.lower


def test_a_clock_that_went_back_goes_on_from_there(infusing):
    back = observe(infusing, later(infusing, -50.0))
    assert back.drug.state.at_s == infusing.at_s - 50.0
    assert np.array_equal(back.drug.state.tissue, infusing.drug.state.tissue)
    assert observe(back, later(back, 20.0)).drug.state.at_s == infusing.at_s - 30.0


@pytest.mark.parametrize("seconds", [1e5, 1e9, inf, nan])
def test_no_gap_is_too_long(infusing, seconds):
    drug = observe(infusing, later(infusing, seconds)).drug
    assert np.isfinite(drug.state.tissue).all() and (drug.state.tissue >= 0.0).all()


@pytest.mark.parametrize("patient_ml", [1e300, inf])
def test_no_more_than_the_syringe_holds_has_reached_the_patient(infusing, patient_ml):
    wild = attrs.evolve(infusing, ledger=attrs.evolve(infusing.ledger, patient_ml=patient_ml))
    state = observe(wild, later(wild, 60.0)).drug.state
    assert state.patient_ml == infusing.plan.prescription.syringe_volume_ml
    assert np.isfinite(state.body_mg).all()


@pytest.mark.verifies("SRS-308")
def test_drug_does_not_vanish_with_the_calibration(infusing, made):
    event = later(infusing, 1.0)
    forgotten, _ = carry_out(infusing, event, (Effect.FORGET_CALIBRATION, Effect.START_LEARNING))
    assert forgotten.drug is infusing.drug
    assert forgotten.thermometry.thermal is None
    gap = observe(forgotten, later(infusing, 30.0))
    assert gap.drug.state.at_s == infusing.at_s + 30.0


@pytest.mark.verifies("SRS-308")
def test_a_restart_before_the_first_image_begins_at_the_baseline(bench):
    state = bench.at("learned").state
    pumped = attrs.evolve(
        state, ledger=Ledger(pumped_ml=0.05), thermometry=attrs.evolve(state.thermometry, last=None), at_s=None
    )
    track = observe(pumped, Restarted(500.0, "again")).drug
    assert track.state.at_s == 500.0
    assert (track.heat.estimate_degC == state.plan.heating.baseline_degC).all()


@pytest.mark.verifies("SRS-310")
def test_the_decision_on_an_image_tells_it_and_an_act_does_not(bench, made):
    drive = bench.at("infusing")
    while drive.state.drug is None:
        drive.poll()
    drive.poll(), drive.poll()
    assert drive.last.records[0].drug is None, "a poll between two images takes nothing on"
    drive.frame(made.Picture(target=41.0))
    told = drive.last.records[0].drug
    assert told is drive.state.drug.summary
    assert '"drug":{"$type":"DrugSummary"' in Encoder().text(drive.last.records[0])


def test_equal_events_give_equal_drug(bench, made):
    def run():
        drive = bench.at("infusing")
        for _ in range(4):
            drive.poll(), drive.poll(), drive.poll(), drive.frame(made.Picture(target=41.3))
        return drive.state.drug

    one, other = run(), run()
    for field in attrs.fields(type(one.state)):
        assert np.array_equal(getattr(one.state, field.name), getattr(other.state, field.name))
    assert one.summary == other.summary


def test_a_map_lies_on_the_grid_and_nowhere_else(infusing):
    voxels = len(infusing.layout.points_mm)
    found = on_grid(infusing.drug, Shown.TISSUE, voxels)
    followed = np.zeros(voxels, dtype=bool)
    followed[infusing.layout.target.voxels] = True
    for guard in infusing.layout.guards:
        followed[guard.voxels] = True
    assert found.shape == (3, voxels) and found.dtype == np.float32
    assert np.isfinite(found[:, followed]).all() and np.isnan(found[:, ~followed]).all()
    central, lower, upper = found[:, followed]
    assert (lower <= central).all() and (central <= upper).all()


def test_a_voxel_of_two_guards_is_followed_once():
    followed = follow(np.array([7, 8]), (("a", np.array([3, 4])), ("b", np.array([4, 5]))))
    assert followed.voxels.tolist() == [3, 4, 5, 7, 8]
    assert followed.target.tolist() == [3, 4]
    assert [(name, places.tolist()) for name, places in followed.guards] == [("a", [0, 1]), ("b", [1, 2])]


def test_what_is_pumped_at_the_same_moment_comes_with_the_next(infusing):
    plan = infusing.plan
    warm = np.full(2, 41.0)
    heat, seen = Heat(warm, warm, warm), np.ones(2, dtype=bool)
    track = start(plan, plan.drug_model, follow(np.array([1, 2]), ()), 10.0, heat)
    assert went_on(track, 10.0, Ledger(patient_ml=0.5), heat, seen) is track
    after = went_on(track, 13.0, Ledger(patient_ml=0.5), heat, seen)
    assert after.state.patient_ml == 0.5 and after.summary.guards == ()


def test_an_image_is_the_event_that_shows_temperatures(infusing, bench):
    assert not isinstance(later(infusing, 1.0), FrameReceived)
    assert observe(infusing, later(infusing, 1.0)).drug is infusing.drug
