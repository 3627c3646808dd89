"""What an event shows: which images are used, and how the clocks of the session run."""

from math import inf, nan

import attrs
import numpy as np
import pytest

from syntherm.core.checks.registry import ALL
from syntherm.core.events import FatMapReceived, Restarted, StopLoopReport
from syntherm.core.faults import Code
from syntherm.core.machine import IllegalEvent
from syntherm.core.observe.defects import defect_of
from syntherm.core.observe.event import observe
from syntherm.core.observe.range_clock import gained, lost
from syntherm.core.state import Imaging, RangeClock
from syntherm.core.vocabulary import Session, Trigger


@pytest.fixture
def good(bench, made):
    drive = bench.at("heating")
    return drive, drive.frame_event(made.Picture(target=41.0), after_s=1.0)


def moved(geometry):
    return attrs.evolve(geometry, first_voxel_mm=(0.0, 0.0, 0.0))


@pytest.mark.verifies("SRS-408", "RC-09")
class TestDefects:
    def defect(self, good, **changes):
        drive, frame = good
        return defect_of(attrs.evolve(frame, **changes), drive.state.imaging, drive.plan)

    def test_the_next_image_has_none(self, good):
        assert self.defect(good) is None

    def test_geometry(self, good):
        _, frame = good
        assert "geometry" in self.defect(good, geometry=moved(frame.geometry))
        assert "geometry" in self.defect(good, volume=frame.volume[:, :, :2])
        turned = attrs.evolve(frame.geometry, matrix=(3, 12, 12))
        assert "geometry" in self.defect(good, geometry=turned, volume=frame.volume.T)

    @pytest.mark.parametrize(("field", "word"), [("field_T", "field"), ("echo_time_ms", "echo")])
    def test_field_and_echo_time_to_a_tenth_of_a_per_cent(self, good, field, word):
        right = getattr(good[0].plan.scanner, field)
        assert self.defect(good, **{field: right * 1.0009}) is None
        assert self.defect(good, **{field: right * 0.9991}) is None
        for wrong in (right * 1.0011, right * 0.9989, -right, inf):
            assert word in self.defect(good, **{field: wrong})

    @pytest.mark.parametrize("field", ["field_T", "echo_time_ms"])
    def test_field_and_echo_time_that_are_not_numbers(self, good, field):
        assert self.defect(good, **{field: nan}) is not None

    @pytest.mark.parametrize("bad", [nan, inf, complex(0.0, -inf), complex(1.0, nan)])
    def test_a_single_number_that_is_not_finite(self, good, bad):
        volume = good[1].volume.copy()
        volume[3, 4, 1] = bad
        assert "not finite" in self.defect(good, volume=volume)

    def test_age(self, good):
        drive, frame = good
        most_s = drive.plan.limits.frame_age_s
        long_ago = attrs.evolve(drive.state.imaging, acquired_s=None)
        for age_s in (0.0, most_s):
            aged = attrs.evolve(frame, acquired_s=frame.at_s - age_s)
            assert defect_of(aged, long_ago, drive.plan) is None
        for age_s in (-1e-6, most_s + 1e-6, nan, inf, -inf):
            assert "older" in self.defect(good, acquired_s=frame.at_s - age_s)
        assert "older" in self.defect(good, at_s=nan)

    def test_an_image_acquired_before_the_last_one(self, good):
        last_s = good[0].state.imaging.acquired_s
        for acquired_s in (last_s, last_s - 0.5):
            assert "no later" in self.defect(good, acquired_s=acquired_s)

    def test_order(self, good):
        last = good[0].state.imaging.sequence
        assert self.defect(good, sequence=last + 1) is None
        assert self.defect(good, sequence=last + 7) is None
        for sequence in (last, last - 1, 0, -5):
            assert "number" in self.defect(good, sequence=sequence)

    def test_the_same_image_again_under_a_new_number(self, good):
        volume = good[0].state.imaging.volume
        assert "bit for bit" in self.defect(good, volume=volume.copy())
        other = volume.copy()
        other[0, 0, 0] += np.complex64(1.0)
        assert self.defect(good, volume=other) is None

    def test_the_first_image_has_nothing_before_it(self, good):
        drive, frame = good
        assert defect_of(attrs.evolve(frame, sequence=-3), Imaging(), drive.plan) is None


