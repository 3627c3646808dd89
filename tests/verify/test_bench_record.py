"""The figures of the record in a form so short that no bar is judged by it, and how a bar that is missed is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from syntherm.audit.keys import PublicKey
from syntherm.audit.replay import replay
from syntherm_verify.bench import command, session, verifying
from syntherm_verify.bench.appends import appends, frames
from syntherm_verify.bench.command import Extent, bench
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.images import large_plan
from syntherm_verify.bench.long_record import make
from syntherm_verify.bench.verifying import Unsound
from syntherm_verify.recording.day import small_plan
from syntherm_verify.recording.verifiers import independent, ours
from syntherm_verify.tamper.corpus import KEYS

HELD = Figure("held", 1.0, "x", "how", Bar.AT_LEAST, 0.8)
MISSED = Figure("missed", 6.0, "s", "how", Bar.BELOW, 5.0)
PLAIN = Figure("plain", 3.0, "s", "how")


def given(monkeypatch: pytest.MonkeyPatch, *figures: Figure) -> None:
    monkeypatch.setattr(command, "_figures", lambda *_: iter(figures))


def test_bars_hold_on_their_side() -> None:
    assert HELD.holds and PLAIN.holds and not MISSED.holds
    assert not Figure("n", 0.7, "x", "", Bar.AT_LEAST, 0.8).holds and Figure("n", 4.9, "s", "", Bar.BELOW, 5.0).holds


def test_a_missed_bar_fails_the_run_and_is_named_in_the_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, HELD, PLAIN)
    assert bench(["record"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "record: held 1 x"
    given(monkeypatch, HELD, MISSED, PLAIN)
    assert bench(["record"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "record: held 1 x, missed 6 s MISSED"
    assert lines[1] == "missed: 6 s (bar: below 5; MISSED); how"


def test_figures_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, MISSED, PLAIN)
    assert bench(["record", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is False and [each["bar"] for each in told["figures"]] == [5.0, None]


def test_extents_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Extent] = []
    monkeypatch.setattr(command, "_figures", lambda _, extent: asked.append(extent) or iter(()))
    for arguments in (["--short"], [], ["--full"]):
        bench(["record", *arguments])
    assert asked == [command.SHORT, command.DEFAULT, command.FULL]
    assert command.FULL.minutes == 90.0 and max(command.DEFAULT.sizes) == 10**6


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["record", "--short", "--full"]])
def test_bad_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        bench(arguments)
    assert left.value.code == 2


@pytest.mark.system
def test_appends_and_images_are_measured(tmp_path: Path) -> None:
    found = [*appends(tmp_path, 3, 4), *frames(tmp_path, 2)]
    assert [figure.judged for figure in found] == [True, False, False, True]
    assert all(figure.value > 0.0 for figure in found) and found[0].unit == "x bare"


@pytest.mark.system
def test_long_records_are_sound_to_both_verifiers_and_measured(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    make(path, 1000)
    for verifier in (ours, independent):
        answer = verifier(path, None, KEYS)
        assert answer.sound and answer.entries in (999, 1000, 1001)
    found = list(verifying.verifying(tmp_path, (300, 900)))
    assert [figure.name for figure in found] == [
        "verifying 3e2 entries",
        "verifying 9e2 entries",
        "growth of verifying",
    ]


def test_an_unsound_record_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "KEYS", (PublicKey("00" * 32),))
    with pytest.raises(Unsound, match="not one of those given"):
        list(verifying.verifying(tmp_path, (100,)))


@pytest.mark.system
@pytest.mark.verifies("SRS-503")
def test_a_session_is_measured_and_executed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SAMPLE", 1)
    found = {figure.name: figure for figure in session.session(tmp_path, small_plan(), 1.5)}
    assert "all " in found["execution of that record"].says and found["execution of that record"].value > 1.0
    assert 0.0 < found["the same images by zstd, level 3"].value < 1.0


def test_a_session_that_differs_when_executed_again_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differing(path: Path) -> object:
        return attrs.evolve(replay(path), difference="entry 7")

    monkeypatch.setattr(session, "_SAMPLE", 1)
    monkeypatch.setattr(session, "replay", differing)
    found: Iterator[Figure] = session.session(tmp_path, small_plan(), 1.0)
    with pytest.raises(Unsound, match="executed again, it differs: entry 7"):
        list(found)


def test_the_large_plan_has_images_as_scanners_send_them() -> None:
    plan = large_plan()
    assert plan.scanner.matrix == (128, 128, 6) and plan.scanner.frame_period_s == 3.0
