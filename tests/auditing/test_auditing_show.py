"""`syntherm record show`: what happened, one line an entry, of a record of any age and state."""

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import kept
import pytest

from syntherm.audit.chain import Entry
from syntherm.audit.course import KINDS
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.auditing.command import show
from syntherm.auditing.entries import entries
from syntherm.auditing.show import Choice, Lines, follow, whole_entry
from syntherm.auditing.told import Teller

pytestmark = pytest.mark.verifies("SRS-513")

Copy = Callable[[Path], Path]
LINE = re.compile(r" *(\d+) +(-?\d+:\d\d\.\d|-)  (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})  (\w+) +(\S.*)")


def lines(path: Path, **choice: object) -> dict[int, tuple[str, str, str, str]]:
    """Session time, UTC, kind and words of each line, by the number of its entry."""
    found = [LINE.fullmatch(line) for line in Lines(path, Choice(**choice)).new()]
    return {int(each[1]): (each[2], each[3], each[4], each[5]) for each in found if each is not None}


def test_every_entry_has_its_line(eventful: Path) -> None:
    shown = lines(eventful)
    with AuditReader(eventful) as reader:
        assert [(e.seq, e.kind) for e in reader.entries()] == [(seq, line[2]) for seq, line in shown.items()]
    assert {line[2] for line in shown.values()} == KINDS - {"maps"}


@pytest.mark.parametrize(("seq", "words"), [
    (1, r"opened by syntherm 0\.1\.0, plan [0-9a-f]{12}, session [0-9a-f]{32}"),
    (2, r"signed by the site up to entry 1, key [0-9a-f]{16}"),
    (3, "poll: generator does not answer; pump does not answer; patient stop is not read"),
    (5, "act: confirm identity, by operator-a: wristband & passport"),
    (8, "refused: calibration is not accepted"),
    (10, "no trigger: setup -> calibration; calibration none -> baseline"),
    (12, "image 1, acquired 1.0 s before"),
    (15, "not taken, for want of a signature: sign, by operator-a"),
    (18, r"signed by physicist-b \(B, physicist\) under entry 16: I have reviewed this\."),
    (21, "no trigger: calibration -> abort; energy off; hold pump; new fault PATIENT-STOP: the loop is open"),
    (22, "not confirmed: transducer: no answer"),
    (24, "transducer did not confirm a command that takes away: no answer"),
    (27, "no trigger: abort; no more: PATIENT-STOP"),
    (28, r"wall time moved by \+10\.000 s against the session's clock"),
    (33, "control software failed: ZeroDivisionError: division by zero"),
    (35, r"gone on with after entry 34 by syntherm 0\.1\.0, plan [0-9a-f]{12}, session [0-9a-f]{32}"),
    (39, "closed in abort"),
])  # fmt: skip
def test_a_line_says_what_is_essential(eventful: Path, seq: int, words: str) -> None:
    assert re.fullmatch(words, lines(eventful)[seq][3])


@pytest.mark.parametrize(("seq", "words"), [
    (87, "no trigger: heating -> drug infusion sync; infusion armed -> infusing; lend 30.0 W for 3.0 s"),
    (108, "no trigger: drug infusion sync; infusion infusing -> held; lend 30.0 W for 3.0 s; "
          "new fault OUT-OF-RANGE: out of range for 20.10 s"),
    (17, "maps kept: calibration to heating"),
])  # fmt: skip
def test_commands_states_and_faults_are_told(told: Path, seq: int, words: str) -> None:
    assert lines(told)[seq][3] == words


def test_a_remark_on_an_image_is_no_command() -> None:
    body = "scanner: image 4: repeats image 3"
    entry = Entry(9, "remark", 1.0, "2026-01-05T08:00:01.000000+00:00", json.dumps(body), b"")
    assert Teller().tell(entry, body) == f"image refused or missing: {body}"


def test_session_time_goes_on_over_a_restart_and_a_moved_wall_clock(eventful: Path) -> None:
    shown = lines(eventful)
    assert [shown[seq][0] for seq in (1, 5, 29, 34)] == ["0:00.0", "0:10.0", "3:17.0", "3:20.0"]
    assert [shown[seq][0] for seq in (35, 39)] == ["4:20.0", "4:21.0"]
    assert shown[29][1] == "2026-01-05 08:03:27.000"


def test_a_window_says_of_its_entries_what_the_whole_says(eventful: Path) -> None:
    whole = lines(eventful)
    for first in (2, 21, 27, 35, 38):
        assert lines(eventful, first=first, last=first + 1) == {n: whole[n] for n in (first, first + 1)}