@pytest.mark.verifies("SRS-409", "RC-09")
def test_an_image_is_late_by_its_acquisition(bench, made):
    drive = bench.at("heating")
    event = drive.frame_event(made.Picture(target=41.0), after_s=1.0)
    drive.state = made.put(drive.state, imaging__acquired_s=event.at_s - 7.4)
    drive.feed(attrs.evolve(event, acquired_s=event.at_s - 7.0))
    drive.poll()
    assert not drive.last.records[0].verdicts["frame-age"].may_continue


@pytest.mark.verifies("SRS-408")
def test_a_defective_image_is_used_for_nothing(bench, made):
    drive = bench.at("heating")
    before = drive.state
    after = observe(before, drive.frame_event(made.Picture(target=60.0), after_s=1.0, sequence=1))
    assert after.imaging.defect is not None
    assert after.thermometry is before.thermometry
    assert after.range_clock is before.range_clock
    for field in ("sequence", "acquired_s", "volume"):
        assert getattr(after.imaging, field) is getattr(before.imaging, field)


def test_an_image_in_setup_makes_no_temperature(bench, made):
    drive = bench.at("set-up")
    drive.live(made.Picture(), 1)
    assert drive.at_s - 1.0 < drive.state.imaging.acquired_s < drive.at_s
    assert drive.state.thermometry.thermal is None and drive.state.thermometry.learning is None


@pytest.mark.verifies("SRS-402", "SRS-406", "RC-09")
def test_an_image_without_references_makes_nothing_known(bench, made):
    drive = bench.at("infusing")
    event = drive.frame_event(made.Picture(target=41.0), after_s=1.0)
    volume = event.volume.copy()
    volume.reshape(-1)[drive.state.layout.reference] *= 1e-3
    dose = drive.state.thermometry.dose
    drive.feed(attrs.evolve(event, volume=volume))
    known = drive.state.thermometry
    assert known.thermal is None and known.target is None and known.guards == ()
    assert known.dose is dose
    assert not drive.state.range_clock.in_range
    assert drive.names == ("drug-infusion-sync", "accepted", "paused", "held")


@pytest.mark.verifies("SRS-405")
def test_a_baseline_needs_a_fat_map_to_become_temperatures(bench, made):
    drive = bench.at("learned")
    state = made.put(drive.state, imaging__fat_fraction=None, thermometry__thermal=None)
    seen = observe(state, drive.frame_event(made.Picture(), after_s=1.0))
    assert seen.thermometry.thermal is None


@pytest.mark.verifies("SRS-404")
class TestFatMap:
    def test_a_map_on_the_plans_grid_is_taken(self, bench):
        drive = bench.at("begun")
        geometry = drive.state.layout.geometry
        fat = np.linspace(0.0, 1.0, 432, dtype=np.float32).reshape(geometry.matrix)
        drive.feed(FatMapReceived(1.0, geometry, fat))
        assert np.array_equal(drive.state.imaging.fat_fraction, fat.reshape(-1))

    @pytest.mark.parametrize("wrong", ["geometry", "shape"])
    def test_any_other_is_not(self, bench, wrong):
        drive = bench.at("begun")
        geometry = drive.state.layout.geometry
        fat = np.zeros(geometry.matrix, dtype=np.float32)
        event = (
            FatMapReceived(1.0, moved(geometry), fat) if wrong == "geometry" else FatMapReceived(1.0, geometry, fat.T)
        )
        drive.feed(event)
        assert drive.state.imaging.fat_fraction is None
        assert "fat map" in drive.state.imaging.defect


# ---------------------------------------------------------------------------------------------------------- clocks
@pytest.mark.verifies("SRS-301", "SRS-107")
def test_the_range_clock_runs_between_two_looks_in_range():
    clock = gained(RangeClock(), 3.0, unbroken=True)
    assert clock == RangeClock(True, 0.0, 0.0, None)
    clock = gained(clock, 3.0, unbroken=True)
    assert clock == RangeClock(True, 3.0, 3.0, None)
    assert gained(clock, 9.0, unbroken=False) == RangeClock(True, 0.0, 3.0, None)
    clock = lost(clock, 16.0)
    assert clock == RangeClock(False, 0.0, 3.0, 16.0)
    assert lost(clock, 19.0) == clock
    assert gained(clock, 3.0, unbroken=True) == RangeClock(True, 0.0, 3.0, None)


