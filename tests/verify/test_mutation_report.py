"""What is said of a run: its score, the open survivors, and reviews that are out of date."""

import json

import pytest

from syntherm_verify.mutation.mutant import Mutant, Result
from syntherm_verify.mutation.report import LEAST, Verdict, as_json, as_text
from syntherm_verify.mutation.reviewed import read_reviewed
from syntherm_verify.mutation.targets import targets
from syntherm_verify.trace.errors import BadInput

FILE = "syntherm/core/lease.py"


def mutant(number: int, file: str = FILE) -> Mutant:
    return Mutant(file, "bounded", f"a = {number}", f"a = {number + 1}")


def verdict(noticed: int, survived: int, reviewed=(), *, whole: bool = True) -> Verdict:
    results = [Result(mutant(i), noticed=i < noticed) for i in range(noticed + survived)]
    return Verdict(results, dict.fromkeys(reviewed, "no test can"), (FILE,), whole)


def test_all_noticed_is_well():
    assert verdict(20, 0).holds() and verdict(20, 0).score() == 1.0


def test_a_reviewed_survivor_is_well_and_counts_against_the_score():
    one = verdict(19, 1, [mutant(19)])
    assert one.score() == LEAST == 0.95
    assert one.holds()
    low = verdict(18, 2, [mutant(18), mutant(19)])
    assert not low.unreviewed() and not low.holds()


def test_a_survivor_that_nobody_reviewed_is_open_whatever_the_score():
    open_ = verdict(99, 1)
    assert open_.unreviewed() == [mutant(99)] and not open_.holds()
    assert any("nobody has reviewed it" in line for line in as_text(open_))


def test_a_review_of_what_is_noticed_now_is_out_of_date():
    late = verdict(20, 0, [mutant(3)])
    assert late.outdated() == [mutant(3)] and not late.holds()
    gone = verdict(20, 0, [mutant(77)])
    assert gone.outdated() == [mutant(77)]
    elsewhere = verdict(20, 0, [mutant(3, "syntherm/core/dose.py")])
    assert elsewhere.outdated() == [] and elsewhere.holds()


def test_a_sample_is_judged_by_its_open_survivors_only():
    assert verdict(1, 1, [mutant(1), mutant(50)], whole=False).holds()
    assert not verdict(1, 1, whole=False).holds()


def test_the_table_and_the_record_say_the_same():
    both = verdict(19, 1, [mutant(19)])
    head, row, total = list(as_text(both))
    assert head.split() == ["file", "mutants", "noticed", "reviewed", "open", "score"]
    assert row.split() == ["lease.py", "20", "19", "1", "0", "95.0%"]
    assert total.split() == ["all", "20", "19", "1", "0", "95.0%"]
    record = json.loads(as_json(both, "mutmut 3.8.1", None))
    assert record["files"] == {FILE: {"mutants": 20, "noticed": 19}}
    assert record["score"] == 0.95 and record["holds"] is True
    assert record["survivors"][0]["reason"] == "no test can" and record["survivors"][0]["after"] == "a = 20"


# ------------------------------------------------------------------------------------------------- the reviewed list
ENTRY = """[[equivalent]]
file = "syntherm/core/lease.py"
function = "bounded"
before = "a = 1"
after = "a = 2"
reason = "b is never below 2 here"
"""


def test_reading_the_reviewed_list(tmp_path):
    path = tmp_path / "reviewed.toml"
    path.write_text(ENTRY, encoding="utf-8")
    assert read_reviewed(path) == {mutant(1): "b is never below 2 here"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[equivalent]", "TOML"),
        (ENTRY.replace('after = "a = 2"\n', ""), "equivalent 1: found before, file"),
        (ENTRY + 'more = "x"\n', "more"),
        (ENTRY.replace("b is never below 2 here", " "), "reason: found no text"),
        (ENTRY.replace('"bounded"', "3"), "function: found no text"),
        (ENTRY + ENTRY, "equivalent 2: found syntherm/core/lease.py bounded a second time"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(tmp_path, text, says):
    path = tmp_path / "reviewed.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        read_reviewed(path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"nowhere\.toml"):
        read_reviewed(tmp_path / "nowhere.toml")


# ------------------------------------------------------------------------------------------------------------ targets
def test_targets_are_the_files_of_the_core_that_safety_rests_on(tmp_path):
    core = tmp_path / "device" / "syntherm" / "core"
    for name in ("lease.py", "dose.py", "table.py", "checks/drift.py", "checks/__init__.py", "plan/reader.py"):
        (core / name).parent.mkdir(parents=True, exist_ok=True)
        (core / name).touch()
    all_ = ("syntherm/core/checks/drift.py", "syntherm/core/dose.py", "syntherm/core/lease.py")
    assert targets(tmp_path) == all_
    assert targets(tmp_path, ["checks/*.py", "dose.py"]) == all_[:2]
    with pytest.raises(BadInput, match=r"'table\.py'"):
        targets(tmp_path, ["table.py"])
