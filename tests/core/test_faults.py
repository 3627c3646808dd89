"""Every fault as data: whole, told apart, and raised by a check."""

import ast
import re
from pathlib import Path

import pytest

from syntherm.core import checks, latch
from syntherm.core.faults import Clears, Code, Priority, Response
from syntherm.core.vocabulary import Session


@pytest.mark.verifies("SRS-702")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_every_fault_is_whole(code):
    fault = code.value
    assert fault.code == code.name.replace("_", "-")
    assert fault.text.endswith(".") and len(fault.text.split()) >= 5
    assert fault.watched_in
    assert re.fullmatch(r"RC-(0[1-9]|1[0-2]|16)", fault.control)
    assert isinstance(fault.priority, Priority) and isinstance(fault.response, Response)


@pytest.mark.verifies("SRS-702", "SRS-106", "RC-03")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_what_aborts_is_of_high_priority_and_never_clears_by_itself(code):
    if code.value.response is Response.ABORT:
        assert code.value.priority is Priority.HIGH
        assert code.value.clears is not Clears.WITH_CAUSE


@pytest.mark.verifies("SRS-702")
@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_whatever_can_take_energy_away_is_watched_while_it_flows(code):
    if code.value.response in (Response.ABORT, Response.COOL, Response.PAUSE):
        assert {Session.HEATING, Session.DRUG_INFUSION_SYNC} <= code.value.watched_in


@pytest.mark.verifies("SRS-702")
def test_every_fault_is_raised_somewhere_in_the_core():
    sources = [*Path(checks.__path__[0]).glob("*.py"), Path(latch.__file__)]
    named = {
        node.attr
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code"
    }
    assert named == {code.name for code in Code}


def test_texts_differ():
    assert len({code.value.text for code in Code}) == len(Code)
