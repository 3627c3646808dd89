"""`syntherm-sim session --scenario PATH.json`: counterexamples confirmed on broken cores, refuted on the sound one."""

import json
from pathlib import Path

import pytest
from short_plan import PLAN as PLAN_FILE
from told import Told

from syntherm.core import guards, machine
from syntherm.core.faults import Response
from syntherm.core.properties import Property
from syntherm.core.vocabulary import Fact, Session, Trigger
from syntherm_sim.puppet.images import Heat
from syntherm_sim.session_command import session
from syntherm_sim.story.values import Frame, Provoke, Story
from syntherm_sim.story.writer import text_of_story

pytestmark = pytest.mark.system
IN_RANGE = Frame(Heat.IN_RANGE)
TOO_EARLY = Told.to("accepted").act(Trigger.BEGIN_HEATING).images(1, IN_RANGE).act(Trigger.RELEASE_INFUSION)


def run(story: Story, out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, dict]:
    path = out / "story.json"
    path.write_text(text_of_story(story), encoding="utf-8")
    code = session(["--plan", str(PLAN_FILE), "--out", str(out / "out"), "--scenario", str(path)])
    summary = json.loads((out / "out" / "summary.json").read_text(encoding="utf-8"))
    return code, capsys.readouterr().out.strip().splitlines()[-1], summary


def test_a_sound_session_refutes_a_counterexample(tmp_path, capsys) -> None:
    code, last, summary = run(TOO_EARLY.story(Property.INFUSION_AFTER_DWELL), tmp_path, capsys)
    assert code == 0
    assert "nothing violated, infusion-after-dwell held" in last
    assert summary["notes"] == ["event 39: release-infusion refused: the target has not been in range for the dwell"]
    assert (tmp_path / "out" / "report.html").stat().st_size > 0


@pytest.mark.parametrize(
    ("named", "code", "words"),
    [
        (Property.INFUSION_AFTER_DWELL, 4, "event 39 violated infusion-after-dwell, as the story says"),
        (Property.NEVER_MORE, 1, "event 39 violated infusion-after-dwell; the story names never-more-than-prescribed"),
        (None, 1, "event 39 violated infusion-after-dwell; the story says that nothing is violated"),
    ],
)
def test_a_broken_guard_is_confirmed(named, code, words, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setitem(guards.PREDICATES, Fact.DWELL_REACHED, lambda _: True)
    ended, last, summary = run(TOO_EARLY.story(named), tmp_path, capsys)
    assert ended == code
    assert last.startswith(words)
    assert [each["property"] for each in summary["violated"]] == ["infusion-after-dwell"]
    assert summary["violated"][0]["event"] == 39


def test_a_table_without_a_row_is_confirmed(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.delitem(machine.ROWS, (Session.HEATING, Trigger.RELEASE_INFUSION))
    code, last, summary = run(TOO_EARLY.story(Property.ONE_ROW), tmp_path, capsys)
    assert code == 4
    assert last.startswith("event 39 violated one-row, as the story says")
    assert "TableBroken" in summary["failed"]


def test_a_session_that_fails_otherwise_says_so(tmp_path, capsys, monkeypatch) -> None:
    def broken(_: object) -> bool:
        raise ZeroDivisionError("defect")

    monkeypatch.setitem(guards.PREDICATES, Fact.DWELL_REACHED, broken)
    code, last, _ = run(TOO_EARLY.story(Property.INFUSION_AFTER_DWELL), tmp_path, capsys)
    assert code == 1
    assert last.startswith("the session failed on event 39, and no property was violated")


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ('{"format": 1}', (), "story.json: format: found 1, expected"),
        (None, (), "story.json: found no such file"),
        (text_of_story(TOO_EARLY.story(heating__dwel_s=1.0)), (), "story.json: plan.heating.dwel_s: found an unknown"),
        (text_of_story(TOO_EARLY.story()), ("--operator", "interactive"), "a story has people of its own"),
    ],
)
def test_bad_input_is_one_line_and_nothing_moves(text, more, words, tmp_path, capsys) -> None:
    path = tmp_path / "story.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert session(["--plan", str(PLAN_FILE), "--out", str(out), "--scenario", str(path), *more]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
    assert not out.exists()


def test_a_story_that_cannot_go_on_as_told_fails(tmp_path, capsys) -> None:
    path = tmp_path / "story.json"
    path.write_text(text_of_story(Told.to("set-up").then(Provoke(Response.PAUSE)).story()), encoding="utf-8")
    assert session(["--plan", str(PLAN_FILE), "--out", str(tmp_path / "out"), "--scenario", str(path)]) == 1
    assert "no fault of this response can be raised at once in setup" in capsys.readouterr().err


def test_a_scenario_that_is_neither_name_nor_path_is_refused(capsys) -> None:
    with pytest.raises(SystemExit) as left:
        session(["--plan", str(PLAN_FILE), "--out", "out", "--scenario", "no-such"])
    assert left.value.code == 2
    assert "expected a PATH.json or one of nominal" in capsys.readouterr().err
