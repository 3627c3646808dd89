"""Every check at its limit, just beyond it, on what is not a number, and on what is not known.

A case begins from a heating session in which every check passes; each case changes one thing.
"""

from math import inf, nan

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.checks import relevance
from syntherm.core.checks.registry import ALL, EQUIPMENT, IMAGES, examine, may_start
from syntherm.core.checks.verdict import Verdict, at_most, failed, not_yet, passed
from syntherm.core.commands import FocalPower, GrantInfusion, GrantLease
from syntherm.core.events import Channel, PumpReport, StopLoopReport, TransducerReport
from syntherm.core.faults import Code
from syntherm.core.plan.values import ResidualDose
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Infusion, Session

T_S = 1000.0
JUST = 1e-6


@pytest.fixture
def well(bench, made) -> SessionState:
    """A heating session at 1000 s; everything was seen at that moment."""
    state = bench.at("heating").state
    return made.put(
        state, at_s=T_S, jumped_s=1.0, imaging__acquired_s=T_S, equipment__transducer_s=T_S, equipment__pump_s=T_S,
        equipment__stop_loop_s=T_S, beam__lease=None, beam__off_s=None, equipment__held_s=None,
        equipment__transducer=TransducerReport(True, False, 0.0),
    )  # fmt: skip


def judge(name: str, state: SessionState) -> Verdict:
    verdict = ALL[name](state)
    assert examine(state)[name] == verdict or verdict.measured != verdict.measured
    return verdict


def passes(verdict: Verdict) -> bool:
    assert not verdict.may_start or verdict.code is None
    return verdict.may_start and verdict.may_continue


def fails_with(verdict: Verdict, code: Code) -> bool:
    """The fault is named, said in words, and watched somewhere."""
    assert not verdict.may_start
    assert verdict.detail != "" and "\n" not in verdict.detail
    assert code.value.watched_in
    return not verdict.may_continue and verdict.code is code


def waits(verdict: Verdict) -> bool:
    """Blocks a start, names no fault."""
    assert verdict.detail != ""
    return not verdict.may_start and verdict.may_continue and verdict.code is None


@pytest.mark.verifies("SRS-703")
def test_every_check_passes_in_a_session_that_is_well(well):
    assert {name for name, verdict in examine(well).items() if not passes(verdict)} == set()
    assert may_start(examine(well), ALL)


@pytest.mark.verifies("SRS-703")
def test_a_check_without_a_verdict_does_not_let_anything_start(well):
    verdicts = dict(examine(well))
    for name in ALL:
        left = {other: verdict for other, verdict in verdicts.items() if other != name}
        assert not may_start(left, ALL)
        assert may_start(left, EQUIPMENT) is (name in IMAGES)


@pytest.mark.verifies("SRS-703")
def test_one_check_that_does_not_pass_stops_a_start(well):
    verdicts = dict(examine(well))
    for name in ALL:
        assert not may_start({**verdicts, name: not_yet("waits")}, ALL)
        assert not may_start({**verdicts, name: failed(Code.DRIFT, "fails")}, ALL)


def test_all_is_both_groups_and_no_check_is_in_both():
    assert set(ALL) == set(EQUIPMENT) | set(IMAGES)
    assert not set(EQUIPMENT) & set(IMAGES)


# -------------------------------------------------------------------------- limits: (check, path, plan path, fault)
AGES = [
    ("stop-loop", "equipment__stop_loop_s", "equipment_age_s", Code.STOP_LOOP_UNKNOWN, ("RC-05",)),
    ("transducer-link", "equipment__transducer_s", "equipment_age_s", Code.TRANSDUCER_SILENT, ("RC-04",)),
    ("pump-link", "equipment__pump_s", "equipment_age_s", Code.PUMP_SILENT, ("RC-08",)),
    ("frame-age", "imaging__acquired_s", "frame_age_s", Code.FRAME_LATE, ("RC-09",)),
    ("frames-lost", "imaging__acquired_s", "frame_loss_abort_s", Code.FRAMES_LOST, ("RC-09",)),
]


