"""Taking in events, at the edges: first looks, equal values, and each sentence that names a defect."""

import attrs
import numpy as np
import pytest

from syntherm.core import dose as cem43
from syntherm.core.bounds import Bounded
from syntherm.core.calibration import find_focus
from syntherm.core.events import FatMapReceived, Restarted
from syntherm.core.observe.defects import defect_of
from syntherm.core.observe.event import observe
from syntherm.core.observe.range_clock import in_range
from syntherm.core.state import Imaging, RangeClock
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Energy, Infusion


@pytest.fixture
def good(bench, made):
    drive = bench.at("heating")
    return drive, drive.frame_event(made.Picture(target=41.0), after_s=1.0)


# ---------------------------------------------------------------------------------------------------- what is said
@pytest.mark.verifies("SRS-408", "RC-09")
def test_each_defect_has_its_own_sentence(good):
    drive, frame = good
    imaging = drive.state.imaging
    broken = frame.volume.copy()
    broken[0, 0, 0] = np.nan
    for changes, says in (
        ({"volume": frame.volume[:2]}, "geometry differs from the plan"),
        ({"field_T": 9.0}, "field strength differs from the plan"),
        ({"echo_time_ms": 90.0}, "echo time differs from the plan"),
        ({"volume": broken}, "image holds numbers that are not finite"),
        ({"acquired_s": frame.at_s + 1.0}, "image is older than the plan allows, or from the future"),
        ({"acquired_s": imaging.acquired_s}, "image was acquired no later than the one before it"),
        ({"sequence": imaging.sequence}, "image number repeats or goes back"),
        ({"volume": imaging.volume.copy()}, "image repeats the one before it, bit for bit"),
    ):
        assert defect_of(attrs.evolve(frame, **changes), imaging, drive.plan) == says


@pytest.mark.verifies("SRS-404", "SRS-408")
def test_each_defect_of_a_fat_map_has_its_own_sentence(bench):
    drive = bench.at("begun")
    geometry = drive.state.layout.geometry
    fat = np.zeros(geometry.matrix, dtype=np.float32)
    turned = observe(drive.state, FatMapReceived(1.0, geometry, fat.T))
    assert turned.imaging.defect == "fat map differs from the plan's geometry"
    beyond = observe(drive.state, FatMapReceived(1.0, geometry, fat + 2.0))
    assert beyond.imaging.defect == "fat map holds numbers that are no fractions"


@pytest.mark.verifies("SRS-408")
@pytest.mark.parametrize("field", ["field_T", "echo_time_ms"])
def test_a_difference_of_a_tenth_of_a_per_cent_is_none(good, made, field):
    drive, frame = good
    plan = made.put(drive.plan, **{f"scanner__{field}": 1000.0})
    frame = attrs.evolve(frame, field_T=plan.scanner.field_T, echo_time_ms=plan.scanner.echo_time_ms)
    for value in (999.0, 1001.0):
        assert defect_of(attrs.evolve(frame, **{field: value}), Imaging(), plan) is None
    for value in (998.999, 1001.001):
        assert defect_of(attrs.evolve(frame, **{field: value}), Imaging(), plan) is not None


@pytest.mark.verifies("SRS-408", "SRS-202", "RC-09")
def test_a_good_image_after_a_frozen_one_clears_the_defect(good, made):
    drive, frame = good
    state = made.put(drive.state, imaging__defect="image repeats", imaging__frozen=True)
    imaging = observe(state, frame).imaging
    assert imaging.defect is None and imaging.frozen is False
    assert imaging.volume is frame.volume and imaging.sequence == frame.sequence


# ------------------------------------------------------------------------------------------------------ temperatures
@pytest.mark.verifies("SRS-405")
def test_what_was_learned_from_is_let_go_with_the_last_baseline_image(bench, made):
    drive = bench.at("set-up").calibrate()
    assert drive.state.thermometry.baseline is not None and drive.state.thermometry.learning is None


@pytest.mark.verifies("SRS-404", "RC-09")
def test_a_step_is_judged_from_the_last_temperature_and_not_from_the_baselines(bench, made):
    drive = bench.at("accepted")
    drive.state = made.put(drive.state, plan__limits__voxel_step_degC=3.0)
    voxel = bench.layout.target.voxels[20]
    for target in (39.0, 41.0):
        drive.state = observe(drive.state, drive.frame_event(made.Picture(target=target), after_s=1.0))
        drive.at_s = drive.state.at_s
        assert drive.state.thermometry.thermal.validity[voxel] == Reason.VALID
    jumped = observe(drive.state, drive.frame_event(made.Picture(target=37.0), after_s=1.0))
    assert jumped.thermometry.thermal.validity[voxel] == Reason.STEP


