"""What the monitors remember: their own counts, and that these agree with the core's on a sound day."""

from math import nan

import attrs
import pytest
from made_looks import (
    ABORTED,
    HEAT,
    OFF,
    PEOPLE,
    SEEN,
    SETUP,
    SYNC,
    act,
    image,
    lease,
    look,
    poll,
    summary,
    watching,
)  # fmt: skip

from syntherm.core.commands import EnergyOff
from syntherm.core.events import Restarted
from syntherm.core.faults import Code
from syntherm.core.monitors.registry import MONITORS
from syntherm.core.properties import WATCHED, Property
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, SetupItem, Trigger
from syntherm.core.watch import DrugSeen, EnergySeen, ImagesSeen, PeopleSeen, Violation, Watch

T = Trigger
BASELINE = attrs.evolve(SETUP, session=Session.CALIBRATION, calibration=Calibration.BASELINE)


@pytest.mark.verifies("SRS-114", "RC-16")
def test_every_property_that_one_session_can_show_has_its_monitor():
    assert set(MONITORS) == WATCHED
    assert len(set(MONITORS.values())) == len(WATCHED)


# ---------------------------------------------------------------------------------------------------------- images
def frame(number: int, *, gap_s: float = 3.0, **changes):
    """The `number`th image after 98.5 s, `gap_s` apart, answered half a second after it was acquired."""
    acquired_s = 98.5 + number * gap_s
    return look(image(10 + number, acquired_s, acquired_s + 0.5), **{"target": summary(40.5 + number / 64), **changes})


def test_dwell_is_the_time_between_images_in_range(court):
    was = watching(images=attrs.evolve(SEEN, in_range=False, dwell_s=0.0, out_since_s=90.0))
    seen = court.after(was, frame(1)).images
    assert (seen.in_range, seen.dwell_s, seen.out_since_s) == (True, 0.0, None)
    seen = court.after(was, *(frame(number) for number in range(1, 6))).images
    assert (seen.sequence, seen.acquired_s, seen.known_s, seen.dwell_s) == (15, 113.5, 114.0, 12.0)


@pytest.mark.verifies("SRS-114", "SRS-301", "RC-07")
@pytest.mark.parametrize(("target", "counts"), [
    (summary(40.0, 43.0), True), (summary(39.99, 43.0), False), (summary(40.0, 43.01), False),
    (summary(valid=32), True), (summary(valid=31), False), (summary(valid=0, voxels=0), False), (None, False),
])  # fmt: skip
def test_in_range_is_judged_on_bounds_and_on_enough_of_the_target(court, target, counts):
    seen = court.after(watching(), frame(1, target=target)).images
    assert (seen.in_range, seen.dwell_s) == ((True, 15.0) if counts else (False, 0.0))
    assert (seen.out_since_s is None) is counts


@pytest.mark.verifies("SRS-114", "SRS-301", "RC-07")
def test_a_gap_that_is_longer_than_an_image_may_be_old_ends_the_dwell(court):
    assert court.after(watching(), frame(1, gap_s=7.5)).images.dwell_s == 19.5
    late = court.after(watching(), frame(1, gap_s=7.6)).images
    assert (late.in_range, late.dwell_s) == (True, 0.0)


@pytest.mark.verifies("SRS-114", "SRS-301", "RC-07")
def test_an_image_that_shows_the_same_to_the_last_digit_shows_nothing(court):
    seen = court.after(watching(), frame(1), frame(2, target=summary(40.5 + 1 / 64))).images
    assert (seen.fresh, seen.in_range, seen.dwell_s, seen.acquired_s, seen.known_s) == (False, False, 0.0, 104.5, 102.0)


def test_images_outside_the_heating_states_show_no_time_in_range(court):
    cooling = attrs.evolve(HEAT, session=Session.COOLING, energy=Energy.OFF)
    seen = court.after(watching(cooling), attrs.evolve(frame(1), before=cooling, after=cooling)).images
    assert (seen.in_range, seen.dwell_s, seen.acquired_s) == (False, 0.0, 101.5)


def test_a_refused_image_counts_for_nothing(court):
    assert court.after(watching(), frame(1, failing=(Code.FRAME_REFUSED,))).images == SEEN


