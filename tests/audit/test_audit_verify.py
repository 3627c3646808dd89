"""Every kind of damage is found and named, also where the seal was made anew by somebody who knows how."""

import json
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import rig
from decided import IDENTITY, decided, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syntherm.audit import schema
from syntherm.audit.chain import link
from syntherm.audit.keys import SiteKey
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.seal import seal_path, write_seal
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Restarted

Copy = Callable[[Path], Path]


def column(path: Path, query: str) -> list:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute(query)]


def last(path: Path) -> int:
    return int(column(path, "SELECT max(seq) FROM entries")[0])


def found(path: Path, head: str | None = None) -> str:
    """All findings; that a file cannot be opened as a record is one, too."""
    try:
        return "; ".join(map(str, verify(path, head).findings))
    except UnreadableRecord as error:
        return str(error)


@pytest.mark.verifies("SRS-502")
def test_an_untouched_record_is_sound(whole: Path, short: Path) -> None:
    for path in (whole, short):
        result = verify(path)
        assert result.sound and result.findings == () and result.first_bad is None
        assert result.key == rig.KEY.public.fingerprint
        assert result.entries == last(path) > 20
        assert result.arrays == column(path, "SELECT count(*) FROM arrays")[0] > 2
        assert result.head == column(path, "SELECT hex(chain) FROM entries ORDER BY seq DESC")[0].lower()
        assert verify(path, result.head).sound


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("part", range(4))
def test_any_changed_byte_of_the_file_is_found(short: Path, copy: Copy, part: int) -> None:
    """Some hundred places over the whole file, each with another byte; nothing else ever goes wrong."""
    path, original = copy(short), short.read_bytes()
    chance = random.Random(part)
    places = [*range(part, 120, 4), *(chance.randrange(len(original)) for _ in range(60))]
    for place in places:
        damaged = bytearray(original)
        damaged[place] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        assert found(path) != "", f"byte {place}"


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("part", range(4))
def test_a_changed_byte_under_a_new_seal_never_breaks_the_verifier(
    short: Path, copy: Copy, forge: ModuleType, part: int
) -> None:
    """Whatever the page holds then, it is a finding or the same content; never another error."""
    path, original, head = copy(short), short.read_bytes(), verify(short).head
    chance = random.Random(100 + part)
    for place in [*range(part, 400, 8), *(chance.randrange(len(original)) for _ in range(40))]:
        damaged = bytearray(original)
        damaged[place] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        forge.put_seal(path, head)
        findings = found(path)
        assert "\n" not in findings
        if not findings:
            assert column(path, "SELECT body FROM entries ORDER BY seq") == column(
                short, "SELECT body FROM entries ORDER BY seq"
            ), f"byte {place}"


@pytest.mark.verifies("SRS-502")
def test_any_changed_byte_of_a_body_is_named_by_its_entry(short: Path, copy: Copy, forge: ModuleType) -> None:
    path, original, head = copy(short), short.read_bytes(), verify(short).head
    chance = random.Random(5)
    named = 0
    for seq, body in enumerate(column(short, "SELECT body FROM entries ORDER BY seq"), start=1):
        text = body.encode()
        if original.count(text) != 1:
            continue  # it lies on several pages
        damaged = bytearray(original)
        damaged[original.index(text) + chance.randrange(len(text))] ^= 1 << chance.randrange(7)
        path.write_bytes(damaged)
        forge.put_seal(path, head)
        assert f"entry {seq} (" in found(path) and "does not fit the chain" in found(path)
        named += 1
    assert named > 15


