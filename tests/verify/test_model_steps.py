"""The shipped step gives the answers of the rows; one that does not is found."""

import pytest

from syntherm.core import step as core
from syntherm_verify.model.constants import SMALL, plan_of
from syntherm_verify.model.steps import steps

BROKEN = {
    "faults are not answered": ("asked_for", lambda real: lambda *_: ()),
    "mild faults are answered first": ("asked_for", lambda real: lambda *given: real(*given)[::-1]),
}


@pytest.fixture(scope="module")
def plan():
    return plan_of(SMALL)


@pytest.mark.verifies("SRS-101", "SRS-102", "RC-01")
def test_the_step_answers_as_the_rows_do(plan):
    found = list(steps(plan))
    assert len(found) > 2000
    assert [each for each in found if each is not None] == []


@pytest.mark.parametrize("name", ["faults are not answered", "mild faults are answered first"])
def test_a_step_that_does_not_is_found(plan, monkeypatch, name):
    attribute, broken = BROKEN[name]
    monkeypatch.setattr(core, attribute, broken(getattr(core, attribute)))
    assert next((each for each in steps(plan) if each is not None), None) is not None
