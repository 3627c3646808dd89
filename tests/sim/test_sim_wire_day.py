"""The same short day in one process, and over the real wires in lockstep: the same outcome."""

import json
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

from syntherm.audit.replay import replay
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm_sim.day import Day, live_through
from syntherm_sim.people import scripted
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.room import Room
from syntherm_sim.scenario import SCENARIOS, Scenario
from syntherm_sim.wire.remote import WorldGone, WorldProcess
from syntherm_sim.wire.wire_day import open_room

pytestmark = pytest.mark.system

PLAN = Path(__file__).resolve().parents[2] / "verification" / "plans" / "igo-breast-16.toml"
SHORT = {
    "dose_mg_per_m2": "10.0", "body_surface_m2": "1.0", "concentration_mg_per_ml": "10.0", "volume_ml": "1.0",
    "line_dead_volume_ml": "0.1", "rate_ml_per_h": "180.0", "dwell_s": "12.0", "prescribed_in_range_min": "1.0",
    "max_heating_min": "15.0",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = PLAN.read_text(encoding="utf-8")
    for key, value in SHORT.items():
        text, count = re.subn(rf"(?m)^({key} = \{{ value = )[^,]+", rf"\g<1>{value}", text)
        assert count == 1, key
    path = tmp_path_factory.mktemp("plan") / "short-16.toml"
    path.write_text(text, encoding="utf-8")
    return path


def lived(plan_path: Path, folder: Path, scenario: Scenario, wire: bool) -> tuple[Day, list[SessionState], float]:
    text, states = plan_path.read_text(encoding="utf-8"), list[SessionState]()
    plan = read_plan(text)
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        patch.setattr(scripted, "PREPARING_S", (10.0, 20.0))
        patch.setattr(scripted, "ANSWERING_S", (2.0, 4.0))
        patch.setattr(scripted, "AFTER_ABORT_S", 10.0)
        room = open_room(plan, plan_path, 1, folder / "site", opened) if wire else Room(plan, 1)
        crew = ScriptedCrew(room, 1, resets=False)
        record = folder / "record.db"
        day = live_through(plan, text, record, room, crew, scenario, lambda state, _: states.append(state))
        pumped_ml = room.pump.pumped_ml
    assert replay(record).difference is None
    return day, states, pumped_ml


def faults(states: list[SessionState]) -> set[str]:
    return {standing.code.value.code for state in states for standing in state.faults}


@pytest.mark.verifies("SRS-109", "SRS-303")
def test_a_day_over_wires_ends_as_the_day_in_one_process(plan_path: Path, tmp_path: Path) -> None:
    inside, inside_states, inside_ml = lived(plan_path, tmp_path / "inside", SCENARIOS["nominal"], wire=False)
    outside, outside_states, outside_ml = lived(plan_path, tmp_path / "outside", SCENARIOS["nominal"], wire=True)
    assert inside.ended_in is outside.ended_in is Session.COMPLETE
    one, other = inside.summary(), outside.summary()
    assert other["delivered_ml"] == pytest.approx(one["delivered_ml"], abs=0.005)
    assert outside_ml == pytest.approx(inside_ml, abs=0.005)
    assert other["in_range_min"] == pytest.approx(one["in_range_min"], abs=0.1)
    # A lease smaller than the shortest pulse is refused by the driver, where the generator in this process takes it.
    assert faults(outside_states) - {"TRANSDUCER-REFUSED"} == faults(inside_states)
    # The true temperature: delays and pulses are whole clocks on the wire.
    assert outside.truth["true_mean_degC"] == pytest.approx(inside.truth["true_mean_degC"], abs=0.3)
    assert outside.simulated_s / outside.session_wall_s > 20.0


@pytest.mark.parametrize("name", ["patient-stop", "off-not-confirmed"])
def test_what_goes_wrong_over_wires_ends_as_the_scenario_says(plan_path: Path, tmp_path: Path, name: str) -> None:
    scenario = attrs.evolve(SCENARIOS[name], delay_s=20.0)
    day, _, _ = lived(plan_path, tmp_path, scenario, wire=True)
    assert day.ended_in is scenario.ends_in


def test_time_stands_still_while_nobody_asks_for_it(plan_path: Path) -> None:
    world = WorldProcess(plan_path, 1)
    try:
        world.clock.wait_until(5.0)
        time.sleep(0.05)
        assert world.clock.now_s() == 5.0
        assert world.clock.hand("pumped_ml") == 0.0
        happened: list[float] = []
        world.clock.at(7.5, lambda: happened.append(world.clock.now_s()))
        world.clock.wait_until(9.0)
        assert (happened, world.clock.now_s()) == ([7.5], 9.0)
        world.clock.at(9.5, world.clock.wake)
        world.clock.wait_until(20.0)
        assert world.clock.now_s() == 9.5
    finally:
        world.close()


def test_a_world_that_is_gone_is_said_to_be_gone(plan_path: Path) -> None:
    world = WorldProcess(plan_path, 1)
    world._process.kill()
    with pytest.raises(WorldGone):
        for _ in range(3):
            world.clock.wait_until(world.clock.now_s() + 1.0)
    world.close()


def test_the_command_says_how_the_day_went(plan_path: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).parent / "syntherm-sim"
    out = tmp_path / "out"
    done = subprocess.run(
        [command, "session", "--wire", "--plan", plan_path, "--out", out], capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "summary.json").read_text())["ended_in"] == "COMPLETE"
    assert (out / "site" / "site.toml").exists()