@pytest.mark.verifies("SRS-409", "SRS-207", "SRS-306", "RC-04", "RC-05", "RC-08", "RC-09")
@pytest.mark.parametrize(("name", "path", "limit", "code", "_"), AGES, ids=[each[0] for each in AGES])
def test_age_of_what_was_seen(made, well, name, path, limit, code, _):
    most_s = getattr(well.plan.limits, limit)
    assert passes(judge(name, made.put(well, **{path: T_S - most_s})))
    assert fails_with(judge(name, made.put(well, **{path: T_S - most_s - JUST})), code)
    assert fails_with(judge(name, made.put(well, **{path: None})), code)
    assert fails_with(judge(name, made.put(well, **{path: nan})), code)
    assert fails_with(judge(name, made.put(well, at_s=None)), code)
    assert fails_with(judge(name, made.put(well, at_s=nan)), code)


@pytest.mark.verifies("SRS-409", "RC-02")
def test_clock(made, well):
    most_s = well.plan.limits.clock_step_s
    for jumped_s in (0.0, most_s):
        assert passes(judge("clock", made.put(well, jumped_s=jumped_s)))
    for jumped_s in (-JUST, -100.0, most_s + JUST, nan, inf):
        assert fails_with(judge("clock", made.put(well, jumped_s=jumped_s)), Code.CLOCK_JUMPED)


@pytest.mark.verifies("SRS-105", "RC-05")
def test_stop_loop_open_comes_before_its_age(made, well):
    opened = made.put(well, equipment__stop_loop=StopLoopReport(False), equipment__stop_loop_s=0.0)
    assert fails_with(judge("stop-loop", opened), Code.PATIENT_STOP)
    # Never read: not known, so a stop too.
    unread = made.put(well, equipment__stop_loop=None, equipment__stop_loop_s=None)
    assert fails_with(judge("stop-loop", unread), Code.STOP_LOOP_UNKNOWN)


@pytest.mark.verifies("SRS-208", "RC-02", "RC-04")
def test_a_generator_that_cannot_end_a_lease_is_refused(made, well):
    report = TransducerReport(ends_leases=False, output_on=False, power_W=0.0)
    verdict = judge("transducer-link", made.put(well, equipment__transducer=report))
    assert fails_with(verdict, Code.TRANSDUCER_WITHOUT_LEASE)


def sounding(power_W=10.0, on=True):
    return TransducerReport(True, on, power_W)


LEASE = GrantLease(T_S + 1.0, (FocalPower((0.0, 0.0, 0.0), 7.0), FocalPower((4.0, 0.0, 0.0), 3.0)))


@pytest.mark.verifies("SRS-207", "RC-04")
class TestTransducerOutput:
    def verdict(self, made, well, report, lease=LEASE, **more):
        return judge("transducer-output", made.put(well, equipment__transducer=report, beam__lease=lease, **more))

    def test_no_output_or_no_report_is_well(self, made, well):
        assert passes(self.verdict(made, well, sounding(0.5, on=False), None))
        assert passes(self.verdict(made, well, None, None))

    def test_power_is_output_whatever_the_flag_says(self, made, well):
        for power_W in (10.0, 0.5 + 1e-3, nan):
            assert fails_with(self.verdict(made, well, sounding(power_W, on=False), None), Code.TRANSDUCER_UNASKED)

    def test_power_up_to_ten_per_cent_and_half_a_watt_above_the_lease(self, made, well):
        assert passes(self.verdict(made, well, sounding(11.5)))
        for power_W in (11.5 + 1e-3, nan, inf):
            assert fails_with(self.verdict(made, well, sounding(power_W)), Code.TRANSDUCER_UNASKED)

    def test_output_without_a_lease(self, made, well):
        assert fails_with(self.verdict(made, well, sounding(), None), Code.TRANSDUCER_UNASKED)

    def test_output_after_the_lease_has_ended(self, made, well):
        ended = attrs.evolve(LEASE, until_s=T_S - 0.5)
        assert passes(self.verdict(made, well, sounding(), ended))
        ended = attrs.evolve(LEASE, until_s=T_S - 0.5 - JUST)
        assert fails_with(self.verdict(made, well, sounding(), ended), Code.TRANSDUCER_UNASKED)

    def test_a_report_from_before_the_last_off_says_nothing_about_it(self, made, well):
        assert passes(self.verdict(made, well, sounding(), None, beam__off_s=T_S))
        assert fails_with(self.verdict(made, well, sounding(), None, beam__off_s=T_S - JUST), Code.TRANSDUCER_UNASKED)