@pytest.mark.verifies("SRS-409", "SRS-302", "RC-07")
def test_without_a_fresh_image_the_target_is_out_of_range(bench, made):
    drive = bench.at("infusing")
    assert drive.state.range_clock.in_range
    most_s = drive.plan.limits.frame_age_s
    state = made.put(drive.state, imaging__acquired_s=drive.at_s + 1.0 - most_s)
    assert observe(state, drive.room.look(drive.at_s + 1.0)).range_clock.in_range
    acquired_s = drive.at_s + 1.0 - most_s - 0.5
    state = made.put(drive.state, imaging__acquired_s=acquired_s)
    aged = observe(state, drive.room.look(drive.at_s + 1.0)).range_clock
    # Lost when the image grew too old, half a second before anybody looked.
    assert aged == RangeClock(False, 0.0, drive.state.range_clock.total_s, acquired_s + most_s)
    state = made.put(drive.state, imaging__acquired_s=None)
    assert not observe(state, drive.room.look(drive.at_s + 1.0)).range_clock.in_range


@pytest.mark.verifies("SRS-301", "RC-07")
def test_a_gap_between_images_longer_than_they_may_be_old_begins_the_dwell_anew(bench, made):
    drive = bench.at("heating")
    before, last_s = drive.state.range_clock, drive.state.imaging.acquired_s
    most_s = drive.plan.limits.frame_age_s
    event = drive.frame_event(made.Picture(target=41.2), after_s=8.5)

    def after(gap_s, clock=before):
        state = attrs.evolve(drive.state, range_clock=clock)
        return observe(state, attrs.evolve(event, acquired_s=last_s + gap_s)).range_clock

    assert before.in_range and before.dwell_s > 0.0
    assert after(most_s) == RangeClock(True, before.dwell_s + most_s, before.total_s + most_s, None)
    assert after(most_s + 1e-3) == RangeClock(True, 0.0, before.total_s, None)
    # What was out of range before the gap has been so since then.
    out = RangeClock(False, 0.0, 3.0, last_s - 1.0)
    assert after(most_s + 1e-3, out) == RangeClock(True, 0.0, 3.0, None)
    cold = drive.frame_event(made.Picture(target=39.0), after_s=8.5, acquired_s=last_s + most_s + 1e-3)
    assert observe(drive.state, cold).range_clock == RangeClock(False, 0.0, before.total_s, last_s + most_s)
    assert observe(attrs.evolve(drive.state, range_clock=out), cold).range_clock == out
    soon = drive.frame_event(made.Picture(target=39.0), after_s=3.0)
    assert observe(drive.state, soon).range_clock == RangeClock(False, 0.0, before.total_s, soon.at_s)


@pytest.mark.verifies("SRS-302", "RC-07")
@pytest.mark.parametrize("quiet_s", [0.5, 4.5])
def test_no_silence_while_the_last_image_grows_old_lengthens_the_time_out_of_range(bench, made, quiet_s):
    """However late the first look after it is, the pump is held by the plan's time after the image was too old."""
    drive = bench.at("infusing")
    limits, loss_s = drive.plan.limits, drive.plan.heating.loss_of_range_s
    # Cold images go on coming, so that nothing but the range is wrong.
    lost_s = drive.state.imaging.acquired_s + limits.frame_age_s
    state = made.put(drive.state, at_s=lost_s, imaging__defect=None)
    state = observe(state, drive.room.look(lost_s + quiet_s))
    assert state.range_clock.out_since_s == lost_s
    on_time = attrs.evolve(state, at_s=lost_s + loss_s)
    assert ALL["in-range"](on_time).may_continue
    late = attrs.evolve(state, at_s=lost_s + loss_s + 0.01)
    assert ALL["in-range"](late).code is Code.OUT_OF_RANGE


