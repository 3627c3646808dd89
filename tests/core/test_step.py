"""Whole legs of a session through `step`: what leaves, what is remembered, and in which order."""

from contextlib import suppress

import attrs
import numpy as np
import pytest

from syntherm.core.commands import EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.decision import Decision, KeyMoment
from syntherm.core.events import Channel, ChannelFailed, FatMapReceived, OperatorActed, Restarted
from syntherm.core.faults import Code
from syntherm.core.machine import IllegalEvent
from syntherm.core.step import step
from syntherm.core.vocabulary import ACTS, Calibration, Energy, Fact, Infusion, Session, SetupItem, Trigger

T = Trigger
OFF = (EnergyOff(), HoldInfusion())


def kinds(outcome):
    return [type(command) for command in outcome.commands]


def codes(drive):
    return [fault.code for fault in drive.state.faults]


# --------------------------------------------------------------------------------------------------------- the day
@pytest.mark.verifies("SRS-103", "SRS-104", "SRS-107", "SRS-109", "SRS-303", "SRS-412")
def test_a_whole_day_ends_complete_with_the_drug_given(bench, made):
    drive = bench.at("infusing")
    warm = made.Picture(target=41.2)
    visited = [drive.names]
    for _ in range(40):
        drive.live(warm if drive.state.phases.energy is Energy.ON else made.Picture(), 1)
        if drive.names != visited[-1]:
            visited.append(drive.names)
    assert visited == [
        ("drug-infusion-sync", "accepted", "on", "infusing"),
        ("heating", "accepted", "on", "done"),
        ("cooling", "accepted", "off", "done"),
        ("complete", "accepted", "off", "done"),
    ]
    assert codes(drive) == []
    prescription = drive.plan.prescription
    assert drive.state.ledger.patient_ml == pytest.approx(prescription.volume_ml)
    assert drive.room.pumped_ml == pytest.approx(prescription.volume_ml + prescription.line_dead_volume_ml)
    assert drive.state.range_clock.total_s == pytest.approx(drive.plan.heating.prescribed_in_range_min * 60.0)


@pytest.mark.verifies("SRS-103", "RC-12")
@pytest.mark.parametrize("item", SetupItem)
def test_setup_is_not_left_while_an_item_lacks_its_people(bench, item):
    drive = bench.at("set-up")
    one_short = {each for each in drive.state.agreements if each.topic == item.value}
    dropped = next(iter(one_short))
    drive.state = attrs.evolve(drive.state, agreements=drive.state.agreements - {dropped})
    with pytest.raises(IllegalEvent, match="not every setup item is confirmed"):
        drive.act(T.BEGIN_CALIBRATION)
    # The same person again is still one person.
    if item.people == 2:
        (left,) = one_short - {dropped}
        drive.act(T.CONFIRM, left.person, item)
        with pytest.raises(IllegalEvent, match="not every setup item is confirmed"):
            drive.act(T.BEGIN_CALIBRATION)
    drive.act(T.CONFIRM, dropped.person, item)
    drive.act(T.BEGIN_CALIBRATION)
    assert drive.names == ("calibration", "baseline", "off", "idle")


@pytest.mark.verifies("SRS-103", "RC-05")
def test_setup_is_not_left_before_the_stop_was_seen_to_open_and_close(bench, made):
    drive = bench.at("set-up")
    drive.state = made.put(drive.state, equipment__seen_open=False)
    with pytest.raises(IllegalEvent, match="patient stop is not proven"):
        drive.act(T.BEGIN_CALIBRATION)
    drive.room.stop_open = True
    drive.poll()
    with pytest.raises(IllegalEvent, match="patient stop is not proven"):
        drive.act(T.BEGIN_CALIBRATION)
    drive.room.stop_open = False
    drive.poll()
    drive.act(T.BEGIN_CALIBRATION)


@pytest.mark.verifies("SRS-103", "SRS-208", "RC-04")
def test_setup_is_not_left_with_a_generator_that_cannot_end_a_lease(bench, made):
    drive = bench.at("set-up")
    report = attrs.evolve(drive.state.equipment.transducer, ends_leases=False)
    drive.poll(transducer=report)
    with pytest.raises(IllegalEvent, match="a device is not ready"):
        drive.act(T.BEGIN_CALIBRATION)


@pytest.mark.verifies("SRS-103")
@pytest.mark.parametrize("missing", ["transducer", "pump", "stop-loop"])
def test_setup_is_not_left_while_a_device_is_silent(bench, missing):
    drive = bench.at("set-up")
    drive.room.missing = frozenset({missing})
    for _ in range(4):
        drive.poll()
    with pytest.raises(IllegalEvent, match="a device is not ready"):
        drive.act(T.BEGIN_CALIBRATION)


@pytest.mark.verifies("SRS-412", "SRS-201", "SRS-202", "RC-02", "RC-06")
def test_the_test_sonication_lends_one_lease_per_image_and_then_ends(bench, made):
    drive = bench.at("learned")
    assert kinds(drive.act(T.BEGIN_TEST)) == []
    leases = []
    for _ in range(drive.plan.calibration.test_frames):
        drive.live(made.Picture(spot=2.5), 1)
        (lease,) = drive.last.commands
        assert lease.until_s == drive.at_s + drive.plan.sonication.lease_s
        assert lease.power_W == drive.plan.calibration.test_power_W
        leases.append(lease)
    drive.live(made.Picture(spot=2.5), 1)
    assert drive.last.commands == (EnergyOff(),)
    assert drive.names == ("calibration", "review", "off", "idle")
    energy_J = sum(lease.power_W * drive.plan.sonication.lease_s for lease in leases)
    assert drive.state.beam.test_energy_J == pytest.approx(energy_J)
    assert drive.state.beam.response.rise_degC.estimate == pytest.approx(2.5, abs=0.6)