@pytest.mark.verifies("SRS-502")
def test_any_changed_byte_of_the_seal_is_found(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    with AuditWriter(path, rig.KEY, create=True) as writer:  # the least, since it is verified for each byte
        writer.open_session(utc(0.0), 0.0, IDENTITY)
        writer.append(utc(1.0), Restarted(1.0, "x"), (decided(1.0),), ())
        writer.close_session(utc(2.0), 2.0, "SETUP")
    assert found(path) == ""
    original = seal_path(path).read_bytes()
    for place in range(len(original)):
        for change in (1, 128) if original[place : place + 1].strip() else (1, 128, ord(" ") ^ ord("\t"), 7):
            damaged = bytearray(original)
            damaged[place] ^= change
            seal_path(path).write_bytes(damaged)
            assert found(path) != "", f"byte {place} of the seal"
    assert len(original) > 300
    for damaged_seal in (b"", b"{}", b"null", b"[]", original[:-1], original + b" ", b"[" * 9999):
        seal_path(path).write_bytes(damaged_seal)
        assert found(path) != ""


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("value", [None, [], {}, "12", 1.5, True, -1])
@pytest.mark.parametrize("field", ["head", "size", "sha256", "session", "key", "signature", "format"])
def test_a_seal_of_other_types_is_a_finding(short: Path, copy: Copy, field: str, value: object) -> None:
    path = copy(short)
    seal = json.loads(seal_path(path).read_text())
    put = json.dumps({**seal, field: value}, sort_keys=True, separators=(",", ":"))
    seal_path(path).write_text(put + "\n")
    assert found(path) != ""


@pytest.mark.verifies("SRS-502")
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_cut_of_the_file_is_found(short: Path, copy: Copy, data: st.DataObject) -> None:
    path, original = copy(short), short.read_bytes()
    pages = len(original) // 4096
    size = data.draw(st.integers(0, len(original) - 1) | st.integers(0, pages - 1).map(lambda page: page * 4096))
    path.write_bytes(original[:size])
    assert found(path) != ""


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("more", [b"\0", b"more", bytes(4096)])
def test_anything_after_the_end_is_found(short: Path, copy: Copy, more: bytes) -> None:
    path = copy(short)
    path.write_bytes(short.read_bytes() + more)
    assert "bytes" in found(path)


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("vacuum", [False, True])
@pytest.mark.parametrize("lost", [1, 2, 7, "all but one", "all"])
def test_a_removed_tail_is_found(short: Path, copy: Copy, forge: ModuleType, lost: object, vacuum: bool) -> None:
    path, head = copy(short), verify(short).head
    kept = {"all": 0, "all but one": 1}.get(str(lost)) if isinstance(lost, str) else last(path) - int(str(lost))
    forge.edit(path, f"DELETE FROM entries WHERE seq > {kept}", vacuum=vacuum)
    assert found(path) != ""
    forge.put_seal(path, head)
    findings = found(path)
    if lost == 1:
        assert f"entry {kept} (closed) has no checkpoint after it" in findings
    else:
        assert f"the record ends at entry {kept} without being closed" in findings
    assert verify(path).first_bad == kept
    assert "the head is not the one that was sealed" in findings


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("first", [True, False])
def test_a_removed_row_is_named(short: Path, copy: Copy, forge: ModuleType, first: bool) -> None:
    path, head = copy(short), verify(short).head
    gone = 1 if first else 9
    forge.edit(path, f"DELETE FROM entries WHERE seq = {gone}")
    forge.reseal(path, head)
    assert f"entry {gone} is missing: the next one is numbered {gone + 1}" in found(path)


@pytest.mark.verifies("SRS-502")
def test_reordered_rows_are_named(short: Path, copy: Copy, forge: ModuleType) -> None:
    path, head = copy(short), verify(short).head
    swap = ["UPDATE entries SET seq = -1 WHERE seq = 6", "UPDATE entries SET seq = 6 WHERE seq = 8",
            "UPDATE entries SET seq = 8 WHERE seq = -1"]  # fmt: skip
    forge.edit(path, *swap)
    forge.reseal(path, head)
    assert re.search(r"entry 6 \(\w+\) does not fit the chain", found(path))


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize(
    "change",
    ["body = replace(body, '0', '1')", "kind = 'remark'", "at_s = at_s + 0.001", "at_s = -at_s",
     "utc = replace(utc, '08', '09')", "chain = zeroblob(32)", "chain = x''", "body = body || ' '"],
)  # fmt: skip
def test_an_edited_row_is_named(short: Path, copy: Copy, forge: ModuleType, change: str) -> None:
    path, head = copy(short), verify(short).head
    seq = column(path, "SELECT seq FROM entries WHERE kind = 'decision' AND body LIKE '%0%' LIMIT 1 OFFSET 4")[0]
    forge.edit(path, f"UPDATE entries SET {change} WHERE seq = {seq}")
    forge.reseal(path, head)
    findings = found(path)
    assert re.search(rf"entry {seq} \(\w+\) does not fit the chain", findings)
    assert "head" not in findings, "only the edited row is named"


@pytest.mark.verifies("SRS-502")
def test_an_edited_row_with_a_hash_of_its_own_is_shown_by_the_next(short: Path, copy: Copy, forge: ModuleType) -> None:
    """Each hash rests on the one before: whoever changes one entry must make every later one anew."""
    path, head = copy(short), verify(short).head
    with closing(sqlite3.connect(path)) as db:
        previous = db.execute("SELECT chain FROM entries WHERE seq = 8").fetchone()[0]
        kind, at_s, utc = db.execute("SELECT kind, at_s, utc FROM entries WHERE seq = 9").fetchone()
    chain = link(previous, 9, kind, at_s, utc, "{}")
    forge.edit(path, f"UPDATE entries SET body = '{{}}', chain = x'{chain.hex()}' WHERE seq = 9")
    forge.reseal(path, head)
    assert re.search(r"entry 10 \(\w+\) does not fit the chain", found(path))


@pytest.mark.verifies("SRS-502")
def test_a_row_from_another_record_is_named(short: Path, whole: Path, copy: Copy, forge: ModuleType) -> None:
    path, head = copy(short), verify(short).head
    with closing(sqlite3.connect(whole)) as db:
        kind, at_s, utc, body, chain = db.execute(
            "SELECT kind, at_s, utc, body, chain FROM entries WHERE seq = 11"
        ).fetchone()
    body = body.replace("'", "''")
    forge.edit(
        path,
        f"UPDATE entries SET kind='{kind}', at_s={at_s}, utc='{utc}', body='{body}', chain=x'{chain.hex()}' "
        "WHERE seq = 11",
    )
    forge.reseal(path, head)
    assert re.search(r"entry 11 \(\w+\) does not fit the chain", found(path))


def of_image(path: Path) -> tuple[str, int]:
    """The digest of an image and the entry that brought it."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT seq, body FROM entries WHERE body LIKE '%FrameReceived%'").fetchall()
    return re.findall(r'"\$array":"(\w+)"', rows[0][1])[0], rows[0][0]


@pytest.mark.verifies("SRS-502")
def test_a_replaced_array_is_named_with_its_entry(short: Path, copy: Copy, forge: ModuleType) -> None:
    path, head = copy(short), verify(short).head
    digest, seq = of_image(path)
    same = "(SELECT b.{0} FROM arrays b WHERE b.dtype = arrays.dtype AND b.digest != arrays.digest)"
    forge.edit(path, f"UPDATE arrays SET data = {same.format('data')} WHERE digest = '{digest}'")
    forge.reseal(path, head)
    assert found(path) == f"array {digest[:12]} of entry {seq} does not have the content that its digest names"


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("change", ["dtype = '<f4'", "shape = '[432]'", "data = zeroblob(9)", "packing = 'raw'",
                                    "shape = 'null'", "dtype = 'a,,'"])  # fmt: skip
def test_a_damaged_array_is_named_with_its_entry(short: Path, copy: Copy, forge: ModuleType, change: str) -> None:
    path, head = copy(short), verify(short).head
    digest, seq = of_image(path)
    forge.edit(path, f"UPDATE arrays SET {change} WHERE digest = '{digest}'")
    forge.reseal(path, head)
    assert found(path).startswith(f"array {digest[:12]} of entry {seq}")


@pytest.mark.verifies("SRS-502")
def test_a_deleted_and_an_added_array_are_named(short: Path, copy: Copy, forge: ModuleType) -> None:
    path, head = copy(short), verify(short).head
    digest, seq = of_image(path)
    forge.edit(
        path,
        f"INSERT INTO arrays SELECT '{'0' * 64}', dtype, shape, packing, data FROM arrays WHERE digest = '{digest}'",
        f"DELETE FROM arrays WHERE digest = '{digest}'",
    )
    forge.reseal(path, head)
    assert f"array {digest[:12]} of entry {seq} is missing" in found(path)
    assert "array 000000000000 belongs to no entry" in found(path)


@pytest.mark.verifies("SRS-501", "SRS-502")
@pytest.mark.parametrize("name", sorted(schema.TRIGGERS))
def test_a_dropped_trigger_is_named(short: Path, copy: Copy, forge: ModuleType, name: str) -> None:
    path, head = copy(short), verify(short).head
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DROP TRIGGER {name}")
    forge.reseal(path, head)
    assert found(path) == f"trigger {name} is gone"


@pytest.mark.verifies("SRS-502", "SRS-506")
@pytest.mark.parametrize("key", [None, SiteKey.made()], ids=["as they were", "by a stranger"])
def test_a_rewritten_chain_is_found_by_its_checkpoints(
    short: Path, copy: Copy, forge: ModuleType, key: SiteKey | None
) -> None:
    """Everything is made anew but what only the site can make: the first checkpoint behind the change tells."""
    path = copy(short)
    forge.edit(path, "UPDATE entries SET body = replace(body, 'operator-a', 'operator-x') WHERE seq > 9")
    first = column(path, "SELECT min(seq) FROM entries WHERE body LIKE '%operator-x%'")[0]
    (shows,) = column(path, f"SELECT min(seq) FROM entries WHERE kind = 'checkpoint' AND seq > {first}")
    forge.rechain(path, key)
    forge.reseal(path)
    bad = [finding.entry for finding in verify(path).findings]
    # A stranger signs all of them anew; who signs none leaves those before the change as they were.
    assert bad[0] == (shows if key is None else 2) and shows in bad
    assert all("is not signed by the site's key" in str(finding) for finding in verify(path).findings)


@pytest.mark.verifies("SRS-502", "SRS-506")
def test_a_seal_by_another_key_is_found(short: Path, copy: Copy, forge: ModuleType) -> None:
    path, head = copy(short), verify(short).head
    forge.put_seal(path, head, SiteKey.made())
    assert found(path) == "the seal is not signed by the site's key" and verify(path).first_bad == 0
    said = json.loads(seal_path(path).read_text())
    put = {**said, "key": rig.KEY.public.fingerprint}
    seal_path(path).write_text(json.dumps(put, sort_keys=True, separators=(",", ":")) + "\n")
    assert found(path) == "the seal is not signed by the site's key", "whatever it says of who signed"


@pytest.mark.verifies("SRS-502", "SRS-506")
@pytest.mark.parametrize("field", ["head", "size", "sha256", "session", "key", "signature", "format"])
def test_a_field_of_another_seal_is_found(short: Path, whole: Path, copy: Copy, field: str) -> None:
    path = copy(short)
    ours, theirs = (json.loads(seal_path(record).read_text()) for record in (short, whole))
    other = {**theirs, "session": "0" * 32, "key": "0" * 64, "format": 1}
    put = {**ours, field: other[field]}
    seal_path(path).write_text(json.dumps(put, sort_keys=True, separators=(",", ":")) + "\n")
    assert found(path) != "" and verify(path).first_bad == 0


@pytest.mark.verifies("SRS-502", "SRS-506")
def test_a_seal_of_another_session_is_found(short: Path, copy: Copy) -> None:
    """Also one that the site itself has signed."""
    path = copy(short)
    seal_path(path).unlink()
    write_seal(path, verify(short).head, "0" * 32, rig.KEY)
    assert found(path) == "the seal is not signed by the site's key"


@pytest.mark.verifies("SRS-502", "SRS-506")
def test_a_seal_without_a_signature_is_found(short: Path, copy: Copy) -> None:
    """As version 0.1 wrote it."""
    path = copy(short)
    said = json.loads(seal_path(path).read_text())
    plain = {name: said[name] for name in ("head", "size", "sha256")}
    seal_path(path).write_text(json.dumps(plain, sort_keys=True) + "\n")
    assert found(path) == "the seal is not signed by the site's key"


@pytest.mark.verifies("SRS-502")
def test_what_the_sites_own_key_signs_anew_is_shown_by_the_head(short: Path, copy: Copy, forge: ModuleType) -> None:
    """Against whoever has the key, what is left is the head that was printed in the report."""
    path, head = copy(short), verify(short).head
    forge.edit(path, "UPDATE entries SET body = replace(body, 'operator-a', 'operator-x') WHERE seq > 9")
    forge.rechain(path)
    assert "the file" in found(path)
    forge.reseal(path, head)
    assert found(path) == "the head is not the one that was sealed"
    # With a new seal, too, all fits together: only the head printed in the report tells.
    new = forge.reseal(path)
    assert verify(path).sound
    assert found(path, head) == f"the head is {new[:16]}…, expected {head[:16]}…"
    assert verify(path, head).first_bad == last(path)


@pytest.mark.verifies("SRS-502")
def test_an_earlier_state_of_the_record_is_found(short: Path, whole: Path, copy: Copy) -> None:
    """A record of the same kind, sound in itself, in the place of the other."""
    path, head = copy(whole), verify(whole).head
    shutil.copyfile(short, path)
    assert "bytes, " in found(path) and "the head is not the one that was sealed" in found(path)
    shutil.copyfile(seal_path(short), seal_path(path))
    assert verify(path).sound
    assert "expected" in found(path, head)


COLUMNS = {
    "entries": ("kind", "at_s", "utc", "body", "chain"),
    "arrays": ("digest", "dtype", "shape", "packing", "data"),
}


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("value", ["NULL", "7", "'text'", "x'beef'"])
@pytest.mark.parametrize(("table", "name"), [(table, name) for table in COLUMNS for name in COLUMNS[table]])
def test_a_value_of_a_type_that_the_schema_does_not_allow_is_a_finding(
    short: Path, copy: Copy, forge: ModuleType, table: str, name: str, value: str
) -> None:
    path, head = copy(short), verify(short).head
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"CREATE TABLE loose AS SELECT * FROM {table}")
        db.execute(f"UPDATE loose SET {name} = {value} WHERE rowid = 2")
        db.execute(f"DROP TABLE {table}")
        db.execute(f"ALTER TABLE loose RENAME TO {table}")
    forge.put_seal(path, head)
    assert re.search("damaged|chain|content|dtype|packing|belongs|unpacked|array ", found(path))


@pytest.mark.verifies("SRS-502")
def test_a_missing_seal_is_found(short: Path, copy: Copy) -> None:
    path = copy(short)
    seal_path(path).unlink()
    assert "no seal lies beside the record" in found(path)


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_journal_beside_a_sealed_record_is_found_and_not_read(short: Path, copy: Copy, suffix: str) -> None:
    path = copy(short)
    beside = path.with_name(path.name + suffix)
    beside.write_bytes(b"something")
    assert found(path) == f"a {suffix[1:]} file lies beside a sealed record: it is not part of it"
    assert beside.read_bytes() == b"something" and path.read_bytes() == short.read_bytes()


@pytest.mark.verifies("SRS-502")
def test_entries_after_the_end_are_found(short: Path, copy: Copy, forge: ModuleType) -> None:
    path = copy(short)
    seq = last(path)
    forge.edit(path, f"INSERT INTO entries SELECT seq + 1, kind, at_s, utc, body, chain FROM entries WHERE seq = {seq}")
    forge.rechain(path)
    forge.reseal(path)
    assert f"entry {seq + 1} comes after the end" in found(path)
