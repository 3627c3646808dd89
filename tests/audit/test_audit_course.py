"""Every rule on the order of entries, broken alone: all else of the record is right, its chain and signatures too.

Numbers of entries are those of `laid.day()`.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import laid
import pytest
import rig
from laid import Line, day, decision, event, opened, resumed

from syntherm.audit.course import KINDS
from syntherm.audit.keys import SiteKey
from syntherm.audit.verify import verify

pytestmark = pytest.mark.verifies("SRS-502", "SRS-506")

Change = Callable[[list[Line]], object]
OTHER = SiteKey.made()


def drop(*numbers: int) -> Change:
    """Leave entries out; those behind move up."""

    def change(lines: list[Line]) -> None:
        lines[:] = [line for number, line in enumerate(lines, start=1) if number not in numbers]

    return change


def put(number: int, **other: Any) -> Change:
    """Another content in the place of an entry's."""

    def change(lines: list[Line]) -> None:
        lines[number - 1] = attrs.evolve(lines[number - 1], **other)

    return change


def add(number: int, *more: Line) -> Change:
    """Entries that come to stand at a number."""

    def change(lines: list[Line]) -> None:
        lines[number - 1 : number - 1] = more

    return change


def shift(first: int, last: int, at_s: float = 0.0, wall_s: float = 0.0) -> Change:
    """Move both clocks of some entries."""

    def change(lines: list[Line]) -> None:
        for number in range(first, last + 1):
            line = lines[number - 1]
            wall = line.at_s if line.wall_s is None else line.wall_s
            lines[number - 1] = attrs.evolve(line, at_s=line.at_s + at_s, wall_s=wall + wall_s)

    return change


@pytest.fixture
def found(tmp_path: Path) -> Callable[[Change], list[tuple[int, str]]]:
    """What is found in a day with a change."""

    def look(change: Change) -> list[tuple[int, str]]:
        lines = day()
        change(lines)
        laid.lay(tmp_path / "record.db", lines)
        return [(finding.entry, str(finding)) for finding in verify(tmp_path / "record.db").findings]

    return look


def test_a_day_with_every_kind_of_entry_is_sound(tmp_path: Path) -> None:
    head = laid.lay(tmp_path / "record.db", day())
    assert {line.kind for line in day()} == KINDS
    result = verify(tmp_path / "record.db", head, [rig.KEY.public])
    assert result.findings == () and result.sound and result.first_bad is None
    assert (result.entries, result.head, result.key) == (31, head, rig.KEY.public.fingerprint)


