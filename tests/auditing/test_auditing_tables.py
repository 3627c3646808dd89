"""Acts with their answers, faults from raise to clear, and session time."""

from collections.abc import Callable
from pathlib import Path

import kept
import pytest

from syntherm.auditing.clock import SessionClock, minutes
from syntherm.auditing.looks import items, number, plain, short, text, truth, whole
from syntherm.auditing.rows import Row
from syntherm.auditing.tables import WHOLE, tabulate

Copy = Callable[[Path], Path]
DAY = "2026-01-05T"


def rows(record: Path, table: str) -> list[Row]:
    return [row for name, row in tabulate(record) if name == table]


def test_acts_have_their_answers(eventful: Path) -> None:
    found = [(row["seq"], row["act"], row["person"], row["refused"]) for row in rows(eventful, "acts")]
    assert found == [
        (5, "CONFIRM", "operator-a", None),
        (7, "BEGIN_HEATING", "<script>alert(1)</script>", "calibration is not accepted"),
        (9, "BEGIN_CALIBRATION", "operator-a", None),
        (15, "SIGN", "operator-a", "came without a signature"),
        (16, "SIGN", "physicist-b", None),
        (26, "RESET", "operator-a", None),
    ]
    first = rows(eventful, "acts")[0]
    assert (first["item"], first["reason"], first["session_s"]) == ("IDENTITY", "wristband & passport", 10.0)


def test_a_refusal_by_the_decision_is_an_acts_answer_too(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(
        path, """UPDATE entries SET body = replace(body, '"refused":null', '"refused":"not now"') WHERE seq = 6"""
    )
    assert rows(path, "acts")[0]["refused"] == "not now"


def test_faults_are_told_from_raise_to_clear(told: Path, eventful: Path) -> None:
    (fault,) = rows(told, "faults")
    times = {"session_s": 332.0, "cause_gone_s": 335.0, "cleared_s": 347.0}
    assert fault.items() >= {"code": "OUT_OF_RANGE", "priority": "MEDIUM", "response": "HOLD_INFUSION", **times}.items()
    (stop,) = rows(eventful, "faults")
    assert (stop["code"], stop["session_s"], stop["cause_gone_s"], stop["cleared_s"]) == (
        "PATIENT_STOP",
        193.0,
        194.0,
        196.0,
    )


def test_a_fault_that_stands_to_the_end_and_one_of_another_software(told: Path, copy: Copy) -> None:
    path = copy(told)
    kept.change(
        path,
        "DELETE FROM entries WHERE seq > 108",
        "UPDATE entries SET body = replace(body, 'OUT_OF_RANGE', 'NEW_ONE')",
    )
    (fault,) = rows(path, "faults")
    assert (fault["code"], fault["priority"], fault["cause_gone_s"], fault["cleared_s"]) == (
        "NEW_ONE",
        None,
        None,
        None,
    )


def test_every_row_has_the_columns_of_its_table(told: Path, eventful: Path) -> None:
    seen = set()
    for record in (told, eventful):
        for name, row in tabulate(record):
            seen.add(name)
            assert tuple(row) == tuple(WHOLE[name])
    assert seen == set(WHOLE)


@pytest.mark.parametrize(("entries", "expected"), [
    ([("opened", 100.0, "08:00:00"), ("event", 160.0, "08:01:00")], [0.0, 60.0]),
    ([("opened", 100.0, "08:00:00"), ("event", 160.0, "09:00:00")], [0.0, 60.0]),
    ([("opened", 100.0, "08:00:00"), ("event", 110.0, "08:00:10"), ("resumed", 3.0, "08:01:10"),
      ("event", 4.0, "08:01:11")], [0.0, 10.0, 70.0, 71.0]),
    ([("opened", 100.0, "08:00:00"), ("event", 3.0, "08:01:00")], [0.0, 60.0]),
    ([("opened", 100.0, "08:00:00"), ("resumed", 500.0, "never"), ("event", 501.0, "08:01:11")], [0.0, None, None]),
    ([("opened", 0.0, "08:00:00"), ("event", float("nan"), "08:01:00")], [0.0, None]),
])  # fmt: skip
def test_session_time(entries: list[tuple[str, float, str]], expected: list[float | None]) -> None:
    clock = SessionClock()
    assert [clock.at(kind, at_s, utc if utc == "never" else DAY + utc) for kind, at_s, utc in entries] == expected


@pytest.mark.parametrize(("seconds", "shown"), [
    (0.0, "0:00.0"), (59.96, "1:00.0"), (61.25, "1:01.2"), (5450.9, "90:50.9"), (-3.0, "-0:03.0"), (-0.01, "0:00.0"),
    (None, "-"),
])  # fmt: skip
def test_minutes_and_seconds(seconds: float | None, shown: str) -> None:
    assert minutes(seconds) == shown


def test_what_is_not_there_or_is_something_else_is_not_known() -> None:
    body = {"a": {"n": 1.5, "t": "x", "b": True, "l": [1], "big": 10**400}, "inf": {"$float": "inf"}, "list": [1]}
    assert (number(body, "a", "n"), text(body, "a", "t"), truth(body, "a", "b"), items(body, "a", "l")) == (
        1.5,
        "x",
        True,
        (1,),
    )
    assert (number(body, "a", "b"), number(body, "a", "t"), number(body, "inf"), number(body, "a", "big")) == (
        None,
    ) * 4
    assert (number(body, "list", "n"), text(body, "a", "n"), truth(body, "a", "n"), items(body, "a")) == (
        None,
        None,
        None,
        (),
    )
    assert (number({"n": float("nan")}, "n"), number({"n": 1e999}, "n"), number({"n": 7}, "n")) == (None, None, 7.0)
    assert (whole(body, "a", "n"), whole(body, "a", "b"), whole(body, "a", "big"), number("text", "n")) == (None,) * 4


def test_texts_are_made_plain_and_short() -> None:
    assert plain("ä\n\x1b\ud800\u200b") == "ä\\n\\x1b\\ud800\\u200b"
    assert short("abc", 3) == "abc" and short("abcd", 3) == "ab…"
