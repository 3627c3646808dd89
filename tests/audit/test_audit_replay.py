"""The core, executed again from a record, decides the same; the first difference is named."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.command import record
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.replay import replay
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import PumpReport
from syntherm.session.loop import SessionFailed
from syntherm.session.records import identity, open_new

Copy = Callable[[Path], Path]


def kinds(path: Path, *names: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        marks = ",".join("?" * len(names))
        return int(db.execute(f"SELECT count(*) FROM entries WHERE kind IN ({marks})", names).fetchone()[0])


def entry(path: Path, kind: str, *, holds: str = "", skip: int = 0) -> tuple[int, dict]:
    with closing(sqlite3.connect(path)) as db:
        row = db.execute(
            "SELECT seq, body FROM entries WHERE kind = ? AND instr(body, ?) ORDER BY seq LIMIT 1 OFFSET ?",
            (kind, holds, skip),
        ).fetchone()
    return row[0], json.loads(row[1])


def put(forge: ModuleType, path: Path, seq: int, body: object) -> None:
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).replace("'", "''")
    forge.edit(path, f"UPDATE entries SET body = '{text}' WHERE seq = {seq}")
    forge.rechain(path)
    forge.reseal(path)


@pytest.mark.verifies("SRS-503", "SRS-112")
def test_a_whole_day_is_decided_the_same_again(whole: Path) -> None:
    again = replay(whole)
    assert again.difference is None
    assert again.events == kinds(whole, "event") > 150
    assert again.decisions == again.compared == kinds(whole, "decision", "maps", "refusal") > again.events
    assert again.state.phases.session.name == "COMPLETE"
    assert again.last_at_s == again.state.at_s


@pytest.mark.verifies("SRS-503")
def test_a_refused_act_is_executed_again_too(made: ModuleType, tmp_path: Path) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    with open_new(path, made.small_plan(), made.small_text(), clock, made.KEY) as writer:
        rig = made.Rig.of(made.small_plan(), writer, clock)
        rig.poll()
        rig.act(made.Trigger.BEGIN_HEATING)
        rig.act(made.Trigger.STOP)
    again = replay(path)
    assert again.difference is None and kinds(path, "refusal") == 1
    assert again.compared == kinds(path, "decision", "maps", "refusal")


@pytest.mark.verifies("SRS-503")
@pytest.mark.parametrize(
    ("kind", "holds", "skip", "field", "value"),
    [
        ("decision", "GrantLease", 3, "commands", []),
        ("decision", "GrantInfusion", 1, "ledger", {}),
        ("decision", "", 0, "after", {"$type": "Phases", "session": "SETUP"}),
        ("decision", "", 20, "heating_s", 1.25),
        ("decision", "FrameReceived", 0, "faults", ["NONE"]),
        ("maps", "", 1, "label", "nowhere"),
    ],
)
def test_a_changed_decision_is_named_with_its_field(
    whole: Path, copy: Copy, forge: ModuleType, kind: str, holds: str, skip: int, field: str, value: object
) -> None:
    """The chain is made anew and signed with the site's own key, so that nothing else tells."""
    path = copy(whole)
    seq, body = entry(path, kind, holds=holds if holds != "FrameReceived" else "", skip=skip)
    put(forge, path, seq, {**body, field: value})
    assert verify(path).sound
    again = replay(path)
    assert again.difference is not None
    assert again.difference.startswith(f"entry {seq} ({kind}): {field}: recorded {json.dumps(value)[:200]}, now ")
    assert again.compared < again.decisions


@pytest.mark.verifies("SRS-503")
def test_a_changed_event_shows_in_its_decision(whole: Path, copy: Copy, forge: ModuleType) -> None:
    path = copy(whole)
    seq, body = entry(path, "event", holds="OperatorActed", skip=4)
    put(forge, path, seq, {**body, "person": "somebody"})
    seq, body = entry(path, "event", holds='"infusing":true', skip=3)
    pump = {**body["pump"], "pumped_ml": body["pump"]["pumped_ml"] + 0.25}
    put(forge, path, seq, {**body, "pump": pump})
    again = replay(path)
    assert again.difference is not None and "entry" in again.difference


