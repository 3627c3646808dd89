"""Days of patients kept in a file, one line of JSON each: a bench of an hour that is cut off goes on where it was."""

import json
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.bench.control_days import Outcome, PatientDay

_MINUTES: Final = "minutes"


class KeptRefused(ValueError):
    """A file that does not hold days of patients as long as those that are asked for."""


def read_days(path: Path, minutes: float) -> dict[str, PatientDay]:
    """By the case's name; nothing where there is no file. Raises KeptRefused, OSError."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {day.case: day for day in (_day(path, number, line, minutes) for number, line in enumerate(lines, 1))}


def keep_day(path: Path, day: PatientDay, minutes: float) -> None:
    """Append one. Raises OSError."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({_MINUTES: minutes, **attrs.asdict(day)}) + "\n")


def _day(path: Path, number: int, line: str, minutes: float) -> PatientDay:
    try:
        found = json.loads(line)
        lasted = float(found.pop(_MINUTES))
        day = PatientDay(**{**found, "outcomes": tuple(Outcome(**each) for each in found["outcomes"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeptRefused(f"{path}, line {number}: expected one patient's figures, found {ascii(line)[:60]}") from error
    if lasted != minutes:
        raise KeptRefused(f"{path}, line {number}: found {lasted:g} min of heating, expected {minutes:g}")
    return day
