"""Each fact that guards ask for, at its edge."""

import attrs
import pytest

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.checks.registry import examine
from syntherm.core.events import EVENTS, ChannelFailed, FatMapReceived, OperatorActed, StopLoopReport
from syntherm.core.faults import Clears, Code, Response
from syntherm.core.guards import PREDICATES, Situation, topic_of, trigger_of
from syntherm.core.state import Standing
from syntherm.core.vocabulary import ACTS, Fact, Infusion, Session, SetupItem, Trigger


def holds(fact, state, event=None):
    event = event or OperatorActed(state.at_s, Trigger.SIGN, "ana")
    return Situation(state, event, examine(state)).holds(fact)


def test_every_fact_has_its_predicate():
    assert set(PREDICATES) == set(Fact)


@pytest.mark.verifies("SRS-101")
def test_every_event_has_its_trigger_or_is_for_the_checks_alone(bench, made):
    drive = bench.at("heating")
    assert trigger_of(drive.room.look(drive.at_s), Session.SETUP) is Trigger.POLL
    assert trigger_of(drive.frame_event(), Session.SETUP) is Trigger.FRAME
    for act in ACTS:
        assert trigger_of(OperatorActed(0.0, act, "ana"), Session.SETUP) is act
    silent = {
        event
        for event in EVENTS
        if event.__name__ not in {"FrameReceived", "EquipmentPolled", "Restarted", "OperatorActed"}
    }
    assert silent == {FatMapReceived, ChannelFailed}


@pytest.mark.verifies("SRS-704", "RC-12")
def test_topic():
    assert topic_of(OperatorActed(0.0, Trigger.CONFIRM, "ana", SetupItem.PUMP)) == "pump"
    assert topic_of(OperatorActed(0.0, Trigger.SIGN, "ana")) == "sign"


@pytest.mark.verifies("SRS-103", "RC-05")
def test_stop_path_is_proven_with_the_loop_closed_again_and_the_generator_off(bench, made):
    state = bench.at("set-up").state
    assert holds(Fact.STOP_PATH_PROVEN, state)
    report = state.equipment.transducer
    for changes in (
        {"equipment__seen_open": False},
        {"equipment__stop_loop": None},
        {"equipment__stop_loop": StopLoopReport(False)},
        {"equipment__transducer": None},
        {"equipment__transducer": attrs.evolve(report, output_on=True)},
    ):
        assert not holds(Fact.STOP_PATH_PROVEN, made.put(state, **changes))


@pytest.mark.verifies("SRS-103", "SRS-111", "SRS-106", "RC-03")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_a_latched_fault_blocks_every_start(bench, code):
    state = bench.at("heating").state
    assert holds(Fact.MAY_START, state) and holds(Fact.EQUIPMENT_READY, state)
    stood = attrs.evolve(state, faults=(Standing(code, 0.0, "why", active=False),))
    blocks = code.value.clears is not Clears.WITH_CAUSE and code.value.response >= Response.PAUSE
    assert holds(Fact.MAY_START, stood) is holds(Fact.EQUIPMENT_READY, stood) is not blocks


@pytest.mark.verifies("SRS-405")
def test_tissue_settles_after_the_plans_wait(bench, made):
    state = bench.at("review").state
    wait_s = state.plan.limits.recalibration_wait_min * 60.0
    assert holds(Fact.TISSUE_SETTLED, made.put(state, beam__last_energy_s=None))
    assert holds(Fact.TISSUE_SETTLED, made.put(state, beam__last_energy_s=state.at_s - wait_s))
    assert not holds(Fact.TISSUE_SETTLED, made.put(state, beam__last_energy_s=state.at_s - wait_s + 1e-3))
    event = OperatorActed(0.0, Trigger.SIGN, "ana")
    assert not Situation(made.put(state, at_s=None), event, {}).holds(Fact.TISSUE_SETTLED)


@pytest.mark.verifies("SRS-202", "RC-02")
def test_a_frame_is_accepted_when_it_is_one_without_defect_and_made_temperatures(bench, made):
    drive = bench.at("heating")
    frame = drive.frame_event()
    assert holds(Fact.FRAME_ACCEPTED, drive.state, frame)
    assert not holds(Fact.FRAME_ACCEPTED, drive.state, drive.room.look(drive.at_s))
    assert not holds(Fact.FRAME_ACCEPTED, made.put(drive.state, imaging__defect="late"), frame)
    assert not holds(Fact.FRAME_ACCEPTED, made.put(drive.state, thermometry__thermal=None), frame)


