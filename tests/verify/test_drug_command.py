"""`syntherm-verify drug`: what it returns; the comparison itself is tested with the core's drug."""

import pytest
from drug_ranges import PLAN

from syntherm_verify.drug import command
from syntherm_verify.drug.against import Apart
from syntherm_verify.drug.published import Row


@pytest.fixture
def found(monkeypatch):
    rows = {"apart": 0.001, "central": 5.0, "most": 7.0}
    monkeypatch.setattr(command, "compare", lambda *_: [Apart("plateaus", 0, "cells", 0.0, rows["apart"])])
    monkeypatch.setattr(
        command, "published", lambda *_: [Row("a", "b", 4.0, 6.0, rows["central"], 3.0, rows["most"], "")]
    )
    return rows


def made(rows):
    return Row("a", "b", 4.0, 6.0, rows["central"], 3.0, rows["most"], "")


def test_agreement_and_its_lack(found, capsys):
    assert command.drug(["--plan", str(PLAN)]) == 0
    assert "| plateaus | 0 | cells |" in capsys.readouterr().out
    found["apart"] = 0.02
    assert command.drug(["--plan", str(PLAN)]) == 1
    found["apart"], found["most"] = 0.0, 3.5
    assert command.drug(["--plan", str(PLAN)]) == 1


def test_a_plan_that_cannot_be_used(tmp_path, capsys):
    bad = tmp_path / "plan.toml"
    assert command.drug(["--plan", str(bad)]) == 2
    bad.write_text("[identity]")
    assert command.drug(["--plan", str(bad)]) == 2
    text = PLAN.read_text(encoding="utf-8")
    bad.write_text(text[: text.index("# The drug model.")])
    assert command.drug(["--plan", str(bad)]) == 2
    assert "found no [drug_model]" in capsys.readouterr().err
