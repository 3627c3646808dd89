"""The Bland-Altman picture stands alone."""

import re
from math import nan
from pathlib import Path
from xml.etree import ElementTree

from syntherm.qa.agreement import Comparison, Limits, agreement
from syntherm.qa.picture import draw

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: Path, errors_degC: list[float]) -> str:
    comparisons = [Comparison(run, 1, 20.0 + run + e, 0.4, 20.0 + run) for run, e in enumerate(errors_degC)]
    draw(path, "a phantom", comparisons, agreement(comparisons), Limits())
    return path.read_text(encoding="utf-8")


def points(picture: str) -> int:
    (group,) = (g for g in ElementTree.fromstring(picture).iter(f"{SVG}g") if g.get("id") == "region-1")  # noqa: S314
    return len(list(group.iter(f"{SVG}use")))


def test_the_picture_needs_no_other_file(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "p.svg", [0.1, -0.2, 0.4])
    assert ElementTree.fromstring(picture).tag == f"{SVG}svg"  # noqa: S314
    assert re.findall(r'(?:href|src)="(?!#)[^"]*"', picture) == []
    assert "<text" not in picture
    assert drawn(tmp_path / "again.svg", [0.1, -0.2, 0.4]) == picture


def test_every_measured_run_is_one_point(tmp_path: Path) -> None:
    assert points(drawn(tmp_path / "all.svg", [0.1, -0.2, 0.4, 0.3])) == 4
    assert points(drawn(tmp_path / "one missing.svg", [0.1, nan, 0.4, 0.3])) == 3
