"""The two chains of the trace: hazard to result, and need to result. A hole is a GAP, never an empty cell."""

from collections.abc import Iterator
from typing import Final

import attrs

from syntherm_verify.trace.findings import Evidence
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.junit import Outcome

GAP: Final = "GAP"
NOT_READ: Final = "not read"


@attrs.frozen
class FunctionResult:
    """A test function that carries a requirement: how many of its cases ended how."""

    function: str
    passed: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def result(self) -> str:
        """The verdict in a word: passed only if nothing failed and something passed."""
        if self.failed:
            return "failed"
        return "passed" if self.passed else "skipped"


@attrs.frozen
class Chain:
    """One path from a hazard or a need down to a software requirement; None where the path has a hole."""

    top: Item
    middle: Item | None
    control: Item | None
    software: Item | None


def tests_of(evidence: Evidence, item_id: str) -> tuple[FunctionResult, ...]:
    """The tests that carry an id, one line per function, in the order of their names."""
    lines: dict[str, FunctionResult] = {}
    for result in evidence.results_of(item_id):
        line = lines.get(result.function, FunctionResult(result.function))
        lines[result.function] = attrs.evolve(
            line,
            passed=line.passed + (result.outcome is Outcome.PASSED),
            skipped=line.skipped + (result.outcome is Outcome.SKIPPED),
            failed=line.failed + (result.outcome is Outcome.FAILED),
        )
    return tuple(lines[name] for name in sorted(lines))


def verdict(evidence: Evidence, item_id: str) -> str:
    """The result of all tests that carry an id."""
    if evidence.results is None:
        return NOT_READ
    results = {line.result for line in tests_of(evidence, item_id)}
    if "failed" in results:
        return "failed"
    return "passed" if "passed" in results else GAP


def _or_none(items: tuple[Item, ...]) -> tuple[Item | None, ...]:
    return items or (None,)


def risk_chains(evidence: Evidence) -> Iterator[Chain]:
    """Hazard, hazardous situation, risk control, software requirement."""
    for hazard in evidence.of(Kind.HAZARD):
        for situation in _or_none(evidence.below(hazard.id, "arises")):
            controls = () if situation is None else evidence.below(situation.id, "mitigates")
            for control in _or_none(controls):
                software = () if control is None else evidence.below(control.id, "controls")
                for each in _or_none(software):
                    yield Chain(hazard, situation, control, each)


def need_chains(evidence: Evidence) -> Iterator[Chain]:
    """User need, system requirement, software requirement."""
    for need in evidence.of(Kind.NEED):
        for system in _or_none(evidence.below(need.id, "derives")):
            software = () if system is None else evidence.below(system.id, "refines")
            for each in _or_none(software):
                yield Chain(need, system, None, each)