@pytest.mark.verifies("SRS-412", "RC-06")
@pytest.mark.parametrize(("spot", "spot_mm"), [(0.3, (0, 0, 0)), (6.5, (0, 0, 0)), (2.5, (8, 0, 0)), (0.0, (0, 0, 0))])
def test_a_test_sonication_that_does_not_fit_is_refused(bench, made, spot, spot_mm):
    drive = bench.at("learned").test(made.Picture(spot=spot, spot_mm=spot_mm))
    assert drive.names == ("calibration", "refused", "off", "idle")
    assert drive.state.beam.response is None
    with pytest.raises(IllegalEvent, match="no calibration to accept"):
        drive.act(T.ACCEPT_CALIBRATION)


@pytest.mark.verifies("SRS-405", "RC-06")
def test_poor_precision_refuses_the_calibration(bench, made):
    drive = bench.at("set-up")
    drive.act(T.BEGIN_CALIBRATION)
    drive.state = made.put(drive.state, plan__limits__precision_degC=0.05)
    drive.live(made.Picture(), drive.plan.calibration.baseline_frames)
    assert drive.names == ("calibration", "refused", "off", "idle")
    assert drive.act(T.BEGIN_TEST).refused, "beside the answer to a target that is not seen"
    assert drive.names == ("calibration", "refused", "off", "idle")


@pytest.mark.verifies("SRS-405", "SRS-106")
def test_a_calibration_is_repeated_from_the_beginning_once_tissue_has_settled(bench, made):
    drive = bench.at("review")
    with pytest.raises(IllegalEvent, match="heated tissue needs time"):
        drive.act(T.REPEAT_CALIBRATION)
    for _ in range(60):
        drive.poll()
    drive.act(T.REPEAT_CALIBRATION)
    assert drive.names == ("calibration", "baseline", "off", "idle")
    known, beam = drive.state.thermometry, drive.state.beam
    assert known.baseline is None and known.thermal is None and known.dose is not None
    assert beam.response is None and beam.test_granted == 0 and beam.test_energy_J == 0.0
    drive.live(made.Picture(), drive.plan.calibration.baseline_frames)
    assert drive.names == ("calibration", "learned", "off", "idle")


@pytest.mark.verifies("SRS-405", "RC-06")
def test_no_baseline_is_begun_before_tissue_has_settled_from_output_that_nobody_lent(bench):
    drive = bench.at("learned")
    drive.poll(transducer=attrs.evolve(drive.state.equipment.transducer, output_on=True, power_W=5.0))
    sounded_s, wait_s = drive.at_s, drive.plan.limits.recalibration_wait_min * 60.0
    assert codes(drive) == [Code.TRANSDUCER_UNASKED]
    drive.reset().set_up()
    while drive.at_s < sounded_s + wait_s:
        with pytest.raises(IllegalEvent, match="heated tissue needs time"):
            drive.act(T.BEGIN_CALIBRATION)
        drive.poll()
    drive.act(T.BEGIN_CALIBRATION)
    assert drive.names == ("calibration", "baseline", "off", "idle")
    assert drive.state.watch.violations == ()


@pytest.mark.verifies("SRS-104", "SRS-704", "RC-12")
def test_a_calibration_is_accepted_by_two_people(bench):
    drive = bench.at("review")
    for _ in range(2):
        drive.act(T.ACCEPT_CALIBRATION, "ana")
        assert drive.state.phases.calibration is Calibration.REVIEW
        with pytest.raises(IllegalEvent, match="not accepted by two people"):
            drive.act(T.BEGIN_HEATING)
    drive.act(T.ACCEPT_CALIBRATION, "ben")
    assert drive.state.phases.calibration is Calibration.ACCEPTED
    drive.act(T.BEGIN_HEATING)
    assert drive.names == ("heating", "accepted", "on", "armed")


@pytest.mark.verifies("SRS-104", "SRS-704", "RC-12")
def test_an_acceptance_of_the_last_calibration_is_none_of_this_one(bench, made):
    drive = bench.at("review")
    drive.act(T.ACCEPT_CALIBRATION, "ana")
    for _ in range(60):
        drive.poll()
    drive.act(T.REPEAT_CALIBRATION)
    drive.live(made.Picture(), drive.plan.calibration.baseline_frames)
    drive.test()
    drive.act(T.ACCEPT_CALIBRATION, "ben")
    assert drive.state.phases.calibration is Calibration.REVIEW


@pytest.mark.verifies("SRS-104", "SRS-704", "RC-12")
def test_an_item_does_not_lend_its_people_to_an_acceptance(bench):
    drive = bench.at("review")
    with suppress(IllegalEvent):
        drive.act(T.ACCEPT_CALIBRATION, "ana", SetupItem.IDENTITY)
    assert drive.state.phases.calibration is Calibration.REVIEW


@pytest.mark.verifies("SRS-106", "SRS-704", "RC-03", "RC-12")
def test_an_item_does_not_lend_its_people_to_a_reset(bench):
    drive = bench.at("aborted")
    with suppress(IllegalEvent):
        drive.act(T.RESET, "ana", SetupItem.PLAN, reason="alone")
    assert drive.state.phases.session is Session.ABORT


@pytest.mark.verifies("SRS-102")
def test_a_person_cannot_act_as_equipment(bench):
    for trigger in set(T) - set(ACTS):
        with pytest.raises((IllegalEvent, ValueError)):
            bench.at("heating").act(trigger, "mallory")


