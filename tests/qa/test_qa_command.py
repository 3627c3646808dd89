"""The command: what it prints, what it writes and how it exits."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from syntherm.qa.command import PICTURE, REPORT, phantom

pytestmark = pytest.mark.verifies("SRS-802")

Made = Callable[[float], Path]
GOOD, OFF = 0.0, 3.0  # degC that the images are off


def test_a_good_phantom_passes_shows_its_figures_and_leaves_report_and_picture(
    phantom_folder: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phantom([str(phantom_folder(GOOD)), "--out", str(tmp_path / "new" / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "PASS"
    assert "|bias| <= 1.5 degC, SD <= 0.8 degC" in printed
    assert "owners" not in printed
    assert (tmp_path / "new" / "out" / REPORT).read_text() == printed
    assert (tmp_path / "new" / "out" / PICTURE).stat().st_size > 10_000


def test_a_phantom_that_is_off_fails_and_says_where(phantom_folder: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert phantom([str(phantom_folder(OFF))]) == 1
    printed = capsys.readouterr().out
    assert "FAIL region 1: bias +" in printed
    assert "FAIL region 2: bias +" in printed


def test_the_limits_are_arguments(phantom_folder: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert phantom([str(phantom_folder(OFF)), "--bias-limit-degC", "4"]) == 0
    capsys.readouterr()


def test_json_is_the_list_and_nothing_else(phantom_folder: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert phantom([str(phantom_folder(GOOD)), "--json"]) == 0
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert captured.err == ""
    assert [(row["run"], row["region"]) for row in rows] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    for row in rows:
        assert set(row) == {"run", "region", "temperature_degC", "uncertainty_degC"}
        assert abs(row["temperature_degC"] - {1: 20.0, 2: 35.0}[row["run"]]) < 4.0 * row["uncertainty_degC"]


def test_a_region_that_cannot_be_measured_is_null_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.zeros((32, 32, 1), dtype=np.uint16)
    labels[10:13, 10:13], labels[2:5, 24:27] = 1, 2
    nib.save(nib.Nifti1Image(labels, np.eye(4)), folder / "vials.nii.gz")  # type: ignore[no-untyped-call]
    assert phantom([str(folder), "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert rows[1]["temperature_degC"] is None
    assert rows[0]["temperature_degC"] is not None


def test_the_owners_result_stands_beside_ours(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "run,region,temperature_degC,uncertainty_degC\n1,1,21.0,0.5\n2,1,36.5,0.5\n"
    (folder / "owners_result.csv").write_text(table)
    assert phantom([str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "+1.25   0.35" in printed.split("owners' own result")[1]
    (folder / "owners_result.csv").write_text(table + "9,1,21.0,0.5\n")
    assert phantom([str(folder)]) == 2
    assert "found run 9; expected the runs of images.csv (1, 2)" in capsys.readouterr().err


def test_bad_input_is_one_line_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert phantom([str(tmp_path / "nowhere"), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "nowhere: found nothing; expected" in captured.err


def test_a_place_that_cannot_be_written_is_bad_input(
    phantom_folder: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert phantom([str(phantom_folder(GOOD)), "--out", str(tmp_path / "taken")]) == 2
    assert "no place to write" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["x", "--bias-limit-degC", "-1"], ["x", "--sd-limit-degC", "nan"]])
def test_wrong_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        phantom(arguments)
    assert caught.value.code == 2


def test_the_check_loads_nothing_of_the_session_and_no_plotting() -> None:
    code = "import sys, syntherm.qa.command; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("syntherm.")}
    assert ours
    assert all(name == "syntherm.qa" or name.startswith("syntherm.qa.") for name in ours)
    assert "matplotlib" not in loaded
