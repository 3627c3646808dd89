"""Spin against the explorer: the same states of the same table, and the same defects in broken tables."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from syntherm.core.properties import Property
from syntherm.core.table import TABLE, Kind, Row
from syntherm.core.vocabulary import Energy, Session, State, Trigger
from syntherm_verify.model import spin
from syntherm_verify.model.compiled import Model
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.explorer import Search
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import code

TINY = attrs.evolve(
    SMALL, lease=1, frame_age=1, frame_loss=1, clock_step=1, dwell=1, prescribed=1, longest=1, loss_of_range=0,
    watchdog=1, dead_volume=0, test_frames=1, settling=0, delay=0,
)  # fmt: skip
needs_spin = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in spin.PACKAGES), reason="the tests of Spin need the packages spin and gcc"
)


def _changed(source: State, trigger: Trigger, target: State, /, **changes: Any) -> tuple[Row, ...]:
    """The table with the row from `source` to `target` changed."""
    found = [r for r in TABLE if (r.source, r.trigger, r.target, r.kind) == (source, trigger, target, Kind.MOVE)]
    assert len(found) == 1
    return tuple(attrs.evolve(row, **changes) if row is found[0] else row for row in TABLE)


def _replayed(model: Model, way: tuple[int, ...]) -> Iterator[tuple[dict[str, int], set[Property]]]:
    """The states on a way by the explorer's arrays, and what each step breaks."""
    states = model.initial()
    for number in way:
        event = model.events[number]
        assert np.all(event.enabled(states) != 0)
        states, held = event.run(states, 1)
        states = {name: np.broadcast_to(np.asarray(column), 1) for name, column in states.items()}
        broken = {claim for claim, truth in zip(event.properties, held, strict=True) if not np.all(truth != 0)}
        yield {name: int(column[0]) for name, column in states.items()}, broken


@needs_spin
@pytest.mark.verifies("SRS-101")
def test_the_table_has_the_same_states_and_steps_for_spin_and_the_explorer(tmp_path: Path) -> None:
    rules = Rules(TINY)
    search = Search(Model(rules)).run()
    result = spin.check(rules, tmp_path)
    assert (search.broken, result.broken, result.complete) == ({}, (), True)
    assert (result.states, result.transitions) == (search.seen.count, search.steps + 1)
    assert result.states > 4000


@needs_spin
@pytest.mark.parametrize(
    ("rows", "claim"),
    [
        ((*TABLE, next(r for r in TABLE if r.source is Energy.ON and r.trigger is Trigger.PAUSE)), Property.ONE_ROW),
        (_changed(Energy.ON, Trigger.PAUSE, Energy.PAUSED, effects=()), Property.FALLING_WINS),
        (_changed(Session.ABORT, Trigger.RESET, Session.SETUP, target=Session.CALIBRATION), Property.WAY_BACK),
    ],
    ids=["two rows apply", "energy is left on", "a reset skips setup"],
)
def test_spin_finds_what_a_broken_table_breaks_and_the_explorer_agrees_on_its_way(
    rows: tuple[Row, ...], claim: Property, tmp_path: Path
) -> None:
    rules = Rules(TINY, rows)
    result = spin.check(rules, tmp_path)
    found = {broken for broken, _ in result.broken}
    assert claim in found
    assert not result.complete
    *before, last = (broken for _, broken in _replayed(Model(rules), result.broken[0][1]))
    assert not any(before)
    # Where two rows apply, each engine moves as it likes, and may break more.
    assert found == last or (claim is Property.ONE_ROW and found <= last)


@needs_spin
@pytest.mark.verifies("SRS-108", "SRS-109", "RC-11")
def test_heating_and_cooling_end(tmp_path: Path) -> None:
    results = spin.ends(Rules(TINY), tmp_path)
    assert {name: (r.broken, r.complete) for name, r in results.items()} == {
        "heating": ((), True),
        "cooling": ((), True),
    }


@needs_spin
def test_heating_and_cooling_that_do_not_end_are_found(tmp_path: Path) -> None:
    cools: dict[str, Any] = {"kind": Kind.IGNORE, "target": Session.COOLING, "effects": ()}
    endless = _changed(Session.COOLING, Trigger.FRAME, Session.COMPLETE, **cools)
    heats: dict[str, Any] = {"kind": Kind.IGNORE, "target": Session.HEATING, "effects": ()}
    deaf = next(r for r in endless if (r.source, r.trigger) == (Session.HEATING, Trigger.FAULT_COOL))
    rows = tuple(attrs.evolve(row, **heats) if row is deaf else row for row in endless)
    rules = Rules(TINY, rows)
    results = spin.ends(rules, tmp_path)
    model = Model(rules)
    names = [event.event.name.split()[0] for event in model.events]
    kept = [v.name for v in model.variables if v.part != "monitor"]
    for name, session, needed in (
        ("heating", Session.HEATING, {"tick", "poll"}),
        ("cooling", Session.COOLING, {"tick", "poll", "frame"}),
    ):
        ((claim, way),) = results[name].broken
        circle = results[name].circle
        assert (claim, way[-len(circle) :]) == (Property.ENDS, circle)
        assert needed <= {names[number] for number in circle}
        states = [state for state, _ in _replayed(model, way)][-len(circle) - 1 :]
        assert {state["session"] for state in states} == {code(session)}
        assert [states[0][name] for name in kept] == [states[-1][name] for name in kept]


@pytest.mark.parametrize(
    ("said", "complete"),
    [
        ("State-vector 44 byte, depth reached 316, errors: 0\n", True),
        ("error: max search depth too small\nState-vector 44 byte, depth reached 49, errors: 0\n", False),
        ("pan: reached -DMEMLIM bound\nWarning: Search not completed\n", False),
        ("Warning: Search not completed\n", False),
    ],
)
def test_a_search_that_left_something_out_is_not_complete(said: str, complete: bool) -> None:
    assert spin.left_nothing_out(said) is complete


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(spin.ToolMissing, match="spin is not installed; it is in the Debian package spin"):
        spin.check(Rules(TINY), tmp_path)
    assert not (tmp_path / "pan.c").exists()