# --------------------------------------------------------------------------------------------------------- heating
@pytest.mark.verifies("SRS-201", "SRS-202", "RC-02")
def test_an_accepted_image_lends_one_lease_and_nothing_else_does(bench, made):
    drive = bench.at("heating")
    for _ in range(2):
        assert kinds(drive.poll()) == []
    outcome = drive.frame(made.Picture(target=40.5), after_s=1.0)
    (lease,) = outcome.commands
    assert isinstance(lease, GrantLease)
    assert drive.at_s < lease.until_s <= drive.at_s + drive.plan.scanner.frame_period_s
    assert 0.0 < lease.power_W <= drive.plan.sonication.max_power_W
    assert outcome.state.beam.lease == lease


@pytest.mark.verifies("SRS-202", "SRS-408", "RC-02", "RC-09")
@pytest.mark.parametrize("spoilt", [
    {"sequence": 3}, {"echo_time_ms": 21.0}, {"field_T": 3.0}, {"acquired_s": 0.0}, {"acquired_s": 1e6},
])  # fmt: skip
def test_a_refused_image_lends_nothing_and_pauses(bench, made, spoilt):
    drive = bench.at("heating")
    outcome = drive.frame(made.Picture(target=40.5), after_s=1.0, **spoilt)
    assert outcome.commands == (EnergyOff(),)
    assert drive.names == ("heating", "accepted", "paused", "armed")
    assert codes(drive) == [Code.FRAME_REFUSED]
    # The next good image clears the fault; people resume.
    drive.live(made.Picture(target=40.5), 1)
    assert codes(drive) == []
    assert drive.names == ("heating", "accepted", "paused", "armed")
    drive.act(T.RESUME)
    assert drive.names == ("heating", "accepted", "on", "armed")


@pytest.mark.verifies("SRS-408", "SRS-105", "RC-09")
def test_a_frozen_scanner_aborts(bench, made):
    drive = bench.at("infusing")
    same = drive.state.imaging.volume
    outcome = drive.frame(made.Picture(), after_s=1.0, volume=same)
    assert outcome.commands == OFF
    assert drive.names == ("abort", "accepted", "off", "held")
    assert codes(drive) == [Code.FRAME_FROZEN]


@pytest.mark.verifies("SRS-409", "SRS-302", "RC-09")
def test_images_that_stay_away_pause_and_then_abort(bench):
    drive = bench.at("infusing")
    late = [drive.poll() for _ in range(8)]
    assert [kinds(outcome) for outcome in late] == [[]] * 7 + [[EnergyOff, HoldInfusion]]
    assert drive.names == ("drug-infusion-sync", "accepted", "paused", "held")
    assert codes(drive) == [Code.FRAME_LATE]
    assert not drive.state.range_clock.in_range
    while drive.state.phases.session is not Session.ABORT:
        drive.poll()
    assert drive.at_s == pytest.approx(54.0 + drive.plan.limits.frame_loss_abort_s, abs=1.01)
    assert Code.FRAMES_LOST in codes(drive)


@pytest.mark.verifies("SRS-410", "SRS-105", "RC-01")
def test_a_target_that_may_be_too_hot_aborts_in_the_same_step(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=44.0), 0)
    outcome = drive.frame(made.Picture(target=44.9), after_s=1.0)
    # The estimate is below the limit of 45, its upper bound is not.
    assert drive.state.thermometry.target.mean.estimate < 45.0 < drive.state.thermometry.target.hottest.upper
    assert outcome.commands == OFF
    assert drive.names == ("abort", "accepted", "off", "held")
    assert Code.TARGET_HOT in codes(drive)


@pytest.mark.verifies("SRS-411", "SRS-302", "RC-10")
def test_a_hot_guard_pauses_and_holds(bench, made):
    drive = bench.at("infusing")
    outcome = drive.frame(made.Picture(target=41.2, guards=41.9), after_s=1.0)
    assert outcome.commands == OFF
    assert drive.names == ("drug-infusion-sync", "accepted", "paused", "held")
    assert Code.GUARD_HOT in codes(drive)
    outcome = drive.act(T.RESUME)
    assert outcome.refused == "a check does not allow it", "beside the fault's own answer"
    assert drive.names == ("drug-infusion-sync", "accepted", "paused", "held")


@pytest.mark.verifies("SRS-411", "SRS-407", "RC-10")
def test_a_guard_that_has_had_its_dose_ends_heating_for_good(bench, made):
    drive = bench.at("infusing")
    dose = drive.state.thermometry.dose
    upper = dose.upper_min.copy()
    upper[drive.state.layout.guards[1].voxels[0]] = 3.01
    drive.state = made.put(drive.state, thermometry__dose__upper_min=upper)
    outcome = drive.poll()
    assert outcome.commands == OFF
    assert drive.names == ("cooling", "accepted", "off", "done")
    assert codes(drive) == [Code.GUARD_DOSE]
    assert drive.state.beam.cooling_since_s == drive.at_s


@pytest.mark.verifies("SRS-108", "RC-11")
def test_heating_never_lasts_longer_than_the_plan(bench, made):
    drive = bench.at("heating")
    began_s = drive.at_s - drive.state.beam.heating_s
    while drive.state.phases.session is Session.HEATING:
        drive.live(made.Picture(target=39.0), 1)
    assert drive.names[0] == "cooling"
    assert codes(drive) == [Code.HEATING_TOO_LONG]
    assert drive.state.beam.cooling_since_s - began_s <= drive.plan.heating.max_heating_min * 60.0 + made.POLL_S + 0.01


