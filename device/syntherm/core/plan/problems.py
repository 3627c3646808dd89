"""What is wrong with a plan: every problem, each with its line, what was found and what was expected."""

from collections.abc import Iterable

import attrs


@attrs.frozen
class Problem:
    """One thing to correct. `line` counts from 1; `field` is the dotted name of the value, key or table."""

    line: int
    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        """The problem as one line of text for the operator."""
        return f"line {self.line}: {self.field}: found {self.found}, expected {self.expected}"


class PlanRefused(Exception):
    """The plan may not be used. `problems` holds all that was found, sorted by line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Sort the problems by line; problems of one line keep the order in which they were found."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))