BROKEN: dict[str, tuple[Change, int, str]] = {
    # ---- entries 1 and 2, and the end
    "not opened": (drop(1), 1, "entry 1 (checkpoint) does not open a session"),
    "opened twice": (add(7, Line("opened", 1.0, opened()), Line("checkpoint", 1.0)), 7, "opens a session again"),
    "no checkpoint after opened": (drop(2), 2, "entry 1 (opened) has no checkpoint after it"),
    "not closed": (drop(30, 31), 29, "the record ends at entry 29 without being closed"),
    "cut in a write": (drop(*range(26, 32)), 25, "entry 25 (event) has nothing after it in its write"),
    "closed without a checkpoint": (drop(31), 30, "entry 30 (closed) has no checkpoint after it"),
    "an event after closed": (add(31, Line("event", 61.0, event(), 160.5)), 31, "entry 31 comes after the end"),
    "a remark after closed": (add(31, Line("remark", 61.0, "more", 160.5)), 31, "entry 31 comes after the end"),
    "an act after the end": (add(32, Line("unsigned", 62.0, event(), 161.5)), 32, "entry 32 comes after the end"),
    "a checkpoint after the end": (add(32, Line("checkpoint", 61.0, None, 160.5)), 32, "entry 32 comes after the end"),
    "closed twice": (add(32, Line("closed", 62.0, {"ended_in": "ABORT"}, 161.5), Line("checkpoint", 62.0, None, 161.5)),
                     32, "entry 32 comes after the end"),
    # ---- kinds and bodies
    "unknown kind": (put(6, kind="note"), 6, "entry 6 ('note') is of no known kind"),
    "a kind that is no word": (put(6, kind="\x1b[31m"), 6, "entry 6 ('\\x1b[31m') is of no known kind"),
    "no JSON": (put(30, text="{ended_in}"), 30, "has a body that is no JSON"),
    "no number": (put(14, text='{"moved_s":NaN}'), 14, "has a body that is no JSON"),
    "spaces": (put(30, text='{"ended_in": "ABORT"}'), 30, "has a body that is not canonical"),
    "a key twice": (put(30, text='{"ended_in":"ABORT","ended_in":"SETUP"}'), 30, "has a body that is not canonical"),
    "nested without end": (put(30, text="[" * 99_999 + "]" * 99_999), 30, "has a body that is no JSON"),
    "closed that is no object": (put(30, body=[]), 30, "is not an object"),
    "a decision that is no JSON": (put(4, text="decided"), 4, "has a body that is no JSON"),
    "a decision without states": (put(4, body={"before": {}}), 4, "has no after that is an object"),
    "a signature without a name": (put(9, body={**laid.SIGNED, "name": None, "signs": 7}), 9, "has no name that is a"),
    "closed in nothing": (put(30, body={}), 30, "has no ended_in that is a text"),
    # ---- what may follow what, in a write
    "a decision without an event": (drop(3), 3, "entry 3 (decision) follows a checkpoint in its write"),
    "an event without a decision": (add(7, Line("event", 1.5, event())), 8, "entry 7 (event) has nothing after it"),
    "a second decision": (add(5, Line("decision", 1.0, decision())), 5, "follows entry 4 (decision), which it cannot"),
    "maps of a refusal": (add(13, Line("maps", 3.0, {})), 13, "follows entry 12 (refusal), which it cannot"),
    "a remark on a refusal": (put(4, kind="refusal", body="no"), 5, "follows entry 4 (refusal), which it cannot"),
    "a signature under a refusal": (put(8, kind="refusal", body="no"), 9, "follows entry 8 (refusal), which it cannot"),
    "a crash after a decision": (add(17, Line("crash", 5.0, "x", 7.0), Line("checkpoint", 5.0, None, 7.0)), 17,
                                 "follows entry 16 (decision), which it cannot"),
    "a remark in a write of its own": (put(30, kind="remark", body="x"), 30, "follows a checkpoint in its write"),
    "an unsigned act that is decided": (add(14, Line("decision", 4.0, decision())), 14, "follows entry 13 (unsigned)"),
    "a clock at the end of a write": (add(17, Line("clock", 5.0, {"moved_s": 0.0}, 7.0)), 18, "has another time than"),
    "two clocks": (add(15, Line("clock", 5.0, {"moved_s": 0.0}, 7.0)), 15, "entry 14 (clock) has nothing after it in"),
    "a checkpoint between event and decision": (add(4, Line("checkpoint", 1.0)), 4, "follows entry 3 (event), which"),
    "more after a checkpoint": (add(11, Line("remark", 2.0, "late")), 11, "follows a checkpoint in its write"),
    "resumed and a decision": (add(25, Line("decision", 0.5, decision(), 100.0)), 25, "follows a checkpoint"),
    "a signature under another event": (put(9, body={**laid.SIGNED, "signs": 3}), 9, "signs another entry than the"),
    "a signature under a decision": (put(9, body={**laid.SIGNED, "signs": 8}), 9, "signs another entry than the"),
    # ---- the times of a write
    "another time in a write": (shift(4, 4, 0.001, 0.001), 4, "has another time than the write that it belongs to"),
    "another clock's time in a write": (shift(4, 4, 0.001, 0.0), 4, "has another time than the write that it belongs"),
    "another wall time in a write": (shift(6, 6, 0.0, 0.001), 6, "has another time than the write that it belongs to"),
    "a checkpoint of a later time": (shift(19, 19, 1.0, 1.0), 19, "has another time than the write that it belongs"),
    "back in time": (shift(11, 12, -1.5, -1.5), 11, "goes back in time by 0.500 s"),
    "wall time goes ahead": (shift(11, 12, 0.0, 0.501), 11, "comes after wall time moved by 0.501 s, which"),
    "wall time goes back": (shift(11, 12, 0.0, -0.501), 11, "comes after wall time moved by -0.501 s, which nothing"),
    "no clock": (drop(14), 14, "comes after wall time moved by 2.000 s, which nothing says"),
    "a clock that says too little": (put(14, body={"moved_s": 1.998}), 14, "by 1.998 s; it moved by 2.000 s"),
    "a clock that says the opposite": (put(14, body={"moved_s": -2.0}), 14, "by -2.0 s; it moved by 2.000 s"),
    "a clock that says nothing": (put(14, body={"moved_s": None}), 14, "has no moved_s that is a number"),
    "a clock that says no number": (put(14, body={"moved_s": float("nan")}), 14, "has no moved_s that is a number"),
    "a clock that says a huge number": (put(14, body={"moved_s": 10**400}), 14, "has no moved_s that is a number"),
    "wall time without microseconds": (put(13, utc="2026-01-05T08:00:04+00:00"), 13, "has no moment of wall time"),
    "wall time of another zone": (put(13, utc="2026-01-05T09:00:04.000000+01:00"), 13, "has no moment of wall time"),
    "wall time of no day": (put(13, utc="2026-02-30T08:00:04.000000+00:00"), 13, "has no moment of wall time"),
    "no wall time": (put(13, utc="soon"), 13, "has no moment of wall time"),
    "no time": (put(13, at_s=float("inf"), wall_s=4.0), 13, "has no moment of wall time, or no time at all"),
    # ---- where a checkpoint must be
    "none after a change of state": (drop(19), 19, "entry 18 (decision) has no checkpoint after it"),
    "none after a change that is told in other words": (
        lambda lines: (put(18, body=decision("SETUP", "CALIBRATION"))(lines), drop(19)(lines)), 19,
        "entry 18 (decision) has no checkpoint after it"),
    "none after a signature": (drop(10), 10, "entry 9 (signature) has no checkpoint after it"),
    "none after a crash": (drop(22), 22, "entry 21 (crash) has no checkpoint after it"),
    "none after resumed": (drop(24), 24, "entry 23 (resumed) has no checkpoint after it"),
    "none after 60 s": (drop(29), 29, "entry 28 (decision) has no checkpoint after it"),
    # ---- what a checkpoint says
    "covers another entry": (put(19, other={"covers": 17}), 19, "is not signed by the site's key over what comes"),
    "head of another entry": (put(19, other={"head": "0" * 64}), 19, "is not signed by the site's key over what comes"),
    "key of another": (put(19, other={"key": OTHER.public.fingerprint}), 19, "is not signed by the site's key"),
    "signature of nobody": (put(19, other={"signature": "0" * 128}), 19, "is not signed by the site's key"),
    "signature that is none": (put(19, other={"signature": "z"}), 19, "is not signed by the site's key over what"),
    "no signature": (put(19, other={"signature": None}), 19, "has no signature that is a text"),
    "covers true": (put(2, other={"covers": True}), 2, "has no covers that is a whole number"),
    "signed by a stranger": (put(19, key=OTHER), 19, "is not signed by the site's key over what comes before it"),
    "signed by a stranger in the site's name": (put(19, key=OTHER, other={"key": rig.KEY.public.fingerprint}), 19,
                                                "is not signed by the site's key over what comes before it"),
    # ---- who opens and goes on
    "no session": (put(1, body=opened(session="5e55")), 1, "names no session of 32 hex digits"),
    "no key": (put(1, body=opened(site_key=rig.KEY.public.raw_hex.upper())), 1, "names no site_key of 64 hex digits"),
    "another plan": (put(1, body=opened(plan="b plan")), 1, "names another plan_sha256 than that of its plan"),
    "no plan": (put(1, body=opened(plan=None)), 1, "has no plan that is a text"),
    "no release": (put(1, body=opened(syntherm=2)), 1, "has no syntherm that is a text"),
    "resumed another session": (put(23, body=opened(after=22, session="0" * 32)), 23, "goes on with another session"),
    "resumed after another entry": (put(23, body=opened(after=21)), 23, "goes on after another entry"),
    "resumed after nothing": (put(23, body=opened()), 23, "has no after that is a whole number"),
}  # fmt: skip