@pytest.mark.verifies("SRS-114", "SRS-302", "RC-07")
@pytest.mark.parametrize(
    ("event", "since_s"), [(poll(106.01), 106.0), (poll(111.0), 106.0), (Restarted(100.0, "killed"), 100.0)]
)
def test_what_nobody_saw_ends_the_dwell_when_the_image_grew_too_old(court, event, since_s):
    seen = court.after(watching(), look(event)).images
    assert (seen.in_range, seen.dwell_s, seen.out_since_s) == (False, 0.0, since_s)
    again = court.after(watching(), look(event), look(attrs.evolve(event, at_s=event.at_s + 1.0))).images
    assert again.out_since_s == since_s


@pytest.mark.verifies("SRS-114", "SRS-302", "RC-07")
def test_an_image_out_of_range_that_comes_late_was_lost_before(court):
    assert court.after(watching(), frame(1, target=summary(39.0))).images.out_since_s == 102.0
    assert court.after(watching(), frame(1, gap_s=9.0, target=summary(39.0))).images.out_since_s == 106.0
    assert court.after(watching(images=ImagesSeen()), frame(1, target=summary(39.0))).images.out_since_s == 102.0


def test_an_image_that_is_not_too_old_yet_ends_nothing(court):
    assert court.after(watching(), look(poll(106.0))).images == SEEN
    assert not court.after(watching(images=ImagesSeen()), look(poll())).images.in_range


@pytest.mark.parametrize(("before", "after"), [(ABORTED, SETUP), (SETUP, BASELINE)])
def test_what_is_learned_anew_counts_images_anew(court, before, after):
    was = watching(before, images=attrs.evolve(SEEN, shown=(summary(),), out_since_s=90.0))
    assert court.after(was, look(poll(), before, after)).images == ImagesSeen(acquired_s=98.5, known_s=99.0)
    assert court.after(was, look(poll(), after, after)).images.sequence == 10


def test_an_image_is_fresh_in_its_own_step_only(court):
    assert court.after(watching(), frame(1)).images.fresh
    assert not court.after(watching(), frame(1), look(poll(102.5))).images.fresh


# ---------------------------------------------------------------------------------------------------------- energy
def test_time_heats_in_the_heating_states_and_never_backwards(court):
    was = watching()
    paused = attrs.evolve(SYNC, energy=Energy.PAUSED, infusion=Infusion.HELD)
    assert court.after(was, look(poll(101.0), paused), look(poll(104.0), paused)).energy.heating_s == 25.0
    assert court.after(was, look(poll(90.0)), look(poll(91.0))).energy.heating_s == 21.0
    assert court.after(was, look(poll(101.0), SETUP)).energy.heating_s == 20.0
    assert court.after(Watch(), look(poll())).energy.heating_s == 0.0


def test_energy_may_have_flowed_until_its_loan_ended_whatever_it_was_told(court):
    was = watching(energy=EnergySeen())
    lent = court.after(was, frame(1, commands=(lease(105.0),)))
    assert (lent.energy.lent_until_s, lent.energy.last_s) == (105.0, 105.0)
    off = look(poll(103.0), HEAT, ABORTED, *OFF)
    ended = court.after(lent, off).energy
    assert (ended.lent_until_s, ended.last_s) == (None, 105.0)
    assert court.after(was, off).energy.last_s is None
    silent = court.after(was, frame(1, commands=(lease(105.0, power_W=0.0),)))
    assert (silent.energy.lent_until_s, silent.energy.last_s) == (105.0, None)
    assert court.after(silent, look(poll(103.0), HEAT, HEAT, EnergyOff())).energy.lent_until_s is None


@pytest.mark.verifies("SRS-114", "SRS-405")
def test_a_clock_that_went_back_takes_the_last_energy_with_it(court):
    was = watching(energy=EnergySeen(lent_until_s=None, last_s=103.0), at_s=100.0)
    assert court.after(was, look(poll(99.0))).energy.last_s == 102.0
    assert court.after(was, look(poll(100.0))).energy.last_s == 103.0
    assert court.after(was, look(poll(101.0))).energy.last_s == 103.0


