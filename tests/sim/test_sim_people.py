"""The scripted crew: it answers every question in time, as the people it has, and leaves when it may."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from syntherm.core.guidance import PROMPTS, Prompt, Step
from syntherm.core.machine import Phases
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import Agreement, SessionState
from syntherm.core.vocabulary import Session, SetupItem, Trigger
from syntherm_sim.people import scripted
from syntherm_sim.people.crew import CREW, hands_on
from syntherm_sim.people.scripted import AFTER_ABORT_S, ScriptedCrew
from syntherm_sim.scenario import SCENARIOS, Director, Scenario
from syntherm_sim.timeline import Timeline

HEAD = "0" * 64
EVERY = [prompt for prompts in PROMPTS.values() for prompt in prompts]


def room_of(done: list[str]) -> Any:
    """A room whose equipment only notes what hands do to it."""
    timeline = Timeline(lambda *_: None)

    def note(what: str) -> Any:
        return lambda: done.append(f"{timeline.now_s():g} {what}")

    return SimpleNamespace(
        timeline=timeline,
        stop_button=SimpleNamespace(press=note("press"), release=note("release")),
        scanner=SimpleNamespace(send_fat_map=note("fat map"), start_dynamics=note("dynamics")),
    )


@pytest.fixture
def state(short_text: str) -> SessionState:
    return SessionState.begin(read_plan(short_text))


def at(state: SessionState, session: Session, *signed: str) -> SessionState:
    agreements = frozenset(Agreement(Trigger.SIGN.value, person) for person in signed)
    return attrs.evolve(state, phases=Phases(session=session), agreements=agreements)


def pass_time(room: Any, seconds: float) -> None:
    until_s = room.timeline.now_s() + seconds
    while room.timeline.now_s() < until_s:
        room.timeline.wait_until(until_s)


@pytest.mark.verifies("SRS-701", "SRS-704")
@pytest.mark.parametrize("prompt", EVERY, ids=lambda prompt: f"{prompt.act.value}-{prompt.item}")
@pytest.mark.parametrize("missing", [1, 2])
def test_every_question_is_answered_by_those_who_have_not_agreed(
    state: SessionState, monkeypatch: pytest.MonkeyPatch, prompt: Prompt, missing: int
) -> None:
    missing = min(missing, prompt.people)
    monkeypatch.setattr(scripted, "guide", lambda _: Step(prompt.question, prompt, missing))
    room = room_of([])
    crew = ScriptedCrew(room, 1, resets=True)
    crew.show(state, HEAD)
    assert crew.acts() == (), "an answer takes time"
    crew.show(state, HEAD)  # looking again asks nothing twice
    pass_time(room, 600.0)
    acts = crew.acts()
    assert [act.person for act in acts] == list(CREW[prompt.people - missing : prompt.people])
    assert {(act.act, act.item) for act in acts} == {(prompt.act, prompt.item)}
    assert all(act.reason for act in acts) is (prompt.act is Trigger.RESET)
    assert [act.at_s for act in acts] == sorted(act.at_s for act in acts) and acts[0].at_s > 0.0
    assert crew.acts() == (), "what was done is told once"


def test_hands_do_what_the_question_asks_of_the_room() -> None:
    done: list[str] = []
    room = room_of(done)
    prompts = {prompt.item or prompt.act: prompt for prompt in EVERY}
    for key in (SetupItem.STOP_PATH, SetupItem.REGIONS, Trigger.BEGIN_CALIBRATION):
        takes_s = hands_on(room, prompts[key])
        assert takes_s >= 2.0
        pass_time(room, takes_s)
    assert [word.split(" ", 1)[1] for word in done] == ["press", "release", "fat map", "dynamics"]
    assert hands_on(room, prompts[SetupItem.PLAN]) == 0.0


def test_the_same_seed_thinks_as_long_and_another_one_does_not(state: SessionState) -> None:
    def answers(seed: int) -> list[float]:
        room = room_of([])
        crew = ScriptedCrew(room, seed)
        moments: list[float] = []
        for _ in range(5):
            crew.show(state, HEAD)
            pass_time(room, 400.0)
            moments += [act.at_s for act in crew.acts()]
        return moments

    assert answers(4) == answers(4) != answers(5)


@pytest.mark.verifies("SRS-110")
def test_the_crew_leaves_a_complete_session_when_both_have_signed(state: SessionState) -> None:
    for signed, leaves in (((), False), ((CREW[0],), False), (CREW, True)):
        crew = ScriptedCrew(room_of([]), 1)
        crew.show(at(state, Session.COMPLETE, *signed), HEAD)
        assert crew.closes() is leaves


@pytest.mark.parametrize("resets", [False, True])
def test_an_aborted_session_is_watched_before_it_is_left_or_treated_on(state: SessionState, resets: bool) -> None:
    room = room_of([])
    crew = ScriptedCrew(room, 1, resets=resets)
    aborted = at(state, Session.ABORT)
    crew.show(aborted, HEAD)
    pass_time(room, AFTER_ABORT_S - 1.0)
    crew.show(aborted, HEAD)
    assert not crew.closes()
    pass_time(room, 2.0)
    crew.show(aborted, HEAD)
    assert crew.closes() is not resets
    acts = crew.acts()
    assert bool(acts) is resets and {act.act for act in acts} <= {Trigger.RESET}


def test_an_act_nobody_asked_for_wakes_the_session() -> None:
    room = room_of([])
    crew = ScriptedCrew(room, 1)
    room.timeline.at(2.0, lambda: crew.act(Trigger.STOP))
    room.timeline.wait_until(60.0)
    assert room.timeline.now_s() == 2.0
    (act,) = crew.acts()
    assert (act.act, act.person, act.at_s) == (Trigger.STOP, CREW[0], 2.0)
    crew.refused(act, "because")
    assert crew.refusals == ["stop: because"]


def test_a_scenario_happens_once_and_in_its_time(state: SessionState) -> None:
    room, crew = room_of([]), ScriptedCrew(room_of([]), 1)
    happened: list[float] = []
    scenario = Scenario("a test", delay_s=30.0, act=lambda room, _: happened.append(room.timeline.now_s()))
    director = Director(scenario, room, crew)
    director.watch(state)
    pass_time(room, 100.0)
    assert happened == [], "the session has not come to the scenario's state"
    for _ in range(3):
        director.watch(at(state, Session.HEATING))
        pass_time(room, 40.0)
    assert happened == [130.0]


def test_every_scenario_says_what_it_is_and_only_nominal_is_without_fault() -> None:
    assert [name for name, scenario in SCENARIOS.items() if scenario.act is None] == ["nominal"]
    assert len({scenario.says for scenario in SCENARIOS.values()}) == len(SCENARIOS)
    assert all(scenario.ends_in in (Session.COMPLETE, Session.ABORT) for scenario in SCENARIOS.values())
