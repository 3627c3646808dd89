"""The second verifier, rules 6 to 9: end, seal, head and keys of a record."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from document_record import ARRAYS, KEY, NEXT_KEY, STRANGER, chained, keys, lay, named, on, opened, seal, whole

Verify = Callable[..., dict[str, Any]]

# Rule 6


@pytest.mark.parametrize("last", [2, 8, 17, 24, 26, 28, 29, 30])
def test_record_that_is_not_closed_names_its_last_entry(tmp_path: Path, verify: Verify, last: int) -> None:
    arrays = ARRAYS if last > 7 else ARRAYS[:1] if last > 2 else ()
    lay(tmp_path / "record.db", whole()[:last], arrays)

    told = verify(tmp_path / "record.db")

    assert (told["first_bad"], told["entries"]) == (last, last)


def test_record_of_no_entry(tmp_path: Path, verify: Verify) -> None:
    lay(tmp_path / "record.db", [], [])

    assert verify(tmp_path / "record.db")["first_bad"] == 0


def test_record_that_is_still_written_is_read_with_its_wal_and_left_as_it_is(tmp_path: Path, verify: Verify) -> None:
    path = tmp_path / "record.db"
    head = lay(path, whole()[:8])
    Path(f"{path}.seal").unlink()
    rows = chained(whole()[:18])[8:]
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)

        told = verify(path)

        assert (told["entries"], told["first_bad"], named(told)) == (18, 18, {0, 18})
        assert told["head"] != head


def test_reading_leaves_nothing_beside_a_record_without_a_seal(record: Path, verify: Verify) -> None:
    Path(f"{record}.seal").unlink()
    on(record, "PRAGMA journal_mode = WAL", sealed=False)
    before = record.read_bytes()

    told = verify(record)

    assert (named(told), told["entries"]) == ({0}, 31)
    assert [each.name for each in record.parent.iterdir()] == ["record.db"]
    assert record.read_bytes() == before


# Rule 7


def _seal_text(change: Callable[[str], str]) -> Callable[[Path], None]:
    def damage(record: Path) -> None:
        path = Path(f"{record}.seal")
        path.write_bytes(change(path.read_text(encoding="ascii")).encode())

    return damage


def _reseal(**changed: Any) -> Callable[[Path], None]:
    def damage(record: Path) -> None:
        seal(record, json.loads(Path(f"{record}.seal").read_text(encoding="ascii"))["head"], **changed)

    return damage


def _beside(end: str) -> Callable[[Path], None]:
    return lambda record: Path(f"{record}{end}").write_bytes(b"x" * 40)


SEALS: dict[str, Callable[[Path], object]] = {
    "none": lambda record: Path(f"{record}.seal").unlink(),
    "folder": lambda record: (Path(f"{record}.seal").unlink(), Path(f"{record}.seal").mkdir()),
    "empty": _seal_text(lambda _: ""),
    "no ASCII": _seal_text(lambda text: text.replace("2", "\u00b2")),
    "no newline": _seal_text(str.rstrip),
    "a space for the newline": _seal_text(lambda text: text.replace("\n", " ")),
    "two newlines": _seal_text(lambda text: text + "\n"),
    "carriage return": _seal_text(lambda text: text.replace("\n", "\r\n")),
    "spaces": _seal_text(lambda text: text.replace(":", ": ")),
    "two lines": _seal_text(lambda text: text * 2),
    "a field more": _seal_text(lambda text: text.replace('"format":2', '"format":2,"formatted":1')),
    "a field less": _seal_text(lambda text: text.replace('"format":2,', "")),
    "list": _seal_text(lambda _: "[]\n"),
    "format 1": _seal_text(lambda text: text.replace('"format":2', '"format":1')),
    "signature changed": _seal_text(lambda text: text[:-4] + ("00" if text[-4] != "0" else "11") + text[-2:]),
    "key of the first run": _reseal(key=KEY),
    "stranger's key": _reseal(key=STRANGER),
    "key named wrongly": lambda record: _seal_text(
        lambda text: text.replace(json.loads(text)["key"], "00" * 32)
    )(record),
    "another head": _reseal(head="00" * 32),
    "another session": _reseal(session="f" * 32),
    "another size": _reseal(size=4096),
    "another file": _reseal(sha256="00" * 32),
    "wal": _beside("-wal"),
    "journal": _beside("-journal"),
    "one byte more": lambda record: record.write_bytes(record.read_bytes() + b"\x00"),
}  # fmt: skip


@pytest.mark.parametrize("damage", SEALS.values(), ids=SEALS.keys())
def test_damage_of_seal_or_file_names_the_file(
    record: Path, verify: Verify, request: pytest.FixtureRequest, damage: Callable[[Path], object]
) -> None:
    if request.node.callspec.id == "another head":
        seal(record, "00" * 32)
    else:
        damage(record)

    told = verify(record)

    assert (told["first_bad"], named(told), told["entries"]) == (0, {0}, 31)


@pytest.mark.parametrize("end", ["-wal", "-journal", "-shm"])
def test_empty_file_beside_a_sealed_record_is_nothing(record: Path, verify: Verify, end: str) -> None:
    Path(f"{record}{end}").touch()

    assert verify(record)["findings"] == []


def test_journal_beside_a_record_without_a_seal_is_not_rolled_back(record: Path, verify: Verify) -> None:
    Path(f"{record}.seal").unlink()
    Path(f"{record}-journal").write_bytes(bytes.fromhex("d9d505f920a163d7") + b"\x01" * 1000)

    told = verify(record)

    assert (told["entries"], named(told), len(told["findings"])) == (31, {0}, 2)


def test_wal_beside_a_sealed_record_is_not_read(record: Path, verify: Verify) -> None:
    on(record, "PRAGMA journal_mode = WAL")
    sealed, content = Path(f"{record}.seal").read_bytes(), record.read_bytes()
    with closing(sqlite3.connect(record, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("DROP TRIGGER entries_no_delete")
        writer.execute("DELETE FROM entries WHERE seq > 20")
        wal = Path(f"{record}-wal").read_bytes()
    for each in record.parent.iterdir():
        each.unlink()
    for end, was in (("", content), (".seal", sealed), ("-wal", wal)):
        Path(f"{record}{end}").write_bytes(was)

    told = verify(record)

    assert (told["entries"], told["findings"]) == (31, [[0, f"{record}-wal: lies beside the record"]])
    assert sorted(each.name for each in record.parent.iterdir()) == ["record.db", "record.db-wal", "record.db.seal"]


# Rules 8 and 9


def test_cut_tail_of_a_record_that_was_closed_anew_is_shown_by_the_head(tmp_path: Path, verify: Verify) -> None:
    head = lay(tmp_path / "record.db", whole())
    short = [*whole()[:26], *whole()[28:]]
    lay(tmp_path / "short.db", short)

    assert verify(tmp_path / "short.db")["sound"]
    assert verify(tmp_path / "record.db", "--head", head)["sound"]
    told = verify(tmp_path / "short.db", "--head", head)
    assert (told["first_bad"], named(told)) == (29, {29})


def test_head_of_a_record_that_cannot_be_read_to_its_end_names_where_reading_stopped(
    record: Path, verify: Verify
) -> None:
    on(record, "UPDATE entries SET body = '{}' WHERE seq = 10")

    told = verify(record, "--head", "00" * 32)

    assert [text[:5] for number, text in told["findings"] if number] == ["chain", "head:"]
    assert told["first_bad"] == 10


def test_record_made_anew_by_a_stranger_is_caught_by_the_site_key(tmp_path: Path, verify: Verify) -> None:
    forged = [replace(entry, key=STRANGER) for entry in whole()]
    forged[0].body, forged[24].body = opened(STRANGER), opened(STRANGER, after=24)
    forged[9].body = "nothing happened"
    head = lay(tmp_path / "record.db", forged)
    seal(tmp_path / "record.db", head, STRANGER)

    assert verify(tmp_path / "record.db")["sound"]
    told = verify(tmp_path / "record.db", "--key", *keys(tmp_path, KEY, NEXT_KEY))
    assert (told["first_bad"], named(told)) == (1, {1, 25})


def test_key_of_one_run_does_not_do_for_another(record: Path, verify: Verify) -> None:
    first, second = keys(record.parent, KEY, NEXT_KEY)

    assert verify(record, "--key", first)["first_bad"] == 25
    assert verify(record, "--key", second)["first_bad"] == 1
    assert verify(record, "--key", first, "--key", second)["sound"]


def test_chain_made_anew_without_the_site_key_is_caught_at_the_next_checkpoint(tmp_path: Path, verify: Verify) -> None:
    old, changed = chained(whole()), whole()
    changed[9].body = "nothing happened"
    kept = [
        replace(entry, raw=row[4]) if entry.body is None else entry for entry, row in zip(changed, old, strict=True)
    ]
    lay(tmp_path / "kept.db", kept)
    signed = [replace(entry, key=STRANGER) for entry in changed]
    lay(tmp_path / "signed.db", signed)

    assert verify(tmp_path / "kept.db")["first_bad"] == 14
    assert verify(tmp_path / "signed.db")["first_bad"] == 2
