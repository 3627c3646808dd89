"""`syntherm trial add`, `list` and `search`: what the index holds, and what it does when records move or change."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import kept
import pytest

from syntherm.audit.reader import AuditReader
from syntherm.audit.seal import hash_file
from syntherm.auditing.console import BadInput
from syntherm.trial.command import trial
from syntherm.trial.index import opened

pytestmark = pytest.mark.verifies("SRS-515")

Out = pytest.CaptureFixture[str]


def rows(index: Path) -> dict[str, dict[str, object]]:
    with opened(index) as found:
        return {str(row["path"]): dict(row) for row in found.records()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_row_says_what_the_record_says(index: Path, records: Path) -> None:
    row, path = rows(index)["records/a/record.db"], records / "a" / "record.db"
    with AuditReader(path) as reader:
        entries, version = list(reader.entries()), reader.opened()
    assert row["head"] == entries[-1].chain.hex() and row["entries"] == len(entries)
    assert (row["size"], row["sha256"]) == (path.stat().st_size, hash_file(path))
    assert (row["id"], row["session"], row["format"], row["sealed"]) == (version["session"], version["session"], 2, 1)
    assert row["site_key"] == "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c"
    assert (row["protocol"], row["patient"], row["software"], row["site"]) == ("i-GO", "IGO-DEMO-001", "0.1.0", "North")
    assert str(row["plan"]).startswith("i-GO breast") and row["plan_sha256"] == version["plan_sha256"]
    assert (row["opened_utc"], row["last_utc"]) == (
        "2026-01-05T08:00:00.000000+00:00",
        "2026-01-05T08:08:00.000000+00:00",
    )
    assert (row["ended_in"], row["length_min"], row["faults"], row["resumed"]) == ("COMPLETE", 8.0, 1, 0)
    assert (row["heating_min"], row["in_range_min"]) == (200.0 / 60.0, 159.0 / 60.0)
    assert (row["delivered_ml"], row["heated_ml"]) == (pytest.approx(1.9), pytest.approx(1.9))
    assert (row["prescribed_ml"], row["prescribed_min"]) == (45.0, 60.0)


def test_what_was_not_closed_or_resumed_is_told(index: Path) -> None:
    found = rows(index)
    assert (found["records/open/record.db"]["ended_in"], found["records/open/record.db"]["sealed"]) == (None, 0)
    assert (found["records/c/record.db"]["resumed"], found["records/c/record.db"]["length_min"]) == (1, 261.0 / 60.0)
    with opened(index) as held:
        faults = held.rows("SELECT code, session_s, cleared_s FROM faults ORDER BY record, seq")
    assert {(f["code"], f["session_s"], f["cleared_s"]) for f in faults} == {
        ("OUT_OF_RANGE", 332.0, 347.0), ("PATIENT_STOP", 193.0, 196.0),
    }  # fmt: skip


def test_indexing_changes_no_record(records: Path, tmp_path: Path) -> None:
    before = {name: data for name, data in files(records).items() if not name.endswith(("-shm", "-wal"))}
    assert trial(["add", str(tmp_path / "trial.idx"), str(records)]) == 0
    assert {name: data for name, data in files(records).items() if not name.endswith(("-shm", "-wal"))} == before


def test_adding_again_reads_only_what_is_new(index: Path, records: Path, capsys: Out) -> None:
    capsys.readouterr()
    shutil.move(records / "a", records / "moved")
    (records / "d").mkdir()
    kept.on_day(records / "d" / "record.db", 9)
    assert trial(["add", str(index), str(records)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "1 added, 1 renewed, 1 moved, 2 as indexed"
    assert f"{records / 'moved' / 'record.db'}: moved" in out
    assert rows(index)["records/moved/record.db"]["site"] == "North"
    assert len(rows(index)) == 5


def test_an_open_record_is_renewed_when_it_has_grown(records: Path, tmp_path: Path, capsys: Out) -> None:
    index, path = tmp_path / "trial.idx", tmp_path / "live" / "record.db"
    path.parent.mkdir()
    live = kept.left_open(path)
    assert trial(["add", str(index), str(path), "--site", "South"]) == 0
    before = rows(index)["live/record.db"]
    live.frame(193.0)
    live.writer.close_session(live.utc(194.0), 194.0, "ABORT")
    assert trial(["add", str(index), str(path)]) == 0
    after = rows(index)["live/record.db"]
    assert (before["entries"], before["ended_in"]) == (14, None)
    assert (after["entries"], after["ended_in"], after["site"], after["id"]) == (18, "ABORT", "South", before["id"])
    assert "renewed" in capsys.readouterr().out


def test_a_closed_record_that_has_changed_is_not_taken_up_again(index: Path, records: Path, capsys: Out) -> None:
    path = records / "a" / "record.db"
    head = rows(index)["records/a/record.db"]["head"]
    shutil.copyfile(records / "b" / "record.db", path)
    shutil.copyfile(records / "b" / "record.db.seal", path.with_name("record.db.seal"))
    capsys.readouterr()
    assert trial(["add", str(index), str(path)]) == 1
    assert (
        "not added: was closed when it was indexed, and has changed since; see trial verify" in capsys.readouterr().out
    )
    assert rows(index)["records/a/record.db"]["head"] == head


def test_one_session_is_counted_once(index: Path, records: Path, capsys: Out) -> None:
    shutil.copytree(records / "a", records / "again")
    capsys.readouterr()
    assert trial(["add", str(index), str(records / "again" / "record.db")]) == 1
    assert f"the same record is indexed as {records / 'a' / 'record.db'}" in capsys.readouterr().out
    kept.change(records / "again" / "record.db", "UPDATE entries SET chain = x'00' WHERE seq > 100")
    assert trial(["add", str(index), str(records / "again" / "record.db")]) == 1
    assert f"another record of the same session is indexed as {records / 'a'}" in capsys.readouterr().out
    shutil.rmtree(records / "a")
    assert trial(["add", str(index), str(records / "again" / "record.db")]) == 1
    assert "with another content" in capsys.readouterr().out
    assert len(rows(index)) == 4


def test_what_is_no_record_is_named_or_passed_over(tmp_path: Path, capsys: Out) -> None:
    folder, index = tmp_path / "in", tmp_path / "trial.idx"
    folder.mkdir()
    (folder / "notes.txt").write_text("no record")
    with closing(sqlite3.connect(folder / "other.db")) as db:
        db.execute("CREATE TABLE t (a)")
    assert trial(["add", str(index), str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 no record"
    assert trial(["add", str(index), str(folder / "notes.txt")]) == 1
    assert "notes.txt: not added: " in capsys.readouterr().out
    assert trial(["add", str(index), str(tmp_path / "nothing")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["missing", "text", "other database", "record"])
def test_only_an_index_is_an_index(records: Path, tmp_path: Path, kind: str, capsys: Out) -> None:
    path = tmp_path / "x"
    if kind == "text":
        path.write_text("no index\n" * 999)
    elif kind == "other database":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE records (id)")
    elif kind == "record":
        shutil.copyfile(records / "a" / "record.db", path)
    before = path.read_bytes() if path.exists() else None
    for arguments in (["list", str(path)], ["search", str(path), "x"], ["verify", str(path)]):
        assert trial(arguments) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    if kind != "missing":
        assert trial(["add", str(path), str(records)]) == 2
    assert (path.read_bytes() if path.exists() else None) == before


def test_reading_an_index_cannot_change_it(index: Path) -> None:
    before = index.read_bytes()
    with pytest.raises(BadInput, match="readonly"), opened(index) as held:
        held.drop("x")
    assert index.read_bytes() == before


# ------------------------------------------------------------------------------------------------------------- choosing
def listed(index: Path, capsys: Out, *filters: str) -> list[str]:
    capsys.readouterr()
    assert trial(["list", str(index), "--json", *filters]) == 0
    return [json.loads(line)["path"].split("/")[1] for line in capsys.readouterr().out.splitlines()]


def test_a_list_chooses_by_every_filter(index: Path, records: Path, capsys: Out) -> None:
    assert listed(index, capsys) == ["a", "c", "open", "b"]
    assert listed(index, capsys, "--from", "2026-01-06") == ["b"]
    assert listed(index, capsys, "--to", "2026-01-05") == ["a", "c", "open"]
    assert listed(index, capsys, "--from", "2026-01-08", "--to", "2026-01-08") == ["b"]
    assert listed(index, capsys, "--ended", "complete") == ["a", "b"]
    assert listed(index, capsys, "--ended", "OPEN") == ["open"]
    assert listed(index, capsys, "--fault", "PATIENT-STOP") == ["c"]
    assert listed(index, capsys, "--fault", "out_of_range", "--ended", "COMPLETE") == ["a", "b"]
    assert listed(index, capsys, "--plan", "igo-demo") == ["a", "c", "open", "b"]
    assert listed(index, capsys, "--plan", "a3eae74c16fb") == ["a", "c", "open", "b"]
    assert listed(index, capsys, "--plan", "sarcoma") == []
    assert (
        listed(index, capsys, "--site", "north") == listed(index, capsys, "--site", "56475aa7") == listed(index, capsys)
    )
    assert listed(index, capsys, "--site", "nor") == []
    shutil.rmtree(records)
    assert len(listed(index, capsys)) == 4


def test_a_list_is_a_table_with_its_sum(index: Path, capsys: Out) -> None:
    capsys.readouterr()
    assert trial(["list", str(index)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["opened", "record", "site", "patient", "plan", "ended", "heated_min", "in_range_min",
                              "given_ml", "in_range_ml", "faults", "path"]  # fmt: skip
    assert out[1].startswith("2026-01-05 08:00  ") and "COMPLETE" in out[1] and " 3.3 " in out[1] and " 1.9 " in out[1]
    assert out[-1] == "4 session(s): 1 ABORT, 2 COMPLETE, 1 OPEN"


def test_a_wrong_day_is_refused(index: Path, capsys: Out) -> None:
    with pytest.raises(SystemExit):
        trial(["list", str(index), "--from", "5.1.2026"])
    assert "expected a day as 2026-01-05" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "places"), [
    ("operator-a IDENTITY", [("a", 5), ("b", 5), ("c", 5), ("open", 5)]), ("calibration is not accepted", 4),
    ("zerodivision", [("c", 33)]), ("did not confirm transducer", [("c", 24)]), ("patient-stop", [("c", 21)]),
    ("PATIENT_STOP", [("c", 21)]), ("I have reviewed", 3), ("want of a signature", [("c", 15)]),
    ("wall time moved", [("c", 28), ("c", 31)]), ("gone on with", [("c", 35)]), ("north", 4), ("' OR 1=1 --", []),
    ("", []), ("%", []), ("records/c", [("c", 1)]),
])  # fmt: skip
def test_a_search_finds_what_was_said(index: Path, words: str, places: object, capsys: Out) -> None:
    paths = {str(row["id"])[:8]: path.split("/")[1] for path, row in rows(index).items()}
    capsys.readouterr()
    assert trial(["search", str(index), words, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    if isinstance(places, int):
        assert len(found) == places
    else:
        assert sorted((paths[each["record"]], each["entry"]) for each in found) == places
