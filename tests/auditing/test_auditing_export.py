"""`syntherm record export`: other forms of a record, complete or not at all, and nothing beside the original."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import kept
import pytest

from syntherm.audit.chain import ANCHORS, link
from syntherm.audit.reader import AuditReader
from syntherm.auditing.command import export
from syntherm.auditing.console import BadInput
from syntherm.auditing.lines import entry_line
from syntherm.auditing.place import Staged, staged

pytestmark = pytest.mark.verifies("SRS-514")

Copy = Callable[[Path], Path]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def out(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything but a bundle, of the small session."""
    folder = tmp_path_factory.mktemp("out") / "made" / "here"
    assert export([str(told), "--out", str(folder), "--jsonl", "--csv", "--parquet"]) == 0
    return folder


def test_the_files_that_were_asked_for_and_no_others(out: Path) -> None:
    assert sorted(path.name for path in out.iterdir()) == [
        "record.entries.csv", "record.entries.jsonl", "record.entries.parquet", "record.images.csv",
        "record.images.parquet",
    ]  # fmt: skip


def test_json_lines_hold_all_that_the_chain_rests_on(told: Path, out: Path) -> None:
    lines = (out / "record.entries.jsonl").read_text(encoding="ascii").splitlines()
    chain = ANCHORS[2]
    for line in lines:
        entry = json.loads(line)
        body = line[line.index('"body": ') + 8 : -1]
        assert json.loads(body) == entry["body"]
        chain = link(chain, entry["seq"], entry["kind"], entry["at_s"], entry["utc"], body)
        assert chain.hex() == entry["chain"]
    with AuditReader(told) as reader:
        assert len(lines) == len(list(reader.entries()))


def test_a_body_that_is_no_json_on_a_line_stands_as_a_text(told: Path, copy: Copy) -> None:
    path = copy(told)
    for seq, body in ((2, "{\n}"), (3, "[NaN]"), (4, "ä")):
        kept.change(path, f"UPDATE entries SET body = '{body}' WHERE seq = {seq}")
    kept.change(path, "UPDATE entries SET at_s = 9e999 WHERE seq = 5")
    with AuditReader(path) as reader:
        lines = [entry_line(entry) for entry in list(reader.entries())[:5]]
    assert all(line.count("\n") == 1 and line.isascii() for line in lines)
    assert [json.loads(line).get("body_text") for line in lines] == [None, "{\n}", "[NaN]", "ä", None]
    assert json.loads(lines[4])["at_s"] == {"$float": "inf"}


def test_the_table_of_entries(out: Path, count: Counter[str]) -> None:
    rows = table(out / "record.entries.csv")
    assert len(rows) == count.total()
    assert rows[9] == {
        "seq": "10", "session_s": "100.0", "at_s": "100.0", "utc": "2026-01-05T08:01:40.000000+00:00",
        "kind": "decision", "type": "Decision", "session_before": "SETUP", "session_after": "CALIBRATION",
        "calibration_before": "NONE", "calibration_after": "BASELINE", "energy_before": "OFF", "energy_after": "OFF",
        "infusion_before": "IDLE", "infusion_after": "IDLE",
        "summary": "no trigger: setup -> calibration; calibration none -> baseline",
    }  # fmt: skip
    assert not any(row["summary"].startswith(("=", "+", "-", "@")) for row in rows)


def test_the_table_of_images_is_what_the_story_tells(out: Path) -> None:
    rows = table(out / "record.images.csv")
    images = {float(row["at_s"]): row for row in rows}
    assert len(rows) == 68 and [row["image"] for row in rows] == [str(n) for n in range(1, 69)]
    at_302 = images[302.0]
    assert {name: at_302[name] for name in ("mean_degC", "mean_lower_degC", "mean_upper_degC")} == {
        "mean_degC": "41.0", "mean_lower_degC": "40.5", "mean_upper_degC": "41.5",
    }  # fmt: skip
    assert (at_302["cold90_degC"], at_302["hot10_degC"], at_302["accepted"]) == ("40.6", "41.4", "true")
    assert (at_302["in_range"], at_302["in_range_s"], at_302["lent_W"]) == ("true", "63.0", "30.0")
    assert (at_302["session"], at_302["infusion"]) == ("DRUG_INFUSION_SYNC", "INFUSING")
    assert float(images[329.0]["patient_ml"]) == pytest.approx(1.9)
    assert (at_302["guard_dose_min"], at_302["guard_dose_limit_min"], at_302["acquired_s"]) == ("1.5", "4.0", "301.0")
    assert at_302["hottest_guard_upper_degC"] == "39.4"


def test_a_refused_image_has_no_temperatures(tmp_path: Path) -> None:
    story = kept.left_open(tmp_path / "in" / "record.db") if (tmp_path / "in").mkdir() is None else None
    assert story is not None
    story.frame(193.0, defect=True)
    story.writer.close_session(story.utc(194.0), 194.0, "ABORT")
    assert export([str(tmp_path / "in" / "record.db"), "--out", str(tmp_path / "out"), "--csv"]) == 0
    good, bad = table(tmp_path / "out" / "record.images.csv")
    assert (good["lent_W"], good["heating_s"], good["patient_ml"]) == ("0.0", "0.0", "0.0")
    assert (good["accepted"], good["mean_degC"], good["hottest_guard"] != "") == ("true", "37.0", True)
    assert (bad["accepted"], bad["mean_degC"], bad["hottest_guard_upper_degC"], bad["hottest_guard"]) == (
        "false",
        "",
        "",
        "",
    )


