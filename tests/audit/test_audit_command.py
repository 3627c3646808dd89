"""`syntherm record`: 0 when all is well, 1 when something was found, 2 when there is no record to look at."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.cli import run

Copy = Callable[[Path], Path]


@pytest.mark.verifies("SRS-502", "SRS-503")
@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_sound_record(whole: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(["record", command, str(whole)]) == 0
    out, err = capsys.readouterr()
    assert err == "" and len(out.splitlines()) == 1
    assert ("sound" in out and verify(whole).head in out) if command == "verify" else ("decisions equal" in out)


@pytest.mark.verifies("SRS-502")
def test_the_head_from_the_report_tells_another_record(
    whole: Path, short: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["record", "verify", str(whole), "--head", verify(whole).head]) == 0
    assert run(["record", "verify", str(whole), "--head", verify(short).head]) == 1
    assert "the head is" in capsys.readouterr().out


@pytest.mark.verifies("SRS-502")
def test_the_first_bad_entry_is_named(
    short: Path, copy: Copy, forge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    path, head = copy(short), verify(short).head
    forge.edit(path, "UPDATE entries SET body = 'null' WHERE seq IN (7, 12)")
    forge.reseal(path, head)
    assert run(["record", "verify", str(path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(f"{path}: entry 7 (") and out[-1].startswith(f"{path}: 1 finding(s)")


@pytest.mark.verifies("SRS-503")
def test_the_first_difference_is_named(
    short: Path, copy: Copy, forge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(short)
    forge.edit(path, """UPDATE entries SET body = replace(body, '"heating_s":0.0', '"heating_s":5.0')
                        WHERE kind = 'decision' AND seq > 9""")  # fmt: skip
    forge.rechain(path)
    forge.reseal(path)
    with closing(sqlite3.connect(path)) as db:
        first = db.execute("SELECT min(seq) FROM entries WHERE kind = 'decision' AND seq > 9").fetchone()[0]
    assert run(["record", "replay", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}: differs at entry {first} (decision): heating_s: recorded 5.0, now 0.0" in out


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("command", ["verify", "replay"])
@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "too long a name", "cut"])
def test_what_is_no_record_is_bad_input(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, command: str
) -> None:
    path = tmp_path / ("n" * 300 if kind == "too long a name" else "record.db")
    if kind == "folder":
        path.mkdir()
    elif kind in ("empty", "text", "cut"):
        path.write_bytes({"empty": b"", "text": b"no record\n" * 999, "cut": short.read_bytes()[:5000]}[kind])
        shutil.copyfile(seal_path(short), seal_path(path))
    assert run(["record", command, str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"{path}: ") and len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["record"], ["record", "mend", "x"], ["record", "verify"], ["nonsense"]])
def test_what_is_no_command_says_how_to_use_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = run(arguments)
    except SystemExit as left:
        code = left.code
    assert code == 2 and "usage: syntherm" in capsys.readouterr().err
