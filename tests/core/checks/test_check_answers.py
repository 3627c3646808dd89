"""Every answer of every check, word by word: what the operators read and what goes on record with it.

A case begins from a heating session in which every check passes; each case changes what it needs. The limits are this
file's own, so that each number stands for one quantity only.
"""

from math import inf

import attrs
import numpy as np
import pytest

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.checks.registry import ALL
from syntherm.core.checks.verdict import Verdict
from syntherm.core.commands import FocalPower, GrantInfusion, GrantLease
from syntherm.core.events import PumpReport, StopLoopReport, TransducerReport
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Infusion, Session

T_S = 1000.0
SILENT, SOUNDING = TransducerReport(True, False, 0.0), TransducerReport(True, True, 10.0)
LEASE = GrantLease(T_S + 1.0, (FocalPower((0.0, 0.0, 0.0), 10.0),))
RUNNING = PumpReport(True, 0.5, 90.0, 5.0, 5.0, None)
RESTING = attrs.evolve(RUNNING, infusing=False)
GONE = Region("gone", np.array([], dtype=np.intp))
ELSEWHERE = Region("elsewhere", np.array([], dtype=np.intp))


@pytest.fixture(scope="module")
def calm(bench, made) -> SessionState:
    """A heating session at 1000 s, every device and an image seen at that moment, with limits of our own."""
    return made.put(
        bench.at("heating").state, at_s=T_S, jumped_s=1.0, imaging__acquired_s=T_S, equipment__transducer_s=T_S,
        equipment__pump_s=T_S, equipment__stop_loop_s=T_S, beam__lease=None, beam__off_s=None, beam__granted_s=None,
        equipment__held_s=None, equipment__transducer=SILENT, plan__limits__clock_step_s=5.0,
        plan__limits__equipment_age_s=3.0, plan__limits__frame_age_s=7.0, plan__limits__frame_loss_abort_s=70.0,
        plan__limits__cooling_max_min=11.0, plan__limits__drift_degC=9.0, plan__limits__reference_residual_degC=0.75,
        plan__limits__precision_degC=0.5, plan__limits__target_max_degC=44.0,
        plan__limits__target_min_valid_fraction=0.8, plan__heating__max_heating_min=30.0,
        plan__heating__loss_of_range_s=6.0, plan__pump__watchdog_s=5.0, plan__pump__rate_tolerance_fraction=0.05,
        plan__prescription__volume_ml=1.0, plan__prescription__line_dead_volume_ml=0.25,
        plan__prescription__rate_ml_per_h=90.0,
    )  # fmt: skip


def ok(measured=None, limit=None, unit=""):
    return Verdict(True, True, None, "", measured, limit, unit)


def bad(code, detail, measured=None, limit=None, unit=""):
    return Verdict(False, False, code, detail, measured, limit, unit)


def later(detail):
    return Verdict(False, True, None, detail)


def infusing(**changes):
    """A pump that runs and was released, 20 s after its run began at 0.2 mL."""
    return {
        "equipment__pump": RUNNING, "equipment__granted_infusion": GrantInfusion(T_S + 2.0, 90.0, 1.25),
        "equipment__infusing_since_s": T_S - 20.0, "equipment__infusing_from_ml": 0.0, **changes,
    }  # fmt: skip


