"""The reader: changes nothing, and says in one line why a file is no record."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.replay import replay
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter

Copy = Callable[[Path], Path]


def folder(path: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}


@pytest.mark.verifies("SRS-501", "SRS-502")
def test_reading_a_sealed_record_leaves_the_folder_as_it_was(whole: Path, copy: Copy) -> None:
    path = copy(whole)
    before = folder(path)
    with AuditReader(path) as reader:
        assert len(list(reader.entries())) > 100 and len(list(reader.arrays())) > 10
        during = folder(path)
    verify(path)
    replay(path)
    assert during == folder(path) == before and set(before) == {"record.db", "record.db.seal"}


@pytest.mark.verifies("SRS-501")
def test_a_reader_cannot_write(whole: Path, copy: Copy) -> None:
    with AuditReader(copy(whole)) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("CREATE TABLE mine (a)")


@pytest.mark.verifies("SRS-501", "SRS-505")
def test_reading_an_open_record_sees_all_and_leaves_its_files_as_they_were(made: ModuleType, tmp_path: Path) -> None:
    clock = made.ShamClock()
    with AuditWriter(tmp_path / "record.db", made.KEY, create=True) as writer:
        writer.open_session(clock.utc(), 0.0, {"plan": "none"})
        before = folder(tmp_path / "record.db")
        with AuditReader(tmp_path / "record.db") as reader:
            assert [entry.kind for entry in reader.entries()] == ["opened", "checkpoint"]
        after = folder(tmp_path / "record.db")
        assert {name: data for name, data in after.items() if "-shm" not in name} == {
            name: data for name, data in before.items() if "-shm" not in name
        }


@pytest.mark.parametrize("name", ["a b.db", "100%25.db", "what?mode=rwc.db", "#1.db", "größe.db", "'quote.db"])
def test_a_record_may_have_any_name(short: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(short.read_bytes())
    seal_path(path).write_bytes(seal_path(short).read_bytes())
    assert verify(path).sound
    assert {entry.name for entry in tmp_path.iterdir()} == {name, f"{name}.seal"}


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE patients (name)")


def other_schema(*versions: object) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("CREATE TABLE meta (schema_version)")
            db.executemany("INSERT INTO meta VALUES (?)", [(version,) for version in versions])

    return make


def no_tables_but_meta(path: Path) -> None:
    other_schema(1)(path)


NO_RECORDS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "folder": Path.mkdir,
    "empty": Path.touch,
    "text": lambda path: path.write_text("not a record\n" * 500),
    "zeros": lambda path: path.write_bytes(bytes(8192)),
    "only the head": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "another database": other_database,
    "a later version": other_schema(3),
    "no such version": other_schema(0),
    "no version": other_schema(),
    "two versions": other_schema(1, 1),
    "a version that is a word": other_schema("1"),
}


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("look", [verify, replay])
@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("kind", NO_RECORDS)
def test_what_is_no_record_is_told_in_one_line(
    short: Path, tmp_path: Path, kind: str, sealed: bool, look: Callable[[Path], object]
) -> None:
    path = tmp_path / "record.db"
    NO_RECORDS[kind](path)
    if sealed:
        seal_path(path).write_bytes(seal_path(short).read_bytes())
    with pytest.raises(UnreadableRecord) as caught:
        look(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    if "version" in kind:
        assert "schema version" in message and "reads 1 and 2" in message


@pytest.mark.verifies("SRS-502")
def test_a_database_with_the_right_version_and_nothing_else(tmp_path: Path) -> None:
    no_tables_but_meta(tmp_path / "record.db")
    assert not verify(tmp_path / "record.db").sound
    with pytest.raises(UnreadableRecord, match="damaged"):
        replay(tmp_path / "record.db")


@pytest.mark.verifies("SRS-502")
def test_a_missing_array_is_named(whole: Path) -> None:
    with AuditReader(whole) as reader, pytest.raises(UnreadableRecord, match="array 000000000000 is missing"):
        reader.array("0" * 64)


def rows_on_a_damaged_page(path: Path) -> tuple[int, int]:
    """Zero a page in the middle that holds entries; the numbers of the first and the last entry on it."""
    with closing(sqlite3.connect(path)) as db:
        count = db.execute("SELECT max(seq) FROM entries").fetchone()[0]
        bodies = [row[0].encode() for row in db.execute("SELECT body FROM entries ORDER BY seq")]
    original = path.read_bytes()
    pages = {seq: original.find(body) // 4096 for seq, body in enumerate(bodies, start=1)}
    page = pages[count // 2]
    data = bytearray(original)
    data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    path.write_bytes(data)
    lost = []
    for seq in range(1, count + 1):
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
            try:
                found = db.execute("SELECT body FROM entries WHERE seq = ?", (seq,)).fetchone()
            except sqlite3.DatabaseError:
                found = None
        if found is None:
            lost.append(seq)
    return lost[0], lost[-1]


@pytest.mark.verifies("SRS-502")
def test_the_entry_after_the_last_readable_one_is_bad(short: Path, copy: Copy) -> None:
    """Reading stops at a damaged page: every entry before it is still read, and judged."""
    path = copy(short)
    first, last = rows_on_a_damaged_page(path)
    assert 1 < first <= last
    result = verify(path)
    assert (result.entries, result.first_bad) == (first - 1, first)
    assert any(finding.entry == first and "damaged" in str(finding) for finding in result.findings)