@pytest.mark.verifies("SRS-407", "SRS-411", "RC-10")
def test_dose_is_counted_from_image_to_image_on_the_plans_coverage(bench, made):
    drive = bench.at("review")
    state = made.put(drive.state, thermometry__dose=None, plan__limits__coverage_factor=3.0)
    first = observe(state, drive.frame_event(made.Picture(target=40.0), after_s=1.0))
    drive.at_s = first.at_s
    event = drive.frame_event(made.Picture(target=42.0), after_s=3.0)
    second = observe(first, event)
    begun = cem43.begin(first.at_s, first.thermometry.thermal, 3.0)
    after = cem43.accumulate(begun, event.at_s, second.thermometry.thermal, 3.0)
    for seen, wanted in ((first.thermometry.dose, begun), (second.thermometry.dose, after)):
        for field in ("estimate_min", "upper_min", "last_degC", "last_upper_degC"):
            assert np.array_equal(getattr(seen, field), getattr(wanted, field), equal_nan=True)
    assert second.thermometry.dose.estimate_min.max() > 0.0


@pytest.mark.verifies("SRS-412", "SRS-203", "RC-06")
def test_only_what_was_delivered_before_the_image_counts_for_the_response(bench, made):
    drive = bench.at("review")
    picture = made.Picture(spot=2.5)
    state = made.put(drive.state, phases__energy=Energy.TEST, beam__test_energy_J=1e4, beam__pending=None)

    def response(since_s, most_J=1e4):
        event = drive.frame_event(picture, after_s=3.0)
        put = made.put(state, beam__test_since_s=event.acquired_s - since_s, beam__test_energy_J=most_J)
        seen = observe(put, event)
        return seen.beam.pending, seen.thermometry.thermal

    power_W = drive.plan.calibration.test_power_W
    for since_s, most_J, energy_J in ((6.0, 1e4, 6.0 * power_W), (6.0, 2.0 * power_W, 2.0 * power_W)):
        found, thermal = response(since_s, most_J)
        wanted = find_focus(thermal, bench.layout, drive.plan, energy_J)
        assert found.rise_degC_per_J == pytest.approx(wanted.rise_degC_per_J)
    for early_s in (0.0, -2.0):
        assert response(early_s)[0] is None


# ------------------------------------------------------------------------------------------------------------ clocks
@pytest.mark.verifies("SRS-409")
def test_the_first_event_of_a_session_is_no_jump(bench):
    drive = bench.at("begun")
    assert drive.state.at_s is None
    assert observe(drive.state, drive.room.look(5000.0)).jumped_s == 0.0


@pytest.mark.verifies("SRS-113", "SRS-301", "RC-07")
def test_nobody_saw_the_range_in_the_gap_of_a_restart(bench, made):
    drive = bench.at("heating")
    drive.live(made.Picture(target=41.2), 1)
    before = drive.state.range_clock
    assert before.in_range and before.dwell_s > 0.0
    clock = observe(drive.state, Restarted(drive.at_s + 9.0, "killed")).range_clock
    assert clock == RangeClock(False, 0.0, before.total_s, drive.at_s + 9.0)


@pytest.mark.verifies("SRS-301")
def test_the_first_image_adds_no_time_in_range(bench, made):
    drive = bench.at("heating")
    drive.live(made.Picture(target=41.2), 1)
    state = made.put(drive.state, imaging__acquired_s=None)
    clock = observe(state, drive.frame_event(made.Picture(target=41.2), after_s=1.0)).range_clock
    assert clock.in_range and clock.total_s == drive.state.range_clock.total_s


@pytest.mark.verifies("SRS-406", "SRS-301")
def test_in_range_at_each_limit(bench):
    plan, target = bench.plan, bench.at("heating").state.thermometry.target
    low, high = plan.heating.range_cold90_min_degC, plan.heating.range_hot10_max_degC
    share = round(100 * plan.limits.target_min_valid_fraction)
    edge = attrs.evolve(
        target, cold90=Bounded(low + 0.5, low, high), hot10=Bounded(low, low, high), voxels=100, valid=share
    )
    assert edge.valid_fraction == plan.limits.target_min_valid_fraction
    assert in_range(edge, plan)
    assert not in_range(attrs.evolve(edge, valid=share - 1), plan)
    assert not in_range(attrs.evolve(edge, cold90=Bounded(low + 0.5, low - 1e-9, high)), plan)
    assert not in_range(attrs.evolve(edge, hot10=Bounded(low, low, high + 1e-9)), plan)