@pytest.mark.verifies("SRS-503")
def test_a_decision_that_was_left_out_is_named(whole: Path, copy: Copy, forge: ModuleType) -> None:
    path = copy(whole)
    seq, _ = entry(path, "maps")
    forge.edit(
        path,
        f"DELETE FROM entries WHERE seq = {seq}",
        f"UPDATE entries SET seq = -seq WHERE seq > {seq}",
        "UPDATE entries SET seq = -seq - 1 WHERE seq < 0",
        "UPDATE entries SET body = json_set(body, '$.signs', json_extract(body, '$.signs') - 1)"
        f" WHERE kind = 'signature' AND seq > {seq}",
    )
    forge.rechain(path)
    forge.reseal(path)
    assert {finding.entry for finding in verify(path).findings} <= {0}, "but for arrays that belong to no entry now"
    assert "when recorded, to " in str(replay(path).difference)


@pytest.mark.verifies("SRS-503")
def test_a_replaced_image_is_decided_otherwise(whole: Path, copy: Copy, forge: ModuleType) -> None:
    """One image's digest in the place of another's, chain and seal made anew."""
    path = copy(whole)
    one, first = entry(path, "event", holds="FrameReceived", skip=8)
    _, other = entry(path, "event", holds="FrameReceived", skip=20)
    put(forge, path, one, {**first, "volume": other["volume"]})
    again = replay(path)
    assert str(again.difference).startswith(f"entry {one + 1} (decision): ")


@pytest.mark.verifies("SRS-503")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"syntherm": "0.2.0", "plan": "a = 1"}, "recorded plan is refused"),
        ({"syntherm": "0.2.0", "plan": ""}, "recorded plan is refused"),
        ({"syntherm": "0.2.0"}, "recorded plan is refused"),
        ({}, "recorded by syntherm None"),
        ([], "does not say what was opened"),
        ("plan", "does not say what was opened"),
    ],
)
def test_a_record_whose_plan_is_refused_is_told_in_one_line(
    short: Path, copy: Copy, forge: ModuleType, body: object, says: str
) -> None:
    path = copy(short)
    put(forge, path, 1, body)
    with pytest.raises(UnreadableRecord) as caught:
        replay(path)
    assert str(caught.value).startswith(f"{path}: ") and says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.verifies("SRS-503", "SRS-504")
@pytest.mark.parametrize("change", [{"$type": "Explosion"}, {"at_s": "soon"}, {"more": 1}])
def test_an_event_that_cannot_be_read_is_named(
    short: Path, copy: Copy, forge: ModuleType, change: dict[str, object]
) -> None:
    path = copy(short)
    seq, body = entry(path, "event", skip=5)
    put(forge, path, seq, {**body, **change})
    with pytest.raises(UnreadableRecord, match=f"entry {seq} cannot be read as an event"):
        replay(path)


@pytest.mark.verifies("SRS-503")
def test_a_record_that_ends_in_a_crash_of_the_core_is_executed_up_to_it(
    made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    with open_new(path, made.small_plan(), made.small_text(), clock, made.KEY) as writer:
        rig = made.Rig.of(made.small_plan(), writer, clock)
        rig.set_up()
        with monkeypatch.context() as patch:
            patch.setattr("syntherm.session.loop.step", lambda *_: 1 / 0)
            with pytest.raises(SessionFailed):
                rig.poll()
    assert kinds(path, "crash") == 1
    again = replay(path)
    assert again.difference is None and again.compared == kinds(path, "decision")
    assert again.state.at_s == rig.loop.state.at_s and again.last_at_s == clock.at_s
    assert again.crashes == 1
    assert record(["replay", str(path)]) == 0
    assert "on 1 of them the core failed when recorded" in capsys.readouterr().out


@pytest.mark.verifies("SRS-503", "SRS-504")
def test_a_driver_that_says_whole_numbers_does_not_spoil_the_evidence(
    made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock(0)
    with AuditWriter(path, made.KEY, create=True) as writer:
        writer.open_session(clock.utc(), 0, identity(made.small_text()))
        rig = made.Rig.of(made.small_plan(), writer, clock)
        report = PumpReport(False, 0, 90, 5, 5, None)
        monkeypatch.setattr(made.ShamPump, "report", lambda _: report)
        rig.poll(1)
        rig.poll(1)
        writer.close_session(clock.utc(), 2, "SETUP")
    assert verify(path).findings == ()
    assert replay(path).difference is None
