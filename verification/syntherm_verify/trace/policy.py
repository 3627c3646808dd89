"""Acceptability of a risk, from the table that the risk policy prints."""

import csv
from collections.abc import Mapping
from enum import Enum, unique
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.trace.errors import bad

LEVELS: Final = range(1, 6)
"""Both scales of the policy."""


@unique
class Acceptability(Enum):
    """The policy's three answers."""

    ACCEPTABLE = "acceptable"
    REDUCE = "reduce"
    UNACCEPTABLE = "unacceptable"


@attrs.frozen
class Policy:
    """The answer for every severity and probability."""

    table: Mapping[tuple[int, int], Acceptability]

    def judge(self, severity: int | None, probability: int | None) -> Acceptability | None:
        """The policy's answer; None when either is missing or off its scale."""
        if severity is None or probability is None:
            return None
        return self.table.get((severity, probability))


def read_policy(path: Path) -> Policy:
    """The policy's table. Raises BadInput unless it answers every pair of levels with one of the three words."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise bad(path, f"no readable file ({error.strerror})", "the policy's table") from error
    severities = [row.get("severity") for row in rows]
    if sorted(str(each) for each in severities) != [str(level) for level in LEVELS]:
        raise bad(path, f"severities {severities}", "each of 1 to 5 once")
    return Policy(
        {
            (int(row["severity"]), probability): _word(
                row.get(str(probability)), f"{path}:{line}, column {probability}"
            )
            for line, row in enumerate(rows, start=2)
            for probability in LEVELS
        }
    )


def _word(text: str | None, place: str) -> Acceptability:
    for each in Acceptability:
        if text == each.value:
            return each
    raise bad(place, repr(text), " or ".join(each.value for each in Acceptability))
