"""The writer: append-only, one transaction per event, durable, and loud when it cannot be."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import rig

from syntherm.audit.reader import AuditReader
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Channel, ChannelFailed, FatMapReceived, Geometry, OperatorActed, Restarted
from syntherm.core.vocabulary import Trigger
from syntherm.ports.record import AuditFailed
from syntherm.session.records import open_new

UTC_NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NOTE = Restarted(1.0, "a note")


def fat_map(value: float) -> FatMapReceived:
    return FatMapReceived(2.0, Geometry((1, 1, 2), (1.0,) * 3, (0.0,) * 3), np.full((1, 1, 2), value, np.float32))


@pytest.fixture
def writer(tmp_path: Path) -> AuditWriter:
    writer = AuditWriter(tmp_path / "record.db", rig.KEY, create=True)
    writer.open_session(UTC_NOW, 0.0, {"plan": "none"})
    writer.append(UTC_NOW, fat_map(0.5), (), ("a remark",))
    return writer


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM entries").fetchone()[0])


CHANGES = [
    "UPDATE entries SET body = '{}' WHERE seq = 1",
    "UPDATE entries SET seq = 99 WHERE seq = 2",
    "UPDATE arrays SET data = x''",
    "UPDATE meta SET schema_version = 2",
    "DELETE FROM entries WHERE seq = 3",
    "DELETE FROM entries",
    "DELETE FROM arrays",
    "DELETE FROM meta",
    "REPLACE INTO entries SELECT seq, 'note', at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT OR REPLACE INTO arrays SELECT digest, dtype, shape, packing, x'00' FROM arrays",
    "INSERT INTO arrays SELECT digest, dtype, shape, packing, x'00' FROM arrays",
    "INSERT INTO entries SELECT 5, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT 0, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT -1, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT INTO entries SELECT 3, kind, at_s, utc, body, chain FROM entries WHERE seq = 3",
    "INSERT OR REPLACE INTO entries SELECT 3, kind, at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT OR IGNORE INTO entries SELECT 6, kind, at_s, utc, body, chain FROM entries WHERE seq = 2",
    "INSERT INTO entries VALUES (4, 'note', 'late', 'utc', '{}', x'00')",
    "INSERT INTO entries VALUES (4, NULL, 1.0, 'utc', '{}', x'00')",
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
    writer.append(UTC_NOW, fat_map(0.25), (), ("one", "two"))
    verbs = [statement.split()[0] for statement in statements if not statement.startswith("--")]
    assert (verbs[0], verbs[-1]) == ("BEGIN", "COMMIT") and set(verbs[1:-1]) == {"INSERT"}
    assert count(writer.path) == 6


@pytest.mark.verifies("SRS-501")
def test_a_commit_is_seen_by_others_at_once(writer: AuditWriter) -> None:
    before = count(writer.path)
    writer.append_refusal(UTC_NOW, NOTE, "no")
    assert count(writer.path) == before + 2
    writer.append_crash(UTC_NOW, NOTE, "defect")
    with AuditReader(writer.path) as reader:
        assert [entry.kind for entry in reader.entries()][-4:] == ["event", "refusal", "event", "crash"]


@pytest.mark.verifies("SRS-501")
def test_an_array_is_kept_once(writer: AuditWriter) -> None:
    writer.append(UTC_NOW, fat_map(0.5), (), ())
    writer.append(UTC_NOW, fat_map(0.75), (), ())
    with AuditReader(writer.path) as reader:
        assert len(list(reader.arrays())) == 2


@pytest.mark.verifies("SRS-205")
def test_a_full_disk_fails_the_append_and_spares_the_record(writer: AuditWriter) -> None:
    pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
    writer._db.execute(f"PRAGMA max_page_count = {pages}")
    before, head = count(writer.path), writer.head
    big = FatMapReceived(
        3.0, Geometry((1, 1, 1), (1.0,) * 3, (0.0,) * 3), np.random.default_rng(1).random(9999, np.float32)
    )
    with pytest.raises(AuditFailed, match=r"record\.db: database or disk is full"):
        writer.append(UTC_NOW, big, (), ())
    assert (count(writer.path), writer.head) == (before, head)
    writer._db.execute("PRAGMA max_page_count = 99999")
    writer.append(UTC_NOW, big, (), ())
    writer.close_session(UTC_NOW, 9.0, "ABORT")
    assert verify(writer.path).sound


@pytest.mark.verifies("SRS-205")
@pytest.mark.parametrize("how", ["closed", "let go"])
def test_nothing_is_appended_after_the_end(writer: AuditWriter, how: str) -> None:
    if how == "closed":
        writer.close_session(UTC_NOW, 9.0, "COMPLETE")
    else:
        writer.let_go()
    before = count(writer.path)
    with pytest.raises(AuditFailed):
        writer.append(UTC_NOW, NOTE, (), ())
    assert count(writer.path) == before


@pytest.mark.verifies("SRS-501")
def test_of_two_writers_one_fails(writer: AuditWriter) -> None:
    with AuditWriter(writer.path, rig.KEY, create=False) as other:
        other.append(UTC_NOW, NOTE, (), ())
        with pytest.raises(AuditFailed, match="without gaps"):
            writer.append(UTC_NOW, NOTE, (), ())
        writer.let_go()
        other.close_session(UTC_NOW, 9.0, "ABORT")
    assert verify(writer.path).sound


@pytest.mark.verifies("SRS-501")
def test_a_record_is_never_overwritten(writer: AuditWriter, made: ModuleType) -> None:
    before = writer.path.read_bytes()
    with pytest.raises(AuditFailed, match="never overwritten"):
        open_new(writer.path, "plan", made.ShamClock())
    with pytest.raises(AuditFailed):
        AuditWriter(writer.path, rig.KEY, create=True)
    assert writer.path.read_bytes() == before


def in_a_missing_folder(tmp_path: Path, _: ModuleType) -> None:
    AuditWriter(tmp_path / "none" / "record.db", rig.KEY, create=True)


def below_a_file(tmp_path: Path, made: ModuleType) -> None:
    (tmp_path / "file").touch()
    open_new(tmp_path / "file" / "record.db", "plan", made.ShamClock())


def below_a_name_that_is_too_long(tmp_path: Path, made: ModuleType) -> None:
    open_new(tmp_path / ("n" * 300) / "record.db", "plan", made.ShamClock())


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


@pytest.mark.verifies("SRS-205", "SRS-501")
@pytest.mark.parametrize(
    "attempt",
    [in_a_missing_folder, below_a_file, below_a_name_that_is_too_long, on_a_folder, on_text, on_an_empty_file,
     on_a_record_without_entries],
)  # fmt: skip
def test_a_record_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, made: ModuleType, attempt: Callable[[Path, ModuleType], None]
) -> None:
    with pytest.raises(AuditFailed) as caught:
        attempt(tmp_path, made)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.verifies("SRS-502", "SRS-504")
@pytest.mark.parametrize("at_s", [7, -0.0, 1e300, 5e-324, np.float64(0.1), 2**53], ids=repr)
def test_every_moment_that_a_clock_may_say_verifies(writer: AuditWriter, at_s: float) -> None:
    writer.append(UTC_NOW, Restarted(at_s, "now"), (), ())
    writer.close_session(UTC_NOW, at_s, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-502", "SRS-504")
@pytest.mark.parametrize("word", ["", "é\u0000\n\"'\\", "\ud800", "𝄞", '{"$array":"' + "0" * 64 + '"}'], ids=ascii)
def test_every_word_that_a_person_may_write_verifies(writer: AuditWriter, word: str) -> None:
    writer.append(UTC_NOW, OperatorActed(3.0, Trigger.STOP, word, None, word), (), (word,))
    writer.append_refusal(UTC_NOW, ChannelFailed(4.0, Channel.PUMP, word), word)
    writer.close_session(UTC_NOW, 9.0, "ABORT")
    assert verify(writer.path).findings == ()


@pytest.mark.verifies("SRS-502")
def test_closing_seals_one_file(writer: AuditWriter) -> None:
    head = writer.close_session(UTC_NOW, 9.0, "COMPLETE")
    assert sorted(path.name for path in writer.path.parent.iterdir()) == ["record.db", "record.db.seal"]
    assert verify(writer.path, head).sound and verify(writer.path).head == head == writer.head
    before = seal_path(writer.path).read_bytes()
    with pytest.raises(AuditFailed):
        writer.close_session(UTC_NOW, 9.0, "COMPLETE")
    assert seal_path(writer.path).read_bytes() == before


@pytest.mark.verifies("SRS-502")
def test_a_seal_is_never_written_over_another(writer: AuditWriter) -> None:
    seal_path(writer.path).write_text("somebody's")
    with pytest.raises(AuditFailed, match="cannot be closed"):
        writer.close_session(UTC_NOW, 9.0, "COMPLETE")
    assert seal_path(writer.path).read_text() == "somebody's"