@pytest.mark.verifies("SRS-107")
def test_heating_ends_at_the_prescribed_time_in_range_and_not_before(bench, made):
    drive = bench.at("heating")
    needed_s = drive.plan.heating.prescribed_in_range_min * 60.0
    while drive.state.phases.session is Session.HEATING:
        assert drive.state.range_clock.total_s < needed_s
        drive.live(made.Picture(target=41.2), 1)
    assert drive.state.range_clock.total_s >= needed_s
    assert drive.last.commands == (EnergyOff(),)
    assert drive.names == ("cooling", "accepted", "off", "armed")


@pytest.mark.verifies("SRS-107")
def test_a_person_ends_heating(bench):
    drive = bench.at("infusing")
    assert drive.act(T.END_HEATING).commands == OFF
    assert drive.names == ("cooling", "accepted", "off", "done")


@pytest.mark.verifies("SRS-111", "SRS-302", "RC-01")
def test_a_pause_takes_both_away_at_once_and_a_resume_lends_nothing_by_itself(bench, made):
    drive = bench.at("infusing")
    assert drive.act(T.PAUSE).commands == OFF
    assert drive.names == ("drug-infusion-sync", "accepted", "paused", "held")
    drive.live(made.Picture(target=41.0), 1)
    assert drive.last.commands == ()
    assert drive.act(T.RESUME).commands == ()
    drive.live(made.Picture(target=41.0), 1)
    assert kinds(drive.last) == [GrantLease]
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "held")


@pytest.mark.verifies("SRS-107")
def test_energy_is_off_once_the_time_is_reached_in_a_pause(bench, made):
    drive = bench.at("heating")
    drive.act(T.PAUSE)
    while drive.state.phases.session is Session.HEATING:
        drive.live(made.Picture(target=41.2), 1)
    assert drive.names == ("cooling", "accepted", "off", "armed")


@pytest.mark.verifies("SRS-302", "RC-07")
def test_no_drug_is_released_while_energy_is_paused(bench, made):
    drive = bench.at("heating")
    drive.act(T.PAUSE)
    with pytest.raises(IllegalEvent):
        drive.act(T.RELEASE_INFUSION)


# -------------------------------------------------------------------------------------------------------- infusion
@pytest.mark.verifies("SRS-301", "RC-07")
def test_drug_is_released_after_the_dwell_and_not_before(bench, made):
    drive = bench.at("accepted").heat(images=1)
    needed = drive.plan.heating.dwell_s / made.FRAME_S
    images = 0
    while images < 10:
        images += 1
        drive.live(made.Picture(target=41.2), 1)
        if drive.state.range_clock.dwell_s >= drive.plan.heating.dwell_s:
            break
        drive.poll(0.1)
        with pytest.raises(IllegalEvent, match="not been in range for the dwell"):
            drive.act(T.RELEASE_INFUSION)
    assert images >= needed
    (grant,) = drive.act(T.RELEASE_INFUSION).commands
    prescription = drive.plan.prescription
    assert grant == GrantInfusion(
        drive.at_s + drive.plan.pump.watchdog_s,
        prescription.rate_ml_per_h,
        prescription.volume_ml + prescription.line_dead_volume_ml,
    )


@pytest.mark.verifies("SRS-301", "SRS-406", "RC-07")
def test_in_range_is_judged_on_bounds(bench, made):
    # The estimates of every tenth are above 40 degC; their lower bound is not.
    drive = bench.at("accepted").heat(images=0)
    drive.live(made.Picture(target=40.4), 10)
    assert drive.state.thermometry.target.cold90.estimate > drive.plan.heating.range_cold90_min_degC
    assert drive.state.thermometry.target.cold90.lower < drive.plan.heating.range_cold90_min_degC
    assert drive.state.range_clock.dwell_s == 0.0
    # So at the hot end.
    drive.live(made.Picture(target=42.75), 5)
    assert drive.state.thermometry.target.hot10.upper > drive.plan.heating.range_hot10_max_degC
    assert drive.state.range_clock.dwell_s == 0.0


@pytest.mark.verifies("SRS-302", "SRS-301", "RC-07")
def test_loss_of_range_holds_the_pump_and_a_new_dwell_is_needed(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=41.2), 2)
    lost_s = None
    while drive.state.phases.infusion is Infusion.INFUSING:
        drive.live(made.Picture(target=39.0), 1)
        lost_s = lost_s or drive.at_s
        assert drive.at_s < 200.0
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "held")
    held = next(o for o in drive.outcomes if HoldInfusion() in o.commands)
    limit_s = drive.plan.heating.loss_of_range_s
    assert limit_s < held.state.at_s - lost_s <= limit_s + made.POLL_S + 0.01
    with pytest.raises(IllegalEvent, match="not been in range for the dwell"):
        drive.act(T.RELEASE_INFUSION)
    drive.live(made.Picture(target=41.2), 5)
    drive.poll(0.1)
    drive.act(T.RELEASE_INFUSION)
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "infusing")


@pytest.mark.verifies("SRS-306", "RC-08")
def test_the_watchdog_is_fed_by_accepted_images_only(bench, made):
    drive = bench.at("infusing")
    for _ in range(2):
        assert kinds(drive.poll()) == []
    outcome = drive.frame(made.Picture(target=41.2), after_s=1.0)
    assert kinds(outcome) == [GrantLease, GrantInfusion]
    outcome = drive.frame(made.Picture(target=41.2), after_s=1.0, echo_time_ms=1.0)
    assert outcome.commands == OFF