def test_only_some_kinds(eventful: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show([str(eventful), "--kind", "refusal", "crash", "--kind", "remark"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out[1:]] == ["8", "22", "33"]


def test_the_notable_leaves_out_what_changed_nothing_and_keeps_what_led_to_a_change(told: Path) -> None:
    shown = lines(told, notable=True)
    assert {seq: line[2] for seq, line in shown.items() if 80 < seq < 120} == {
        86: "event", 87: "decision", 107: "event", 108: "decision", 117: "event", 118: "decision",
    }  # fmt: skip
    assert {line[2] for line in shown.values()} >= {"opened", "event", "decision", "refusal", "maps", "closed"}
    assert "checkpoint" not in {line[2] for line in shown.values()}
    assert [shown[seq][3][:9] for seq in (86, 107)] == ["image 35,", "image 45,"]


def test_one_entry_whole(eventful: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show([str(eventful), "--entry", "5"]) == 0
    said = json.loads(capsys.readouterr().out)
    with AuditReader(eventful) as reader:
        entry = next(e for e in reader.entries() if e.seq == 5)
    assert said == {"seq": 5, "kind": "event", "at_s": 10.0, "utc": entry.utc, "chain": entry.chain.hex(),
                    "body": json.loads(entry.body)}  # fmt: skip


def test_an_entry_that_is_not_there_is_named_with_those_that_are(eventful: Path) -> None:
    with pytest.raises(UnreadableRecord, match=r"no entry 41, expected a number of an entry: 1 to 40"):
        whole_entry(eventful, 41)


def test_what_a_person_wrote_cannot_command_a_terminal(eventful: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show([str(eventful), "--from", "26", "--to", "26"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2 and all(line.isprintable() for line in out.splitlines())
    assert r"by operator-a: \x1b[2J\u202etxt\n=1+1\ud800\x00" in out


def test_an_unknown_kind_and_an_unknown_event_are_shown_as_they_stand(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(path, """UPDATE entries SET kind = 'oracle', body = '{"says":[1,"x"]}' WHERE seq = 3""",
                """UPDATE entries SET body = '{"$type":"GateOpened","gate":7,"parts":[1]}' WHERE seq = 5""",
                "UPDATE entries SET body = 'no JSON' WHERE seq = 7")  # fmt: skip
    shown = lines(path)
    assert shown[3][2:] == ("oracle", '{"says": [1, "x"]}')
    assert (shown[5][3], shown[7][3]) == ("type GateOpened, gate 7", "no JSON")


def test_an_open_record_is_shown_as_far_as_it_is_and_then_followed(tmp_path: Path) -> None:
    story = kept.left_open(tmp_path / "record.db")
    reading = Lines(tmp_path / "record.db", Choice())
    assert len(list(reading.new())) == 14 and list(reading.new()) == []

    def goes_on() -> None:
        if story.sequence == 1:
            story.frame(193.0)
        else:
            story.writer.close_session(story.utc(194.0), 194.0, "ABORT")

    later = [LINE.fullmatch(line) for line in follow(tmp_path / "record.db", reading, goes_on)]
    assert [(each[1], each[4]) for each in later if each is not None] == [
        ("15", "event"), ("16", "decision"), ("17", "closed"), ("18", "checkpoint"),
    ]  # fmt: skip


def test_a_reader_that_has_stopped_does_not_keep_a_session_from_closing(tmp_path: Path) -> None:
    story = kept.left_open(tmp_path / "record.db")
    reading = Lines(tmp_path / "record.db", Choice()).new()
    assert len(list(islice(reading, 3))) == 3
    story.writer.close_session(story.utc(194.0), 194.0, "ABORT")
    assert len(list(reading)) == 11
    assert not (tmp_path / "record.db-wal").exists()


def test_an_open_record_says_so(tmp_path: Path, told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.left_open(tmp_path / "record.db").writer.let_go()
    assert show([str(tmp_path / "record.db"), "--notable"]) == 0
    assert capsys.readouterr().err == f"{tmp_path / 'record.db'}: so far; the record was not closed\n"
    assert show([str(told), "--notable"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("arguments", [["--entry", "0"], ["--kind", "nonsense"], ["--from", "x"]])
def test_wrong_arguments_are_refused(told: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        show([str(told), *arguments])
    assert left.value.code == 2 and "usage: syntherm record show" in capsys.readouterr().err


def test_bad_input_is_one_line(tmp_path: Path, told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("no record\n" * 999)
    (tmp_path / "cut").write_bytes(told.read_bytes()[:30_000])
    for name in ("missing", "text", "cut"):
        assert show([str(tmp_path / name)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"syntherm record show: {tmp_path / name}: ") and len(err.splitlines()) == 1


def test_showing_changes_nothing(told: Path) -> None:
    before = {path.name: path.read_bytes() for path in told.parent.iterdir()}
    list(Lines(told, Choice()).new())
    assert {path.name: path.read_bytes() for path in told.parent.iterdir()} == before


def test_a_decision_that_refuses_says_so(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(
        path, """UPDATE entries SET body = replace(body, '"refused":null', '"refused":"not now"') WHERE seq = 6"""
    )
    assert lines(path)[6][3] == "no trigger: setup; refused: not now"
    assert 6 in lines(path, notable=True) and 4 not in lines(path, notable=True)


@pytest.mark.parametrize("batch", [1, 3, 5, 500])
def test_a_gap_in_the_numbers_ends_nothing(
    told: Path, copy: Copy, count: Counter[str], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syntherm.auditing.entries._BATCH", batch)
    path = copy(told)
    kept.change(path, "DELETE FROM entries WHERE seq BETWEEN 20 AND 30")
    numbers = [entry.seq for entry in entries(path)]
    assert numbers == sorted(set(numbers)) and len(numbers) == len(lines(path)) == count.total() - 11
