"""Induction by third-party tools: the table holds, faults put in by hand are found, and no number overflows."""

import shutil

import attrs
import pytest

from syntherm.core.properties import Property
from syntherm.core.table import TABLE
from syntherm.core.vocabulary import Effect, Energy, Fact, Trigger
from syntherm_verify.model import ic3
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.expr import Num, Var, add, at_most, sub
from syntherm_verify.model.program import Assign
from syntherm_verify.model.wires import Value, Wires

P = Property
TINY = attrs.evolve(
    SMALL, lease=1, frame_age=1, frame_loss=2, clock_step=1, dwell=1, prescribed=2, longest=2, loss_of_range=0,
    watchdog=1, dead_volume=0, test_frames=1, settling=0, delay=0,
)  # fmt: skip
LIMIT_S = 60.0
with_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ic3.TOOLS), reason="needs yosys and berkeley-abc"
)


@with_tools
@pytest.mark.verifies("SRS-101", "SRS-105", "SRS-202", "SRS-301", "RC-01", "RC-02", "RC-07")
def test_the_table_holds(tmp_path):
    results = ic3.check(TINY, tmp_path, LIMIT_S)
    assert {r.claim: r.verdict for r in results if r.verdict is not ic3.Verdict.PROVEN} == {}
    assert {P.ONE_ROW.value.name, P.HEATING_BOUNDED.value.name, "ranges"} <= {r.claim for r in results}
    assert all(r.registers > 0 and r.nodes > 0 and r.depth is None for r in results)


def _without(row, effect):
    return attrs.evolve(row, effects=tuple(e for e in row.effects if e is not effect))


STOP_LEAVES_ENERGY = tuple(
    _without(r, Effect.ENERGY_OFF) if isinstance(r.source, Energy) and r.trigger is Trigger.STOP else r for r in TABLE
)
RELEASE_WITHOUT_DWELL = tuple(
    attrs.evolve(r, guard=tuple(g for g in r.guard if g[0] is not Fact.DWELL_REACHED))
    for r in TABLE
    if r.trigger is not Trigger.RELEASE_INFUSION or (Fact.DWELL_REACHED, False) not in r.guard
)
STOP_TWICE = (*TABLE, next(r for r in TABLE if r.trigger is Trigger.STOP))


@with_tools
@pytest.mark.parametrize(
    ("rows", "claim", "at_least"),
    [
        pytest.param(STOP_LEAVES_ENERGY, P.HAZARD_ENDS_ENERGY, 1, id="stop leaves energy"),
        pytest.param(RELEASE_WITHOUT_DWELL, P.INFUSION_AFTER_DWELL, 10, id="release without dwell"),
        pytest.param(STOP_TWICE, P.ONE_ROW, 1, id="two rows for stop"),
    ],
)
def test_a_broken_table_is_found(tmp_path, rows, claim, at_least):
    (result,) = ic3.check(TINY, tmp_path, LIMIT_S, rows, only=(claim.value.name,))
    assert (result.claim, result.verdict) == (claim.value.name, ic3.Verdict.BROKEN)
    assert result.depth is not None
    assert result.depth >= at_least


def test_a_missing_tool_is_named_with_its_package(tmp_path, monkeypatch):
    monkeypatch.setattr(ic3.shutil, "which", lambda tool: None if tool == "yosys" else f"/usr/bin/{tool}")
    with pytest.raises(ic3.ToolMissing, match=r"^not installed: yosys; on Debian: apt-get install yosys$"):
        ic3.check(TINY, tmp_path, LIMIT_S)


@pytest.mark.parametrize(
    ("expression", "least", "most"),
    [
        (add(Var("age"), Var("age")), 0, 14),
        (sub(Num(1), Var("age")), -6, 1),
        (at_most(add(Var("age"), 1), 7), 1, 7),
    ],
)
def test_a_wire_is_as_wide_as_its_value(expression, least, most):
    wires = Wires({"age": Value("age", 0, 7)}, "w")
    value = wires.value(expression)
    assert (value.least, value.most) == (least, most)
    line = next(text for text in wires.lines if f" {value.text} = " in text)
    top = int(line.split("[")[1].split(":")[0])
    assert -(1 << top) <= least
    assert most < 1 << top


def test_an_assignment_keeps_the_old_value_where_its_condition_fails():
    wires = Wires({"age": Value("age", 0, 7), "on": Value("on", 0, 1)}, "w")
    wires.assign(Assign("age", Num(9), Var("on")))
    assert (wires.now["age"].least, wires.now["age"].most) == (0, 9)
    assert "on[0] ? 6'sd9 : age" in wires.lines[-1]