@pytest.mark.verifies("SRS-114", "SRS-405", "RC-06")
def test_output_that_was_not_lent_heats_tissue_too(court):
    begin = look(act(T.BEGIN_CALIBRATION), SETUP, BASELINE)
    for was in (watching(SETUP, energy=EnergySeen()), watching(SETUP, energy=EnergySeen(None, 20.0))):
        heard = court.after(was, look(poll(99.5, sounds_W=5.0), SETUP))
        assert heard.energy.last_s == 99.5
        assert Property.TISSUE_SETTLED in court.broken(heard, begin)
    for quiet in (poll(99.5), poll(99.5, sounds_W=None), poll(99.5, sounds_W=nan)):
        assert court.after(watching(SETUP, energy=EnergySeen()), look(quiet, SETUP)).energy.last_s is None
    # Lent, or read back as it ended.
    assert court.after(watching(), look(poll(102.0, sounds_W=5.0))).energy.last_s == 101.0
    assert court.after(watching(), look(poll(102.01, sounds_W=5.0))).energy.last_s == 102.01


# ------------------------------------------------------------------------------------------------------------ drug
def test_the_highest_count_and_the_last_are_kept(court):
    counts = (0.2, 0.5, 0.4, nan, None)
    looks = [look(poll(counted_ml=count), SYNC, patient_ml=9.0) for count in counts]
    seen = [court.after(watching(SYNC), *looks[:last]).drug for last in range(1, 6)]
    assert [each.most_ml for each in seen] == [0.2, 0.5, 0.5, 0.5, 0.5]
    assert [each.last_ml for each in seen[:3]] == [0.2, 0.5, 0.4]
    assert seen[3].last_ml != seen[3].last_ml and seen[4].last_ml != seen[4].last_ml


def test_how_the_infusion_ended_is_kept(court):
    failed, done = (attrs.evolve(HEAT, infusion=end) for end in (Infusion.FAILED, Infusion.DONE))
    assert court.after(watching(), look(poll(), HEAT, failed), look(poll(), failed, done)).drug.ended is Infusion.FAILED
    assert court.after(watching(), look(poll())).drug == DrugSeen(0.0, 0.0)


# ---------------------------------------------------------------------------------------------------------- people
def test_an_abort_forgets_everybody_and_a_reset_all_but_those_who_reset(court):
    aborted = court.after(watching(), look(act(T.STOP), HEAT, ABORTED, *OFF))
    assert aborted.people == PeopleSeen(aborted=True)
    one = court.after(aborted, look(act(T.RESET, "ana", reason="so"), ABORTED))
    both = court.after(one, look(act(T.RESET, "ben", reason="so"), ABORTED, SETUP))
    assert both.people == PeopleSeen(aborted=True, resets=("ana", "ben"))
    assert court.after(both, look(poll(), SETUP, ABORTED, *OFF)).people == PeopleSeen(aborted=True)


def test_who_resets_in_the_step_that_aborts_has_reset(court):
    seen = court.after(watching(), look(act(T.RESET, "ana", reason="so"), HEAT, ABORTED, *OFF))
    assert seen.people.resets == ("ana",)
    assert (
        court.after(watching(), look(act(T.RESET, "ana", reason="so"), HEAT, ABORTED, *OFF, refused="no")).people.resets
        == ()
    )


def test_the_patient_stop_is_proven_in_setup_by_being_open(court):
    for event, before, proven in (
        (poll(closed=False), SETUP, True), (poll(closed=True), SETUP, False), (poll(closed=None), SETUP, False),
        (poll(closed=False), HEAT, False), (act(T.PAUSE), SETUP, False),
    ):  # fmt: skip
        assert court.after(watching(before, people=PeopleSeen()), look(event, before)).people.stop_opened is proven
    assert not court.after(
        watching(SETUP, people=PeopleSeen()), look(poll(closed=False), SETUP, ABORTED)
    ).people.stop_opened