@pytest.mark.verifies("SRS-305", "RC-08")
def test_a_pump_alarm_fails_the_infusion_and_heating_goes_on(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=41.2), 2)
    drive.room.alarm = "occlusion"
    assert drive.poll().commands == (HoldInfusion(),)
    assert drive.names == ("heating", "accepted", "on", "failed")
    drive.room.alarm = None
    drive.live(made.Picture(target=41.2), 1)
    assert kinds(drive.last) == [GrantLease]
    assert Code.PUMP_ALARM in codes(drive)
    with pytest.raises(IllegalEvent, match="no infusion left"):
        drive.act(T.RELEASE_INFUSION)


@pytest.mark.verifies("SRS-305", "SRS-111")
def test_heating_is_resumed_although_a_failed_pump_was_switched_off(bench, made):
    drive = bench.at("infusing")
    drive.room.alarm = "occlusion"
    drive.poll()
    drive.room.missing = frozenset({"pump"})
    drive.frame(made.Picture(target=41.2))
    drive.live(made.Picture(target=41.2), 1)
    drive.act(T.PAUSE)
    drive.act(T.RESUME)
    assert drive.state.phases.energy is Energy.ON


@pytest.mark.verifies("SRS-306", "SRS-302", "RC-08")
def test_a_silent_pump_is_held_and_named(bench, made):
    drive = bench.at("infusing")
    drive.room.missing = frozenset({"pump"})
    for _ in range(3):
        outcome = drive.poll()
    assert outcome.commands == (HoldInfusion(),)
    assert codes(drive) == [Code.PUMP_SILENT]
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "held")
    drive.poll()
    assert codes(drive) == [Code.PUMP_SILENT], "an old report is no sign of a pump that runs"


@pytest.mark.verifies("SRS-302")
def test_a_person_holds_and_releases_the_infusion(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=41.2), 2)
    assert drive.act(T.HOLD_INFUSION).commands == (HoldInfusion(),)
    drive.frame(made.Picture(target=41.2), after_s=0.5)
    assert codes(drive) == [], "the pump's last report is older than the hold"
    drive.act(T.RELEASE_INFUSION)
    drive.live(made.Picture(target=41.2), 1)
    assert codes(drive) == []
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "infusing")


@pytest.mark.verifies("SRS-303")
def test_a_person_ends_the_infusion(bench, made):
    drive = bench.at("infusing")
    assert drive.act(T.END_INFUSION).commands == (HoldInfusion(),)
    assert drive.names == ("heating", "accepted", "on", "done")


@pytest.mark.verifies("SRS-303", "SRS-306", "RC-08")
def test_a_pump_that_goes_on_after_the_end_is_told_to_hold_again(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=41.2), 2)
    drive.act(T.END_INFUSION)
    running = attrs.evolve(drive.room.look(drive.at_s + 1.0).pump, infusing=True)
    outcome = drive.poll(pump=running)
    assert Code.PUMP_UNASKED in codes(drive)
    assert HoldInfusion() in outcome.commands


# ---------------------------------------------------------------------------------------------- generator, channels
@pytest.mark.verifies("SRS-207", "RC-04")
def test_a_generator_that_sounds_in_a_pause_aborts(bench, made):
    drive = bench.at("heating")
    drive.act(T.PAUSE)
    drive.frame(made.Picture(target=41.2), after_s=0.5)
    assert codes(drive) == [], "the generator's last report is older than the pause"
    sounding = attrs.evolve(drive.state.equipment.transducer, output_on=True, power_W=5.0)
    assert drive.poll(transducer=sounding).commands == OFF
    assert drive.names == ("abort", "accepted", "off", "armed")
    assert codes(drive) == [Code.TRANSDUCER_UNASKED]


@pytest.mark.verifies("SRS-207")
def test_a_report_of_the_last_lease_is_no_fault_of_a_weaker_one(bench, made):
    drive = bench.at("heating")
    drive.live(made.Picture(target=38.0), 1)
    drive.poll()
    strong_W = drive.room.lease.power_W
    drive.frame(made.Picture(target=41.5, spot=0.6), after_s=0.1)
    assert drive.room.lease.power_W < 0.7 * strong_W
    geometry = drive.state.layout.geometry
    drive.feed(FatMapReceived(drive.at_s + 0.1, geometry, np.zeros(geometry.matrix, np.float32)))
    assert codes(drive) == []


@pytest.mark.verifies("SRS-204", "RC-01")
@pytest.mark.parametrize("place", ["begun", "learned", "heating", "infusing", "aborted", "cooling", "complete"])
def test_a_channel_that_did_not_confirm_aborts_from_anywhere_and_goes_on_being_told(bench, place):
    drive = bench.at(place)
    outcome = drive.feed(ChannelFailed(drive.at_s + 0.1, Channel.PUMP, "no answer"))
    assert outcome.commands == OFF
    assert codes(drive) == [Code.OFF_NOT_CONFIRMED]
    assert "pump: no answer" in drive.state.faults[0].detail
    assert drive.state.phases.session is (Session.COMPLETE if place == "complete" else Session.ABORT)
    assert drive.poll().commands == OFF


# -------------------------------------------------------------------------------------------------- stop and abort
@pytest.mark.verifies("SRS-105", "RC-01")
@pytest.mark.parametrize("place", [
    "begun", "set-up", "learned", "review", "accepted", "heating", "infusing", "aborted", "cooling", "complete",
])  # fmt: skip
def test_a_stop_takes_both_away_from_anywhere(bench, place):
    drive = bench.at(place)
    outcome = drive.act(T.STOP, "anybody")
    assert outcome.commands == OFF
    assert drive.state.phases.energy is Energy.OFF
    assert drive.state.phases.infusion is not Infusion.INFUSING
    assert drive.state.phases.session is (Session.COMPLETE if place == "complete" else Session.ABORT)
    assert drive.state.beam.lease is None and drive.state.equipment.granted_infusion is None


