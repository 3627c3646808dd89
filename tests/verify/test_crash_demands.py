"""What is demanded of a record after a crash: each demand is seen to fail on a record that does not meet it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from syntherm.audit import schema
from syntherm.audit.writer import AuditWriter
from syntherm_verify.crash import demands
from syntherm_verify.crash.demands import Told, go_on, look
from syntherm_verify.crash.scribe import CLOSED, KEY, write
from syntherm_verify.recording.steps import Step, first_steps, opened
from syntherm_verify.recording.verifiers import Answer


@pytest.fixture(scope="module")
def steps() -> tuple[Step, ...]:
    return first_steps(12)


@pytest.fixture
def left(tmp_path: Path, steps: tuple[Step, ...]) -> tuple[Path, Told]:
    """A record whose writer ended in the middle, and what it had said."""
    path, said = tmp_path / "record.db", []
    with AuditWriter(path, KEY, create=True) as writer:
        opened(writer)
        said.append(writer.head)
        for step in steps[:8]:
            step.to(writer)
            said.append(writer.head)
    return path, Told.of(said)


def without_triggers(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for name in schema.TRIGGERS:
            db.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(each for each in schema.STATEMENTS if "CREATE TRIGGER" in each)):
            db.execute(statement)


def test_a_record_that_kept_all_meets_every_demand_and_can_be_gone_on_with(
    left: tuple[Path, Told], steps: tuple[Step, ...]
) -> None:
    path, told = left
    seen = look(path, told, steps)
    assert seen.problems == () and seen.opens and not seen.closed and not seen.sealed
    assert list(go_on(path, steps)) == []
    assert look(path, told, steps).problems != (), "it holds more writes now than it was asked"


def test_a_closed_record_must_be_sealed(tmp_path: Path, steps: tuple[Step, ...]) -> None:
    path, said = tmp_path / "record.db", []
    write(path, steps, said.append)
    told = Told.of(said)
    assert told.closed and said[-1].endswith(CLOSED) and look(path, told, steps).problems == ()
    path.with_name("record.db.seal").unlink()
    assert "was closed, and has no seal" in look(path, told, steps).problems


def test_a_torn_seal_is_found(tmp_path: Path, steps: tuple[Step, ...]) -> None:
    path, said = tmp_path / "record.db", []
    write(path, steps, said.append)
    path.with_name("record.db.seal").write_bytes(b"")
    assert any("sealed, and not sound" in problem for problem in look(path, Told.of(said), steps).problems)


def test_an_acknowledged_write_that_is_lost_is_found(left: tuple[Path, Told], steps: tuple[Step, ...]) -> None:
    path, told = left
    seen = look(path, attrs.evolve(told, heads=(*told.heads, "00" * 32)), steps)
    assert seen.lost == 1 and f"1 of {len(told.heads) + 1} acknowledged writes are lost" in seen.problems


def test_a_partial_write_is_found(left: tuple[Path, Told], steps: tuple[Step, ...]) -> None:
    path, told = left
    without_triggers(path, "DELETE FROM entries WHERE seq > (SELECT max(seq) FROM entries WHERE kind = 'event')")
    assert any("a partial write is seen" in problem for problem in look(path, told, steps).problems)


def test_a_broken_chain_is_found(left: tuple[Path, Told], steps: tuple[Step, ...]) -> None:
    path, told = left
    without_triggers(path, "UPDATE entries SET utc = '2026-01-05T09:00:00.000000+00:00' WHERE seq = 4")
    assert any("more is found" in problem for problem in look(path, told, steps).problems)


def test_a_record_that_does_not_open_is_found_unless_nothing_was_said(
    left: tuple[Path, Told], steps: tuple[Step, ...]
) -> None:
    path, told = left
    path.write_bytes(b"no record")
    seen = look(path, told, steps)
    assert not seen.opens and "does not open" in seen.problems[0]
    assert look(path, Told((), closed=False), steps).problems == ()


@pytest.mark.parametrize("changed", [lambda a: attrs.evolve(a, first_bad=1), lambda a: attrs.evolve(a, head="00")])
def test_verifiers_that_differ_are_found(
    left: tuple[Path, Told],
    steps: tuple[Step, ...],
    monkeypatch: pytest.MonkeyPatch,
    changed: Callable[[Answer], Answer],
) -> None:
    path, told = left
    right = demands.independent
    monkeypatch.setattr(demands, "independent", lambda *given: changed(right(*given)))
    assert any("the verifiers differ" in problem for problem in look(path, told, steps).problems)
