"""What a story file may say, and the one line for each thing that it may not."""

import json
from pathlib import Path

import attrs
import pytest
from short_plan import PLAN as PLAN_FILE
from told import PLAN, Told

from syntherm.core.events import Channel
from syntherm.core.faults import Response
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.properties import Property
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_sim.puppet.defects import Defect
from syntherm_sim.puppet.geometry import shrunk
from syntherm_sim.puppet.images import GuardHeat, Heat, Precision
from syntherm_sim.story.fields import StoryRefused
from syntherm_sim.story.reader import load_story, read_story
from syntherm_sim.story.small_plan import read_wide, small_plan, text_of
from syntherm_sim.story.values import (
    Act,
    Crash,
    Death,
    FatMap,
    Frame,
    GeneratorWord,
    Lose,
    Poll,
    Provoke,
    PumpWord,
    Restart,
    Rise,
    Stop,
    Story,
    Wait,
)  # fmt: skip
from syntherm_sim.story.writer import text_of_story

EVERY_KIND = (
    Wait(3),
    Poll(Stop.UNREAD, GeneratorWord.SOUNDING, PumpWord.ALARM),
    Frame(Heat.COLD, GuardHeat.DOSED, Rise.BAD, Precision.POOR, 1, Defect.FROZEN),
    FatMap(),
    Act(Trigger.CONFIRM, "operator-a", SetupItem.STOP_PATH, "seen"),
    Provoke(Response.FAIL_INFUSION),
    Lose(Channel.PUMP, 3),
    Crash(Death.RECORDING),
    Poll(),
    Wait(1),
    Restart(),
)


@pytest.fixture(scope="module")
def full_plan() -> Plan:
    return read_plan(PLAN_FILE.read_text(encoding="utf-8"))


def document(**changes: object) -> dict[str, object]:
    return {
        "format": "syntherm-story-1", "says": "it waits", "tick_s": 2.0, "plan": {},
        "events": [{"do": "wait", "ticks": 1}],
    } | changes  # fmt: skip


def refusal(**changes: object) -> str:
    with pytest.raises(StoryRefused) as refused:
        read_story(json.dumps(document(**changes)))
    text = str(refused.value)
    assert "\n" not in text
    return text


def event_refusal(**event: object) -> str:
    return refusal(events=[{"do": "wait", "ticks": 1}, event])


def test_what_is_written_is_read() -> None:
    story = Story("each kind once", 2.0, {"heating.dwell_s": 4.0}, EVERY_KIND, Property.INFUSION_AFTER_DWELL)
    assert read_story(text_of_story(story)) == story


def test_the_shortest_story_takes_its_defaults() -> None:
    story = read_story(json.dumps(document(events=[{"do": "poll"}, {"do": "frame"}, {"do": "frame", "defect": None}])))
    assert story.events == (Poll(), Frame(), Frame())
    assert story.violates is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"format": "syntherm-story-2"}, "format: found 'syntherm-story-2', expected \"syntherm-story-1\""),
        ({"property": "no-such"}, "property: found 'no-such', expected one of one-row, "),
        ({"says": 3}, "says: found 3, expected a line of text"),
        ({"says": "two\nlines"}, "says: found 'two\\nlines', expected a line"),
        ({"tick_s": 0}, "tick_s: found 0, expected a number of seconds above 0"),
        ({"tick_s": True}, "tick_s: found true, expected a finite number"),
        ({"plan": []}, "plan: found an array, expected an object"),
        ({"plan": {"heating.dwell_s": "4"}}, "plan.heating.dwell_s: found '4', expected a finite number"),
        ({"events": []}, "events: found none, expected an array of at least one"),
        ({"events": {}}, "events: found an object, expected an array"),
        ({"events": [7]}, "events[1]: found 7, expected an object"),
        ({"colour": 1}, "colour: found an unknown key, expected only format, property, tick_s, plan, says, events"),
    ],
)
def test_each_field_of_a_story_is_judged(changes: dict[str, object], found: str) -> None:
    assert refusal(**changes).startswith(found)


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"do": "sleep"}, "events[2].do: found 'sleep', expected one of wait, poll, frame, "),
        ({}, "events[2].do: found nothing, expected a value"),
        ({"do": "wait"}, "events[2].ticks: found nothing"),
        ({"do": "wait", "ticks": 0}, "events[2].ticks: found 0, expected a whole number, 1 or more"),
        ({"do": "wait", "ticks": 1.5}, "events[2].ticks: found 1.5, expected a whole number"),
        ({"do": "wait", "ticks": 10**7}, "events[2].ticks: found 10000000, expected at most"),
        ({"do": "poll", "stop": "ajar"}, "events[2].stop: found 'ajar', expected one of closed, open, unread"),
        ({"do": "poll", "pmup": "ok"}, "events[2].pmup: found an unknown key, expected only do, stop, generator, pump"),
        ({"do": "frame", "target": None}, "events[2].target: found null, expected one of in-range, "),
        ({"do": "frame", "delay_ticks": -1}, "events[2].delay_ticks: found -1, expected a whole number, 0 or more"),
        ({"do": "frame", "target": "hot", "rise": "good"}, "events[2].rise: found 'good', expected it only where"),
        ({"do": "act", "act": "frame", "person": "a"}, "events[2].act: found 'frame', expected one of confirm, "),
        ({"do": "act", "act": "stop"}, "events[2].person: found nothing"),
        ({"do": "act", "act": "confirm", "person": "a", "item": "tea"}, "events[2].item: found 'tea', expected one of"),
        ({"do": "fault", "response": "note"}, "events[2].response: found 'note', expected one of hold, fail, pause, "),
        ({"do": "lose", "channel": "scanner"}, "events[2].channel: found 'scanner', expected one of transducer, pump"),
        ({"do": "lose", "channel": "pump", "times": -1}, "events[2].times: found -1, expected a whole number, 0"),
        ({"do": "crash", "after": "lunch"}, "events[2].after: found 'lunch', expected one of acting, recording"),
    ],
)
def test_each_field_of_an_event_is_judged(event: dict[str, object], found: str) -> None:
    assert event_refusal(**event).startswith(found)


