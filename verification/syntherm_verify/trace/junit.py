"""The results of an executed test run, from its JUnit file: which ids each test carries, and how it ended.

Only "passed" is evidence. A skip, an expected failure (which JUnit shows as a skip), a failure and an error are not.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from enum import IntEnum, unique
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.trace.errors import bad

PROPERTY: Final = "verifies"


@unique
class Outcome(IntEnum):
    """How a test ended; the larger one counts where a test is reported twice."""

    PASSED = 0
    SKIPPED = 1
    FAILED = 2


_TAGS: Final[Mapping[str, Outcome]] = {
    "skipped": Outcome.SKIPPED, "failure": Outcome.FAILED, "error": Outcome.FAILED,
}  # fmt: skip


@attrs.frozen
class Result:
    """One executed test case. `file` is where it stands, `test` its name there, with its parameters."""

    file: str
    test: str
    ids: tuple[str, ...]
    outcome: Outcome

    @property
    def function(self) -> str:
        """The test without its parameters."""
        return f"{self.file}::{self.test.partition('[')[0]}"


def _ids(case: ET.Element) -> tuple[str, ...]:
    values = [p.get("value", "") for p in case.iterfind("properties/property") if p.get("name") == PROPERTY]
    found = {each.strip() for value in values for each in value.split(",")}
    return tuple(sorted(found - {""}))


def _result(case: ET.Element) -> Result:
    name, classname = case.get("name", ""), case.get("classname", "")
    file = case.get("file", classname)
    holder = classname.removeprefix(file.removesuffix(".py").replace("/", ".")).strip(".") if file != classname else ""
    test = "::".join(part for part in (*holder.split("."), name) if part)
    outcome = max((_TAGS[child.tag] for child in case if child.tag in _TAGS), default=Outcome.PASSED)
    return Result(file, test, _ids(case), outcome)


def read_results(path: Path) -> tuple[Result, ...]:
    """Every test case of a run, once. Raises BadInput for a file that is absent, no JUnit, or holds no test case."""
    expected = "the JUnit XML of an executed test run (pytest --junit-xml=FILE)"
    try:
        # Written by this project's own test run a moment ago, not taken from outside.
        root = ET.parse(path).getroot()  # noqa: S314
    except FileNotFoundError as error:
        raise bad(path, "no such file", expected) from error
    except OSError as error:
        raise bad(path, f"a file that cannot be read ({error.strerror})", expected) from error
    except ET.ParseError as error:
        raise bad(path, f"malformed XML ({error})", expected) from error
    merged: dict[tuple[str, str], Result] = {}
    for case in root.iter("testcase"):
        new = _result(case)
        old = merged.get((new.file, new.test), new)
        ids = tuple(sorted({*old.ids, *new.ids}))
        merged[new.file, new.test] = attrs.evolve(new, ids=ids, outcome=max(old.outcome, new.outcome))
    if not merged:
        raise bad(path, "no test case", expected)
    return tuple(merged.values())
