"""The tables that auditors read: chains whole, gaps shown as gaps, nothing of a text taken as markup."""

import csv
import io
from pathlib import Path

import attrs
import pytest

from syntherm_verify.trace.errors import BadInput
from syntherm_verify.trace.findings import Evidence, Finding
from syntherm_verify.trace.page import as_html
from syntherm_verify.trace.policy import Acceptability, read_policy
from syntherm_verify.trace.tables import as_csv, totals

POLICY = Path(__file__).parents[2] / "risk" / "policy.csv"


def _rows(evidence: Evidence) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(evidence))))


def test_a_chain_runs_from_hazard_to_result(clean: Evidence) -> None:
    risk = [row for row in _rows(clean) if row["chain"] == "risk"]

    assert len(risk) == 1
    assert list(risk[0].values())[1:7] == ["HAZ-01", "HS-01", "4", "unacceptable", "acceptable", "RC-01"]
    assert [risk[0][name] for name in ("SRS", "test", "passed", "failed", "result")] == [
        "SRS-101", "tests/test_a.py::test_one", "2", "0", "passed",
    ]  # fmt: skip


def test_a_need_runs_to_the_result_of_each_requirement(clean: Evidence) -> None:
    need = [(row["UN"], row["SYS"], row["SRS"], row["result"]) for row in _rows(clean) if row["chain"] == "need"]

    assert need == [("UN-01", "SYS-01", "SRS-101", "passed"), ("UN-01", "SYS-02", "SRS-102", "passed")]


def test_holes_are_gaps_and_an_unread_run_is_not_one(clean: Evidence) -> None:
    untested = attrs.evolve(clean, results=tuple(r for r in clean.results or () if "SRS-101" not in r.ids))
    headless = attrs.evolve(clean, items=tuple(item for item in clean.items if item.id != "RC-01"))

    assert [row["result"] for row in _rows(untested)] == ["GAP", "GAP", "passed"]
    assert _rows(headless)[0]["RC"] == "GAP"
    assert {row["result"] for row in _rows(attrs.evolve(clean, results=None))} == {"not read"}


def test_totals_count_what_is_there(clean: Evidence) -> None:
    counted = dict(totals(clean, 3))

    assert counted["software requirements with a passed test and no failed one"] == "2 of 2"
    assert counted["risk controls with a passed test and no failed one"] == "1 of 1"
    assert (counted["risks before control"], counted["risks after control"]) == ("1 unacceptable", "1 acceptable")
    assert (counted["chains with a GAP"], counted["findings"]) == ("0", "3")


def test_the_page_shows_text_as_text(clean: Evidence) -> None:
    hostile = "<script>alert(1)</script>"
    items = tuple(attrs.evolve(item, title=hostile, text=hostile) for item in clean.items)

    page = as_html(attrs.evolve(clean, items=items), (Finding("a.rst:1", "SRS-101", hostile),), hostile)

    assert "<script" not in page
    assert page.count("&lt;script&gt;") > len(items)


def test_the_policy_answers_every_pair_and_never_falls_with_severity_or_probability() -> None:
    policy, order = read_policy(POLICY), list(Acceptability)
    rank = {pair: order.index(answer) for pair, answer in policy.table.items()}

    assert len(rank) == 25
    assert all(rank[s, p] <= rank[min(s + 1, 5), p] and rank[s, p] <= rank[s, min(p + 1, 5)] for s, p in rank)
    assert policy.judge(5, 5) is Acceptability.UNACCEPTABLE
    assert policy.judge(6, 1) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("5,reduce", "5,fine", "column 1: found 'fine'"), ("\n1,", "\n2,", "expected each of 1 to 5 once")],
)
def test_a_broken_policy_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "policy.csv"
    path.write_text(POLICY.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadInput, match=message):
        read_policy(path)
