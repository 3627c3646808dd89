"""The command in its short form, and that it can fail: each trial is seen to fail on a record that is weakened."""

import json
import random
import shutil
from pathlib import Path

import pytest

from syntherm.audit import reader
from syntherm_verify.crash import command, failures, flaws, kills, power
from syntherm_verify.crash.command import crash
from syntherm_verify.crash.demands import Told
from syntherm_verify.crash.disk import Loss
from syntherm_verify.crash.failing import Failure
from syntherm_verify.crash.flaws import NoShim
from syntherm_verify.crash.kills import Kill, Paces, Phase, kill
from syntherm_verify.crash.power import Outage, losses, operations
from syntherm_verify.crash.scribe import Way
from syntherm_verify.crash.tally import Tally
from syntherm_verify.recording.steps import first_steps

NO_KILLS, NO_IMAGES, NO_FAILURES = ("--kills", "0"), ("--power-images", "0"), ("--failures", "0")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
needs_compiler = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler is installed")
FEW = 8
"""Writes of a traced record: its opening and its end are as those of any other."""


@pytest.mark.system
@pytest.mark.verifies("SRS-505", "RC-13")
def test_killed_writers_lose_nothing_that_they_acknowledged(capsys: pytest.CaptureFixture[str]) -> None:
    assert crash(["--kills", "6", *NO_IMAGES, *NO_FAILURES, "--seed", "3"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert (
        last.startswith("6 kills, 0 power losses") and ": 0 of " in last and last.endswith("0 trials with any problem")
    )


def test_a_reader_that_misses_the_last_entry_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = reader.AuditReader.entries
    monkeypatch.setattr(reader.AuditReader, "entries", lambda self: iter(list(rows(self))[:-1]))
    monkeypatch.setattr(kills, "_moment", lambda rng, steps, pace: (1 + steps // 2, 0.0))
    found = kill(random.Random(1), tmp_path / "record.db", first_steps(20), Paces(0.1, 0.01, 0.1), recovers=False)
    assert found.phase is Phase.APPENDING and found.acknowledged > 0
    assert any("lost" in problem or "a partial write" in problem for problem in found.problems)


def test_a_writer_that_ends_by_itself_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "write", lambda *_: 1 // 0)
    found = kill(random.Random(1), tmp_path / "record.db", first_steps(4), Paces(0.2, 0.2, 0.2), recovers=False)
    assert any("ended by itself" in problem for problem in found.problems)


@needs_strace
@pytest.mark.system
@pytest.mark.verifies("SRS-509", "RC-13")
def test_power_losses_lose_nothing_from_the_first_entry_to_the_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "_ENDS", 6)  # so few that each of them, lost, kept and torn, is among the images
    found, steps = operations(Way.SHIPPED, FEW), first_steps(FEW)
    seen = list(losses(80, 1, found, steps))
    assert len(seen) == 80 and sum(outage.acknowledged for outage in seen) > 80
    assert [outage for outage in seen if outage.problems] == []


@needs_strace
@pytest.mark.parametrize("way", [Way.NORMAL, Way.DELETE])
def test_a_weakened_record_loses_what_it_acknowledged(way: Way) -> None:
    outages = list(losses(40, 1, operations(way, FEW), first_steps(FEW)))
    assert any(outage.lost or not outage.opened for outage in outages)


@needs_compiler
@pytest.mark.system
@pytest.mark.verifies("SRS-509", "RC-13")
def test_on_a_failing_disk_the_writer_latches_and_a_session_takes_all_away() -> None:
    found = list(failures.failures(13, 1, writes=12))
    assert len({failure.flaw for failure in found}) == 8 and all(failure.hits > 0 for failure in found)
    assert [failure.raised for failure in found if failure.session] == [True, True, True]
    assert sum(failure.raised for failure in found) >= 9
    assert [failure for failure in found if failure.problems] == []


@pytest.mark.parametrize("missing", [command.NoTrace("strace is not installed"), NoShim("no C compiler is installed")])
def test_a_missing_tool_is_bad_input(
    missing: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise missing

    monkeypatch.setattr(command, "operations", fails)
    monkeypatch.setattr(command, "failures", fails)
    assert crash([*NO_KILLS, "--power-images", "1"]) == 2
    assert capsys.readouterr().err.strip() == str(missing)


def test_without_a_compiler_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flaws.shutil, "which", lambda _: None)
    with pytest.raises(NoShim, match="no C compiler is installed"):
        flaws.built(tmp_path)


@pytest.mark.parametrize("arguments", [[], ["--kills", "-1", *NO_IMAGES], ["--kills", "many", *NO_IMAGES]])
def test_bad_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        crash(arguments)
    assert left.value.code == 2


def test_figures_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "kills", lambda *_: iter([Kill(Phase.APPENDING, 7, 1, ("1 of 7 is lost",))]))
    assert crash(["--kills", "1", *NO_IMAGES, *NO_FAILURES, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["lost"], told["acknowledged"], told["bad"], told["holds"]) == (1, 7, 1, False)
    assert told["kills"] == {Phase.APPENDING.value: 1}


def test_a_run_fails_when_its_control_does_not() -> None:
    tally = Tally()
    tally.outage(Outage(1, Loss.ALL, 3, 0, opened=True, problems=()))
    tally.controlled(Outage(1, Loss.ALL, 3, 0, opened=True, problems=()))
    assert not tally.holds and any("CANNOT FAIL" in line for line in tally.lines())
    tally.controlled(Outage(1, Loss.ALL, 3, 2, opened=True, problems=()))
    assert tally.holds and not any("CANNOT FAIL" in line for line in tally.lines())


def test_problems_are_told_and_those_beyond_are_counted() -> None:
    tally = Tally()
    for number in range(25):
        tally.failure(Failure("fsync: EIO, once", False, 1, True, (f"problem {number}",)))
    lines = tally.lines()
    assert "problem 19" in lines[19] and lines[20] == "... and 5 more" and not tally.holds


def test_what_a_writer_said_is_told_line_by_line() -> None:
    assert Told.of(["aa", "bb closed"]) == Told(("aa", "bb"), closed=True)
    assert Told.of([]) == Told((), closed=False)


def test_every_operation_is_the_last_before_a_power_loss_at_the_ends() -> None:
    planned = power._ends(random.Random(1), 500)
    assert {cut for cut, _ in planned} == {*range(1, 61), *range(440, 501)}
    assert len(planned) == len(set(planned)) == 3 * 121