@pytest.mark.verifies("SRS-204", "RC-01")
def test_an_unconfirmed_command(made, well):
    verdict = judge("channels", made.put(well, equipment__unconfirmed="pump: no answer"))
    assert fails_with(verdict, Code.OFF_NOT_CONFIRMED)
    assert verdict.detail == "pump: no answer"


def pump(**changes) -> PumpReport:
    return attrs.evolve(PumpReport(False, 0.0, 90.0, 5.0, 5.0, None), **changes)


@pytest.mark.verifies("SRS-306", "RC-08")
class TestPumpLink:
    def verdict(self, made, well, **changes):
        return judge("pump-link", made.put(well, equipment__pump=pump(**changes)))

    def test_watchdog(self, made, well):
        most_s = well.plan.pump.watchdog_s
        for watchdog_s in (JUST, most_s):
            assert passes(self.verdict(made, well, watchdog_s=watchdog_s))
        for watchdog_s in (0.0, -1.0, most_s + JUST, nan, inf):
            assert fails_with(self.verdict(made, well, watchdog_s=watchdog_s), Code.PUMP_SILENT)

    @pytest.mark.verifies("SRS-303")
    def test_volume_loaded_counts_what_was_pumped(self, made, well):
        needed_ml = well.plan.prescription.volume_ml + well.plan.prescription.line_dead_volume_ml
        assert passes(self.verdict(made, well, syringe_ml=needed_ml))
        assert passes(self.verdict(made, well, syringe_ml=needed_ml - 0.5, pumped_ml=0.5))
        assert passes(self.verdict(made, well, syringe_ml=needed_ml - 0.02)), "the pump rounds both volumes"
        assert fails_with(self.verdict(made, well, syringe_ml=needed_ml - 0.021), Code.PUMP_SILENT)

    def test_volume_that_is_not_a_number(self, made, well):
        assert fails_with(self.verdict(made, well, syringe_ml=nan), Code.PUMP_SILENT)

    def test_a_pump_that_was_never_seen(self, made, well):
        state = made.put(well, equipment__pump=None, equipment__pump_s=None)
        assert fails_with(judge("pump-link", state), Code.PUMP_SILENT)

    @pytest.mark.verifies("SRS-305")
    @pytest.mark.parametrize("over", [Infusion.DONE, Infusion.FAILED])
    def test_a_pump_whose_infusion_is_over_does_not_stop_the_heating(self, made, well, over):
        state = made.put(well, phases__infusion=over, equipment__pump_s=T_S - 60.0)
        assert passes(judge("pump-link", state))


@pytest.mark.verifies("SRS-305", "RC-08")
@pytest.mark.parametrize("infusion", Infusion)
def test_pump_alarm_matters_until_the_infusion_is_over(made, well, infusion):
    state = made.put(well, phases__infusion=infusion, equipment__pump=pump(alarm="occlusion"))
    verdict = judge("pump-alarm", state)
    if infusion in (Infusion.DONE, Infusion.FAILED):
        assert passes(verdict)
    else:
        assert fails_with(verdict, Code.PUMP_ALARM)
        assert "occlusion" in verdict.detail
    assert passes(judge("pump-alarm", made.put(state, equipment__pump=None)))


