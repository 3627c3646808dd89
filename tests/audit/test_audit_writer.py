"""The writer: append-only, one transaction per event, durable, and loud when it cannot be."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import rig
from decided import IDENTITY, decided, utc

from syntherm.audit.keys import SiteKey
from syntherm.audit.reader import AuditReader
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Channel, ChannelFailed, FatMapReceived, Geometry, OperatorActed, Restarted
from syntherm.core.vocabulary import Session, Trigger
from syntherm.ports.record import AuditFailed, Signature
from syntherm.session.records import open_new

NOTE = Restarted(3.0, "a note")


def fat_map(at_s: float, value: float) -> FatMapReceived:
    return FatMapReceived(at_s, Geometry((1, 1, 2), (1.0,) * 3, (0.0,) * 3), np.full((1, 1, 2), value, np.float32))


def put(writer: AuditWriter, event: object, *remarks: str, signature: Signature | None = None) -> None:
    """Append an event with a decision on it."""
    writer.append(utc(event.at_s), event, (decided(event.at_s),), remarks, signature)


@pytest.fixture
def writer(tmp_path: Path) -> AuditWriter:
    writer = AuditWriter(tmp_path / "record.db", rig.KEY, create=True)
    writer.open_session(utc(0.0), 0.0, IDENTITY)
    put(writer, fat_map(2.0, 0.5), "a remark")
    return writer


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM entries").fetchone()[0])


def kinds(path: Path) -> list[str]:
    with AuditReader(path) as reader:
        return [entry.kind for entry in reader.entries()]


CHANGES = [
    "UPDATE entries SET body = '{}' WHERE seq = 1",
    "UPDATE entries SET seq = 99 WHERE seq = 2",
    "UPDATE arrays SET data = x''",
    "UPDATE meta SET schema_version = 1",
    "DELETE FROM entries WHERE seq = 3",
    "DELETE FROM entries",
    "DELETE FROM arrays",
    "DELETE FROM meta",
    "REPLACE INTO entries SELECT seq, 'note', at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT OR REPLACE INTO arrays SELECT digest, dtype, shape, packing, x'00' FROM arrays",
    "INSERT INTO arrays SELECT digest, dtype, shape, packing, x'00' FROM arrays",
    "INSERT INTO entries SELECT 7, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT 0, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT -1, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT 3, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT OR REPLACE INTO entries SELECT 3, kind, at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT OR IGNORE INTO entries SELECT 8, kind, at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT INTO entries VALUES (6, 'note', 'late', 'utc', '{}', x'00')",
    "INSERT INTO entries VALUES (6, NULL, 1.0, 'utc', '{}', x'00')",
    "INSERT INTO entries VALUES (NULL, 'note', 1.0, 'utc', '{}', x'00')",
]


@pytest.mark.verifies("SRS-501")
@pytest.mark.parametrize("by", ["the writer's connection", "another connection"])
@pytest.mark.parametrize("statement", CHANGES)
def test_what_was_written_is_not_changed(writer: AuditWriter, by: str, statement: str) -> None:
    """Also not over a connection that has none of the writer's settings, such as a database browser's."""
    with AuditReader(writer.path) as reader:
        before = [*reader.entries()], [*reader.arrays()]
    with closing(sqlite3.connect(writer.path, isolation_level=None)) as other:
        db = writer._db if by.startswith("the writer") else other
        with pytest.raises((sqlite3.IntegrityError, sqlite3.OperationalError)):
            db.execute(statement)
    with AuditReader(writer.path) as reader:
        assert ([*reader.entries()], [*reader.arrays()]) == before


@pytest.mark.verifies("SRS-501", "SRS-205")
def test_the_file_is_durable_at_each_commit(writer: AuditWriter) -> None:
    settings = {name: writer._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert writer._db.execute("PRAGMA recursive_triggers").fetchone()[0] == 1


@pytest.mark.verifies("SRS-205")
def test_a_place_without_a_write_ahead_log_is_refused() -> None:
    """Such as memory, or a network drive: there SQLite goes on with another journal, and says so only if asked."""
    with pytest.raises(AuditFailed, match="memory"):
        AuditWriter(Path(":memory:"), rig.KEY, create=True)


@pytest.mark.verifies("SRS-501")
def test_an_event_and_its_answers_are_one_transaction(writer: AuditWriter) -> None:
    statements: list[str] = []
    writer._db.set_trace_callback(statements.append)
    put(writer, fat_map(4.0, 0.25), "one", "two")
    verbs = [statement.split()[0] for statement in statements if not statement.startswith("--")]
    assert (verbs[0], verbs[-1]) == ("BEGIN", "COMMIT") and set(verbs[1:-1]) == {"INSERT"}
    assert kinds(writer.path)[5:] == ["event", "decision", "remark", "remark"]


@pytest.mark.verifies("SRS-501")
def test_a_commit_is_seen_by_others_at_once(writer: AuditWriter) -> None:
    assert kinds(writer.path) == ["opened", "checkpoint", "event", "decision", "remark"]
    writer.append_refusal(utc(3.0), NOTE, "no")
    assert kinds(writer.path)[5:] == ["event", "refusal"]
    writer.append_unsigned(utc(3.0), OperatorActed(3.0, Trigger.SIGN, "operator-a"))
    assert kinds(writer.path)[7:] == ["unsigned"]
    writer.append_crash(utc(3.0), NOTE, "defect")
    assert kinds(writer.path)[8:] == ["event", "crash", "checkpoint"]


@pytest.mark.verifies("SRS-501")
def test_an_array_is_kept_once(writer: AuditWriter) -> None:
    put(writer, fat_map(3.0, 0.5))
    put(writer, fat_map(4.0, 0.75))
    with AuditReader(writer.path) as reader:
        assert len(list(reader.arrays())) == 2


def every_way_to_write(writer: AuditWriter) -> dict[str, Callable[[], object]]:
    act = OperatorActed(5.0, Trigger.SIGN, "operator-a")
    return {
        "append": lambda: put(writer, NOTE),
        "refusal": lambda: writer.append_refusal(utc(5.0), NOTE, "no"),
        "unsigned": lambda: writer.append_unsigned(utc(5.0), act),
        "crash": lambda: writer.append_crash(utc(5.0), NOTE, "defect"),
        "resume": lambda: writer.resume_session(utc(5.0), 5.0, IDENTITY),
        "close": lambda: writer.close_session(utc(5.0), 5.0, "ABORT"),
    }


@pytest.mark.verifies("SRS-205", "SRS-509")
def test_a_full_disk_fails_the_append_and_every_one_after_it(writer: AuditWriter) -> None:
    """What was not durable once is never written around, also when there is room again; a new writer goes on."""
    pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
    writer._db.execute(f"PRAGMA max_page_count = {pages}")
    before, head = count(writer.path), writer.head
    noise = np.random.default_rng(1).random(9999, np.float32)
    with pytest.raises(AuditFailed, match=r"record\.db: database or disk is full") as first:
        put(writer, FatMapReceived(3.0, Geometry((1, 1, 1), (1.0,) * 3, (0.0,) * 3), noise))
    writer._db.execute("PRAGMA max_page_count = 99999")
    for write in every_way_to_write(writer).values():
        with pytest.raises(AuditFailed) as again:
            write()
        assert str(again.value) == str(first.value)
        assert (count(writer.path), writer.head) == (before, head)
    writer.let_go()
    with AuditWriter(writer.path, rig.KEY, create=False) as other:
        other.resume_session(utc(9.0), 1.0, IDENTITY)
        other.close_session(utc(9.0), 1.0, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-205", "SRS-509")
@pytest.mark.parametrize("way", every_way_to_write(None))  # type: ignore[arg-type]
def test_each_way_to_write_latches_its_failure(writer: AuditWriter, way: str) -> None:
    writer._db.execute("PRAGMA query_only = ON")
    with pytest.raises(AuditFailed, match="readonly"):
        every_way_to_write(writer)[way]()
    writer._db.execute("PRAGMA query_only = OFF")
    with pytest.raises(AuditFailed, match="readonly"):
        put(writer, NOTE)
    assert count(writer.path) == 5


@pytest.mark.verifies("SRS-205")
@pytest.mark.parametrize("how", ["closed", "let go"])
def test_nothing_is_appended_after_the_end(writer: AuditWriter, how: str) -> None:
    if how == "closed":
        writer.close_session(utc(9.0), 9.0, "COMPLETE")
    else:
        writer.let_go()
    before = count(writer.path)
    with pytest.raises(AuditFailed):
        put(writer, NOTE)
    assert count(writer.path) == before


@pytest.mark.verifies("SRS-501")
def test_of_two_writers_one_fails(writer: AuditWriter) -> None:
    with AuditWriter(writer.path, rig.KEY, create=False) as other:
        other.resume_session(utc(3.0), 3.0, IDENTITY)
        for _ in range(2):  # the loser writes nothing more, though its next number would fit by then
            with pytest.raises(AuditFailed, match="without gaps"):
                put(writer, NOTE)
        writer.let_go()
        other.close_session(utc(9.0), 9.0, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-501")
def test_a_record_is_never_overwritten(writer: AuditWriter, made: ModuleType) -> None:
    before = writer.path.read_bytes()
    with pytest.raises(AuditFailed, match="never overwritten"):
        open_new(writer.path, made.small_plan(), made.small_text(), made.ShamClock(), rig.KEY)
    with pytest.raises(AuditFailed):
        AuditWriter(writer.path, rig.KEY, create=True)
    assert writer.path.read_bytes() == before


def in_a_missing_folder(tmp_path: Path, _: ModuleType) -> None:
    AuditWriter(tmp_path / "none" / "record.db", rig.KEY, create=True)


def below_a_file(tmp_path: Path, made: ModuleType) -> None:
    (tmp_path / "file").touch()
    open_new(tmp_path / "file" / "record.db", made.small_plan(), made.small_text(), made.ShamClock(), rig.KEY)


def below_a_name_that_is_too_long(tmp_path: Path, made: ModuleType) -> None:
    open_new(tmp_path / ("n" * 300) / "record.db", made.small_plan(), made.small_text(), made.ShamClock(), rig.KEY)


def on_a_folder(tmp_path: Path, _: ModuleType) -> None:
    AuditWriter(tmp_path, rig.KEY, create=True)


def on_text(tmp_path: Path, _: ModuleType) -> None:
    (tmp_path / "notes.txt").write_text("no record at all, but longer than the head of a database file\n" * 9)
    AuditWriter(tmp_path / "notes.txt", rig.KEY, create=False)


def on_an_empty_file(tmp_path: Path, _: ModuleType) -> None:
    (tmp_path / "empty").touch()
    AuditWriter(tmp_path / "empty", rig.KEY, create=False)


def on_a_record_without_entries(tmp_path: Path, _: ModuleType) -> None:
    AuditWriter(tmp_path / "record.db", rig.KEY, create=True).let_go()
    AuditWriter(tmp_path / "record.db", rig.KEY, create=False)


def on_a_record_that_opens_nothing(tmp_path: Path, _: ModuleType) -> None:
    with AuditWriter(tmp_path / "record.db", rig.KEY, create=True) as writer:
        writer.append_refusal(utc(0.0), NOTE, "no")
    AuditWriter(tmp_path / "record.db", rig.KEY, create=False)


def on_a_record_without_a_first_entry(tmp_path: Path, _: ModuleType) -> None:
    with AuditWriter(tmp_path / "record.db", rig.KEY, create=True) as writer:
        writer.append_refusal(utc(0.0), NOTE, "no")
        writer._db.execute("DROP TRIGGER entries_no_delete")
        writer._db.execute("DELETE FROM entries WHERE seq = 1")
    AuditWriter(tmp_path / "record.db", rig.KEY, create=False)


@pytest.mark.verifies("SRS-205", "SRS-501")
@pytest.mark.parametrize(
    "attempt",
    [in_a_missing_folder, below_a_file, below_a_name_that_is_too_long, on_a_folder, on_text, on_an_empty_file,
     on_a_record_without_entries, on_a_record_that_opens_nothing, on_a_record_without_a_first_entry],
)  # fmt: skip
def test_a_record_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, made: ModuleType, attempt: Callable[[Path, ModuleType], None]
) -> None:
    with pytest.raises(AuditFailed) as caught:
        attempt(tmp_path, made)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.verifies("SRS-502", "SRS-504")
@pytest.mark.parametrize("at_s", [7, -0.0, 1e300, 5e-324, np.float64(0.1), 2**53], ids=repr)
def test_every_moment_that_a_clock_may_say_verifies(tmp_path: Path, at_s: float) -> None:
    writer = AuditWriter(tmp_path / "record.db", rig.KEY, create=True)
    writer.open_session(utc(0.0), -0.0, IDENTITY)
    writer.append(utc(0.0), Restarted(at_s, "now"), (decided(at_s),), ())
    writer.close_session(utc(0.0), at_s, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-502", "SRS-504")
@pytest.mark.parametrize("word", ["", "é\u0000\n\"'\\", "\ud800", "𝄞", '{"$array":"' + "0" * 64 + '"}'], ids=ascii)
def test_every_word_that_a_person_may_write_verifies(writer: AuditWriter, word: str) -> None:
    signature = Signature(word, word, word, word, word)
    put(writer, OperatorActed(3.0, Trigger.STOP, word, None, word), word, signature=signature)
    writer.append_unsigned(utc(4.0), OperatorActed(4.0, Trigger.SIGN, word, None, word))
    writer.append_refusal(utc(4.0), ChannelFailed(4.0, Channel.PUMP, word), word)
    writer.append_crash(utc(5.0), ChannelFailed(5.0, Channel.PUMP, word), word)
    writer.close_session(utc(9.0), 9.0, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-502")
def test_closing_seals_one_file(writer: AuditWriter) -> None:
    head = writer.close_session(utc(9.0), 9.0, "COMPLETE")
    assert sorted(path.name for path in writer.path.parent.iterdir()) == ["record.db", "record.db.seal"]
    assert verify(writer.path, head).sound and verify(writer.path).head == head == writer.head
    before = seal_path(writer.path).read_bytes()
    with pytest.raises(AuditFailed):
        writer.close_session(utc(9.0), 9.0, "COMPLETE")
    assert seal_path(writer.path).read_bytes() == before


@pytest.mark.verifies("SRS-502")
def test_a_seal_is_never_written_over_another(writer: AuditWriter) -> None:
    seal_path(writer.path).write_text("somebody's")
    with pytest.raises(AuditFailed, match="cannot be closed"):
        writer.close_session(utc(9.0), 9.0, "COMPLETE")
    assert seal_path(writer.path).read_text() == "somebody's"


@pytest.mark.verifies("SRS-502", "SRS-509")
def test_a_close_that_fails_is_the_writers_last(writer: AuditWriter) -> None:
    """The entries are durable, the seal is not: nobody may think that more can be written behind `closed`."""
    seal_path(writer.path).write_text("somebody's")
    for _ in range(2):
        with pytest.raises(AuditFailed, match="cannot be closed"):
            writer.close_session(utc(9.0), 9.0, "COMPLETE")
    assert kinds(writer.path)[-2:] == ["closed", "checkpoint"] and kinds(writer.path).count("closed") == 1


# --------------------------------------------------------------------------------------------------------------- clocks
def bodies(path: Path, kind: str) -> list[dict]:
    with AuditReader(path) as reader:
        return [json.loads(entry.body) for entry in reader.entries() if entry.kind == kind]


@pytest.mark.verifies("SRS-510")
@pytest.mark.parametrize("moved_s", [0.0, 0.5, -0.5, 0.501, -0.501, 3600.0, -3600.0])
@pytest.mark.parametrize("way", ["append", "refusal", "unsigned", "crash", "close"])
def test_wall_time_that_moved_is_on_record(writer: AuditWriter, way: str, moved_s: float) -> None:
    """More than half a second against the monotonic clock, either way, since the write before."""
    ways = {
        "append": lambda at: writer.append(at, NOTE, (decided(3.0),), ()),
        "refusal": lambda at: writer.append_refusal(at, NOTE, "no"),
        "unsigned": lambda at: writer.append_unsigned(at, OperatorActed(3.0, Trigger.SIGN, "operator-a")),
        "crash": lambda at: writer.append_crash(at, NOTE, "defect"),
        "close": lambda at: writer.close_session(at, 3.0, "ABORT"),
    }
    ways[way](utc(3.0 + moved_s))
    says = bodies(writer.path, "clock")
    if abs(moved_s) <= 0.5:
        assert says == []
    else:
        assert says == [{"moved_s": pytest.approx(moved_s, abs=1e-6)}]
        assert kinds(writer.path)[5] == "clock", "it comes first in its write"
    if way != "close":
        writer.close_session(utc(4.0 + moved_s), 4.0, "ABORT")  # and it has not moved again
        assert len(bodies(writer.path, "clock")) == len(says)
    assert verify(writer.path).findings == ()


# ---------------------------------------------------------------------------------------------------- runs and sessions
@pytest.mark.verifies("SRS-505", "SRS-506", "SRS-510")
def test_a_session_is_gone_on_with_by_another_key_on_another_clock(writer: AuditWriter) -> None:
    session = bodies(writer.path, "opened")[0]["session"]
    writer.let_go()
    other = SiteKey.made()
    with AuditWriter(writer.path, other, create=False) as again:
        again.resume_session(utc(500.0), 1.0, {**IDENTITY, "between": None})
        put_at = Restarted(2.0, "controller restarted")
        again.append(utc(501.0), put_at, (decided(2.0),), ())
        again.close_session(utc(502.0), 3.0, "ABORT")
    said = {"session": session, "site_key": other.public.raw_hex, "after": 5, "between": None}
    assert bodies(writer.path, "resumed") == [{**IDENTITY, **said}]
    assert kinds(writer.path)[5:] == ["resumed", "checkpoint", "event", "decision", "closed", "checkpoint"]
    keys = [body["key"] for body in bodies(writer.path, "checkpoint")]
    assert keys == [rig.KEY.public.fingerprint] + [other.public.fingerprint] * 2
    result = verify(writer.path, None, [rig.KEY.public, other.public])
    assert result.findings == () and result.key == other.public.fingerprint
    assert verify(writer.path, None, [rig.KEY.public]).first_bad == 6


@pytest.mark.verifies("SRS-506")
def test_a_session_is_named_at_random_unless_it_is_given_a_name(tmp_path: Path) -> None:
    names = []
    for number, given in enumerate((None, None, rig.SESSION)):
        with AuditWriter(tmp_path / f"{number}.db", rig.KEY, create=True) as writer:
            writer.open_session(utc(0.0), 0.0, IDENTITY, given)
            writer.close_session(utc(1.0), 1.0, "SETUP")
        assert verify(writer.path).findings == ()
        (said,) = bodies(writer.path, "opened")
        assert said == {**IDENTITY, "session": said["session"], "site_key": rig.KEY.public.raw_hex}
        names.append(said["session"])
    assert names[2] == rig.SESSION and len(set(names)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


@pytest.mark.verifies("SRS-508")
def test_a_signature_stands_in_the_write_of_its_act(writer: AuditWriter) -> None:
    signature = Signature("operator-a", "A", "radiographer", "I have reviewed this session.", "Sign?")
    put(writer, OperatorActed(3.0, Trigger.SIGN, "operator-a"), "a remark", signature=signature)
    assert kinds(writer.path)[5:] == ["event", "decision", "remark", "signature", "checkpoint"]
    assert bodies(writer.path, "signature") == [
        {"person": "operator-a", "name": "A", "role": "radiographer", "meaning": "I have reviewed this session.",
         "shown": "Sign?", "signs": 6}
    ]  # fmt: skip
    moved = OperatorActed(4.0, Trigger.SIGN, "operator-a")
    writer.append(utc(64.0), moved, (decided(4.0),), (), signature)
    assert kinds(writer.path)[10:] == ["clock", "event", "decision", "signature", "checkpoint"]
    assert bodies(writer.path, "signature")[1]["signs"] == 12, "also where a clock entry comes first"
    writer.close_session(utc(65.0), 5.0, "COMPLETE")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-506")
def test_a_change_of_the_sessions_state_ends_in_a_checkpoint(writer: AuditWriter) -> None:
    writer.append(utc(3.0), NOTE, (decided(3.0, Session.SETUP, Session.ABORT),), ("pump: no answer",))
    assert kinds(writer.path)[5:] == ["event", "decision", "remark", "checkpoint"]
    (_, last) = bodies(writer.path, "checkpoint")
    with AuditReader(writer.path) as reader:
        entries = list(reader.entries())
    assert (last["covers"], last["head"]) == (8, entries[7].chain.hex()) and writer.head == entries[8].chain.hex()