@pytest.mark.verifies("SRS-105", "RC-05")
@pytest.mark.parametrize("place", ["learned", "heating", "infusing", "cooling"])
def test_the_patients_stop_aborts_in_the_same_step(bench, place):
    drive = bench.at(place)
    drive.room.stop_open = True
    assert drive.poll().commands == OFF
    assert drive.state.phases.session is Session.ABORT
    assert codes(drive) == [Code.PATIENT_STOP]


@pytest.mark.verifies("SRS-106", "SRS-704", "RC-03")
def test_a_reset_needs_a_reason_and_two_people(bench):
    drive = bench.at("aborted")
    for reason in ("", "  ", "\t"):
        with pytest.raises(IllegalEvent, match="a reason is needed"):
            drive.act(T.RESET, "ana", reason=reason)
    for _ in range(3):
        drive.act(T.RESET, "ana", reason="checked")
        assert drive.state.phases.session is Session.ABORT
    assert drive.act(T.RESET, "ben", reason="checked").commands == ()
    assert drive.names == ("setup", "none", "off", "armed")


@pytest.mark.verifies("SRS-106", "RC-03")
def test_no_confirmation_and_no_calibration_survives_a_reset(bench):
    drive = bench.at("aborted").reset()
    state = drive.state
    assert state.agreements == frozenset()
    assert state.thermometry.baseline is None and state.thermometry.thermal is None
    assert state.beam.response is None and state.beam.lease is None
    assert not state.equipment.seen_open
    assert state.range_clock.dwell_s == 0.0 and not state.range_clock.in_range
    # What happened to the patient is not forgotten.
    assert state.thermometry.dose is not None
    assert np.isnan(state.thermometry.dose.last_degC).all()
    before = bench.at("infusing").state
    assert np.array_equal(state.thermometry.dose.estimate_min, before.thermometry.dose.estimate_min)
    assert state.beam.heating_s == before.beam.heating_s > 0.0
    assert state.range_clock.total_s == before.range_clock.total_s > 0.0
    assert state.ledger == before.ledger


@pytest.mark.verifies("SRS-106", "SRS-301")
def test_the_rest_of_the_drug_is_given_after_a_reset(bench, made):
    drive = bench.at("infusing")
    drive.live(made.Picture(target=41.2), 5)
    given_ml = drive.state.ledger.patient_ml
    assert given_ml > 0.0
    drive.abort().reset()
    for _ in range(60):
        drive.poll()
    drive.set_up().calibrate().test().accept().heat().infuse()
    for _ in range(20):
        drive.live(made.Picture(target=41.2), 1)
    assert drive.state.ledger.patient_ml == pytest.approx(drive.plan.prescription.volume_ml)
    assert codes(drive) == []


@pytest.mark.verifies("SRS-106", "SRS-703")
@pytest.mark.parametrize("how", ["channel", "images"])
def test_a_reset_lets_setup_be_left_again_once_the_cause_is_gone(bench, made, how):
    drive = bench.at("heating")
    if how == "channel":
        drive.feed(ChannelFailed(drive.at_s + 0.1, Channel.PUMP, "no answer"))
    else:
        for _ in range(62):
            drive.poll()
    assert drive.state.phases.session is Session.ABORT
    drive.reset()
    for _ in range(60):
        drive.poll()
    drive.live(made.Picture(), 1)
    drive.set_up()
    drive.act(T.BEGIN_CALIBRATION)


@pytest.mark.verifies("SRS-408", "SRS-106")
def test_a_new_scan_may_number_its_images_anew_after_a_reset(bench, made):
    drive = bench.at("aborted").reset()
    drive.sequence = 0
    drive.live(made.Picture(), 2)
    assert drive.state.imaging.defect is None


@pytest.mark.verifies("SRS-113", "RC-02", "RC-03")
@pytest.mark.parametrize("place", ["set-up", "learned", "heating", "infusing", "cooling", "aborted"])
def test_after_a_restart_the_session_is_aborted_and_lends_nothing(bench, made, place):
    drive = bench.at(place)
    assert drive.feed(Restarted(drive.at_s + 500.0, "killed")).commands[:2] == OFF
    assert drive.state.phases.session is Session.ABORT
    assert drive.state.phases.energy is Energy.OFF
    for _ in range(3):
        drive.live(made.Picture(), 1)
        assert all(isinstance(c, EnergyOff | HoldInfusion) for c in drive.last.commands)


@pytest.mark.verifies("SRS-110", "SRS-704", "RC-12")
def test_a_complete_session_is_signed_by_people_and_each_counts_once(bench):
    drive = bench.at("complete")
    for person in ("ana", "ana", "ben"):
        drive.act(T.SIGN, person)
    assert {a.person for a in drive.state.agreements if a.topic == T.SIGN.value} == {"ana", "ben"}


@pytest.mark.verifies("SRS-109")
def test_cooling_lasts_until_target_and_guards_are_below_release_on_upper_bounds(bench, made):
    drive = bench.at("cooling")
    release = drive.plan.heating.release_degC
    for picture in (made.Picture(target=39.3), made.Picture(guards=39.3)):
        drive.live(picture, 1)
        regions = (drive.state.thermometry.target, *drive.state.thermometry.guards)
        assert max(r.mean.estimate for r in regions) < release < max(r.hottest.upper for r in regions)
        assert drive.names[0] == "cooling"
    drive.live(made.Picture(target=38.0, guards=38.0), 1)
    assert drive.names[0] == "complete"


