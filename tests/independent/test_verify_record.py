"""The second verifier against records made from the format document: a sound one, and one damage for every rule.

Entry numbers in the tables are those of `document_record.whole()`.
"""

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from document_record import (
    ARRAYS,
    IMAGE,
    KEY,
    MAP,
    MASK,
    NEXT_KEY,
    PLAN,
    SESSION,
    STRANGER,
    Array,
    Entry,
    chained,
    decision,
    digest_of,
    lay,
    opened,
    pem,
    plain,
    public,
    seal,
    shuffle,
    whole,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st

from independent import verify_record

SCRIPT = Path(verify_record.__file__)
Told = dict[str, Any]
Verify = Callable[..., Told]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs the verifier in this process; its JSON, after a look at the exit code."""

    def run(path: Path, *arguments: object) -> Told:
        code = verify_record.main([str(path), "--json", *map(str, arguments)])
        told: Told = json.loads(capsys.readouterr().out)
        assert code == (0 if told["sound"] else 1)
        assert told["sound"] == (told["findings"] == []) == (told["first_bad"] is None)
        return told

    return run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    lay(tmp_path / "record.db", whole())
    return tmp_path / "record.db"


def on(record: Path, *statements: str, sealed: bool = True) -> None:
    """Changes the finished file, and seals it again."""
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
        head = db.execute("SELECT chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()[0]
    if sealed:
        seal(record, head.hex() if isinstance(head, bytes) else "00" * 32)


def keys(folder: Path, *which: Any) -> list[Path]:
    for number, key in enumerate(which):
        (folder / f"{number}.pub").write_text(pem(key), encoding="ascii")
    return [folder / f"{number}.pub" for number in range(len(which))]


def named(told: Told) -> set[int]:
    return {number for number, _ in told["findings"]}


def test_whole_record_is_sound(tmp_path: Path, verify: Verify) -> None:
    head = lay(tmp_path / "a b?#%.db", whole())

    told = verify(tmp_path / "a b?#%.db", "--head", head.upper(), "--key", *keys(tmp_path, KEY, NEXT_KEY))

    assert told == {"sound": True, "entries": 30, "arrays": 3, "head": head, "first_bad": None, "findings": []}


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
        ("UPDATE entries SET seq = 40 WHERE seq = 30", 30),
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


# Rule 4: the writer chained and signed it well, but it should not stand so


def _swap(first: int, second: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[first - 1], entries[second - 1] = entries[second - 1], entries[first - 1]

    return edit


def _drop(*numbers: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[:] = [entry for number, entry in enumerate(entries, 1) if number not in numbers]

    return edit


def _put(number: int, **changed: Any) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[number - 1] = replace(entries[number - 1], **changed)

    return edit


def _add(number: int, *new: Entry) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[number - 1 : number - 1] = new

    return edit


def _late(first: int, last: int, at_s: float, wall_s: float) -> Callable[[list[Entry]], None]:
    """Moves some entries in both clocks."""

    def edit(entries: list[Entry]) -> None:
        for number in range(first, last + 1):
            was = entries[number - 1]
            wall = was.at_s if was.wall_s is None else was.wall_s
            entries[number - 1] = replace(was, at_s=was.at_s + at_s, wall_s=wall + wall_s)

    return edit


def _checkpoint(number: int, **changed: object) -> Callable[[list[Entry]], None]:
    """A checkpoint with other content under its old signature."""

    def edit(entries: list[Entry]) -> None:
        body = json.loads(chained(entries)[number - 1][4])
        entries[number - 1] = replace(entries[number - 1], body=body | changed)

    return edit


EVENT = Entry("event", 3.0, {"$type": "Ticked"})
MISPLACED = {
    "not opened": (_drop(1), 1),
    "opened without checkpoint": (_drop(2), 2),
    "opened twice": (_add(9, Entry("opened", 3.0, opened(KEY)), Entry("checkpoint", 3.0, None)), 9),
    "unknown kind": (_put(10, kind="note"), 10),
    "decision without event": (_drop(3), 3),
    "decision in another write": (_put(4, at_s=1.25), 4),
    "event without decision": (_drop(10), 10),
    "event without decision in its write": (_add(9, replace(EVENT, at_s=2.75)), 10),
    "second decision": (_add(13, Entry("decision", 4.0, decision("CALIBRATION", "CALIBRATION"))), 13),
    "maps after a refusal": (_add(11, Entry("maps", 3.0, {})), 11),
    "remark before any decision": (_add(3, Entry("remark", 0.5, "no")), 3),
    "clock within a write": (_swap(15, 16), 15),
    "resumed not alone": (_add(26, Entry("remark", 0.5, "no", wall_s=100.0)), 26),
    "resumed without checkpoint": (_drop(26), 26),
    "entries after closed": (_add(30, Entry("remark", 2.0, "no", wall_s=101.5)), 30),
    "entries after the end": (_add(31, *[Entry("remark", 3.0, "no", wall_s=102.5)]), 31),
    "no checkpoint after a change of state": (_drop(8), 8),
    "no checkpoint after a signature": (_drop(14), 14),
    "no checkpoint after a crash": (_drop(24), 24),
    "no checkpoint after 60 s": (_drop(21), 21),
    "signature before its act": (_put(13, body={**whole()[12].body, "signs": 16}), 13),
    "signature of a refused act": (_put(13, body={**whole()[12].body, "signs": 9}), 13),
    "signature of a decision": (_put(13, body={**whole()[12].body, "signs": 12}), 13),
    "signature by nobody": (_put(13, body={"signs": 11}), 13),
}
CLOCKS = {
    "monotonic clock back": (_late(5, 8, -2.0, 0.0), 5),
    "wall time ahead": (_late(9, 10, 0.0, 0.51), 9),
    "wall time back": (_late(11, 14, 0.0, -0.51), 11),
    "clock tells too little": (_put(15, body={"moved_s": 2.998}), 15),
    "clock tells the opposite": (_put(15, body={"moved_s": -3.0}), 15),
    "clock tells nothing": (_put(15, body={"moved_s": {"$float": "nan"}}), 15),
    "clock tells a huge number": (_put(15, body={"moved_s": 10**400}), 15),
    "no clock": (_drop(15), 15),
    "utc without microseconds": (_put(18, utc="2026-03-02T08:00:08+00:00"), 18),
    "utc of another zone": (_put(18, utc="2026-03-02T09:00:08.250000+01:00"), 18),
    "utc of no day": (_put(18, utc="2026-02-30T08:00:08.250000+00:00"), 18),
    "utc no time": (_put(18, utc="soon"), 18),
    "at_s not finite": (_put(18, at_s=float("inf"), wall_s=8.25), 18),
}
BODIES = {
    "no JSON": (_put(10, raw='"no'), 10),
    "no JSON number": (_put(4, raw='{"after":{"session":"A"},"before":{"session":"A"},"x":NaN}'), 4),
    "spaces": (_put(5, raw='{"$type": "Confirmed"}'), 5),
    "keys out of order": (_put(5, raw='{"b":1,"$type":"Confirmed"}'), 5),
    "key twice": (_put(5, raw='{"$type":"A","$type":"Confirmed"}'), 5),
    "beyond ASCII": (_put(10, raw='"\u00fc"'), 10),
    "nested without end": (_put(5, raw='{"$type":"A","x":' + "[" * 100000 + "]" * 100000 + "}"), 5),
    "number without end": (_put(5, raw='{"$type":"A","x":' + "9" * 5000 + "}"), 5),
    "event without type": (_put(5, body={}), 5),
    "refusal no text": (_put(10, body={"why": "no"}), 10),
    "decision without states": (_put(4, body={"before": 1}), 4),
    "session no hex": (_put(1, body=opened(KEY, session="x" * 32)), 1),
    "site key in capitals": (_put(1, body=opened(KEY, site_key=public(KEY).hex().upper())), 1),
    "other plan": (_put(1, body=opened(KEY, plan=PLAN + " ")), 1),
    "resumed another session": (_put(25, body=opened(NEXT_KEY, after=24, session="0" * 32)), 25),
    "resumed after another entry": (_put(25, body=opened(NEXT_KEY, after=23)), 25),
    "closed in nothing": (_put(29, body={}), 29),
}
CHECKPOINTS = {
    "covers another": (_checkpoint(8, covers=6), 8),
    "head of another": (_checkpoint(8, head="00" * 32), 8),
    "key of another": (_checkpoint(8, key="00" * 32), 8),
    "signature of another": (_checkpoint(8, signature="00" * 64), 8),
    "signature no hex": (_checkpoint(8, signature="zz" * 64), 8),
    "head in capitals": (_checkpoint(8, head="AB" * 32), 8),
    "covers true": (_checkpoint(2, covers=True), 2),
    "another utc": (_put(8, utc="2026-03-02T08:00:02.500001+00:00"), 8),
    "stranger's": (_put(8, key=STRANGER), 8),
    "key of the run before": (_put(26, key=KEY), 26),
    "no object": (_put(8, body=[]), 8),
}
WRONG = {**MISPLACED, **CLOCKS, **BODIES, **CHECKPOINTS}


@pytest.mark.parametrize(("edit", "bad"), WRONG.values(), ids=WRONG.keys())
def test_well_chained_entry_that_should_not_stand_so(
    tmp_path: Path, verify: Verify, edit: Callable[[list[Entry]], None], bad: int
) -> None:
    entries = whole()
    edit(entries)
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["first_bad"] == bad


ALLOWED = {
    "wall time 0.5 s off": _late(9, 10, 0.0, 0.5),
    "clock 0.001 s off": _put(15, body={"moved_s": 3.001}),
    "clock in whole seconds": _put(15, body={"moved_s": 3}),
    "write alone in its moment of another": _late(11, 14, -1.0, -1.0),
    "checkpoint that nobody asked for": _add(11, Entry("checkpoint", 3.0, None)),
    "checkpoint in a write of its own": _add(11, Entry("checkpoint", 3.5, None)),
    "no checkpoint 59 s after the last": lambda entries: (_late(19, 24, -1.0, -1.0)(entries), _drop(21)(entries)),
    "depth": _put(5, raw='{"$type":"A","x":' + "[" * 50 + "]" * 50 + "}"),
}


@pytest.mark.parametrize("edit", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_the_document_allows_is_sound(
    tmp_path: Path, verify: Verify, edit: Callable[[list[Entry]], object]
) -> None:
    entries = whole()
    edit(entries)
    for number, entry in enumerate(entries, 1):
        moved = {"signs": number - 2} if entry.kind == "signature" else {"after": number - 1}
        if entry.kind in ("signature", "resumed"):
            entry.body |= moved
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["findings"] == []


def test_a_million_findings_are_not_kept(tmp_path: Path, verify: Verify) -> None:
    lay(tmp_path / "record.db", [*whole(), *(Entry("remark", 3.0, 5, wall_s=102.5) for _ in range(1500))])

    told = verify(tmp_path / "record.db")

    assert (told["first_bad"], told["entries"]) == (31, 1530)
    assert len(told["findings"]) == 1000


# Rule 5


def _other(array: Array, **changed: Any) -> tuple[Array, ...]:
    return tuple(replace(each, **changed) if each is array else each for each in ARRAYS)


def _flipped(array: Array) -> bytes:
    content = bytearray(shuffle(b"\x00\x01\x01\x00\x00", 1))
    return bytes(content) if array is MASK else bytes(reversed(array.data))


BOMB = shuffle(bytes(1 << 20), 1)
BAD_ARRAYS: dict[str, tuple[Iterable[Array], int]] = {
    "missing": ((IMAGE, MAP), 7),
    "first named where first referred to": ((MAP, MASK), 3),
    "other content": (_other(MASK, data=_flipped(MASK)), 7),
    "not deflated": (_other(MAP, data=b"1234"), 7),
    "text for data": (_other(MAP, data="1234"), 7),
    "cut": (_other(MAP, data=MAP.data[:-3]), 7),
    "bytes after its end": (_other(MAP, data=MAP.data + b"\x00"), 7),
    "far too many bytes": (_other(MASK, data=BOMB), 7),
    "another shape": (_other(MAP, shape=(4,)), 7),
    "huge shape": (_other(MAP, shape=(9999999999,) * 40), 7),
    "negative shape": (_other(MAP, shape=(-2, -2)), 7),
    "another type": (_other(MAP, dtype="<i4"), 7),
    "unknown type": (_other(MAP, dtype="|O8"), 7),
    "unknown packing": (_other(IMAGE, packing="zlib"), 3),
    "packing of another type": (_other(MAP, packing="i2-shuffle-zlib"), 7),
    "whole parts packed as they are": (_other(IMAGE, packing="shuffle-zlib"), 3),
    "belongs to no entry": ((*ARRAYS, plain("<f8", (), bytes(8), 8)), 0),
    "is there twice": ((*ARRAYS, MAP), 0),
}


@pytest.mark.parametrize(("arrays", "bad"), BAD_ARRAYS.values(), ids=BAD_ARRAYS.keys())
def test_array_that_is_not_what_its_digest_says(
    tmp_path: Path, verify: Verify, arrays: Iterable[Array], bad: int
) -> None:
    lay(tmp_path / "record.db", whole(), arrays)

    told = verify(tmp_path / "record.db")

    assert named(told) == {bad}
    assert told["first_bad"] == bad


@pytest.mark.parametrize(
    ("dtype", "width", "shape"), [("<f8", 8, (3,)), ("<i2", 2, ()), ("|b1", 1, (0, 4)), ("<c16", 16, (1,))]
)
def test_arrays_of_every_shape(tmp_path: Path, verify: Verify, dtype: str, width: int, shape: tuple[int, ...]) -> None:
    size = width * (shape[0] if shape else 1)
    array = plain(dtype, shape, bytes(range(1, size + 1)), width)
    entries = whole()
    entries[4].body = {"$type": "A", "list": [{"deep": array.ref}], "said": '"$array":"' + "0" * 64}
    lay(tmp_path / "record.db", entries, (*ARRAYS, array))

    assert array.digest == digest_of(dtype, shape, bytes(range(1, size + 1)))
    assert verify(tmp_path / "record.db")["findings"] == []


@pytest.mark.parametrize("ref", [5, None, "", {"$array": MAP.digest[:-1]}, MAP.digest.upper()])
def test_reference_that_is_no_digest(tmp_path: Path, verify: Verify, ref: object) -> None:
    entries = whole()
    entries[4].body = {"$type": "A", "image": {"$array": ref}}
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["first_bad"] == 5


def test_array_on_a_damaged_page_is_named_and_the_others_are_not(tmp_path: Path, verify: Verify) -> None:
    path, entries = tmp_path / "record.db", whole()
    big = [plain("|u1", (4000,), bytes((at * at * seed) % 251 for at in range(4000)), 1) for seed in range(3, 13)]
    for number, array in zip((5, 9, 11, 16, 19), big, strict=False):
        entries[number - 1].body |= {"image": array.ref}
    head = lay(path, entries, (*ARRAYS, *big[:5]), page_bytes=512)
    on(path, "CREATE UNIQUE INDEX by_digest ON arrays (digest)", sealed=False)
    content = bytearray(path.read_bytes())
    at = content.index(big[2].data[:40]) // 512 * 512
    content[at : at + 512] = bytes(512)
    path.write_bytes(content)
    seal(path, head)

    assert named(verify(path)) == {11}


# Rule 6


@pytest.mark.parametrize("last", [2, 8, 17, 24, 26, 28, 29])
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

    assert (named(told), told["entries"]) == ({0}, 30)
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
    return lambda record: Path(f"{record}{end}").write_bytes(b"")


SEALS: dict[str, Callable[[Path], object]] = {
    "none": lambda record: Path(f"{record}.seal").unlink(),
    "folder": lambda record: (Path(f"{record}.seal").unlink(), Path(f"{record}.seal").mkdir()),
    "empty": _seal_text(lambda _: ""),
    "no ASCII": _seal_text(lambda text: text.replace("2", "\u00b2")),
    "no newline": _seal_text(str.rstrip),
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

    assert (told["first_bad"], named(told), told["entries"]) == (0, {0}, 30)


# Rules 8 and 9


def test_cut_tail_of_a_record_that_was_closed_anew_is_shown_by_the_head(tmp_path: Path, verify: Verify) -> None:
    head = lay(tmp_path / "record.db", whole())
    short = [*whole()[:26], *whole()[28:]]
    lay(tmp_path / "short.db", short)

    assert verify(tmp_path / "short.db")["sound"]
    assert verify(tmp_path / "record.db", "--head", head)["sound"]
    told = verify(tmp_path / "short.db", "--head", head)
    assert (told["first_bad"], named(told)) == (28, {28})


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


# Anything at all


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    path = tmp_path_factory.mktemp("flips") / "record.db"
    lay(path, whole(), page_bytes=512)
    return path, path.read_bytes(), Path(f"{path}.seal").read_bytes()


def flipped(content: bytes, flips: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for at, bit in flips:
        changed[at % len(content)] ^= 1 << bit
    return bytes(changed)


def exit_code(path: Path) -> int:
    try:
        return verify_record.main([str(path)])
    except SystemExit as ended:
        assert ended.code == 2
        return 2


FLIPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=3, unique=True)


@settings(deadline=None, max_examples=150)
@given(flips=FLIPS, in_seal=st.booleans())
def test_no_flipped_bit_is_sound(
    original: tuple[Path, bytes, bytes], flips: list[tuple[int, int]], in_seal: bool
) -> None:
    path, database, sealed = original
    changed = flipped(sealed if in_seal else database, flips)
    path.write_bytes(database if in_seal else changed)
    Path(f"{path}.seal").write_bytes(changed if in_seal else sealed)

    assert exit_code(path) in ((1, 2) if changed not in (database, sealed) else (0,))


@settings(deadline=None, max_examples=150)
@given(flips=FLIPS)
def test_flipped_bits_under_a_seal_never_end_in_a_traceback(
    original: tuple[Path, bytes, bytes], flips: list[tuple[int, int]]
) -> None:
    path, database, _ = original
    path.write_bytes(flipped(database, flips))
    seal(path, chained(whole())[-1][-1].hex())

    if exit_code(path) == 0:  # a bit that carries nothing: every row must be as it was
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
            assert db.execute("SELECT * FROM entries ORDER BY seq").fetchall() == chained(whole())
            assert sorted(db.execute("SELECT * FROM arrays")) == sorted(array.row() for array in ARRAYS)


# The command


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_prints_findings_and_a_verdict(record: Path) -> None:
    head = chained(whole())[-1][-1].hex()
    good = run(record, "--key", *keys(record.parent, KEY, NEXT_KEY))
    assert (good.returncode, good.stdout, good.stderr) == (0, f"sound: 30 entries, 3 arrays, head {head}\n", "")

    on(record, "UPDATE entries SET body = '\u001b[31m' WHERE seq = 10")
    bad = run(record)
    lines = bad.stdout.splitlines()
    assert (bad.returncode, bad.stderr) == (1, "")
    assert lines[0].startswith("entry 10: chain")
    assert lines[-1].startswith("NOT SOUND, first bad entry 10")
    assert "\u001b" not in bad.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "required: record"),
        (("none.db",), "none.db"),
        ((".",), "not a record"),
        (("text.db",), "not a record"),
        (("empty.db",), "no such table"),
        (("record.db", "--head", "12"), "--head"),
        (("record.db", "--key"), "--key"),
        (("record.db", "--key", "none.pub"), "none.pub"),
        (("record.db", "--key", "text.db"), "text.db: no PEM file of an Ed25519 public key"),
        (("record.db", "--other"), "--other"),
        (("old.db",), "schema_version: found [(1,)]"),
        (("new.db",), "schema_version: found [(3,)]"),
        (("two.db",), "schema_version: found [(2,), (2,)]"),
    ],
)
def test_what_is_no_record_or_argument_ends_in_one_line(
    record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(record.parent)
    Path("text.db").write_text("a text that is no database, and not short either" * 20, encoding="ascii")
    Path("empty.db").touch()
    lay(Path("old.db"), whole(), version=1)
    lay(Path("new.db"), whole(), version=3)
    shutil.copy(record, "two.db")
    on(Path("two.db"), "INSERT INTO meta VALUES (2)")

    with pytest.raises(SystemExit) as ended:
        verify_record.main(list(arguments))

    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert words in said.err


def test_script_is_short_and_needs_only_one_package() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"nacl"}
    assert len(text.splitlines()) < 300
    assert SESSION not in text