EQUIPMENT_CASES = [
    ("clock", {}, ok(1.0, 5.0, "s")),
    ("clock", {"jumped_s": -2.5}, bad(Code.CLOCK_JUMPED, "time went back by 2.50 s", -2.5, 0.0, "s")),
    ("clock", {"jumped_s": 6.0}, bad(Code.CLOCK_JUMPED, "time moved on by 6.00 s, limit 5.00 s", 6.0, 5.0, "s")),
    ("stop-loop", {}, ok(0.0, 3.0, "s")),
    ("stop-loop", {"equipment__stop_loop": StopLoopReport(False)}, bad(Code.PATIENT_STOP, "the patient stop is open")),
    ("stop-loop", {"equipment__stop_loop_s": T_S - 4.0},
     bad(Code.STOP_LOOP_UNKNOWN, "stop loop unread for 4.00 s, limit 3.00 s", 4.0, 3.0, "s")),
    ("transducer-link", {}, ok(0.0, 3.0, "s")),
    ("transducer-link", {"equipment__transducer": attrs.evolve(SILENT, ends_leases=False)},
     bad(Code.TRANSDUCER_WITHOUT_LEASE, "the generator cannot end a lease by itself")),
    ("transducer-link", {"equipment__transducer_s": None},
     bad(Code.TRANSDUCER_SILENT, "generator silent for inf s, limit 3.00 s", inf, 3.0, "s")),
    ("transducer-output", {"equipment__transducer": None}, ok(0.0, 0.0, "W")),
    ("transducer-output", {"equipment__transducer_s": None}, ok(0.0, 0.0, "W")),
    ("transducer-output", {"equipment__transducer": SOUNDING, "beam__off_s": T_S}, ok(0.0, 0.0, "W")),
    ("transducer-output", {"equipment__transducer": attrs.evolve(SILENT, power_W=0.25)}, ok(0.25, 0.5, "W")),
    ("transducer-output", {"equipment__transducer": attrs.evolve(SILENT, power_W=0.5)}, ok(0.5, 0.5, "W")),
    ("transducer-output", {"equipment__transducer": SOUNDING},
     bad(Code.TRANSDUCER_UNASKED, "output without a lease", 10.0, 0.0, "W")),
    ("transducer-output", {"equipment__transducer": SOUNDING, "beam__lease": LEASE, "beam__granted_s": T_S - 0.5},
     ok(10.0, 11.5, "W")),
    ("transducer-output", {"equipment__transducer": attrs.evolve(SOUNDING, power_W=12.0), "beam__lease": LEASE},
     bad(Code.TRANSDUCER_UNASKED, "output 12.00 W, limit 11.50 W", 12.0, 11.5, "W")),
    # A reading from before the lease was granted shows the power of the one before.
    ("transducer-output",
     {"equipment__transducer": attrs.evolve(SOUNDING, power_W=12.0), "beam__lease": LEASE, "beam__granted_s": T_S},
     ok()),
    ("channels", {}, ok()),
    ("lending", {}, ok()),
    ("pump-link", {}, ok(0.0, 3.0, "s")),
    ("pump-link", {"phases__infusion": Infusion.DONE}, ok()),
    ("pump-link", {"equipment__pump": attrs.evolve(RESTING, watchdog_s=6.0)},
     bad(Code.PUMP_SILENT, "pump watchdog 6 s, plan 5 s", 6.0, 5.0, "s")),
    ("pump-link", {"equipment__pump": attrs.evolve(RESTING, syringe_ml=0.5)},
     bad(Code.PUMP_SILENT, "syringe holds 0.5 mL, too little for the rest of the prescription", 0.5, 1.25, "mL")),
    ("pump-link", {"equipment__pump_s": T_S - 4.0},
     bad(Code.PUMP_SILENT, "pump silent for 4.00 s, limit 3.00 s", 4.0, 3.0, "s")),
    ("pump-alarm", {}, ok()),
    ("pump-alarm", {"equipment__pump": attrs.evolve(RUNNING, alarm="occlusion")},
     bad(Code.PUMP_ALARM, "pump alarm: occlusion")),
    ("pump-conduct", {}, ok()),
    ("pump-conduct", infusing(), ok(0.0, 0.05, "1")),
    ("pump-conduct", infusing(equipment__granted_infusion=None),
     bad(Code.PUMP_UNASKED, "the pump runs without being released")),
    ("pump-conduct", infusing(equipment__infusing_since_s=T_S - 19.0), ok()),
    ("pump-counter", {"equipment__pump": None}, ok(None, 0.0, "mL")),
    ("pump-counter", {"equipment__pump": RUNNING, "ledger__pumped_ml": 0.25}, ok(0.5, 0.25, "mL")),
    ("pump-counter", {"equipment__pump": RUNNING, "ledger__pumped_ml": 0.5}, ok(0.5, 0.5, "mL")),
    ("pump-counter", {"equipment__pump": RUNNING, "ledger__pumped_ml": 0.75},
     bad(Code.PUMP_UNASKED, "the pump's counter fell to 0.500 mL", 0.5, 0.75, "mL")),
    ("pump-volume", {"ledger__patient_ml": 0.5}, ok(0.5, 1.01, "mL")),
    ("pump-volume", {"ledger__patient_ml": 1.5},
     bad(Code.PUMP_OVER, "infused 1.50 mL, limit 1.01 mL", 1.5, 1.01, "mL")),
    ("anatomy", {}, ok()),
    ("anatomy", {"imaging__fat_fraction": None}, later("the fat map has not come")),
    ("anatomy", {"layout__target": GONE}, later("outside the image: gone")),
    ("anatomy", {"layout__guards": (GONE, ELSEWHERE)}, later("outside the image: gone, elsewhere")),
    ("anatomy", {"layout__reference": GONE.voxels}, later("outside the image: reference")),
]  # fmt: skip