@pytest.mark.verifies("SRS-109", "RC-11")
def test_slow_cooling_is_told_and_changes_nothing(bench, made):
    drive = bench.at("cooling")
    drive.live(made.Picture(target=40.5), 21)
    assert codes(drive) == [Code.COOLING_SLOW]
    assert drive.names[0] == "cooling"
    drive.live(made.Picture(), 1)
    assert drive.names[0] == "complete"


@pytest.mark.verifies("SRS-109", "SRS-406")
def test_tissue_that_is_not_seen_has_not_cooled(bench, made):
    drive = bench.at("cooling")
    event = drive.frame_event(made.Picture(), after_s=1.0)
    volume = event.volume.copy()
    volume.reshape(-1)[drive.state.layout.target.voxels[4:]] *= 1e-3
    drive.feed(attrs.evolve(event, volume=volume))
    assert drive.state.thermometry.target.valid_fraction < 0.2
    assert drive.names[0] == "cooling"


# ------------------------------------------------------------------------------------- refusals, purity, the record
@pytest.mark.verifies("SRS-102")
def test_a_refused_act_changes_nothing(bench):
    for place in bench.places:
        drive = bench.at(place)
        before = drive.state
        for act in set(ACTS) - {T.STOP}:
            try:
                step(before, OperatorActed(drive.at_s, act, "ana"))
            except IllegalEvent as refusal:
                assert refusal.because != ""
                assert str(refusal.state.value) in str(refusal)
            assert drive.state is before


@pytest.mark.verifies("SRS-105", "RC-01")
@pytest.mark.parametrize(("act", "fault"), [
    (T.PAUSE, Code.FRAME_LATE), (T.END_HEATING, Code.STOP_LOOP_UNKNOWN), (T.HOLD_INFUSION, Code.STOP_LOOP_UNKNOWN),
])  # fmt: skip
def test_an_act_in_the_moment_of_a_fault_does_not_put_its_answer_off(bench, made, act, fault):
    drive = bench.at("infusing")
    path = {Code.FRAME_LATE: "imaging__acquired_s", Code.STOP_LOOP_UNKNOWN: "equipment__stop_loop_s"}[fault]
    limit_s = {Code.FRAME_LATE: 7.5, Code.STOP_LOOP_UNKNOWN: 2.5}[fault]
    drive.state = made.put(drive.state, **{path: drive.at_s - limit_s - 0.1})
    assert drive.act(act).commands == OFF


OVERTAKEN = "a fault of the same moment was answered first: look again"


@pytest.mark.verifies("SRS-102", "SRS-106", "RC-03")
def test_a_reset_given_at_the_moment_of_an_abort_is_none_of_that_abort(bench):
    drive = bench.at("learned")
    drive.at_s -= 0.1
    outcome = drive.act(T.RESET, "ana", reason="checked")
    assert codes(drive) == [Code.CLOCK_JUMPED]
    assert (outcome.refused, outcome.commands) == (OVERTAKEN, OFF)
    assert outcome.records[0].refused == OVERTAKEN
    drive.act(T.RESET, "ben", reason="checked")
    assert drive.state.phases.session is Session.ABORT, "one person has reset"
    drive.act(T.RESET, "ana", reason="checked")
    assert drive.state.phases.session is Session.SETUP
    assert drive.state.watch.violations == ()


@pytest.mark.verifies("SRS-102", "RC-03")
@pytest.mark.parametrize(("place", "act"), [
    ("learned", T.BEGIN_TEST), ("review", T.ACCEPT_CALIBRATION), ("review", T.REPEAT_CALIBRATION),
    ("accepted", T.BEGIN_HEATING), ("heating", T.RELEASE_INFUSION), ("heating", T.SIGN), ("infusing", T.CONFIRM),
])  # fmt: skip
def test_an_act_that_rests_on_what_was_seen_is_refused_when_a_fault_moves_a_region_first(bench, place, act):
    drive = bench.at(place)
    before = drive.state.agreements
    drive.at_s -= 0.1
    outcome = drive.act(act)
    assert outcome.records[0].triggers == (T.FAULT_ABORT, act)
    assert (outcome.refused, outcome.commands) == (OVERTAKEN, OFF)
    assert drive.state.phases.session is Session.ABORT
    assert drive.state.agreements == before
    assert drive.state.watch.violations == ()


@pytest.mark.verifies("SRS-102", "SRS-301", "RC-07")
def test_a_release_at_the_moment_of_a_pause_is_refused_and_the_pause_stays(bench, made):
    drive = bench.at("heating")
    drive.state = made.put(drive.state, imaging__acquired_s=drive.at_s - drive.plan.limits.frame_age_s - 0.1)
    outcome = drive.act(T.RELEASE_INFUSION)
    assert (outcome.refused, outcome.commands) == (OVERTAKEN, (EnergyOff(),))
    assert drive.names == ("heating", "accepted", "paused", "armed")


@pytest.mark.verifies("SRS-102", "SRS-106", "RC-03")
def test_a_fault_that_moves_nothing_overtakes_nobody(bench):
    drive = bench.at("infusing")
    drive.feed(ChannelFailed(drive.at_s + 0.1, Channel.PUMP, "no answer"))
    for person in ("ana", "ben"):
        outcome = drive.act(T.RESET, person, reason="checked")
        assert outcome.records[0].triggers == (T.FAULT_ABORT, T.RESET)
        assert outcome.refused is None
    assert drive.state.phases.session is Session.SETUP


