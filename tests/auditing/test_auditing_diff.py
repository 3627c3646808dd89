"""`syntherm record diff`: where two records part, and all in which they differ."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import kept
import pytest
import story

from syntherm.auditing.command import diff
from syntherm.auditing.compare import Compare
from syntherm.auditing.diff import Diff
from syntherm.auditing.fields import ABSENT, differences

pytestmark = pytest.mark.verifies("SRS-513")

Copy = Callable[[Path], Path]


def said(a: Path, b: Path, everything: bool = False) -> tuple[list[str], bool]:
    lines: list[str] = []
    found = Diff(a, b, lines.append, everything)
    found.tell()
    return lines, found.differs


@pytest.fixture(scope="module")
def days_later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same session on another day."""
    path = tmp_path_factory.mktemp("later") / "record.db"
    kept.on_day(path, 3)
    return path


def test_a_record_equals_itself(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff([str(told), str(told)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-2:] == [
        "Both have the same head: if both are sound, not even times, keys or signatures differ.",
        "Nothing else differs.",
    ]


def test_what_always_differs_is_named_once_and_makes_no_difference(
    told: Path, days_later: Path, count: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    compared = count.total() - count["checkpoint"]
    assert diff([str(told), str(days_later)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-2:] == [
        "Of what differs between any two sessions, and is not compared here (see --all): "
        f"chain in {compared} entries; session in 1 entry; utc in {compared} entries; "
        f"what checkpoint entries hold ({count['checkpoint']} in A, {count['checkpoint']} in B).",
        "Nothing else differs.",
    ]


def test_all_lists_each_of_them(
    told: Path, days_later: Path, count: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff([str(told), str(days_later), "--all"]) == 1
    out = capsys.readouterr().out
    assert out.count(") utc: A ") == out.count(") chain: A ") == count.total()
    assert out.count("(checkpoint) signature: A ") == count["checkpoint"]
    assert "entry 3 (event) utc: A 2026-01-05T08:00:01.000000+00:00, B 2026-01-08T08:00:01.000000+00:00" in out


def test_they_part_where_one_field_differs(told: Path, copy: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    path = copy(told)
    kept.change(path, """UPDATE entries SET body = replace(body, '"heating_s":3.0', '"heating_s":3.5')""",
                """UPDATE entries SET body = replace(body, '"in_range":true', '"in_range":false') WHERE seq > 90""",
                )  # fmt: skip
    assert diff([str(told), str(path)]) == 1
    out = capsys.readouterr().out.splitlines()
    at = out.index("They part at entry 20 (decision), 3:23.0 into the session:")
    assert out[at + 1 : at + 3] == ["  heating_s: A 3.0, B 3.5", ""]
    assert out[at + 3] == "33 entries differ. Every field that does, how often, and where first:"
    assert [line.split() for line in out[at + 4 : at + 6]] == [
        ["decision", "heating_s:", "1,", "first", "at", "entry", "20"],
        ["decision", "range_clock.in_range:", "32,", "first", "at", "entry", "92"],
    ]  # fmt: skip


def test_an_entry_that_only_one_has_does_not_shift_the_rest(told: Path, copy: Copy, count: Counter[str]) -> None:
    path = copy(told)
    kept.change(path, "DELETE FROM entries WHERE kind IN ('maps', 'checkpoint')")
    apart = list(Compare(told, path).apart())
    assert [(each.kind, each.a.seq if each.a else 0, each.b) for each in apart] == [
        ("maps", 17, None),
        ("maps", 156, None),
    ]
    lines, differs = said(told, path)
    assert differs and "They part at entry 17 of A, no entry of B (maps), 3:20.0 into the session:" in lines
    assert "  maps        whole entry: 2, first at entry 17 of A, no entry of B" in lines
    assert (
        f"  checkpoint     {count['checkpoint']} | 0 entries" in lines and "  decision       same: 75 entries" in lines
    )


def test_different_answers_to_one_event_are_named(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(path, """UPDATE entries SET kind = 'refusal', body = '"no"' WHERE seq = 6""")
    lines, _ = said(told, path)
    assert "  kind: A decision, B refusal" in lines


def test_plan_and_software_are_compared_before_what_happened(told: Path, tmp_path: Path) -> None:
    text = story.PLAN.read_text(encoding="utf-8").replace("dwell_s = { value = 60.0", "dwell_s = { value = 45.0")
    story.tell(tmp_path / "record.db", text)
    lines, differs = said(told, tmp_path / "record.db")
    at = lines.index("They were opened with other values:")
    assert differs and lines[at + 1].startswith("  plan line 37: A dwell_s") and "value = 45.0" in lines[at + 1]
    assert lines[at + 2].startswith("  plan_sha256: A a3eae74c16fb")
    assert lines[-1] == "All that follows on the opening is equal."
    assert any(line.startswith("  syntherm       same: 0.1.0") for line in lines)


def test_a_longer_session_has_entries_of_its_own(told: Path, tmp_path: Path) -> None:
    kept.left_open(tmp_path / "record.db").writer.let_go()
    lines, differs = said(told, tmp_path / "record.db")
    assert differs and "They part at entry 15 of A, no entry of B (event), 3:20.0 into the session:" in lines
    assert "  event       whole entry: 71, first at entry 15 of A, no entry of B" in lines


@pytest.mark.parametrize(("a", "b", "found"), [
    ({"x": 1, "y": [1, {"z": 2}]}, {"x": 1, "y": [1, {"z": 3}]}, [("y[1].z", "y[].z", 2, 3)]),
    ({"x": [1, 2]}, {"x": [1]}, [("x[1]", "x[]", 2, ABSENT)]),
    ({"x": 1}, {"y": 1}, [("x", "x", 1, ABSENT), ("y", "y", ABSENT, 1)]),
    ({"x": None}, {}, [("x", "x", None, ABSENT)]),
    (1, 1.0, [("", "", 1, 1.0)]), (True, 1, [("", "", True, 1)]), ([], {}, [("", "", [], {})]),
    ({"p": "a\nb\nc"}, {"p": "a\nB\nc"}, [("p line 2", "p", "b", "B")]),
    ({"p": "a\nb"}, {"p": "a\nb\n"}, [("p", "p", "a\nb", "a\nb")]),
    ({"p": "a\nb"}, {"p": "a\nx\nb"}, [("p line 2", "p", ABSENT, "x")]),
])  # fmt: skip
def test_differences_are_named_by_their_path(a: object, b: object, found: list[tuple[object, ...]]) -> None:
    assert [(each.path, each.field, each.a, each.b) for each in differences(a, b)] == found
    assert list(differences(a, a)) == []


def test_what_is_no_record_is_bad_input(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("no record\n" * 999)
    for a, b in ((told, tmp_path / "text"), (tmp_path / "none", told)):
        assert diff([str(a), str(b)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_another_time_of_the_sessions_clock_is_a_difference(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(path, "UPDATE entries SET at_s = at_s + 0.25 WHERE seq = 20")
    lines, differs = said(told, path)
    assert differs and "  at_s: A 203.0, B 203.25" in lines


def test_two_encodings_of_one_value_differ(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(path, """UPDATE entries SET body = replace(body, '":', '": ') WHERE seq = 5""")
    lines, differs = said(told, path)
    assert differs and any(line.startswith("  encoding of the body: A ") for line in lines)


def test_a_copy_of_an_open_record_is_compared_as_far_as_it_is(told: Path, tmp_path: Path) -> None:
    shutil.copyfile(told, tmp_path / "copy.db")
    assert said(told, tmp_path / "copy.db")[1] is False