IMAGE_CASES = [
    ("frame-identity", {}, ok()),
    ("frame-identity", {"imaging__defect": "late"}, bad(Code.FRAME_REFUSED, "late")),
    ("frame-age", {}, ok(0.0, 7.0, "s")),
    ("frame-age", {"imaging__acquired_s": T_S - 8.0},
     bad(Code.FRAME_LATE, "last valid image is old by 8.00 s, limit 7.00 s", 8.0, 7.0, "s")),
    ("frames-lost", {}, ok(0.0, 70.0, "s")),
    ("frames-lost", {"imaging__acquired_s": T_S - 80.0},
     bad(Code.FRAMES_LOST, "no valid image for 80.00 s, limit 70.00 s", 80.0, 70.0, "s")),
    ("drift", {"thermometry__thermal__residual_degC": 0.5}, ok(0.5, 0.75, "degC")),
    ("drift", {"thermometry__baseline": None}, later("no baseline is learned")),
    ("drift", {"thermometry__thermal": None},
     bad(Code.DRIFT, "drift cannot be fitted: too few reference voxels")),
    ("drift", {"thermometry__thermal__drift_degC": 9.5},
     bad(Code.DRIFT, "drift is 9.50 degC, limit 9.00 degC", 9.5, 9.0, "degC")),
    ("drift", {"thermometry__thermal__residual_degC": 1.0},
     bad(Code.DRIFT, "reference regions scatter by 1.00 degC, limit 0.75 degC", 1.0, 0.75, "degC")),
    ("target-seen", {"thermometry__target__voxels": 40, "thermometry__target__valid": 36}, ok(0.9, 0.8, "1")),
    ("target-seen", {"thermometry__baseline": None}, later("no baseline is learned")),
    ("target-seen", {"thermometry__target": None},
     bad(Code.TARGET_NOT_SEEN, "0% of the target is seen, needs 80%", 0.0, 0.8, "1")),
    ("target-seen", {"thermometry__target__voxels": 40, "thermometry__target__valid": 30},
     bad(Code.TARGET_NOT_SEEN, "75% of the target is seen, needs 80%", 0.75, 0.8, "1")),
    ("target-hot", {"thermometry__target__hottest": Bounded(42.0, 41.0, 43.0)}, ok(43.0, 44.0, "degC")),
    ("target-hot", {"thermometry__target": None}, later("the target's temperature is not known")),
    ("target-hot", {"thermometry__target__hottest": Bounded(42.0, 41.0, 44.5)},
     bad(Code.TARGET_HOT, "target may be at 44.50 degC, limit 44.00 degC", 44.5, 44.0, "degC")),
    ("guards-seen", {"thermometry__baseline": None}, later("no baseline is learned")),
    ("guards-seen", {"thermometry__guards": ()}, bad(Code.GUARD_NOT_SEEN, "no guard region has a temperature")),
    ("guards-hot", {"thermometry__guards": ()}, later("no guard region's temperature is known")),
    ("guards-dose", {"thermometry__dose": None}, later("no dose is counted yet")),
    ("in-range", {"phases__infusion": Infusion.HELD, "range_clock__out_since_s": T_S - 9.0}, ok(0.0, 6.0, "s")),
    ("in-range", {"phases__infusion": Infusion.INFUSING, "range_clock__out_since_s": None}, ok(0.0, 6.0, "s")),
    ("in-range", {"phases__infusion": Infusion.INFUSING, "range_clock__out_since_s": T_S - 4.0}, ok(4.0, 6.0, "s")),
    ("in-range", {"phases__infusion": Infusion.INFUSING, "range_clock__out_since_s": T_S - 9.0},
     bad(Code.OUT_OF_RANGE, "out of range for 9.00 s, limit 6.00 s", 9.0, 6.0, "s")),
    ("heating-time", {"beam__heating_s": 60.0}, ok(1.0, 30.0, "min")),
    ("heating-time", {"beam__heating_s": 1860.0},
     bad(Code.HEATING_TOO_LONG, "heating has lasted 31.00 min, limit 30.00 min", 31.0, 30.0, "min")),
    ("cooling-time", {"beam__cooling_since_s": None, "phases__session": Session.COOLING}, ok(0.0, 11.0, "min")),
    ("cooling-time", {"beam__cooling_since_s": T_S - 900.0}, ok(0.0, 11.0, "min")),
    ("cooling-time", {"beam__cooling_since_s": T_S - 60.0, "phases__session": Session.COOLING}, ok(1.0, 11.0, "min")),
    ("cooling-time", {"beam__cooling_since_s": T_S - 720.0, "phases__session": Session.COOLING},
     bad(Code.COOLING_SLOW, "cooling has lasted 12.00 min, limit 11.00 min", 12.0, 11.0, "min")),
]  # fmt: skip