@pytest.mark.verifies("SRS-306", "RC-08")
class TestPumpConduct:
    GRANT = GrantInfusion(T_S + 2.0, 90.0, 1.1)

    def verdict(self, made, well, report=None, grant=GRANT, **more):
        state = made.put(well, equipment__pump=report or pump(infusing=True), equipment__granted_infusion=grant, **more)
        return judge("pump-conduct", state)

    def test_a_pump_that_rests_or_was_never_seen_is_well(self, made, well):
        assert passes(self.verdict(made, well, pump(infusing=False), None))
        assert passes(judge("pump-conduct", made.put(well, equipment__pump=None)))

    def test_running_without_a_release(self, made, well):
        assert fails_with(self.verdict(made, well, grant=None), Code.PUMP_UNASKED)

    def test_running_beyond_its_watchdog(self, made, well):
        assert passes(self.verdict(made, well, grant=attrs.evolve(self.GRANT, until_s=T_S - 0.5)))
        late = attrs.evolve(self.GRANT, until_s=T_S - 0.5 - JUST)
        assert fails_with(self.verdict(made, well, grant=late), Code.PUMP_UNASKED)

    def test_a_report_from_before_the_last_hold_says_nothing_about_it(self, made, well):
        assert passes(self.verdict(made, well, grant=None, equipment__held_s=T_S))
        assert fails_with(self.verdict(made, well, grant=None, equipment__held_s=T_S - JUST), Code.PUMP_UNASKED)

    @pytest.mark.parametrize(
        ("off", "well_s"),
        [
            *((off, True) for off in (0.0, 0.0499, -0.0499)),
            *((off, False) for off in (0.0501, -0.0501, 1.0, -1.0, nan)),
        ],
    )
    def test_rate_that_the_counter_shows(self, made, well, off, well_s):
        rate = well.plan.prescription.rate_ml_per_h * (1.0 + off)
        report = pump(infusing=True, pumped_ml=0.2 + rate * 20.0 / 3600.0)
        since = {"equipment__infusing_since_s": T_S - 20.0, "equipment__infusing_from_ml": 0.2}
        verdict = self.verdict(made, well, report, **since)
        assert passes(verdict) if well_s else fails_with(verdict, Code.PUMP_UNASKED)

    def test_rate_is_not_judged_before_the_counter_can_show_it(self, made, well):
        report = pump(infusing=True, pumped_ml=0.0)
        since = {"equipment__infusing_since_s": T_S - 20.0 + 1e-3, "equipment__infusing_from_ml": 0.0}
        assert passes(self.verdict(made, well, report, **since))


@pytest.mark.verifies("SRS-306", "SRS-304", "RC-08")
def test_a_pump_count_that_fell_is_named(made, well):
    state = made.put(well, ledger__pumped_ml=0.5, equipment__pump=pump(pumped_ml=0.0))
    assert not all(verdict.may_continue for verdict in examine(state).values())


@pytest.mark.verifies("SRS-303", "RC-08")
def test_pump_volume(made, well):
    most_ml = well.plan.prescription.volume_ml * 1.01
    for volume_ml in (0.0, most_ml):
        assert passes(judge("pump-volume", made.put(well, ledger__patient_ml=volume_ml)))
    for volume_ml in (most_ml + JUST, nan):
        assert fails_with(judge("pump-volume", made.put(well, ledger__patient_ml=volume_ml)), Code.PUMP_OVER)


@pytest.mark.verifies("SRS-103")
def test_anatomy(made, well):
    nothing = Region("gone", np.array([], dtype=np.intp))
    assert waits(judge("anatomy", made.put(well, imaging__fat_fraction=None)))
    verdict = judge("anatomy", made.put(well, layout__target=nothing))
    assert waits(verdict) and "gone" in verdict.detail
    assert waits(judge("anatomy", made.put(well, layout__guards=(well.layout.guards[0], nothing))))
    verdict = judge("anatomy", made.put(well, layout__reference=nothing.voxels))
    assert waits(verdict) and "reference" in verdict.detail


@pytest.mark.verifies("SRS-408", "RC-09")
def test_frame_identity(made, well):
    refused = made.put(well, imaging__defect="echo time differs from the plan")
    assert fails_with(judge("frame-identity", refused), Code.FRAME_REFUSED)
    assert fails_with(judge("frame-identity", made.put(refused, imaging__frozen=True)), Code.FRAME_FROZEN)