@pytest.mark.verifies("SRS-102", "SRS-105", "SRS-107", "SRS-303", "RC-01")
@pytest.mark.parametrize(("act", "names"), [
    (T.STOP, ("abort", "accepted", "off", "held")),
    (T.PAUSE, ("drug-infusion-sync", "accepted", "paused", "held")),
    (T.END_INFUSION, ("heating", "accepted", "on", "done")),
    (T.END_HEATING, ("cooling", "accepted", "off", "done")),
])  # fmt: skip
def test_what_takes_away_is_answered_although_a_fault_has_held_the_infusion_first(bench, made, act, names):
    drive = bench.at("infusing")
    drive.state = made.put(drive.state, equipment__pump_s=drive.at_s - drive.plan.limits.equipment_age_s - 0.1)
    outcome = drive.act(act)
    assert outcome.records[0].triggers == (T.FAULT_HOLD, act)
    assert outcome.refused is None and drive.names == names


@pytest.mark.verifies("SRS-102", "SRS-302", "RC-07")
def test_a_hold_that_a_fault_has_already_done_is_refused_in_the_words_of_the_table(bench, made):
    drive = bench.at("infusing")
    drive.state = made.put(drive.state, equipment__pump_s=drive.at_s - drive.plan.limits.equipment_age_s - 0.1)
    outcome = drive.act(T.HOLD_INFUSION)
    assert (outcome.refused, outcome.commands) == ("no infusion is running", (HoldInfusion(),))
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "held")


@pytest.mark.verifies("SRS-112")
def test_the_same_state_and_event_give_the_same_outcome_bit_for_bit(bench, made):
    drive = bench.at("infusing")
    events = [drive.room.look(drive.at_s + 1.0), drive.frame_event(made.Picture(target=41.2), after_s=1.0),
              OperatorActed(drive.at_s, T.STOP, "ana")]  # fmt: skip
    for event in events:
        one, other = step(drive.state, event), step(drive.state, event)
        assert one.commands == other.commands
        assert one.state.phases == other.state.phases and one.state.faults == other.state.faults
        if one.state.thermometry.thermal is not None:
            for name in ("temperature_degC", "uncertainty_degC", "common_degC", "validity"):
                mine, theirs = (getattr(o.state.thermometry.thermal, name).tobytes() for o in (one, other))
                assert mine == theirs


@pytest.mark.verifies("SRS-112")
def test_decision_and_key_moment(bench, made):
    drive = bench.at("heating")
    outcome = drive.frame(made.Picture(target=41.2), after_s=1.0)
    (decision,) = outcome.records
    assert isinstance(decision, Decision)
    assert decision.triggers == (T.FRAME,)
    assert decision.facts == (Fact.FRAME_ACCEPTED,)
    assert decision.commands == outcome.commands
    assert decision.maps is outcome.state.thermometry.thermal
    assert decision.focus_offset_mm == outcome.state.beam.response.offset_mm
    assert (decision.before, decision.after) == (outcome.state.phases, outcome.state.phases)
    drive.poll(0.1)
    decision, moment = drive.act(T.RELEASE_INFUSION).records
    assert decision.maps is None
    assert isinstance(moment, KeyMoment)
    assert moment.label == "heating to drug-infusion-sync"
    assert moment.at_s == drive.at_s
    assert moment.temperature_degC is drive.state.thermometry.thermal.temperature_degC
    assert np.array_equal(moment.dose_min, drive.state.thermometry.dose.estimate_min)


def test_no_maps_are_kept_while_no_temperature_is_known(bench):
    (decision,) = bench.at("set-up").act(T.STOP).records
    assert decision.maps is None and decision.focus_offset_mm is None


@pytest.mark.verifies("SRS-105", "SRS-703")
def test_faults_are_answered_before_the_event_the_worst_first(bench, made):
    drive = bench.at("infusing")
    drive.room.alarm = "stall"
    drive.room.stop_open = True
    outcome = drive.poll()
    assert outcome.records[0].triggers == (T.FAULT_ABORT, T.FAULT_INFUSION, T.POLL)
    assert drive.names == ("abort", "accepted", "off", "failed")
    assert set(codes(drive)) == {Code.PATIENT_STOP, Code.PUMP_ALARM}


@pytest.mark.verifies("SRS-704", "RC-12")
@pytest.mark.parametrize("nobody", ["", "  "])
def test_nobody_agrees_to_anything_but_anybody_stops(bench, nobody):
    drive = bench.at("aborted")
    drive.act(T.RESET, "ana", reason="cause found")
    with pytest.raises(IllegalEvent, match="refused in abort: whoever acts must be named"):
        drive.act(T.RESET, nobody, reason="cause found")
    assert drive.act(T.RESET, " Ana ", reason="cause found").state.phases.session is Session.ABORT
    assert drive.act(T.STOP, nobody).commands == OFF


@pytest.mark.verifies("SRS-204", "SRS-306", "RC-08")
def test_a_loan_that_the_pump_did_not_take_holds_the_infusion_and_goes_on_heating(bench, made):
    drive = bench.at("infusing")
    outcome = drive.feed(ChannelFailed(drive.at_s + 0.1, Channel.PUMP, "no answer", falling=False))
    assert outcome.commands == (HoldInfusion(),)
    assert codes(drive) == [Code.PUMP_REFUSED]
    assert drive.names == ("drug-infusion-sync", "accepted", "on", "held")
    drive.poll()
    assert codes(drive) == []