@pytest.mark.verifies("SRS-703")
@pytest.mark.parametrize(("name", "changes", "verdict"), EQUIPMENT_CASES + IMAGE_CASES)
def test_answer(calm, made, name, changes, verdict):
    assert ALL[name](made.put(calm, **changes)) == verdict


def test_every_check_has_its_answers_here():
    """Precision has its own test below; what monitors answer is shown with them."""
    shown = {name for name, *_ in EQUIPMENT_CASES + IMAGE_CASES}
    assert set(ALL) - shown <= {"precision", "monitors"}


@pytest.mark.verifies("SRS-306", "RC-08")
def test_answer_to_a_wrong_rate(calm, made):
    verdict = ALL["pump-conduct"](made.put(calm, **infusing(equipment__infusing_from_ml=0.05)))
    assert verdict.detail.startswith("infusion rate is off by 0.10")
    assert (verdict.code, verdict.limit, verdict.unit) == (Code.PUMP_UNASKED, 0.05, "1")
    assert verdict.measured == pytest.approx(0.1)


@pytest.mark.verifies("SRS-405", "RC-06")
def test_answer_on_precision_at_its_limit_and_beyond(calm, made):
    thermal, target = calm.thermometry.thermal, calm.layout.target.voxels

    def precision(value, reason=Reason.VALID):
        uncertainty, reasons = thermal.uncertainty_degC.copy(), thermal.validity.copy()
        uncertainty[target], reasons[target] = value, reason
        changed = attrs.evolve(thermal, uncertainty_degC=uncertainty, validity=reasons)
        return ALL["precision"](made.put(calm, thermometry__thermal=changed))

    assert precision(0.5) == ok(0.5, 0.5, "degC")
    assert precision(0.625) == later("thermometry precision is 0.62 degC, the plan needs 0.50 degC")
    blind = later("thermometry precision is inf degC, the plan needs 0.50 degC")
    assert precision(0.25, Reason.FAT) == blind
    assert ALL["precision"](made.put(calm, thermometry__thermal=None)) == blind


# ----------------------------------------------------------------- guard regions: the worst by its own limit is named
def guarded(calm, made, limits, **summaries):
    """The session with two guard regions of these limits, and one value of each region's summary."""
    plan = attrs.evolve(
        calm.plan, guard=tuple(attrs.evolve(g, **each) for g, each in zip(calm.plan.guard, limits, strict=True))
    )
    guards = tuple(
        attrs.evolve(region, **{field: values[i] for field, values in summaries.items()})
        for i, region in enumerate(calm.thermometry.guards)
    )
    return made.put(calm, plan=plan, thermometry__guards=guards)


@pytest.mark.verifies("SRS-404", "SRS-411", "RC-10")
def test_the_guard_that_falls_furthest_short_is_named(calm, made):
    limits = ({"min_valid_fraction": 0.75}, {"min_valid_fraction": 0.5})
    state = guarded(calm, made, limits, voxels=(100, 100), valid=(70, 60))
    assert ALL["guards-seen"](state) == bad(Code.GUARD_NOT_SEEN, "70% of lateral is seen, needs 75%", 0.7, 0.75, "1")
    state = guarded(calm, made, limits, voxels=(100, 100), valid=(80, 75))
    assert ALL["guards-seen"](state) == ok(0.8, 0.75, "1")
    assert ALL["guards-seen"](guarded(calm, made, limits, voxels=(100, 100), valid=(75, 75))) == ok(0.75, 0.75, "1")


