"""The real dossier builds clean; what Sphinx itself finds is passed on; the command answers with its exit status."""

import shutil
from pathlib import Path

import pytest

from syntherm_verify.trace import command
from syntherm_verify.trace.build import build, findings_of
from syntherm_verify.trace.findings import Evidence, Finding

ROOT = Path(__file__).parents[2]


def test_the_real_dossier_has_no_finding_of_structure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    status = command.trace(["--check", "--structure-only", "--out", str(tmp_path)])

    said = capsys.readouterr().out.splitlines()
    assert (status, len(said)) == (0, 1), "\n".join(said)
    assert "software requirements: 97" in said[0]
    assert "unacceptable" not in said[0].partition("risks after control")[2]
    page = (tmp_path / "trace.html").read_text(encoding="utf-8")
    assert 'id="SRS-303"' in page
    assert "GAP" not in (tmp_path / "trace.csv").read_text(encoding="utf-8")


def test_duplicate_ids_and_dead_links_come_back_from_sphinx(tmp_path: Path) -> None:
    for name in ("conf.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    need = ".. userneed:: A need\n   :id: UN-01\n   :reader: patient\n\n   Text.\n\n"
    dead = ".. sysreq:: A requirement\n   :id: SYS-01\n   :derives: UN-07\n\n   It shall.\n"
    (tmp_path / "index.rst").write_text(f"Title\n=====\n\n{need}{need}{dead}", encoding="utf-8")

    items, findings = build(tmp_path)

    assert [item.id for item in items] == ["SYS-01", "UN-01"]
    assert [finding.place for finding in findings] == ["index.rst:10", "index.rst:16"]
    assert "UN-01" in findings[0].text
    assert "UN-07" in findings[1].text


def test_a_folder_without_a_dossier_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.trace(["--check", "--structure-only", "--root", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert (
        said
        == f"syntherm-verify trace: {tmp_path}: found no conf.py, expected the root of the repository (see --root)\n"
    )


def test_a_check_without_a_run_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.trace(["--check"]) == 2
    assert capsys.readouterr().err.startswith("syntherm-verify trace: --junit: found nothing, expected the JUnit XML")


@pytest.mark.parametrize(("options", "status"), [(["--check"], 1), ([], 0)])
def test_findings_are_lines_and_only_a_check_fails(
    clean: Evidence,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    status: int,
) -> None:
    found = (clean, (Finding("a.rst:3", "SRS-303", "no executed and passed test"),))
    monkeypatch.setattr(command, "gather", lambda *_, **__: found)

    assert command.trace(["--structure-only", *options]) == status
    assert capsys.readouterr().out.splitlines()[0] == "a.rst:3: SRS-303: no executed and passed test"


def test_every_form_of_warning_is_a_finding() -> None:
    said = "/r/risk/a.rst:4: WARNING: unknown [needs.x]\nWARNING: no place\n   a continued line\n/r/b.rst: ERROR: bad\n"

    assert [str(finding) for finding in findings_of(said, Path("/r"))] == [
        "risk/a.rst:4: unknown [needs.x]",
        "conf.py: no place",
        "b.rst: bad",
    ]
