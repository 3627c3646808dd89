"""A recorded session is judged from its record alone: a sound one holds, and a defect of the core is found."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.check import check
from syntherm.audit.command import record
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.replay import replay
from syntherm.core import effects, guards
from syntherm.core.commands import GrantLease
from syntherm.core.properties import WATCHED, Property
from syntherm.core.vocabulary import Effect, Fact, Session
from syntherm.session.loop import SessionFailed
from syntherm.session.records import open_new, recover

Copy = Callable[[Path], Path]
Edit = Callable[[dict], object]


def rows(path: Path, kind: str) -> list[tuple[int, dict]]:
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT seq, body FROM entries WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    return [(seq, json.loads(body)) for seq, body in found]


def put(forge: ModuleType, path: Path, seq: int, body: object) -> None:
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).replace("'", "''")
    forge.edit(path, f"UPDATE entries SET body = '{text}' WHERE seq = {seq}")


@pytest.fixture
def early(made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Path]:
    """The record of a session whose core released the pump without dwell; watched by itself, or not."""

    def make(watched: bool) -> Path:
        path, clock = tmp_path / "record.db", made.ShamClock()
        with (
            open_new(path, made.small_plan(), made.small_text(), clock, made.KEY) as writer,
            monkeypatch.context() as patch,
        ):
            rig = made.Rig.of(made.small_plan(), writer, clock)
            rig.set_up()
            rig.calibrate()
            rig.act(made.Trigger.BEGIN_HEATING)
            rig.live(2, 41.2)
            patch.setitem(guards.PREDICATES, Fact.DWELL_REACHED, lambda at: True)
            if not watched:
                patch.setattr("syntherm.core.step.judge", lambda watch, look, plan: (watch, ()))
            rig.act(made.Trigger.RELEASE_INFUSION)
            rig.live(1, 41.2)
            assert (rig.session is Session.ABORT) is watched
        return path

    return make


@pytest.mark.verifies("SRS-114", "RC-16")
def test_every_property_held_on_a_whole_day(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = check(whole)
    assert judged.findings == () and judged.broken == frozenset()
    assert judged.decisions == len(rows(whole, "decision")) > 150
    assert record(["check", str(whole)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{whole}: {len(WATCHED)} properties held over {judged.decisions} decisions\n" and not said.err


@pytest.mark.verifies("SRS-114", "SRS-301", "RC-07", "RC-16")
def test_a_defect_that_the_session_did_not_see_is_found_in_its_record(
    early: Callable[[bool], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = early(False)
    (finding,) = check(path).findings
    assert finding.violation.property is Property.INFUSION_AFTER_DWELL and not finding.by_session
    (released,) = [seq for seq, body in rows(path, "decision") if body["triggers"] == ["RELEASE_INFUSION"]]
    assert finding.entry == released
    assert record(["check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}: entry {released} at ") and "infusion-after-dwell: the pump was rel" in lines[0]
    assert "after 3.000 s in range; the dwell is 12.000 s" in lines[0]
    assert lines[1].strip() == Property.INFUSION_AFTER_DWELL.value.says
    assert lines[2].startswith(f"{path}: 1 violated, {len(WATCHED) - 1} properties held over ")


@pytest.mark.verifies("SRS-114", "SRS-503", "RC-16")
def test_what_the_session_saw_itself_is_told_from_its_record(
    early: Callable[[bool], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = early(True)
    (finding,) = check(path).findings
    assert finding.violation.property is Property.INFUSION_AFTER_DWELL and finding.by_session
    assert record(["check", str(path)]) == 1
    assert ", seen by the session: infusion-after-dwell: " in capsys.readouterr().out
    # The shipped core, which has no such defect, refuses that release.
    assert replay(path).difference is not None


@pytest.mark.verifies("SRS-114")
def test_a_lasting_violation_is_told_where_it_begins(
    made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    with open_new(path, made.small_plan(), made.small_text(), clock, made.KEY) as writer:
        rig = made.Rig.of(made.small_plan(), writer, clock)
        for leg in (rig.set_up, rig.calibrate, rig.heat):
            leg()
        monkeypatch.setattr("syntherm.core.step.judge", lambda watch, look, plan: (watch, ()))
        longer = lambda state, event, at_s: (state, GrantLease(at_s + 3.5, ()))  # noqa: E731
        monkeypatch.setitem(effects.CARRIED_OUT, Effect.GRANT_LEASE, longer)
        rig.live(3, 41.2)
    begun = {finding.violation.property: finding.entry for finding in check(path).findings}
    assert len([f for f in check(path).findings if f.violation.property is Property.IMAGES_NEEDED]) == 1
    assert begun.keys() >= {Property.LEASE_FROM_IMAGE, Property.RESTART_SAFE, Property.IMAGES_NEEDED}


@pytest.mark.verifies("SRS-114", "SRS-102", "SRS-113", "RC-16")
def test_refusals_crashes_and_a_recovery_hold(
    made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    with open_new(path, made.small_plan(), made.small_text(), clock, made.KEY) as writer:
        rig = made.Rig.of(made.small_plan(), writer, clock)
        for leg in (rig.set_up, rig.calibrate, rig.heat, rig.infuse):
            leg()
        rig.act(made.Trigger.BEGIN_HEATING)
        with monkeypatch.context() as patch:
            patch.setattr("syntherm.session.loop.step", lambda *_: 1 / 0)
            with pytest.raises(SessionFailed):
                rig.poll()
    clock.at_s += 45.0
    writer, state, restarted = recover(path, clock, made.KEY)
    with writer:
        rig.loop.state = state
        again = rig.reaching(writer)
        again.loop.handle(restarted)
        again.live(2)
    assert {kind: len(rows(path, kind)) for kind in ("crash", "refusal")} == {"crash": 1, "refusal": 1}
    assert check(path).findings == () and check(path).decisions == len(rows(path, "decision"))


def test_a_recorded_refusal_of_a_stop_is_found(whole: Path, copy: Copy, forge: ModuleType, made: ModuleType) -> None:
    path = copy(whole)
    events = rows(path, "event")
    seq, body = next((seq, body) for seq, body in events if body.get("act") == "RELEASE_INFUSION")
    put(forge, path, seq, {**body, "act": "STOP"})
    forge.edit(path, f"UPDATE entries SET kind = 'refusal', body = '\"not now\"' WHERE seq = {seq + 1}")
    found = check(path)
    assert (found.findings[0].entry, found.findings[0].violation.property) == (seq + 1, Property.STOP_FROM_EVERYWHERE)
    assert Property.REFUSAL_CHANGES_NOTHING in found.broken, "for what followed began elsewhere"


# ------------------------------------------------------------------------------------------------------- unreadable
@pytest.mark.verifies("SRS-114", "SRS-504")
@pytest.mark.parametrize(("kind", "change"), [
    ("decision", lambda body: {name: value for name, value in body.items() if name != "violations"}),
    ("decision", lambda body: {**body, "before": "SETUP"}),
    ("decision", lambda body: {**body, "commands": [{"$type": "Explode"}]}),
    ("decision", lambda body: {**body, "verdicts": {"clock": {"may_start": 1, "may_continue": True, "code": None}}}),
    ("decision", lambda body: {**body, "verdicts": {"clock": {"may_start": True, "may_continue": True, "code": "X"}}}),
    ("decision", lambda body: {**body, "target": {"$array": "00"}}),
    ("decision", lambda body: {**body, "violations": [{"$type": "Violation", "property": "NONE", "detail": ""}]}),
    ("decision", lambda body: []),
    ("event", lambda body: {**body, "at_s": "soon"}),
    ("event", lambda body: {"$type": "Explosion"}),
    ("event", lambda body: "event"),
])  # fmt: skip
def test_an_entry_that_cannot_be_read_is_named(
    short: Path, copy: Copy, forge: ModuleType, kind: str, change: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(short)
    seq, body = rows(path, kind)[5]
    put(forge, path, seq, change(body))
    with pytest.raises(UnreadableRecord, match=f"entry {seq} cannot be read as a"):
        check(path)
    assert record(["check", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1


def test_an_answer_without_an_event_is_named(short: Path, copy: Copy, forge: ModuleType) -> None:
    path = copy(short)
    seq, _ = rows(path, "event")[0]
    forge.edit(path, f"UPDATE entries SET kind = 'remark' WHERE seq = {seq}")
    with pytest.raises(UnreadableRecord, match="answers no event"):
        check(path)


def test_a_record_whose_plan_is_refused_cannot_be_judged(short: Path, copy: Copy, forge: ModuleType) -> None:
    path = copy(short)
    put(forge, path, 1, {"plan": "a = 1"})
    with pytest.raises(UnreadableRecord, match="recorded plan is refused"):
        check(path)


def test_no_file_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record(["check", str(tmp_path / "none.db")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none.db'}: no such file\n"
