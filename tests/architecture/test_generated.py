"""Committed documents that come from the code are what the code says."""

from pathlib import Path

import pytest

from syntherm_verify.generated.command import DOCUMENTS, generated, stale

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.verifies("SRS-101")
def test_committed_documents_are_fresh() -> None:
    assert stale(ROOT / "docs/iec62304/generated") == [], "renew them: syntherm-verify generated"


def test_a_changed_copy_is_noticed_and_renewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generated(["--folder", str(tmp_path)]) == 0
    assert generated(["--check", "--folder", str(tmp_path)]) == 0
    changed = tmp_path / next(iter(DOCUMENTS))
    changed.write_text(changed.read_text(encoding="utf-8").replace("ABORT", "ABROT", 1), encoding="utf-8")
    assert generated(["--check", "--folder", str(tmp_path)]) == 1
    assert "renew it: syntherm-verify generated" in capsys.readouterr().err
