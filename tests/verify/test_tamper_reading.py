"""What a damaged file reads as, told without any hash; and which byte of a file belongs to which entry."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syntherm_verify.tamper.corpus import Corpus, corpus
from syntherm_verify.tamper.damaged import FILE, REFUSED, Damaged, lay
from syntherm_verify.tamper.pages import owners
from syntherm_verify.tamper.reading import first_unlike
from syntherm_verify.tamper.store import changed


@pytest.fixture(scope="module")
def records() -> Corpus:
    return corpus()


def read(damaged: Damaged, folder: Path) -> frozenset[int]:
    return first_unlike(lay(damaged.files, folder), damaged.whole, sealed=damaged.seal is not None)


def test_an_undamaged_record_reads_as_it_was(records: Corpus, tmp_path: Path) -> None:
    whole, unclosed = records.whole, records.unclosed
    assert read(Damaged(whole, whole.data, whole.seal, FILE), tmp_path) == {FILE}
    assert read(Damaged(unclosed, unclosed.data, None, FILE), tmp_path) == {unclosed.last}


def test_bytes_of_an_entry_are_those_that_change_it(records: Corpus, tmp_path: Path) -> None:
    whole = records.whole
    for number in (1, 5, whole.last):
        text = whole.rows[number - 1][4].encode()[:20]
        places = [n for n in range(len(whole.data)) if whole.owner[n] == number]
        place = next(n for n in places if whole.data[n : n + 20] == text)
        data = whole.data[:place] + bytes([whole.data[place] ^ 1]) + whole.data[place + 1 :]
        assert read(Damaged(whole, data, whole.seal, FILE), tmp_path) == {number}


def test_every_entry_has_bytes_and_long_ones_have_pages_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE some (n INTEGER PRIMARY KEY, body TEXT)")
        db.executemany("INSERT INTO some VALUES (?, ?)", [(n, "x" * 37 * n) for n in range(1, 400)])
        db.commit()
        root = db.execute("SELECT rootpage FROM sqlite_master").fetchone()[0]
    found = owners(path.read_bytes(), root)
    for number in (1, 2, 150, 399):
        assert 37 * number < (found == number).sum() < 37 * number + 60
    data = path.read_bytes()
    assert all(found[place] for place in range(len(data)) if data[place : place + 9] == b"x" * 9)


def test_arrays_are_part_of_the_entry_that_names_them_first(records: Corpus, tmp_path: Path) -> None:
    whole = records.whole
    digest = next(iter(whole.uses))
    arrays = {name: each for name, each in whole.arrays.items() if name != digest}
    assert read(Damaged(whole, changed(whole, arrays=arrays), whole.seal, FILE), tmp_path) == {whole.uses[digest]}


def test_an_entry_that_is_gone_or_too_many_is_the_first_unlike(records: Corpus, tmp_path: Path) -> None:
    whole = records.whole
    gone = changed(whole, [*whole.rows[:9], *whole.rows[10:]])
    assert read(Damaged(whole, gone, whole.seal, FILE), tmp_path) == {10}
    more = changed(whole, [*whole.rows, (whole.last + 1, "event", 0.0, "", "{}", b"")])
    assert read(Damaged(whole, more, whole.seal, FILE), tmp_path) == {whole.last + 1}
    less = changed(whole, whole.rows[:-3])
    assert read(Damaged(whole, less, whole.seal, FILE), tmp_path) == {whole.last - 3}


def test_no_file_reads_as_no_record(records: Corpus, tmp_path: Path) -> None:
    whole = records.whole
    for data in (b"", b"no record", whole.data[:4096], changed(whole, then=("DELETE FROM meta",))):
        assert read(Damaged(whole, data, whole.seal, FILE), tmp_path) == {REFUSED}


def test_arrays_that_cannot_all_be_read_leave_it_open(records: Corpus, tmp_path: Path) -> None:
    whole = records.whole
    with closing(sqlite3.connect(lay({"": whole.data}, tmp_path))) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'arrays'").fetchone()
    data = whole.data[: (root - 1) * 4096] + bytes(4096) + whole.data[root * 4096 :]
    assert read(Damaged(whole, data, whole.seal, FILE), tmp_path) == {FILE, *whole.uses.values()}