def test_nothing_reaches_a_dead_controller() -> None:
    told = [{"do": "crash", "after": "acting"}, {"do": "poll"}, {"do": "wait", "ticks": 2}, {"do": "poll"}]
    assert refusal(events=told) == (
        "events[4].do: found an event for a controller that is dead, expected wait, lose or restart"
    )
    alive = [*told[:3], {"do": "restart"}, told[3]]
    assert len(read_story(json.dumps(document(events=alive))).events) == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "line 1: found no valid JSON"),
        ('{\n"a": 1,\n}', "line 3: found no valid JSON"),
        ('{"tick_s": NaN}', "file: found NaN"),
        ('{"a": 1, "a": 2}', "a: found the key twice"),
        ("[1]", "file: found an array, expected an object"),
        ("[" * 100_000, "file: found values nested too deeply"),
    ],
)
def test_what_is_no_document_gets_one_line(text: str, found: str) -> None:
    with pytest.raises(StoryRefused) as refused:
        read_story(text)
    assert str(refused.value).startswith(found)
    assert "\n" not in str(refused.value)


def test_what_is_no_file_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    (tmp_path / "huge.json").write_bytes(b" " * (8 * 1024 * 1024 + 1))
    for name, found in (
        ("none.json", "no such file"), ("", "no such file"), ("binary.json", "not UTF-8"),
        ("huge.json", "expected at most"),
    ):  # fmt: skip
        with pytest.raises(StoryRefused, match=found):
            load_story(tmp_path / name)


# ---------------------------------------------------------------------------------------- the plan of a story
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"heating.dwel_s": 1.0}, "plan.heating.dwel_s: found an unknown name"),
        ({"target.radii_mm": 1.0}, "plan.target.radii_mm: found an unknown name"),
        ({"guard.max_degC": 44.0}, "plan.guard.max_degC: found an unknown name"),
        ({"scanner.matrix": 4}, "plan.scanner.matrix: found an unknown name"),
        ({"prescription.drug": 1.0}, "plan.prescription.drug: found an unknown name"),
        ({"heating.dwell_s": 0.0}, "plan.heating.dwell_s: found 0.0, expected a number above 0"),
        ({"heating.dwell_s": -1}, "plan.heating.dwell_s: found -1, expected a number above 0"),
        ({"calibration.test_frames": 2.5}, "plan.calibration.test_frames: found 2.5, expected a whole number"),
        ({"calibration.baseline_frames": 1}, "plan.calibration.baseline_frames: found 1, expected 2 or more"),
        ({"scanner.phase_sign": 0}, "plan.scanner.phase_sign: found 0, expected -1 or 1"),
        ({"scanner.prf_ppm_per_degC": 0.01}, "plan.scanner.prf_ppm_per_degC: found 0.01, expected -0.0115 to"),
    ],
)
def test_numbers_without_meaning_are_refused(values: dict[str, float], found: str, full_plan) -> None:
    with pytest.raises(StoryRefused) as refused:
        small_plan(full_plan, 1.0, values)
    assert str(refused.value).startswith(found)


def test_a_plan_beyond_the_readers_bounds_is_read_back_from_its_own_text(full_plan) -> None:
    plan = small_plan(full_plan, 1.0, PLAN)
    assert plan.heating.dwell_s == 2.0 and plan.prescription.line_dead_volume_ml == 1.0
    with pytest.raises(PlanRefused):
        read_plan(text_of(plan))
    assert read_wide(text_of(plan)) == attrs.evolve(plan, sources=())


def test_a_plan_within_the_bounds_is_read_by_the_shipped_reader(full_plan) -> None:
    plan = shrunk(full_plan, 8.0)
    text = text_of(plan)
    assert read_wide(text) == read_plan(text)
    assert read_plan(text).heating == full_plan.heating


def test_stories_that_tests_tell_are_stories(full_plan) -> None:
    story = Told.to("infusing").story(Property.NEVER_MORE)
    assert read_story(text_of_story(story)) == story