@pytest.mark.verifies("SRS-405", "RC-06")
def test_precision(made, well):
    thermal, target, limit = well.thermometry.thermal, well.layout.target.voxels, well.plan.limits.precision_degC

    def with_uncertainty(value, validity=Reason.VALID):
        uncertainty, reasons = thermal.uncertainty_degC.copy(), thermal.validity.copy()
        uncertainty[target], reasons[target] = value, validity
        changed = attrs.evolve(thermal, uncertainty_degC=uncertainty, validity=reasons)
        return judge("precision", made.put(well, thermometry__thermal=changed))

    assert passes(with_uncertainty(np.nextafter(np.float32(limit), np.float32(0))))
    for poor in (limit + 1e-3, nan, inf):
        assert waits(with_uncertainty(poor))
    assert waits(with_uncertainty(0.1, Reason.LOW_SIGNAL))
    assert waits(judge("precision", made.put(well, thermometry__thermal=None)))


@pytest.mark.verifies("SRS-413", "SRS-402", "RC-09")
def test_drift(made, well):
    limits = well.plan.limits
    for field, limit in (("drift_degC", limits.drift_degC), ("residual_degC", limits.reference_residual_degC)):
        path = f"thermometry__thermal__{field}"
        assert passes(judge("drift", made.put(well, **{path: limit})))
        for value in (limit + JUST, nan, inf):
            assert fails_with(judge("drift", made.put(well, **{path: value})), Code.DRIFT)
    assert fails_with(judge("drift", made.put(well, thermometry__thermal=None)), Code.DRIFT)
    assert waits(judge("drift", made.put(well, thermometry__thermal=None, thermometry__baseline=None)))


@pytest.mark.verifies("SRS-404", "RC-09")
def test_target_seen(made, well):
    target = attrs.evolve(well.thermometry.target, voxels=1000)
    least = well.plan.limits.target_min_valid_fraction
    enough = attrs.evolve(target, valid=round(1000 * least))
    assert passes(judge("target-seen", made.put(well, thermometry__target=enough)))
    fewer = attrs.evolve(target, valid=round(1000 * least) - 1)
    assert fails_with(judge("target-seen", made.put(well, thermometry__target=fewer)), Code.TARGET_NOT_SEEN)
    none = made.put(well, thermometry__target=None)
    assert fails_with(judge("target-seen", none), Code.TARGET_NOT_SEEN)
    empty = attrs.evolve(target, voxels=0, valid=0)
    assert fails_with(judge("target-seen", made.put(well, thermometry__target=empty)), Code.TARGET_NOT_SEEN)
    assert waits(judge("target-seen", made.put(none, thermometry__baseline=None)))


@pytest.mark.verifies("SRS-410", "SRS-406", "RC-01")
def test_target_hot_is_judged_on_the_upper_bound(made, well):
    limit = well.plan.limits.target_max_degC

    def at(estimate, upper):
        hottest = Bounded(estimate, estimate - 1.0, upper)
        return judge("target-hot", made.put(well, thermometry__target__hottest=hottest))

    assert passes(at(41.0, limit))
    verdict = at(41.0, limit + JUST)
    assert fails_with(verdict, Code.TARGET_HOT)
    assert verdict.measured == pytest.approx(limit)
    assert waits(judge("target-hot", made.put(well, thermometry__target__hottest=UNKNOWN)))
    assert waits(judge("target-hot", made.put(well, thermometry__target=None)))


def guards_at(well, **changes):
    return tuple(attrs.evolve(each, **changes) for each in well.thermometry.guards)


@pytest.mark.verifies("SRS-411", "SRS-406", "RC-10")
@pytest.mark.parametrize("which", [0, 1])
def test_guards_hot_each_against_its_own_limit_on_the_upper_bound(made, well, which):
    guards, limit = list(well.thermometry.guards), well.plan.guard[which].max_degC
    guards[which] = attrs.evolve(guards[which], hottest=Bounded(38.0, 37.0, limit))
    assert passes(judge("guards-hot", made.put(well, thermometry__guards=tuple(guards))))
    guards[which] = attrs.evolve(guards[which], hottest=Bounded(38.0, 37.0, limit + 1e-3))
    verdict = judge("guards-hot", made.put(well, thermometry__guards=tuple(guards)))
    assert fails_with(verdict, Code.GUARD_HOT)
    assert well.plan.guard[which].name in verdict.detail