@pytest.mark.verifies("SRS-301", "RC-07")
def test_a_look_just_before_the_gap_is_too_long_does_not_hide_it(bench, made):
    drive = bench.at("heating")
    last_s, most_s = drive.state.imaging.acquired_s, drive.plan.limits.frame_age_s
    for _ in range(6):
        drive.poll()
    drive.poll(last_s + most_s - 0.1 - drive.at_s)
    assert drive.state.range_clock.in_range and drive.state.range_clock.dwell_s >= drive.plan.heating.dwell_s
    drive.frame(made.Picture(target=41.2), after_s=0.7)
    assert drive.state.imaging.acquired_s - last_s == pytest.approx(most_s + 0.1)
    assert drive.state.range_clock == RangeClock(True, 0.0, drive.state.range_clock.total_s, None)
    drive.poll(0.1)
    with pytest.raises(IllegalEvent, match="not been in range for the dwell"):
        drive.act(Trigger.RELEASE_INFUSION)
    drive.live(made.Picture(target=41.2), 4)
    drive.poll(0.1)
    drive.act(Trigger.RELEASE_INFUSION)
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "infusing")
    assert drive.state.faults == () and drive.state.watch.violations == ()


@pytest.mark.verifies("SRS-406", "SRS-301")
def test_a_target_that_is_hardly_seen_is_out_of_range(bench, made):
    drive = bench.at("heating")
    drive.live(made.Picture(target=41.2), 1)
    assert drive.state.range_clock.in_range
    event = drive.frame_event(made.Picture(target=41.2), after_s=1.0)
    volume = event.volume.copy()
    volume.reshape(-1)[drive.state.layout.target.voxels[:9]] *= 1e-3
    drive.feed(attrs.evolve(event, volume=volume))
    assert drive.state.thermometry.target.cold90.lower > 40.0
    assert not drive.state.range_clock.in_range


@pytest.mark.verifies("SRS-107")
def test_time_in_range_is_counted_while_heating_only(bench, made):
    drive = bench.at("heating")
    drive.act(Trigger.END_HEATING)
    total_s = drive.state.range_clock.total_s
    drive.live(made.Picture(target=41.2), 3)
    assert drive.state.range_clock.total_s == total_s
    assert not drive.state.range_clock.in_range


@pytest.mark.verifies("SRS-108", "RC-11")
def test_heating_time_is_counted_in_the_heating_states_and_never_goes_back(bench, made):
    drive = bench.at("heating")
    heated_s = drive.state.beam.heating_s
    drive.poll()
    assert drive.state.beam.heating_s == pytest.approx(heated_s + 1.0)
    backwards = observe(drive.state, drive.room.look(drive.at_s - 5.0))
    assert backwards.beam.heating_s == drive.state.beam.heating_s
    assert backwards.jumped_s == -5.0
    drive.act(Trigger.STOP)
    heated_s = drive.state.beam.heating_s
    drive.poll()
    assert drive.state.beam.heating_s == heated_s


@pytest.mark.verifies("SRS-113")
def test_the_gap_of_a_restart_is_no_jump_of_the_clock(bench):
    drive = bench.at("set-up")
    assert observe(drive.state, Restarted(drive.at_s + 900.0, "killed")).jumped_s == 0.0


# ------------------------------------------------------------------------------------------------------- equipment
@pytest.mark.verifies("SRS-207", "SRS-306")
@pytest.mark.parametrize("device", ["transducer", "pump", "stop-loop"])
def test_a_device_that_does_not_answer_keeps_its_last_report_and_its_age(bench, device):
    drive = bench.at("set-up")
    before = drive.state.equipment
    drive.room.missing = frozenset({device})
    drive.poll()
    name = device.replace("-", "_")
    assert getattr(drive.state.equipment, name) == getattr(before, name)
    assert getattr(drive.state.equipment, f"{name}_s") == getattr(before, f"{name}_s")
    for other in {"transducer", "pump", "stop_loop"} - {name}:
        assert getattr(drive.state.equipment, f"{other}_s") == drive.at_s


