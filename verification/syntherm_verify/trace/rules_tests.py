"""The rules of the test evidence, one function each. Only an executed and passed test counts."""

from collections.abc import Iterator
from typing import Final

from syntherm_verify.trace.findings import Evidence, Finding
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.junit import Outcome, Result
from syntherm_verify.trace.rules import STRUCTURE, Rule


def tests_of_control(evidence: Evidence, control: str) -> tuple[Result, ...]:
    """Results that carry a risk control, or a software requirement that implements it."""
    ids = {control, *(item.id for item in evidence.below(control, "controls"))}
    return tuple(result for result in evidence.results or () if not ids.isdisjoint(result.ids))


def _untested(item: Item, results: tuple[Result, ...]) -> Iterator[Finding]:
    if any(result.outcome is Outcome.PASSED for result in results):
        return
    others = [f"{result.file}::{result.test} {result.outcome.name.lower()}" for result in results]
    reason = f" (only {others[0]}{f' and {len(others) - 1} more' if len(others) > 1 else ''})" if others else ""
    yield Finding(item.place, item.id, f"no executed and passed test{reason}")


def requirements_are_tested(evidence: Evidence) -> Iterator[Finding]:
    """Every software requirement has an executed and passed test."""
    for item in evidence.of(Kind.SOFTWARE):
        yield from _untested(item, evidence.results_of(item.id))


def controls_are_tested(evidence: Evidence) -> Iterator[Finding]:
    """Every risk control has an executed and passed test, of itself or of what implements it."""
    for item in evidence.of(Kind.CONTROL):
        yield from _untested(item, tests_of_control(evidence, item.id))


def carrying_tests_pass(evidence: Evidence) -> Iterator[Finding]:
    """No test that carries an id failed, however many others passed."""
    for result in evidence.results or ():
        if result.ids and result.outcome is Outcome.FAILED:
            yield Finding(result.file, ", ".join(result.ids), f"test failed: {result.test}")


def tests_carry_known_ids(evidence: Evidence) -> Iterator[Finding]:
    """Every id on a test is a software requirement or a risk control of the dossier."""
    known = {item.id for item in evidence.of(Kind.SOFTWARE) + evidence.of(Kind.CONTROL)}
    carried = {(r.file, each, r.test.partition("[")[0]) for r in evidence.results or () for each in r.ids}
    unknown = [each for each in sorted(carried) if each[1] not in known]
    return (Finding(file, each, f"carried by {test}, but no item defines it") for file, each, test in unknown)


def everything_is_carried(evidence: Evidence) -> Iterator[Finding]:
    """Every requirement and risk control is carried by code or a test, a control also by what implements it."""
    carried = {each for carrier in evidence.carriers for each in carrier.ids}
    carried |= {each for result in evidence.results or () for each in result.ids}
    for item in evidence.of(Kind.SOFTWARE) + evidence.of(Kind.CONTROL):
        ids = {item.id, *(below.id for below in evidence.below(item.id, "controls"))}
        if ids.isdisjoint(carried):
            yield Finding(item.place, item.id, "neither code nor a test carries it")


TESTS: Final[tuple[Rule, ...]] = (
    requirements_are_tested,
    controls_are_tested,
    carrying_tests_pass,
    tests_carry_known_ids,
    everything_is_carried,
)


def check(evidence: Evidence) -> tuple[Finding, ...]:
    """All findings, by place; the rules of tests are asked only when a run was given."""
    rules = STRUCTURE if evidence.results is None else STRUCTURE + TESTS
    return tuple(sorted({finding for rule in rules for finding in rule(evidence)}, key=lambda each: each.rank))
