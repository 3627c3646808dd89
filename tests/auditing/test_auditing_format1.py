"""Records of version 0.1 are read as they are."""

import gzip
import shutil
from pathlib import Path

import pytest

from syntherm.auditing.command import diff, export, show
from syntherm.trial.command import trial

GOLDEN = Path(__file__).resolve().parents[1] / "golden/records/0.1.0"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "whole-day.db"
    path.parent.mkdir()
    with gzip.open(GOLDEN / "whole-day.db.gz") as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    shutil.copyfile(GOLDEN / "whole-day.db.seal", path.with_name("whole-day.db.seal"))
    return path


def test_an_old_record_is_shown_compared_exported_and_indexed(
    old: Path, told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show([str(old), "--notable"]) == 0
    assert "closed in complete" in capsys.readouterr().out.splitlines()[-1]
    assert diff([str(old), str(told)]) == 1
    out = capsys.readouterr().out
    assert f"A: {old}: format 1, " in out and f"B: {told}: format 2, " in out
    assert export([str(old), "--out", str(tmp_path / "out"), "--csv", "--bundle"]) == 0
    assert trial(["add", str(tmp_path / "trial.idx"), str(old)]) == 0
    assert trial(["verify", str(tmp_path / "trial.idx")]) == 0
