"""`syntherm-verify foreseen`: figures side by side, and the exit code that they earn."""

from pathlib import Path

import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.response.coverage import Coverage, Known
from syntherm_verify.bench.control_bed import NotCalibrated
from syntherm_verify.foreseen import command
from syntherm_verify.foreseen.bed import NoTable
from syntherm_verify.foreseen.command import Row, foreseen, line

KNOWN = Known(Bounded(0.1, 0.09, 0.11), Bounded(0.004, 0.002, 0.008), (1.0, 1.0))


def row(tested: float, heated: float, reached: float) -> Row:
    foreseen = [Coverage(Bounded(each, each - 0.1, each + 0.05), KNOWN, 0, "power") for each in (tested, heated)]
    return Row("radius 20 mm", foreseen[0], foreseen[1], reached)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (row(0.80, 0.78, 0.77), 0),
        (row(0.80, 0.78, 0.74), 1),
        (row(0.78, 0.80, 0.74), 1),
        (NotCalibrated("x: focus"), 1),
        (NoTable("none"), 2),
    ],
)
def test_the_exit_code_says_whether_each_figure_lies_within_five_points(made, code, monkeypatch, capsys):
    def lived(case, plan, minutes):
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setattr(command, "lived", lived)
    assert foreseen(["--patients", "2"]) == code
    out = capsys.readouterr().out
    assert out.startswith("| patient |")
    assert (out.count("| radius 20 mm |") == 2) is isinstance(made, Row)


def test_a_row_is_in_per_cent_with_the_points_apart():
    assert line(row(0.80, 0.78, 0.77)) == "| radius 20 mm | 80 (70 to 85) | 78 (68 to 83) | power | 77.0 | +3.0, +1.0 |"


@pytest.mark.parametrize("arguments", [["--patients", "99"], ["--minutes", "5"], ["--plan", "/nowhere.toml"]])
def test_bad_input_is_named(arguments, capsys):
    assert foreseen(arguments) == 2
    assert capsys.readouterr().err


def test_the_hard_ones_exist():
    names = {case.name for case in command.CASES}
    assert set(command.HARD) <= names and Path(command.PLAN).suffix == ".toml"