@pytest.mark.verifies("SRS-510")
@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_broken_alone_is_named_by_the_entry_that_shows_it(
    found: Callable[[Change], list[tuple[int, str]]], name: str
) -> None:
    change, entry, says = BROKEN[name]
    findings = found(change)
    assert any(number == entry and says in text for number, text in findings), findings
    assert min(number for number, _ in findings if number) == entry


ALLOWED: dict[str, Change] = {
    "wall time 0.5 s ahead": shift(11, 12, 0.0, 0.5),
    "wall time 0.5 s behind": shift(11, 12, 0.0, -0.5),
    "a clock 0.001 s off": put(14, body={"moved_s": 2.001}),
    "a clock in whole seconds": put(14, body={"moved_s": 2}),
    "a clock where wall time stood": add(11, Line("clock", 3.0, {"moved_s": 0.0})),
    "a checkpoint that nothing asks for": add(7, Line("checkpoint", 1.0)),
    "an unsigned act with clock and checkpoint": lambda lines: (
        add(14, Line("checkpoint", 4.0))(lines), add(13, Line("clock", 4.0, {"moved_s": 0.0}))(lines)),
    "closed after a clock": add(30, Line("clock", 61.0, {"moved_s": 0.0}, 160.5)),
    "remarks and maps in any order": lambda lines: lines.insert(4, lines.pop(5)),
    "two events in one moment": shift(11, 12, -1.0, -1.0),
    "no second run": drop(*range(23, 30)),
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_format_allows_is_sound(found: Callable[[Change], list[tuple[int, str]]], name: str) -> None:
    def change(lines: list[Line]) -> None:
        ALLOWED[name](lines)
        if name == "no second run":
            lines[-2:] = [attrs.evolve(line, wall_s=None) for line in lines[-2:]]
            shift(len(lines) - 1, len(lines), 0.0, 2.0)(lines)

    assert found(change) == []


@pytest.mark.parametrize(("since_s", "missing"), [(59.999, False), (60.0, True), (3600.0, True)])
def test_a_checkpoint_is_missed_at_its_edge(
    found: Callable[[Change], list[tuple[int, str]]], since_s: float, missing: bool
) -> None:
    """Entry 24 is the last checkpoint before, at 0.5 s."""

    def change(lines: list[Line]) -> None:
        shift(27, 31, since_s - 60.0, since_s - 60.0)(lines)
        shift(25, 26, -50.0, -50.0)(lines)
        drop(29)(lines)

    assert found(change) == ([(29, "entry 28 (decision) has no checkpoint after it")] if missing else [])


@pytest.mark.parametrize(("at_s", "missing"), [(65.999, False), (66.0, True)])
def test_the_60_s_count_from_the_last_checkpoint_and_not_from_the_first(
    found: Callable[[Change], list[tuple[int, str]]], at_s: float, missing: bool
) -> None:
    """Entry 19 is the last one before, at 6 s; what comes then shows at entry 22, where the next run begins."""

    def change(lines: list[Line]) -> None:
        shift(20, 22, at_s - 30.0, at_s - 30.0)(lines)
        put(21, kind="decision", body=decision("CALIBRATION", "CALIBRATION"))(lines)
        drop(22)(lines)

    assert found(change) == ([(22, "entry 21 (decision) has no checkpoint after it")] if missing else [])


# ------------------------------------------------------------------------------------------------------ whose key it is
def second_key(lines: list[Line]) -> None:
    """The second controller signs with a key of its own, and says so."""
    for number in range(23, 32):
        lines[number - 1] = attrs.evolve(lines[number - 1], key=OTHER)
    lines[22] = attrs.evolve(lines[22], body=lambda seq: {**resumed(seq), "site_key": OTHER.public.raw_hex})


@pytest.mark.parametrize(
    ("keys", "entry", "which"),
    [((), None, ""), ((rig.KEY, OTHER), None, ""), ((rig.KEY,), 23, OTHER), ((OTHER,), 1, rig.KEY)],
)
def test_every_run_is_signed_by_a_key_that_is_given(tmp_path: Path, keys: Any, entry: int | None, which: Any) -> None:
    lines = day()
    second_key(lines)
    laid.lay(tmp_path / "record.db", lines, OTHER)
    result = verify(tmp_path / "record.db", None, [key.public for key in keys])
    assert result.first_bad == entry and result.key == OTHER.public.fingerprint
    if entry is not None:
        (finding,) = result.findings
        assert f"is signed by key {which.public.fingerprint[:16]}…, which is not one of those given" in str(finding)


@pytest.mark.parametrize("which", ["key of the run before", "seal by the key of the run before"])
def test_a_run_is_signed_by_its_own_key(tmp_path: Path, which: str) -> None:
    lines = day()
    second_key(lines)
    if which.startswith("key"):
        put(29, key=rig.KEY)(lines)
    laid.lay(tmp_path / "record.db", lines, OTHER if which.startswith("key") else rig.KEY)
    (finding,) = verify(tmp_path / "record.db").findings
    seal = "the seal is not signed by the site's key"
    checkpoint = "entry 29 (checkpoint) is not signed by the site's key over what comes before it"
    assert str(finding) == (checkpoint if which.startswith("key") else seal)


def test_what_comes_after_a_broken_chain_is_not_looked_at(tmp_path: Path) -> None:
    path, lines = tmp_path / "record.db", day()
    put(20, kind="note")(lines)
    laid.lay(path, lines)
    assert verify(path).first_bad == 20
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET utc = 'soon' WHERE seq = 5")
    findings = [finding for finding in verify(path).findings if finding.entry]
    assert [(finding.entry, str(finding)) for finding in findings] == [(5, "entry 5 (maps) does not fit the chain")]