@pytest.mark.verifies("SRS-704", "SRS-106", "RC-03", "RC-12")
def test_another_person_and_a_reason(bench):
    drive = bench.at("aborted")
    drive.act(Trigger.RESET, "ana", reason="checked")
    asks = lambda person, reason="x": OperatorActed(drive.at_s, Trigger.RESET, person, None, reason)  # noqa: E731
    assert not holds(Fact.OTHER_PERSON_AGREED, drive.state, asks("ana"))
    assert holds(Fact.OTHER_PERSON_AGREED, drive.state, asks("ben"))
    assert not holds(Fact.OTHER_PERSON_AGREED, drive.state, drive.room.look(drive.at_s))
    assert holds(Fact.REASON_GIVEN, drive.state, asks("ana"))
    assert not holds(Fact.REASON_GIVEN, drive.state, asks("ana", " \n"))
    assert not holds(Fact.REASON_GIVEN, drive.state, drive.room.look(drive.at_s))


@pytest.mark.verifies("SRS-107")
@pytest.mark.parametrize("infusion", Infusion)
def test_the_time_is_reached_when_no_infusion_is_under_way(bench, made, infusion):
    state = made.put(bench.at("heating").state, phases__infusion=infusion)
    needed_s = state.plan.heating.prescribed_in_range_min * 60.0
    under_way = infusion in (Infusion.INFUSING, Infusion.HELD)
    assert holds(Fact.TIME_REACHED, made.put(state, range_clock__total_s=needed_s)) is not under_way
    assert not holds(Fact.TIME_REACHED, made.put(state, range_clock__total_s=needed_s - 1e-6))


@pytest.mark.verifies("SRS-301", "RC-07")
def test_dwell(bench, made):
    state = bench.at("heating").state
    needed_s = state.plan.heating.dwell_s
    assert holds(Fact.DWELL_REACHED, made.put(state, range_clock__dwell_s=needed_s))
    assert not holds(Fact.DWELL_REACHED, made.put(state, range_clock__dwell_s=needed_s - 1e-6))


@pytest.mark.verifies("SRS-303", "RC-08")
def test_delivered_to_half_a_digit_of_the_pumps_counter(bench, made):
    state = bench.at("infusing").state
    volume_ml = state.plan.prescription.volume_ml
    assert holds(Fact.VOLUME_DELIVERED, made.put(state, ledger__patient_ml=volume_ml - 0.00499))
    assert not holds(Fact.VOLUME_DELIVERED, made.put(state, ledger__patient_ml=volume_ml - 0.00501))


@pytest.mark.verifies("SRS-109", "SRS-406")
def test_cooled_when_every_region_is_below_release_on_its_upper_bound(bench, made):
    state = bench.at("complete").state
    release = state.plan.heating.release_degC
    assert holds(Fact.COOLED, state)

    def with_hottest(which, hottest):
        regions = [state.thermometry.target, *state.thermometry.guards]
        regions[which] = attrs.evolve(regions[which], hottest=hottest)
        return made.put(state, thermometry__target=regions[0], thermometry__guards=tuple(regions[1:]))

    for which in range(3):
        assert holds(Fact.COOLED, with_hottest(which, Bounded(38.0, 37.0, release - 1e-6)))
        assert not holds(Fact.COOLED, with_hottest(which, Bounded(38.0, 37.0, release)))
        assert not holds(Fact.COOLED, with_hottest(which, UNKNOWN))
    assert not holds(Fact.COOLED, made.put(state, thermometry__target=None))
    assert not holds(Fact.COOLED, made.put(state, thermometry__guards=()))
    few = attrs.evolve(state.thermometry.target, valid=31)
    assert (few.voxels, state.plan.limits.target_min_valid_fraction) == (40, 0.8)
    assert not holds(Fact.COOLED, made.put(state, thermometry__target=few))
    assert holds(Fact.COOLED, made.put(state, thermometry__target=attrs.evolve(few, valid=32)))
    for which in range(2):
        guards = list(state.thermometry.guards)
        guards[which] = attrs.evolve(guards[which], valid=4)
        assert not holds(Fact.COOLED, made.put(state, thermometry__guards=tuple(guards)))
