"""Every scenario, on the shipped session: it ends where the table says, with energy off, and its record holds."""

from pathlib import Path

import attrs
import pytest

from syntherm.audit.check import check
from syntherm.audit.replay import replay
from syntherm.audit.verify import verify
from syntherm.core.faults import Code
from syntherm.core.plan.reader import read_plan
from syntherm.core.vocabulary import Energy, Infusion, Session
from syntherm_sim.day import Day, live_through
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.room import Room
from syntherm_sim.scenario import SCENARIOS

pytestmark = pytest.mark.system

NAMED: dict[str, set[Code]] = {
    "nominal": set(),
    "patient-stop": {Code.PATIENT_STOP},
    "frame-loss": {Code.FRAME_LATE, Code.FRAMES_LOST},
    "scanner-frozen-frame": {Code.FRAME_FROZEN},
    "over-temperature": {Code.TARGET_HOT, Code.GUARD_HOT, Code.HEAT_UNEXPLAINED, Code.IMAGE_NOISE},
    "off-not-confirmed": {Code.OFF_NOT_CONFIRMED, Code.TRANSDUCER_UNASKED},
    "pump-occlusion": {Code.PUMP_ALARM, Code.PUMP_REFUSED},
    "out-of-range-during-infusion": {Code.OUT_OF_RANGE},
    "operator-abort": set(),
    "crash-and-recover": set(),
}
"""The faults that each scenario must name; an unnamed fault, or one too many, is a defect."""


def live(name: str, text: str, record: Path, delay_s: float = 60.0) -> tuple[Day, Room, set[Code]]:
    plan, seen = read_plan(text), set()
    scenario = attrs.evolve(SCENARIOS[name], delay_s=delay_s)
    room = Room(plan, 1)
    crew = ScriptedCrew(room, 1, resets=scenario.resets)
    day = live_through(
        plan, text, record, room, crew, scenario, lambda state, _: seen.update(fault.code for fault in state.faults)
    )
    return day, room, seen


def test_every_scenario_has_its_faults_named() -> None:
    assert set(NAMED) == set(SCENARIOS)


@pytest.mark.verifies(
    "SRS-105", "SRS-114", "SRS-204", "SRS-503", "SRS-502", "RC-01", "RC-02", "RC-05", "RC-09", "RC-16"
)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_ends_as_the_table_says_with_energy_off(name: str, short_plan_text: str, tmp_path: Path) -> None:
    record = tmp_path / "record.db"
    day, room, seen = live(name, short_plan_text, record)

    assert day.ended_in is SCENARIOS[name].ends_in
    assert seen == NAMED[name]
    assert day.state.phases.energy is Energy.OFF
    assert day.state.phases.infusion is not Infusion.INFUSING
    report = room.generator.report()
    assert report is not None
    assert not report.output_on

    checked = verify(record, day.head)
    assert checked.findings == ()
    again = replay(record)
    assert again.difference is None
    assert again.compared == again.decisions > 1000
    judged = check(record)
    assert judged.findings == ()
    assert judged.decisions > 1000


@pytest.mark.verifies("SRS-107", "SRS-109", "SRS-301", "SRS-303", "SRS-304", "SRS-406", "SRS-411")
def test_nominal_day_heats_truly_and_infuses_what_is_prescribed(short_plan_text: str, tmp_path: Path) -> None:
    plan = read_plan(short_plan_text)
    day, room, _ = live("nominal", short_plan_text, tmp_path / "record.db")

    truth, ledger = day.truth, day.state.ledger
    assert abs(truth["true_mean_degC"] - 41.0) <= 0.5
    assert truth["true_mean_lowest_degC"] >= 40.5
    assert truth["true_mean_highest_degC"] <= 41.5
    assert truth["true_hottest_guard_degC"] <= min(guard.max_degC for guard in plan.guard)
    assert day.state.range_clock.total_s >= plan.heating.prescribed_in_range_min * 60.0
    assert ledger.patient_ml == pytest.approx(plan.prescription.volume_ml, rel=0.01)
    assert room.pump.pumped_ml <= plan.prescription.volume_ml + plan.prescription.line_dead_volume_ml + 1e-9
    assert ledger.heated_ml + ledger.unheated_ml == pytest.approx(ledger.patient_ml)


@pytest.mark.verifies("SRS-112", "SRS-504")
def test_same_seed_and_plan_give_the_same_record_byte_for_byte(short_plan_text: str, tmp_path: Path) -> None:
    first, _, _ = live("pump-occlusion", short_plan_text, tmp_path / "a.db")
    second, _, _ = live("pump-occlusion", short_plan_text, tmp_path / "b.db")
    assert first.head == second.head


@pytest.mark.verifies("SRS-302", "SRS-304")
def test_lost_range_holds_the_pump_and_books_the_drug_as_unheated(short_plan_text: str, tmp_path: Path) -> None:
    day, _, _ = live("out-of-range-during-infusion", short_plan_text, tmp_path / "record.db")
    ledger = day.state.ledger
    assert ledger.unheated_ml > 0.0
    assert ledger.patient_ml == pytest.approx(2.25, rel=0.01)
    assert day.ended_in is Session.COMPLETE


@pytest.mark.verifies("SRS-113", "SRS-505", "SRS-303", "RC-02", "RC-03")
def test_crash_leaves_both_devices_to_end_by_themselves_and_nothing_is_given_twice(
    short_plan_text: str, tmp_path: Path
) -> None:
    day, room, _ = live("crash-and-recover", short_plan_text, tmp_path / "record.db")
    prescription = read_plan(short_plan_text).prescription
    assert room.pump.pumped_ml <= prescription.volume_ml + prescription.line_dead_volume_ml + 1e-9
    assert day.state.ledger.patient_ml == pytest.approx(prescription.volume_ml, rel=0.01)
    assert day.state.ledger.unheated_ml > 0.0, "what the pump gave while nobody watched is not called heated"