@pytest.mark.verifies("SRS-411", "SRS-406", "RC-10")
def test_guards_hot_when_nothing_is_known(made, well):
    assert waits(judge("guards-hot", made.put(well, thermometry__guards=())))
    assert waits(judge("guards-hot", made.put(well, thermometry__guards=guards_at(well, hottest=UNKNOWN))))


@pytest.mark.verifies("SRS-404", "SRS-411", "RC-10")
@pytest.mark.parametrize("which", [0, 1])
def test_guards_seen(made, well, which):
    guards, least = list(well.thermometry.guards), well.plan.guard[which].min_valid_fraction
    guards[which] = attrs.evolve(guards[which], voxels=100, valid=round(100 * least))
    assert passes(judge("guards-seen", made.put(well, thermometry__guards=tuple(guards))))
    guards[which] = attrs.evolve(guards[which], voxels=100, valid=round(100 * least) - 1)
    verdict = judge("guards-seen", made.put(well, thermometry__guards=tuple(guards)))
    assert fails_with(verdict, Code.GUARD_NOT_SEEN)
    assert well.plan.guard[which].name in verdict.detail
    assert fails_with(judge("guards-seen", made.put(well, thermometry__guards=())), Code.GUARD_NOT_SEEN)
    assert waits(judge("guards-seen", made.put(well, thermometry__baseline=None)))


@pytest.mark.verifies("SRS-411", "SRS-406", "RC-10")
def test_a_guard_too_small_for_a_bound_does_not_pass(made, well):
    guards = list(well.thermometry.guards)
    guards[1] = attrs.evolve(guards[1], voxels=3, valid=3, hottest=UNKNOWN)
    verdicts = examine(made.put(well, thermometry__guards=tuple(guards)))
    assert not verdicts["guards-hot"].may_continue or not verdicts["guards-seen"].may_continue


@pytest.mark.verifies("SRS-410", "SRS-406", "RC-10")
def test_a_target_too_small_for_a_bound_does_not_pass(made, well):
    target = attrs.evolve(well.thermometry.target, voxels=3, valid=3, hottest=UNKNOWN)
    verdicts = examine(made.put(well, thermometry__target=target))
    assert not verdicts["target-hot"].may_continue or not verdicts["target-seen"].may_continue


@pytest.mark.verifies("SRS-411", "SRS-407", "RC-10")
@pytest.mark.parametrize("which", [0, 1])
def test_guards_dose_each_against_its_own_limit_on_the_upper_bound(made, well, which):
    dose, limit = well.thermometry.dose, well.plan.guard[which].max_cem43_min

    def with_dose(minutes):
        upper = np.zeros_like(dose.upper_min)
        upper[well.layout.guards[which].voxels[-1]] = minutes
        estimate = np.zeros_like(upper)
        changed = attrs.evolve(dose, upper_min=upper, estimate_min=estimate)
        return judge("guards-dose", made.put(well, thermometry__dose=changed))

    assert passes(with_dose(limit))
    verdict = with_dose(limit + 1e-3)
    assert fails_with(verdict, Code.GUARD_DOSE)
    assert well.plan.guard[which].name in verdict.detail
    assert waits(judge("guards-dose", made.put(well, thermometry__dose=None)))


@pytest.mark.verifies("SRS-411", "RC-10")
def test_guards_dose_counts_what_cooling_will_still_add(made, well):
    dose, plan = well.thermometry.dose, attrs.evolve(well.plan, residual_dose=ResidualDose(0.0, 120.0))
    voxel, limit = well.layout.guards[1].voxels[0], well.plan.guard[1].max_cem43_min

    def judged(minutes, upper_degC, of_plan):
        upper, last = np.zeros_like(dose.upper_min), np.full_like(dose.upper_min, 37.0)
        upper[voxel], last[voxel] = minutes, upper_degC
        known = attrs.evolve(well.thermometry, dose=attrs.evolve(dose, upper_min=upper, last_upper_degC=last))
        return judge("guards-dose", attrs.evolve(well, plan=of_plan, thermometry=known))

    assert passes(judged(limit - 0.2, 37.0, plan))
    verdict = judged(limit - 0.2, 43.0, plan)
    assert fails_with(verdict, Code.GUARD_DOSE) and "while it cools" in verdict.detail
    assert passes(judged(limit - 0.2, 43.0, well.plan)), "a plan without the table counts what was gained"
    assert judged(0.0, 37.0, plan).measured < 0.01