def test_a_calibration_begun_anew_has_no_acceptance(court):
    review = attrs.evolve(BASELINE, calibration=Calibration.REVIEW)
    accepting = [look(act(T.ACCEPT_CALIBRATION, person), review) for person in ("ana", "ben", "ben")]
    seen = court.after(watching(review, people=PeopleSeen()), *accepting)
    assert seen.people.accepted == ("ana", "ben")
    assert court.after(seen, look(act(T.REPEAT_CALIBRATION), review, BASELINE)).people.accepted == ()


# ---------------------------------------------------------------------------------------------------------- faults
def test_faults_are_latched_where_they_are_watched_and_outlive_a_reset_if_nobody_clears_them(court):
    codes = (Code.PATIENT_STOP, Code.DRIFT, Code.GUARD_DOSE, Code.COOLING_SLOW)
    seen = court.after(watching(), look(poll(), HEAT, ABORTED, *OFF, failing=codes))
    assert seen.latched == (Code.PATIENT_STOP, Code.GUARD_DOSE)
    assert court.after(seen, look(poll(), ABORTED, failing=codes)).latched == seen.latched
    assert court.after(seen, look(act(T.RESET), ABORTED, SETUP)).latched == (Code.GUARD_DOSE,)
    assert court.after(watching(SETUP), look(poll(), SETUP, failing=codes)).latched == ()


def test_one_violation_of_each_property_is_kept():
    first, other = (Violation(each, "why") for each in (Property.LATCHED, Property.END_IS_FINAL))
    watch = Watch().holding((first,)).holding((attrs.evolve(first, detail="again"), other))
    assert watch.violations == (first, other)


# ------------------------------------------------------------------------------------------------------ a sound day
def agrees(drive) -> None:
    """The two accounts of one session: the core's, and the monitors'."""
    state, watch = drive.state, drive.state.watch
    assert watch.violations == ()
    assert (watch.phases, watch.at_s) == (state.phases, state.at_s)
    assert watch.images.acquired_s == state.imaging.acquired_s
    assert watch.images.in_range is state.range_clock.in_range
    assert watch.images.dwell_s == pytest.approx(state.range_clock.dwell_s)
    assert watch.energy.heating_s == pytest.approx(state.beam.heating_s)
    assert watch.drug.most_ml == state.ledger.pumped_ml
    confirmed = {(a.topic, a.person) for a in state.agreements if a.topic in {item.value for item in SetupItem}}
    assert {(item.value, person) for item, person in watch.people.confirmed} == confirmed


@pytest.mark.verifies("SRS-114", "RC-16")
def test_no_monitor_sees_anything_on_a_sound_day_and_both_accounts_agree(bench, made):
    for place in bench.LEGS:
        agrees(bench.at(place))
    drive = bench.at("infusing")
    while drive.state.phases.session is not Session.COMPLETE:
        drive.live(made.Picture(target=41.2) if drive.state.phases.energy is Energy.ON else made.Picture(), 1)
        agrees(drive)
    assert drive.state.watch.drug.ended is Infusion.DONE
    assert drive.state.watch.people.accepted == PEOPLE.accepted


@pytest.mark.verifies("SRS-114", "SRS-106", "RC-03", "RC-16")
def test_no_monitor_sees_anything_on_a_day_with_all_that_can_go_wrong(bench, made):
    warm = made.Picture(target=41.2)
    drive = bench.at("infusing")
    drive.live(warm, 3)
    for trigger in (T.HOLD_INFUSION, T.RELEASE_INFUSION, T.PAUSE, T.RESUME):
        drive.act(trigger)
        drive.live(warm, 1)
    drive.frame(warm, after_s=1.0, echo_time_ms=1.0)
    drive.live(made.Picture(target=39.0), 4)
    drive.room.stop_open = True
    drive.poll()
    drive.room.stop_open = False
    drive.feed(Restarted(drive.at_s + 45.0, "killed"))
    drive.reset()
    for _ in range(60):
        drive.poll()
    drive.set_up().calibrate().test().accept().heat().infuse()
    drive.live(warm, 3)
    drive.room.alarm = "occlusion"
    drive.live(warm, 2)
    drive.act(T.STOP)
    assert drive.state.watch.violations == ()
    assert drive.state.watch.drug.ended is Infusion.FAILED
    assert drive.state.phases.session is Session.ABORT