# --------------------------------------------------------------------------------------------------------- equipment
def pumping(drive, made, *, infusing, counted_ml, known_ml=0.5, **changes):
    """What is known after a look at the pump one second later."""
    state = made.put(
        drive.state,
        ledger=attrs.evolve(drive.state.ledger, pumped_ml=known_ml),
        equipment__pump_s=drive.at_s,
        **changes,
    )
    look = drive.room.look(drive.at_s + 1.0)
    return observe(state, attrs.evolve(look, pump=attrs.evolve(look.pump, infusing=infusing, pumped_ml=counted_ml)))


@pytest.mark.verifies("SRS-304", "RC-08")
def test_time_of_a_running_pump_waits_for_the_counter_and_that_of_a_resting_one_does_not(bench, made):
    drive = bench.at("infusing")
    assert pumping(drive, made, infusing=True, counted_ml=0.5).ledger.pending_s == 1.0
    assert pumping(drive, made, infusing=False, counted_ml=0.5).ledger.pending_s == 0.0


@pytest.mark.verifies("SRS-304", "SRS-306", "RC-08")
def test_what_moved_is_entered_whatever_the_pump_calls_it(bench, made):
    drive = bench.at("infusing")
    drive.state = made.put(drive.state, ledger__patient_ml=0.4)
    for infusing in (True, False):
        heated = pumping(drive, made, infusing=infusing, counted_ml=0.75, range_clock__in_range=True).ledger
        assert (heated.pumped_ml, heated.heated_s, heated.unheated_s) == (0.75, 1.0, 0.0)
        cold = pumping(drive, made, infusing=infusing, counted_ml=0.75, range_clock__in_range=False).ledger
        assert (cold.pumped_ml, cold.heated_s, cold.unheated_s) == (0.75, 0.0, 1.0)


@pytest.mark.verifies("SRS-304")
def test_the_first_look_at_a_pump_counts_no_time(bench, made):
    drive = bench.at("infusing")
    state = made.put(drive.state, equipment__pump=None, equipment__pump_s=None, ledger__pumped_ml=0.5)
    look = drive.room.look(drive.at_s + 1.0)
    ledger = observe(state, attrs.evolve(look, pump=attrs.evolve(look.pump, infusing=True, pumped_ml=0.75))).ledger
    assert ledger.heated_s == ledger.unheated_s == ledger.pending_s == 0.0 and ledger.pumped_ml == 0.75


@pytest.mark.verifies("SRS-306", "RC-08")
@pytest.mark.parametrize(
    ("phase", "infusing", "timed"),
    [(Infusion.INFUSING, True, True), (Infusion.INFUSING, False, False), (Infusion.HELD, True, False),
     (Infusion.HELD, False, False)],
)  # fmt: skip
def test_a_run_is_timed_while_the_pump_infuses_and_was_released(bench, made, phase, infusing, timed):
    drive = bench.at("infusing")
    seen = pumping(drive, made, infusing=infusing, counted_ml=0.75, phases__infusion=phase).equipment
    assert (seen.infusing_since_s is not None) is timed
    assert not timed or (seen.infusing_since_s, seen.infusing_from_ml) == (drive.at_s + 1.0, 0.75)


@pytest.mark.verifies("SRS-405", "SRS-207")
@pytest.mark.parametrize(("sounding", "last_s", "kept_s"), [
    (True, None, 1.0), (True, -5.0, 1.0), (True, 1.0, 1.0), (True, 2.5, 2.5), (False, None, None), (False, -5.0, -5.0),
])  # fmt: skip
def test_output_counts_as_energy_lent_or_not(bench, made, sounding, last_s, kept_s):
    """Times are seconds from now; the look is one second from now."""
    drive = bench.at("review")
    state = made.put(drive.state, beam__last_energy_s=None if last_s is None else drive.at_s + last_s)
    look = drive.room.look(drive.at_s + 1.0)
    report = attrs.evolve(look.transducer, output_on=sounding)
    after = observe(state, attrs.evolve(look, transducer=report)).beam.last_energy_s
    assert after == (None if kept_s is None else drive.at_s + kept_s)
    silent = observe(state, attrs.evolve(look, transducer=None)).beam.last_energy_s
    assert silent == state.beam.last_energy_s