@pytest.mark.verifies("SRS-302", "RC-07")
def test_in_range(made, well):
    limit = well.plan.heating.loss_of_range_s

    def lost_for(lost_s, infusion=Infusion.INFUSING):
        since = None if lost_s is None else T_S - lost_s
        return judge("in-range", made.put(well, phases__infusion=infusion, range_clock__out_since_s=since))

    assert passes(lost_for(None)) and passes(lost_for(limit))
    for lost_s in (limit + JUST, nan, inf):
        assert fails_with(lost_for(lost_s), Code.OUT_OF_RANGE)
    for other in set(Infusion) - {Infusion.INFUSING}:
        assert passes(lost_for(limit + 100.0, other))


@pytest.mark.verifies("SRS-108", "RC-11")
def test_heating_time(made, well):
    most_s = well.plan.heating.max_heating_min * 60.0
    assert passes(judge("heating-time", made.put(well, beam__heating_s=most_s)))
    for heated_s in (most_s + 1e-3, nan, inf):
        verdict = judge("heating-time", made.put(well, beam__heating_s=heated_s))
        assert fails_with(verdict, Code.HEATING_TOO_LONG)


@pytest.mark.verifies("SRS-109", "RC-11")
def test_cooling_time(made, well):
    most_s = well.plan.limits.cooling_max_min * 60.0

    def cooling_for(cooled_s, session=Session.COOLING):
        since = None if cooled_s is None else T_S - cooled_s
        return judge("cooling-time", made.put(well, phases__session=session, beam__cooling_since_s=since))

    assert passes(cooling_for(None)) and passes(cooling_for(most_s))
    for cooled_s in (most_s + 1e-3, nan, inf):
        assert fails_with(cooling_for(cooled_s), Code.COOLING_SLOW)
    assert passes(cooling_for(most_s + 100.0, Session.ABORT))


# ------------------------------------------------------------------------------------------------------- verdicts
def test_verdicts_say_what_they_say():
    assert passed(1.0, 2.0, "s") == Verdict(True, True, None, "", 1.0, 2.0, "s")
    assert failed(Code.DRIFT, "far", 3.0, 2.0, "degC") == Verdict(False, False, Code.DRIFT, "far", 3.0, 2.0, "degC")
    assert not_yet("soon") == Verdict(False, True, None, "soon")


@pytest.mark.parametrize(
    ("value", "passes_it"), [(2.0, True), (-inf, True), (2.0 + 1e-9, False), (inf, False), (nan, False)]
)
def test_at_most(value, passes_it):
    verdict = at_most(value, 2.0, "s", Code.CLOCK_JUMPED, "time moved on by")
    assert verdict.may_start is verdict.may_continue is passes_it
    assert (verdict.code is None) is passes_it
    assert verdict.limit == 2.0 and verdict.unit == "s"
    assert passes_it or "limit 2.00 s" in verdict.detail


def test_age_of_what_was_never_seen_is_infinite(well, made):
    assert relevance.age_s(well, None) == inf
    assert relevance.age_s(made.put(well, at_s=None), 3.0) == inf
    assert relevance.age_s(well, T_S - 3.0) == 3.0
    assert relevance.told_after(1.0, None) and relevance.told_after(1.1, 1.0) and not relevance.told_after(1.0, 1.0)


@pytest.mark.verifies("SRS-207", "SRS-306", "RC-04", "RC-08")
@pytest.mark.parametrize(("channel", "code"), [
    (Channel.TRANSDUCER, Code.TRANSDUCER_REFUSED), (Channel.PUMP, Code.PUMP_REFUSED),
])  # fmt: skip
def test_a_loan_that_was_not_taken_is_named(made, well, channel, code):
    assert passes(judge("lending", well))
    assert fails_with(judge("lending", made.put(well, equipment__refused=channel)), code)
