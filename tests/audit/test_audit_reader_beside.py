"""What lies beside a record: reading makes nothing, changes nothing, and a reader never keeps a session from ending."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Restarted
from syntherm.ports.record import AuditFailed
from syntherm.session.records import open_new


@pytest.fixture
def live(made: ModuleType, tmp_path: Path) -> Iterator[AuditWriter]:
    """A record that is being written."""
    (tmp_path / "live").mkdir()
    clock = made.ShamClock()
    writer = open_new(tmp_path / "live" / "record.db", made.small_plan(), made.small_text(), clock, made.KEY)
    made.Rig.of(made.small_plan(), writer, clock).poll()
    yield writer
    writer.let_go()


NOW = datetime(2026, 1, 5, 8, 0, 2, tzinfo=UTC)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def copied(writer: AuditWriter, target: Path, *suffixes: str) -> Path:
    target.mkdir()
    for suffix in suffixes:
        source = writer.path.with_name(writer.path.name + suffix)
        shutil.copyfile(source, target / source.name)
    return target / writer.path.name


def count(path: Path) -> int:
    with AuditReader(path) as reader:
        return sum(1 for _ in reader.entries())


@pytest.mark.verifies("SRS-513")
def test_a_record_is_read_while_it_is_written(live: AuditWriter) -> None:
    with AuditReader(live.path) as reader:
        before = sum(1 for _ in reader.entries())
        assert before == 4
        live.append_crash(NOW, Restarted(2.0, ""), "a defect")
        assert sum(1 for _ in reader.entries()) == before + 3


@pytest.mark.verifies("SRS-513")
def test_reading_a_copy_of_an_unclosed_record_leaves_the_copy_as_it_is(live: AuditWriter, tmp_path: Path) -> None:
    path = copied(live, tmp_path / "copy", "", "-wal")
    before = contents(path.parent)
    assert count(path) == 4
    assert not verify(path).sound
    assert contents(path.parent) == before


@pytest.mark.verifies("SRS-513")
def test_a_copy_without_its_log_says_what_is_missing_and_stays_as_it_is(tmp_path: Path) -> None:
    """Such as of a record that was just opened: its tables are still in the log."""
    path = tmp_path / "copy" / "record.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as new:
        new.execute("PRAGMA journal_mode = WAL")
        new.execute("CREATE TABLE meta (schema_version INTEGER)")
        shutil.copyfile(tmp_path / "new.db", path)
    before = contents(path.parent)
    with pytest.raises(UnreadableRecord, match=r"its -wal file is missing"):
        AuditReader(path)
    assert contents(path.parent) == before


@pytest.mark.verifies("SRS-513")
def test_of_a_copy_without_its_log_only_what_the_file_holds_is_read(live: AuditWriter, tmp_path: Path) -> None:
    path = copied(live, tmp_path / "copy", "")
    before = contents(path.parent)
    assert count(path) < 4
    assert any("without being closed" in str(finding) for finding in verify(path).findings)
    assert contents(path.parent) == before


@pytest.mark.verifies("SRS-506", "RC-13")
def test_a_reader_does_not_keep_a_session_from_being_sealed(live: AuditWriter) -> None:
    with AuditReader(live.path) as reader:
        list(reader.entries())
        live.close_session(NOW, 2.0, "SETUP")
        assert verify(live.path).sound
    assert verify(live.path).sound
    assert count(live.path) == 6


@pytest.mark.verifies("SRS-505", "RC-13")
def test_a_reader_in_the_middle_of_reading_only_delays_the_seal(live: AuditWriter) -> None:
    live._db.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(live.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM entries").fetchone()
        with pytest.raises(AuditFailed, match="while somebody reads it"):
            live.close_session(NOW, 2.0, "SETUP")
    assert not seal_path(live.path).exists()
    live.let_go()
    AuditWriter(live.path, live._key, create=False).seal()
    assert verify(live.path).sound
