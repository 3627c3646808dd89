"""`syntherm trial verify`, `export` and `query`."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import kept
import pytest
from rig import KEY

from syntherm.audit.keys import make_key
from syntherm.audit.seal import read_seal, seal_path, write_seal
from syntherm.auditing.parquet import connection
from syntherm.auditing.tables import WHOLE
from syntherm.trial.command import trial

pytestmark = pytest.mark.verifies("SRS-515")

Out = pytest.CaptureFixture[str]
Ask = Callable[[str], list[dict[str, object]]]


# --------------------------------------------------------------------------------------------------------------- verify
def verified(index: Path, capsys: Out, *more: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = trial(["verify", str(index), *more])
    return code, capsys.readouterr().out.splitlines()


@pytest.fixture
def closed(records: Path) -> Path:
    """An index of closed records alone."""
    path = records.parent / "closed.idx"
    assert trial(["add", str(path), *(str(records / name) for name in "abc")]) == 0
    return path


def test_sound_records_are_sound(closed: Path, capsys: Out) -> None:
    code, out = verified(closed, capsys)
    assert code == 0 and [line.split()[3] for line in out[:3]] == ["sound"] * 3
    assert out[3] == "3 of 3 records sound, against the keys that the records name themselves"


def test_a_record_that_was_not_closed_is_not_sound(index: Path, capsys: Out) -> None:
    code, out = verified(index, capsys)
    assert code == 1 and out[-1].startswith("3 of 4 records sound")
    assert any("being closed" in line for line in out)


def test_changed_replaced_and_missing_records_are_found(closed: Path, records: Path, capsys: Out) -> None:
    kept.change(records / "a" / "record.db", "UPDATE entries SET utc = 'never' WHERE seq = 5")
    for suffix in ("", ".seal"):
        shutil.copyfile(records / "c" / f"record.db{suffix}", records / "b" / f"record.db{suffix}")
    shutil.rmtree(records / "c")
    code, out = verified(closed, capsys)
    assert code == 1 and out[-1].startswith("0 of 3 records sound")
    found = "\n".join(out)
    assert "entry 5 (event) does not fit the chain" in found
    assert "the head is " in found and found.count("is not the file that was indexed") == 2
    assert "is gone from where it was indexed" in found


def test_a_file_of_the_same_entries_that_was_made_anew_is_found(closed: Path, records: Path, capsys: Out) -> None:
    path = records / "a" / "record.db"
    seal = read_seal(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA user_version = 7")
    seal_path(path).unlink()
    write_seal(path, seal.head, str(seal.session), KEY)
    code, out = verified(closed, capsys)
    assert code == 1 and any("is not the file that was indexed" in line for line in out)


def test_records_are_verified_against_keys_from_elsewhere(closed: Path, tmp_path: Path, capsys: Out) -> None:
    make_key(tmp_path / "other")
    code, out = verified(closed, capsys, "--key", str(tmp_path / "other" / "site.pub"))
    assert code == 1 and out[-1] == "0 of 3 records sound, against 1 key(s)"
    assert trial(["verify", str(closed), "--key", str(tmp_path / "none.pub")]) == 2


# --------------------------------------------------------------------------------------------------------------- export
@pytest.fixture(scope="module")
def exported(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    records = Path(shutil.copytree(made, folder / "records"))
    assert trial(["add", str(folder / "trial.idx"), str(records)]) == 0
    assert trial(["export", str(folder / "trial.idx"), "--out", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture
def ask(exported: Path, capsys: Out) -> Ask:
    """Rows of a query."""

    def query(sql: str) -> list[dict[str, object]]:
        capsys.readouterr()
        assert trial(["query", str(exported), sql, "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return query


def test_every_record_has_its_folder_in_every_table(exported: Path) -> None:
    sessions = sorted(path.name for path in (exported / "entries").iterdir())
    assert len(sessions) == 4 and all(name.startswith("record=") for name in sessions)
    expected = {Path(table) / name / f"{table}.parquet" for table in WHOLE for name in sessions}
    found = {path.relative_to(exported) for path in exported.rglob("*") if path.is_file()}
    assert found == expected | {Path("sessions.parquet")}
    assert exported.stat().st_mode & 0o777 == 0o755
    assert not list(exported.parent.glob(".out.*"))


def test_an_export_is_made_in_a_new_folder_beside_no_record(index: Path, records: Path, capsys: Out) -> None:
    for out in (records / "a" / "tables", records.parent):
        assert trial(["export", str(index), "--out", str(out)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (records / "a" / "tables").exists()


def test_records_that_changed_or_are_gone_are_left_out_and_named(index: Path, records: Path, capsys: Out) -> None:
    (records / "b" / "record.db").unlink()
    kept.change(records / "a" / "record.db", "DELETE FROM entries WHERE seq > 100")
    out = records.parent / "out"
    capsys.readouterr()
    assert trial(["export", str(index), "--out", str(out)]) == 1
    err = capsys.readouterr().err
    assert "a/record.db: left out: has changed since it was indexed" in err and "b/record.db: left out: " in err
    assert len(list((out / "entries").iterdir())) == len(list((out / "faults").iterdir())) == 2
    capsys.readouterr()
    assert trial(["query", str(out), "SELECT count(*) AS n FROM sessions", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines() == ["n", "2"]


# ---------------------------------------------------------------------------------------------------------------- query
def test_tables_are_joined_by_record(ask: Ask) -> None:
    found = ask("""SELECT ended_in, count(*) AS faults, min(detail) AS detail FROM faults JOIN sessions USING (record)
                   GROUP BY ended_in ORDER BY ended_in""")  # fmt: skip
    assert found == [
        {"ended_in": "ABORT", "faults": 1, "detail": "the loop is open"},
        {"ended_in": "COMPLETE", "faults": 2, "detail": "out of range for 20.10 s"},
    ]
    assert ask("SELECT max(mean_degC) AS m FROM images")[0]["m"] == 41.0
    assert ask("SELECT count(*) AS n FROM acts WHERE refused IS NOT NULL") == [{"n": 5}]
    assert ask("SELECT DISTINCT body->>'$.ended_in' AS e FROM entries WHERE kind = 'closed' ORDER BY e") == [
        {"e": "ABORT"}, {"e": "COMPLETE"},
    ]  # fmt: skip
    assert ask("SELECT min(opened_utc) AS t FROM sessions") == [{"t": "2026-01-05T08:00:00"}]
    assert ask("SELECT reason FROM acts WHERE act = 'RESET'") == [{"reason": "\x1b[2J\u202etxt\n=1+1\\ud800\\x00"}]
    assert {row["name"] for row in ask("SHOW TABLES")} == {"sessions", *WHOLE}


def test_answers_are_tables_and_csv_too(exported: Path, capsys: Out) -> None:
    sql = """SELECT ended_in, length_min, NULL AS none, [1, 2] AS list, sealed = 1 AS sealed FROM sessions
             ORDER BY opened_utc, ended_in LIMIT 1"""
    assert trial(["query", str(exported), sql, "--csv"]) == 0
    heading, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert heading == ["ended_in", "length_min", "none", "list", "sealed"]
    assert row == ["ABORT", "4.35", "", "[1, 2]", "true"]
    assert trial(["query", str(exported), sql]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == heading and out[1].split() == ["ABORT", "4.35", "[1,", "2]", "true"]


@pytest.mark.parametrize("sql", [
    "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/hostname'", "SELECT * FROM glob('/*')",
    "SELECT * FROM 'https://example.com/x.parquet'", "COPY (SELECT 1) TO '{out}/x.csv'", "ATTACH '{out}/x.db'",
    "COPY (SELECT 1) TO '{file}' (USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}' (USE_TMP_FILE false)",
    "SELECT 1; DROP VIEW entries", "INSTALL httpfs", "LOAD httpfs", "SET threads = 1", "PRAGMA threads = 1",
    "CREATE TABLE t AS SELECT 1", "EXPORT DATABASE '{out}/x'", "", "nonsense", "SELECT * FROM nowhere",
    "CREATE SECRET (TYPE s3)", "SELECT 1/'a'",
])  # fmt: skip
def test_a_query_reads_the_export_and_nothing_else(exported: Path, sql: str, tmp_path: Path, capsys: Out) -> None:
    file = exported / "sessions.parquet"
    before, inside = file.read_bytes(), sorted(exported.parent.rglob("*"))
    assert trial(["query", str(exported), sql.format(out=tmp_path, file=file)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("syntherm trial query: ") and len(err.splitlines()) == 1
    assert file.read_bytes() == before and sorted(exported.parent.rglob("*")) == inside and not list(tmp_path.iterdir())


def test_duckdb_fetches_no_extensions() -> None:
    with connection() as db:
        settings = dict(db.execute("SELECT name, value FROM duckdb_settings()").fetchall())
        known = {name for (name,) in db.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    assert {"read_parquet", "read_json"} <= known
    for name in ("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"):
        assert settings[name] == "false"
    assert settings["lock_configuration"] == "true"


def test_what_is_no_export_is_bad_input(tmp_path: Path, capsys: Out) -> None:
    assert trial(["query", str(tmp_path), "SELECT 1"]) == 2
    assert "no export of a trial" in capsys.readouterr().err