def test_parquet_holds_the_same_and_the_bodies(told: Path, out: Path) -> None:
    with duckdb.connect() as db:
        entries = db.execute(f"SELECT seq, kind, body, chain, utc FROM '{out}/record.entries.parquet'").fetchall()
        types = dict(
            db.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{out}/record.images.parquet')").fetchall()
        )
        (mean,) = db.execute(f"SELECT mean_degC FROM '{out}/record.images.parquet' WHERE at_s = 302").fetchall()
    with AuditReader(told) as reader:
        recorded = [(e.seq, e.kind, e.body, e.chain.hex()) for e in reader.entries()]
    assert [row[:4] for row in entries] == recorded
    assert entries[0][4].isoformat() == "2026-01-05T08:00:00"
    assert (types["mean_degC"], types["accepted"], types["image"], types["utc"]) == (
        "DOUBLE",
        "BOOLEAN",
        "BIGINT",
        "TIMESTAMP",
    )
    assert mean == (41.0,)


def test_a_guard_region_that_is_not_seen_may_be_the_hottest(told: Path, copy: Copy, tmp_path: Path) -> None:
    path = copy(told)
    kept.change(path, """UPDATE entries SET body = json_set(body, '$.guards[1].hottest.upper', json('{"$float":"nan"}'))
                         WHERE seq = 20""")  # fmt: skip
    assert export([str(path), "--out", str(tmp_path / "out"), "--csv"]) == 0
    rows = {row["at_s"]: row for row in table(tmp_path / "out" / "record.images.csv")}
    assert (rows["203.0"]["hottest_guard"], rows["203.0"]["hottest_guard_upper_degC"]) == ("", "")
    assert rows["203.0"]["mean_degC"] != "" and rows["206.0"]["hottest_guard_upper_degC"] == "39.4"


def test_a_moment_that_is_none_is_not_known(told: Path, copy: Copy, tmp_path: Path) -> None:
    path = copy(told)
    kept.change(path, "UPDATE entries SET utc = 'never' WHERE seq = 5")
    assert export([str(path), "--out", str(tmp_path / "out"), "--parquet"]) == 0
    with duckdb.connect() as db:
        found = db.execute(f"SELECT seq FROM '{tmp_path}/out/record.entries.parquet' WHERE utc IS NULL").fetchall()
    assert found == [(5,)]


def test_an_open_record_is_exported_as_far_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    kept.left_open(tmp_path / "in" / "record.db").writer.let_go()
    assert export([str(tmp_path / "in" / "record.db"), "--out", str(tmp_path / "out"), "--csv", "--jsonl"]) == 0
    assert len(table(tmp_path / "out" / "record.entries.csv")) == 14


def test_hostile_texts_come_through_whole(eventful: Path, tmp_path: Path) -> None:
    assert export([str(eventful), "--out", str(tmp_path), "--csv", "--parquet"]) == 0
    assert "by operator-a: \\x1b[2J" in table(tmp_path / "record.entries.csv")[25]["summary"]


# --------------------------------------------------------------------------------------------------------------- places
def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_never_replaces_a_file(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "record.images.csv").write_text("kept")
    assert export([str(told), "--out", str(tmp_path), "--jsonl", "--csv"]) == 2
    err = capsys.readouterr().err
    assert "record.images.csv: exists already" in err and len(err.splitlines()) == 1
    assert files(tmp_path) == {"record.images.csv": b"kept"}


@pytest.mark.parametrize("where", [".", "below", "below/that"])
def test_nothing_is_written_beside_a_record(
    told: Path, copy: Copy, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(told)
    before = files(path.parent)
    assert export([str(path), "--out", str(path.parent / where), "--csv"]) == 2
    assert "lies in the folder of" in capsys.readouterr().err
    assert files(path.parent) == before and not (path.parent / "below").exists()


def test_a_record_that_ends_in_damage_leaves_nothing_half_done(
    told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "record.db").write_bytes(told.read_bytes()[: told.stat().st_size // 2])
    code = export([str(tmp_path / "cut" / "record.db"), "--out", str(tmp_path / "new" / "out"), "--csv", "--parquet"])
    assert code == 2 and len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_files_get_their_names_together_or_not_at_all(tmp_path: Path) -> None:
    def make(stage: Staged) -> None:
        for name in ("a", "b"):
            stage.path(name).write_text(name)
        stage.scratch("c").write_text("not kept")

    with staged(tmp_path / "out") as stage:
        make(stage)
        assert not (tmp_path / "out" / "a").exists()
        assert stage.publish() == [tmp_path / "out" / "a", tmp_path / "out" / "b"]
    assert files(tmp_path) == {"out/a": b"a", "out/b": b"b"}
    with pytest.raises(BadInput, match="exists already"), staged(tmp_path / "out") as stage:
        stage.path("new").write_text("x")
        make(stage)
        stage.publish()
    assert files(tmp_path) == {"out/a": b"a", "out/b": b"b"}


@pytest.mark.parametrize(("arguments", "says"), [
    (["--jsonl", "--key", "site.pub"], "expected --bundle, too"), ([], "found no format"),
    (["--csv", "--with", "x"], "expected --bundle, too"),
])  # fmt: skip
def test_wrong_choices_are_told(
    told: Path, tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export([str(told), "--out", str(tmp_path / "out"), *arguments]) == 2
    assert says in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_exporting_changes_nothing(told: Path, tmp_path: Path) -> None:
    before = files(told.parent)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in before.items()}
    assert export([str(told), "--out", str(tmp_path), "--csv", "--jsonl", "--bundle"]) == 0
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files(told.parent).items()} == sums
