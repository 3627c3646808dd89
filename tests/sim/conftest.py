"""A short treatment day on the virtual patient: the demonstration plan with everything that takes time shortened."""

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from short_plan import with_values

from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm_sim.day import Day, live_through
from syntherm_sim.people import scripted
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.room import Room
from syntherm_sim.scenario import SCENARIOS, Scenario

SHORT = {
    "dose_mg_per_m2": "10.0", "body_surface_m2": "1.0", "concentration_mg_per_ml": "10.0", "volume_ml": "1.0",
    "line_dead_volume_ml": "0.1", "rate_ml_per_h": "180.0", "dwell_s": "12.0", "prescribed_in_range_min": "1.0",
    "max_heating_min": "15.0", "baseline_frames": "6", "test_frames": "3",
}  # fmt: skip


@pytest.fixture(scope="session")
def short_text() -> str:
    return with_values(SHORT)


@attrs.frozen(eq=False)
class Lived:
    """A day that was lived through, with all that can be asked of it."""

    day: Day
    record: Path
    room: Room
    crew: ScriptedCrew
    states: list[SessionState]


@pytest.fixture(scope="session")
def live(short_text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Scenario, int], Lived]]:
    """Lives through a short day with a brisk crew."""

    def run(scenario: Scenario, seed: int) -> Lived:
        plan, states = read_plan(short_text), list[SessionState]()
        room = Room(plan, seed)
        crew = ScriptedCrew(room, seed, resets=scenario.resets)
        record = tmp_path_factory.mktemp("day") / "record.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scripted, "PREPARING_S", (10.0, 20.0))
            patch.setattr(scripted, "ANSWERING_S", (2.0, 4.0))
            day = live_through(plan, short_text, record, room, crew, scenario, lambda state, _: states.append(state))
        return Lived(day, record, room, crew, states)

    yield run


@pytest.fixture(scope="session")
def nominal_day(live: Callable[[Scenario, int], Lived]) -> Lived:
    return live(SCENARIOS["nominal"], 3)


@pytest.fixture(scope="session")
def killed_day(live: Callable[[Scenario, int], Lived]) -> Lived:
    """The same patient on the same day; the controller is killed while drug flows."""
    return live(attrs.evolve(SCENARIOS["crash-and-recover"], delay_s=7.0, resets=False), 3)
