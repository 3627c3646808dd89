"""The second verifier, rules 1 to 3: what cannot be read or does not fit the chain ends the reading there."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from document_record import KEY, NEXT_KEY, keys, lay, named, on, seal, whole

Verify = Callable[..., dict[str, Any]]


def test_whole_record_is_sound(tmp_path: Path, verify: Verify) -> None:
    head = lay(tmp_path / "a b?#%.db", whole())

    told = verify(tmp_path / "a b?#%.db", "--head", head.upper(), "--key", *keys(tmp_path, KEY, NEXT_KEY))

    assert told == {"sound": True, "entries": 31, "arrays": 3, "head": head, "first_bad": None, "findings": []}


# Rule 1


@pytest.mark.parametrize(
    "change",
    [
        "chain = hex(chain)", "kind = x'00'", "at_s = 'soon'", "utc = NULL", "body = 5.0", "kind = CAST(x'ff' AS TEXT)",
    ],
)  # fmt: skip
def test_row_of_other_types_ends_reading(record: Path, verify: Verify, change: str) -> None:
    on(record, f"UPDATE entries SET {change if 'body' not in change else 'body = CAST(body AS BLOB)'} WHERE seq = 9")

    told = verify(record)

    assert (told["first_bad"], told["entries"], named(told) - {0}) == (9, 8, {9})


def test_damaged_page_names_the_entry_after_the_last_readable_one(tmp_path: Path, verify: Verify) -> None:
    path, entries = tmp_path / "record.db", whole()
    head = lay(path, entries, page_bytes=512)
    content = bytearray(path.read_bytes())
    at = content.index(b"pump: hold was not confirmed") // 512 * 512
    content[at : at + 512] = bytes(512)
    path.write_bytes(content)
    seal(path, head)
    readable = 0
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.DatabaseError):
        while db.execute("SELECT * FROM entries WHERE seq = ? LIMIT 1", (readable + 1,)).fetchall():
            readable += 1

    told = verify(path)

    assert 10 < readable < 18
    assert (told["first_bad"], told["entries"]) == (readable + 1, readable)


# Rule 2


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("DELETE FROM entries WHERE seq = 9", 9),
        ("DELETE FROM entries WHERE seq = 1", 1),
        ("UPDATE entries SET seq = 40 WHERE seq = 31", 31),
        ("UPDATE entries SET seq = 0 WHERE seq = 1", 1),
    ],
)
def test_gap_in_numbers(record: Path, verify: Verify, statement: str, bad: int) -> None:
    on(record, statement)

    told = verify(record)

    assert (told["first_bad"], told["entries"]) == (bad, bad - 1)
    assert any("seq" in text for number, text in told["findings"] if number == bad)


# Rule 3


@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, 'no row', 'no now')", "at_s = at_s + 1e-9", "kind = 'remark'", "chain = zeroblob(32)",
        "utc = replace(utc, '.000000', '.000001')", "body = body || ' '",
    ],
)  # fmt: skip
def test_change_of_an_entry_breaks_the_chain_there(record: Path, verify: Verify, change: str) -> None:
    on(record, f"UPDATE entries SET {change} WHERE seq = 10")

    told = verify(record)

    assert (told["first_bad"], told["entries"], named(told) - {0}) == (10, 9, {10})
    assert any("chain" in text for _, text in told["findings"])


def test_swapped_entries_break_the_chain_at_the_first(record: Path, verify: Verify) -> None:
    on(record, *(f"UPDATE entries SET seq = {new} WHERE seq = {old}" for old, new in ((10, 99), (12, 10), (99, 12))))

    assert verify(record)["first_bad"] == 10
