"""`syntherm-sim session` and `syntherm record` as their users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PYTHONSAFEPATH": "1", "NO_COLOR": "1"}


def run(*command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    name, *arguments = map(str, command)
    return subprocess.run(
        [BIN / name, *arguments], cwd=ROOT, input=stdin, capture_output=True, text=True, env=ENVIRONMENT, timeout=300,
        check=False,
    )  # fmt: skip


def session(plan: Path, out: Path, *more: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run("syntherm-sim", "session", "--plan", plan, "--out", out, *more, stdin=stdin)


@pytest.mark.verifies("SRS-801", "SRS-502", "SRS-503")
def test_a_day_leaves_a_record_a_report_and_a_summary(short_plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "day"
    done = session(short_plan, out)
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    for name in ("record.db", "report.html", "summary.json"):
        assert str(out / name) in last
        assert (out / name).stat().st_size > 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["ended_in"] == "COMPLETE"

    checked = run("syntherm", "record", "verify", out / "record.db", "--head", summary["record_head"])
    assert (checked.returncode, "sound" in checked.stdout) == (0, True)
    again = run("syntherm", "record", "replay", out / "record.db")
    assert again.returncode == 0, again.stdout

    twice = session(short_plan, out)
    assert twice.returncode == 2
    assert "never overwritten" in twice.stderr


def test_an_aborted_day_says_so_with_its_own_exit_code(short_plan: Path, tmp_path: Path) -> None:
    done = session(short_plan, tmp_path / "day", "--scenario", "operator-abort", "--seed", "2")
    # The short day's infusion is over before the scenario's ten minutes: with nothing to stop, it completes.
    assert done.returncode in (0, 3)
    assert done.stdout.strip().splitlines()[-1].startswith("ended in ")


@pytest.mark.verifies("SRS-701")
def test_a_person_who_leaves_the_terminal_stops_the_session(short_plan: Path, tmp_path: Path) -> None:
    done = session(short_plan, tmp_path / "day", "--operator", "interactive", stdin="yes\nyes\nyes\n")
    assert done.returncode == 3, done.stderr
    assert "Is this the approved plan" in done.stdout
    assert "ended in ABORT" in done.stdout


MISTAKES = {
    "dose_mg_per_m2 = { value = 2.5,": "dose_mg_per_m2 = { value = 70.0,",
    'unit = "m2"': 'unit = "m"',
    "setpoint_degC = { value = 41.5,": "setpoint_degC = { value = 51.5,",
    "phase_sign = {": "phase_singn = {",
    "lease_s = { value = 3.0,": 'lease_s = { value = "3",',
    "coverage_factor = { value = 1.96,": "coverage_factor = { value = nan,",
    'controller = { value = "binary-multipoint"': 'controller = { value = "fuzzy"',
    "baseline_frames = { value = 20,": "baseline_frames = { value = 20.5,",
    'source = "registry record NCT03749850, read" }\nheat': 'source = "" }\nheat',
}


@pytest.mark.verifies("SRS-601")
def test_ten_mistakes_are_ten_messages_and_nothing_moves(short_plan: Path, tmp_path: Path) -> None:
    text = short_plan.read_text(encoding="utf-8")
    for right, wrong in MISTAKES.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    short_plan.write_text(text, encoding="utf-8")
    done = session(short_plan, tmp_path / "day")
    # A misspelt key is two: one unknown, one missing.
    problems = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert done.returncode == 2
    assert len(problems) == 10
    assert all("found" in line and "expected" in line for line in problems)
    assert not (tmp_path / "day").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.verifies("SRS-602")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("binary", bytes(range(256)) * 8),
        ("huge", b"# long\n" * 60_000),
        ("cut", b"[identity]\ntitle = {"),
    ],
)
def test_what_is_no_plan_gets_one_clear_line(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_bytes(content)
    done = session(path, tmp_path / "day")
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert str(path) in lines[0]
    assert len(lines) <= 2
    assert not (tmp_path / "day").exists()


def test_unknown_commands_show_the_usage() -> None:
    for name in ("syntherm", "syntherm-sim", "syntherm-verify"):
        assert run(name, "nonsense").returncode == 2
        helped = run(name, "--help")
        assert (helped.returncode, helped.stdout.startswith("usage: ")) == (0, True)


@pytest.mark.verifies("SRS-502")
def test_what_is_no_record_gets_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.write_bytes(b"not a record")
    for command in ("verify", "replay"):
        done = run("syntherm", "record", command, path)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
