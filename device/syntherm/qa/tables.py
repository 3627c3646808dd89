"""The two tables of a phantom folder: which images make a run, and what its owners found."""

import csv
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path

import attrs

from syntherm.qa.errors import bad

_IMAGE_FIELDS = (
    "image_prefix",
    "series",
    "echo_times_ms",
    "run",
    "segmentation",
    "fibre_optic_start_degC",
    "fibre_optic_end_degC",
)
_OWNER_FIELDS = ("run", "region", "temperature_degC", "uncertainty_degC")
# Ethylene glycol is liquid between these, with a margin: a truth outside them is a slip of the pen.
_TRUTH_RANGE_degC = (-20.0, 120.0)
_LONGEST_ECHO_ms = 1000.0


@attrs.frozen
class ImageRow:
    """One echo train of one run, and where it stands in the table."""

    where: str
    image_prefix: str
    series: int
    echo_times_ms: tuple[float, ...]
    run: int
    segmentation: str
    fibre_optic_start_degC: float
    fibre_optic_end_degC: float

    @property
    def truth_degC(self) -> float:
        """Mean of the fibre-optic thermometer at start and end."""
        return (self.fibre_optic_start_degC + self.fibre_optic_end_degC) / 2.0


@attrs.frozen
class Reading:
    """A temperature that somebody found in a region of a run, with its standard uncertainty."""

    run: int
    region: int
    temperature_degC: float
    uncertainty_degC: float


@attrs.frozen
class _Line:
    where: str
    values: dict[str, str]

    def text(self, field: str) -> str:
        value = self.values[field]
        if not value or "/" in value or "\\" in value or "\0" in value:
            raise bad(f"{self.where}, field {field}", repr(value), "a name without a path")
        return value

    def whole(self, field: str) -> int:
        value = self.values[field]
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise bad(f"{self.where}, field {field}", repr(value), "a whole number")
        return int(value)

    def number(self, field: str, low: float, high: float) -> float:
        return self._within(field, self.values[field], low, high)

    def numbers(self, field: str, low: float, high: float) -> tuple[float, ...]:
        parts = tuple(self._within(field, part, low, high) for part in self.values[field].split())
        if not parts or any(b <= a for a, b in pairwise(parts)):
            raise bad(f"{self.where}, field {field}", repr(self.values[field]), "ascending numbers parted by blanks")
        return parts

    def _within(self, field: str, text: str, low: float, high: float) -> float:
        try:
            value = float(text)
        except ValueError:
            raise bad(f"{self.where}, field {field}", repr(text), "a number") from None
        if not isfinite(value) or not low <= value <= high:
            raise bad(f"{self.where}, field {field}", repr(text), f"a number from {low:g} to {high:g}")
        return value


def read_images(path: Path) -> tuple[ImageRow, ...]:
    """Every echo train of `images.csv`, at least one. Raises `BadInput` naming line and field."""
    rows: list[ImageRow] = []
    seen: dict[tuple[str, int], str] = {}
    for line in _lines(path, _IMAGE_FIELDS):
        row = ImageRow(
            where=line.where,
            image_prefix=line.text("image_prefix"),
            series=line.whole("series"),
            echo_times_ms=line.numbers("echo_times_ms", 1e-3, _LONGEST_ECHO_ms),
            run=line.whole("run"),
            segmentation=line.text("segmentation"),
            fibre_optic_start_degC=line.number("fibre_optic_start_degC", *_TRUTH_RANGE_degC),
            fibre_optic_end_degC=line.number("fibre_optic_end_degC", *_TRUTH_RANGE_degC),
        )
        key = (row.image_prefix, row.series)
        if key in seen:
            raise bad(f"{line.where}, field series", f"{key[0]} {key[1]} again", f"each image once ({seen[key]})")
        seen[key] = line.where
        rows.append(row)
    return tuple(rows)


def read_owners(path: Path) -> tuple[Reading, ...]:
    """The owners' own result, `owners_result.csv`. Raises `BadInput` naming line and field."""
    return tuple(
        Reading(
            run=line.whole("run"),
            region=line.whole("region"),
            temperature_degC=line.number("temperature_degC", -300.0, 1000.0),
            uncertainty_degC=line.number("uncertainty_degC", 0.0, 1000.0),
        )
        for line in _lines(path, _OWNER_FIELDS)
    )


def _lines(path: Path, fields: Sequence[str]) -> tuple[_Line, ...]:
    rows = _rows(path, fields)
    if len(rows) < 2:
        raise bad(path, "no line of data", f"a header and lines with the columns {','.join(fields)}")
    (where, cells), *rest = rows
    header = _header(where, cells, fields)
    return tuple(_line(where, cells, header) for where, cells in rest)


def _rows(path: Path, fields: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Every line that holds something, as its place and its cells."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise bad(path, "no such file", f"a table with the columns {','.join(fields)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, f"an unreadable file ({error})", "a table in UTF-8") from error
    rows = ((f"{path}, line {number}", line) for number, line in enumerate(text.splitlines(), start=1))
    return [(where, _cells(where, line)) for where, line in rows if line.replace(",", "").strip()]


def _cells(where: str, line: str) -> list[str]:
    # Line by line: no cell spans lines, and an open quote is then named where it stands and not at the end.
    try:
        (cells,) = csv.reader([line], strict=True)
    except csv.Error as error:
        raise bad(where, f"a broken line ({error})", "comma-separated values") from error
    return [cell.strip() for cell in cells]


def _header(where: str, header: list[str], fields: Sequence[str]) -> list[str]:
    missing = [field for field in fields if header.count(field) != 1]
    if missing:
        raise bad(where, f"the columns {','.join(header)}", f"the column {missing[0]} once")
    return header


def _line(where: str, cells: list[str], header: list[str]) -> _Line:
    if len(cells) != len(header):
        raise bad(where, f"{len(cells)} fields", f"{len(header)} as in the header")
    return _Line(where, dict(zip(header, cells, strict=True)))
