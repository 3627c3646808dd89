"""The command: what libFuzzer says becomes a row, a failure is kept and can be run again."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import attrs
import pytest

from syntherm_verify.fuzzing import command, runs
from syntherm_verify.fuzzing.command import fuzz
from syntherm_verify.fuzzing.registry import NAMES
from syntherm_verify.fuzzing.runs import Run, fuzzed

WELL = """#2 INITED cov: 17 ft: 20 corp: 2/9b exec/s: 0 rss: 55Mb
#4096 DONE cov: 42 ft: 94 corp: 20/300b lim: 128 exec/s: 512 rss: 57Mb
stat::number_of_executed_units: 4096
stat::peak_rss_mb:              58
"""
CRASH = """#2 INITED cov: 17 ft: 20 corp: 2/9b exec/s: 0 rss: 55Mb

 === Uncaught Python exception: ===
LookupError: unknown encoding: UTF68
==1== ERROR: libFuzzer: fuzz target exited
stat::number_of_executed_units: 106
stat::peak_rss_mb:              60
"""
RUN = Run("tpo", 100, 10, 20, 58, 1.0, (), "")


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())


class Child:
    """In the place of the child: it ends like this, and leaves a file."""

    pid = 0

    def __init__(self, code: int, said: str, kept: str, hangs: bool) -> None:
        self.returncode, self.said, self.kept, self.hangs = code, said, kept, hangs

    def __call__(self, arguments: list[str], **_: object) -> "Child":
        if self.kept:
            prefix = next(each for each in arguments if each.startswith("-artifact_prefix=")).partition("=")[2]
            Path(prefix + self.kept).write_bytes(b"bytes")
        return self

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def kill(self) -> None:
        self.hangs = False

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        if self.hangs:
            raise subprocess.TimeoutExpired([], timeout or 0.0)
        return self.said, None


def answering(
    monkeypatch: pytest.MonkeyPatch, code: int, said: str, kept: str = "", *, hangs: bool = False, held_mib: int = 58
) -> None:
    """A child of a size of its own: that of the tests' process grows with them."""
    monkeypatch.setattr(runs, "_held_mib", lambda _: held_mib)
    monkeypatch.setattr(runs.subprocess, "Popen", Child(code, said, kept, hangs))


def test_what_libfuzzer_says_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert runs._held_mib(os.getpid()) > 10
    answering(monkeypatch, 0, WELL)
    run = fuzzed("tpo", 1, tmp_path, 1)
    assert attrs.evolve(run, seconds=0.0) == Run("tpo", 4096, 42, 94, 58, 0.0, (), "")
    assert run.peak_rss_mib > 10
    assert run.holds and run.line().endswith("holds")
    assert len(list((tmp_path / "seeds" / "tpo").iterdir())) > 3


def test_a_crash_is_kept_with_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answering(monkeypatch, 77, CRASH, "crash-1")
    run = fuzzed("tpo", 1, tmp_path, 1)
    assert not run.holds and run.line().endswith("FAILS")
    assert "exit code 77" in run.said and "LookupError: unknown encoding: UTF68" in run.said
    assert [file.name for file in run.kept] == ["crash-1"]


def test_a_run_that_held_more_than_its_limit_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for held_mib, holds in ((runs.RSS_MIB, True), (runs.RSS_MIB + 1, False)):
        answering(monkeypatch, 0, WELL, held_mib=held_mib)
        assert fuzzed("tpo", 1, tmp_path, 1).holds is holds


def test_a_run_that_did_nothing_or_hung_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answering(monkeypatch, 0, "")
    assert not fuzzed("tpo", 1, tmp_path, 1).holds

    monkeypatch.setattr(runs, "_GRACE_S", -2.0)
    answering(monkeypatch, 0, WELL, hangs=True)
    assert "did not end in time" in fuzzed("tpo", 1, tmp_path, 1).said


def test_the_seconds_are_shared_and_the_last_line_is_the_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[tuple[str, int]] = []

    def one(name: str, seconds: int, folder: Path, seed: int) -> Run:
        asked.append((name, seconds))
        return attrs.evolve(RUN, name=name)

    monkeypatch.setattr(command, "fuzzed", one)
    assert fuzz(["--seconds", str(3 * len(NAMES)), "--out", str(tmp_path)]) == 0
    assert asked == [(name, 3) for name in NAMES]
    figure = f"fuzz: {len(NAMES)} targets, 3 s each, {100 * len(NAMES):,} inputs, 0 targets failed; peak memory 58 MiB"
    assert capsys.readouterr().out.splitlines()[-1] == figure
    assert fuzz(["--seconds", "1", "--only", "tpo", "--json", "--out", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["holds"] and [run["name"] for run in said["runs"]] == ["tpo"]


def test_a_failure_says_how_it_is_run_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "tpo-crash-1"
    kept.write_bytes(b"GLOBALPOWER=1\r")
    failed = attrs.evolve(RUN, kept=(kept,), said="exit code 77")
    monkeypatch.setattr(command, "fuzzed", lambda *_: failed)
    assert fuzz(["--each", "1", "--only", "tpo", "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "1 targets failed (tpo)" in out.splitlines()[-1]
    (again,) = [line for line in out.splitlines() if line.startswith("replay it: syntherm-verify fuzz ")]
    assert fuzz(again.split()[4:]) == 0
    assert "tpo: holds on 14 bytes" in capsys.readouterr().out


def test_bad_input_and_a_missing_package_are_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        fuzz(["--replay", str(tmp_path / "none")])
    capsys.readouterr()
    assert fuzz(["--only", "tpo", "--replay", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert fuzz(["--seconds", "1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert fuzz(["--list"]) == 0
    assert all(name in capsys.readouterr().out for name in NAMES[:1])


def test_the_real_fuzzer_runs_a_target(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    run = fuzzed("pump-replies", 1, tmp_path, 1)
    assert run.holds, run.said
    assert run.executions > 100 and run.covered > 10 and 0 < run.peak_rss_mib < runs.RSS_MIB