@pytest.mark.verifies("SRS-405", "RC-06")
def test_output_of_the_generator_is_energy_that_tissue_must_settle_from_lent_or_not(bench):
    drive = bench.at("learned")
    on = attrs.evolve(drive.state.equipment.transducer, output_on=True, power_W=5.0)
    at_s = drive.at_s + 1.0

    def last_energy_s(known_s, report):
        beam = attrs.evolve(drive.state.beam, last_energy_s=known_s)
        look = attrs.evolve(drive.room.look(at_s), transducer=report)
        return observe(attrs.evolve(drive.state, beam=beam), look).beam.last_energy_s

    assert drive.state.beam.last_energy_s is None
    assert last_energy_s(None, on) == last_energy_s(at_s - 0.5, on) == at_s
    # Lent until later: it may go on until then.
    assert (last_energy_s(at_s, on), last_energy_s(at_s + 2.0, on)) == (at_s, at_s + 2.0)
    for quiet in (None, attrs.evolve(on, output_on=False)):
        assert (last_energy_s(None, quiet), last_energy_s(at_s - 0.5, quiet)) == (None, at_s - 0.5)


@pytest.mark.verifies("SRS-103", "RC-05")
def test_an_open_loop_proves_the_stop_in_setup_only(bench):
    for place, proves in (("begun", True), ("learned", False)):
        drive = bench.at(place)
        drive.state = attrs.evolve(drive.state, equipment=attrs.evolve(drive.state.equipment, seen_open=False))
        drive.room.stop_open = True
        drive.poll()
        assert drive.state.equipment.seen_open is proves


@pytest.mark.verifies("SRS-103", "RC-05")
def test_a_report_kept_from_before_proves_no_stop(bench):
    drive = bench.at("begun")
    kept = attrs.evolve(drive.state.equipment, seen_open=False, stop_loop=StopLoopReport(False))
    look = attrs.evolve(drive.room.look(drive.at_s + 1.0), stop_loop=None)
    seen = observe(attrs.evolve(drive.state, equipment=kept), look).equipment
    assert seen.stop_loop == StopLoopReport(False) and not seen.seen_open


@pytest.mark.verifies("SRS-306", "RC-08")
def test_the_pumps_run_is_timed_from_its_first_report_of_it(bench, made):
    drive = bench.at("infusing")
    assert drive.state.equipment.infusing_since_s is None
    drive.poll()
    began_s, from_ml = drive.at_s, drive.state.equipment.pump.pumped_ml
    drive.poll()
    assert drive.state.equipment.infusing_since_s == began_s
    assert drive.state.equipment.infusing_from_ml == from_ml
    drive.act(Trigger.HOLD_INFUSION)
    drive.poll()
    assert drive.state.equipment.infusing_since_s is None


@pytest.mark.verifies("SRS-304")
def test_a_time_that_goes_back_takes_no_dose_and_no_second_away(bench, made):
    drive = bench.at("heating")
    before = drive.state.range_clock
    drive.frame(made.Picture(target=41.2), after_s=-0.5)
    assert drive.state.phases.session is Session.ABORT
    assert drive.state.range_clock.total_s >= before.total_s - 0.5


@pytest.mark.verifies("SRS-404", "SRS-408")
@pytest.mark.parametrize("wrong", [-0.01, 1.01, nan, inf])
def test_a_fat_map_of_no_fractions_is_not_taken(bench, wrong):
    drive = bench.at("begun")
    geometry = drive.state.layout.geometry
    fat = np.full(geometry.matrix, 0.1, dtype=np.float32)
    fat[0, 0, 0] = wrong
    after = observe(drive.state, FatMapReceived(drive.at_s + 1.0, geometry, fat))
    assert after.imaging.fat_fraction is None
    assert "no fractions" in after.imaging.defect


@pytest.mark.verifies("SRS-404", "RC-09")
def test_jumps_are_judged_against_the_last_temperature_that_was_known(bench, made):
    drive = bench.at("heating")
    before = drive.state.thermometry.last
    blind = made.put(drive.state, thermometry__thermal=None)
    after = observe(blind, drive.frame_event(made.Picture(target=41.0), after_s=1.0))
    assert before is drive.state.thermometry.thermal
    assert after.thermometry.last is after.thermometry.thermal is not before