@pytest.mark.verifies("SRS-404", "SRS-411", "RC-10")
def test_a_blind_guard_comes_before_one_that_falls_short(calm, made):
    known = Bounded(38.0, 37.0, 39.0)
    state = guarded(calm, made, ({}, {}), voxels=(100, 3), valid=(10, 3), hottest=(known, UNKNOWN))
    assert ALL["guards-seen"](state) == bad(Code.GUARD_NOT_SEEN, "100% of pectoral is seen, needs 50%", 1.0, 0.5, "1")


@pytest.mark.verifies("SRS-411", "RC-10")
def test_the_guard_nearest_to_its_own_limit_is_named(calm, made):
    limits = ({"max_degC": 44.0}, {"max_degC": 41.0})
    hot = (Bounded(41.0, 40.0, 42.0), Bounded(39.0, 38.0, 40.0))
    assert ALL["guards-hot"](guarded(calm, made, limits, hottest=hot)) == ok(40.0, 41.0, "degC")
    hot = (Bounded(41.0, 40.0, 42.0), Bounded(39.0, 38.0, 41.5))
    assert ALL["guards-hot"](guarded(calm, made, limits, hottest=hot)) == bad(
        Code.GUARD_HOT, "pectoral may be at 41.50 degC, limit 41.00 degC", 41.5, 41.0, "degC"
    )
    # What is not known says nothing here; the check of what is seen answers for it.
    assert ALL["guards-hot"](guarded(calm, made, limits, hottest=(UNKNOWN, hot[0]))) == bad(
        Code.GUARD_HOT, "pectoral may be at 42.00 degC, limit 41.00 degC", 42.0, 41.0, "degC"
    )


@pytest.mark.verifies("SRS-411")
def test_a_guard_without_a_summary_leaves_the_others_judged(calm, made):
    state = guarded(calm, made, ({"max_degC": 44.0}, {}), hottest=(Bounded(41.0, 40.0, 42.0), UNKNOWN))
    one = made.put(state, thermometry__guards=state.thermometry.guards[:1])
    assert ALL["guards-hot"](one) == ok(42.0, 44.0, "degC")


@pytest.mark.verifies("SRS-411", "SRS-407", "RC-10")
def test_the_guard_that_has_used_most_of_its_own_dose_is_named(calm, made):
    state = guarded(calm, made, ({"max_cem43_min": 8.0}, {"max_cem43_min": 2.0}))

    def used(*minutes):
        upper = np.zeros_like(state.thermometry.dose.upper_min)
        for region, value in zip(state.layout.guards, minutes, strict=True):
            upper[region.voxels[0]] = value
        return ALL["guards-dose"](made.put(state, thermometry__dose__upper_min=upper))

    assert used(3.0, 1.0) == ok(1.0, 2.0, "min")
    assert used(3.0, 0.5) == ok(3.0, 8.0, "min")
    assert used(3.0, 2.5) == bad(
        Code.GUARD_DOSE, "pectoral may have had CEM43 2.50 min, limit 2.00 min", 2.5, 2.0, "min"
    )
    assert used(0.0, 0.0).measured == 0.0


@pytest.mark.verifies("SRS-411")
def test_a_guard_without_voxels_has_used_nothing(calm, made):
    guards = (GONE, calm.layout.guards[1])
    dose = np.full_like(calm.thermometry.dose.upper_min, 1.5)
    state = made.put(calm, layout__guards=guards, thermometry__dose__upper_min=dose)
    assert ALL["guards-dose"](state) == ok(1.5, 3.0, "min")
    assert ALL["guards-dose"](made.put(state, layout__guards=(GONE, ELSEWHERE))) == ok(0.0, 4.0, "min")


@pytest.mark.verifies("SRS-411", "RC-10")
def test_a_guard_without_a_region_is_never_passed_over(calm, made):
    for guards in (calm.layout.guards[:1], (*calm.layout.guards, GONE)):
        with pytest.raises(ValueError, match="zip"):
            ALL["guards-dose"](made.put(calm, layout__guards=guards))


def test_what_a_verdict_says_unless_told():
    verdict = Verdict(may_start=True, may_continue=False)
    assert (verdict.code, verdict.detail, verdict.measured, verdict.limit, verdict.unit) == (None, "", None, None, "")
