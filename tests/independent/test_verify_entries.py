"""The second verifier, rule 4: well chained entries that should not stand so, each with the entry that it names.

Numbers of entries are those of `document_record.whole()`.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from document_record import KEY, NEXT_KEY, PLAN, STRANGER, Entry, chained, decision, lay, opened, public, whole

Verify = Callable[..., dict[str, Any]]

# Rule 4: the writer chained and signed it well, but it should not stand so


def _swap(first: int, second: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[first - 1], entries[second - 1] = entries[second - 1], entries[first - 1]

    return edit


def _drop(*numbers: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[:] = [entry for number, entry in enumerate(entries, 1) if number not in numbers]

    return edit


def _put(number: int, **changed: Any) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[number - 1] = replace(entries[number - 1], **changed)

    return edit


def _add(number: int, *new: Entry) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[number - 1 : number - 1] = new

    return edit


def _late(first: int, last: int, at_s: float, wall_s: float) -> Callable[[list[Entry]], None]:
    """Moves some entries in both clocks."""

    def edit(entries: list[Entry]) -> None:
        for number in range(first, last + 1):
            was = entries[number - 1]
            wall = was.at_s if was.wall_s is None else was.wall_s
            entries[number - 1] = replace(was, at_s=was.at_s + at_s, wall_s=wall + wall_s)

    return edit


def _checkpoint(number: int, **changed: object) -> Callable[[list[Entry]], None]:
    """A checkpoint with other content under its old signature."""

    def edit(entries: list[Entry]) -> None:
        body = json.loads(chained(entries)[number - 1][4])
        entries[number - 1] = replace(entries[number - 1], body=body | changed)

    return edit


EVENT = Entry("event", 3.0, {"$type": "Ticked"})
MISPLACED = {
    "not opened": (_drop(1), 1),
    "opened without checkpoint": (_drop(2), 2),
    "opened twice": (_add(9, Entry("opened", 3.0, opened(KEY)), Entry("checkpoint", 3.0, None)), 9),
    "unknown kind": (_put(10, kind="note"), 10),
    "decision without event": (_drop(3), 3),
    "decision in another write": (_put(4, at_s=1.25), 4),
    "event without decision": (_drop(10), 10),
    "event without decision in its write": (_add(9, replace(EVENT, at_s=2.75)), 10),
    "second decision": (_add(13, Entry("decision", 4.0, decision("CALIBRATION", "CALIBRATION"))), 13),
    "maps after a refusal": (_add(11, Entry("maps", 3.0, {})), 11),
    "remark without decision": (_add(11, Entry("remark", 3.0, "no")), 11),
    "remark in a write of its own": (_put(18, at_s=5.25, wall_s=8.25), 18),
    "signature in a write of its own": (_late(13, 14, 0.25, 0.25), 13),
    "checkpoint in a write of its own": (_add(9, Entry("checkpoint", 2.75, None)), 9),
    "checkpoint at another wall time": (_put(8, wall_s=2.75), 8),
    "unsigned act that is decided": (_add(30, Entry("decision", 1.75, decision("A", "A"), wall_s=101.25)), 30),
    "clock alone in its write": (_add(25, Entry("clock", 65.0, {"moved_s": 0.0}, 68.4)), 26),
    "clock before a decision": (_add(4, Entry("clock", 1.0, {"moved_s": 0.0})), 4),
    "clock within a write": (_swap(15, 16), 15),
    "resumed not alone": (_add(26, Entry("maps", 0.5, {}, wall_s=100.0)), 26),
    "resumed without checkpoint": (_drop(26), 26),
    "entries after closed": (_add(31, Entry("remark", 2.0, "no", wall_s=101.5)), 31),
    "entries after the end": (_add(32, *[Entry("unsigned", 3.0, {"$type": "A"}, wall_s=102.5)] * 2), 32),
    "no checkpoint after a change of state": (_drop(8), 8),
    "no checkpoint after a signature": (_drop(14), 14),
    "no checkpoint after a crash": (_drop(24), 24),
    "no checkpoint after 60 s": (_drop(21), 21),
    "signature of a later act": (_put(13, body={**whole()[12].body, "signs": 16}), 13),
    "signature of an earlier act": (_put(13, body={**whole()[12].body, "signs": 5}), 13),
    "signature of a refused act": (_put(13, body={**whole()[12].body, "signs": 9}), 13),
    "signature of a decision": (_put(13, body={**whole()[12].body, "signs": 12}), 13),
    "signature by nobody": (_put(13, body={"signs": 11}), 13),
}
CLOCKS = {
    "monotonic clock back": (_late(5, 8, -2.0, 0.0), 5),
    "both clocks back": (_late(5, 8, -2.0, -2.0), 5),
    "wall time ahead": (_late(9, 10, 0.0, 0.51), 9),
    "wall time back": (_late(11, 14, 0.0, -0.51), 11),
    "clock tells too little": (_put(15, body={"moved_s": 2.998}), 15),
    "clock tells a little too much": (_put(15, body={"moved_s": 3.0013}), 15),
    "clock tells the opposite": (_put(15, body={"moved_s": -3.0}), 15),
    "clock tells nothing": (_put(15, body={"moved_s": {"$float": "nan"}}), 15),
    "clock tells a huge number": (_put(15, body={"moved_s": 10**400}), 15),
    "no clock": (_drop(15), 15),
    "utc without microseconds": (_put(22, utc="2026-03-02T08:01:08+00:00"), 22),
    "utc of another zone": (_put(22, utc="2026-03-02T09:01:08.400000+01:00"), 22),
    "utc of no day": (_put(22, utc="2026-02-30T08:00:08.250000+00:00"), 22),
    "utc no time": (_put(22, utc="soon"), 22),
    "at_s not finite": (_put(22, at_s=float("inf"), wall_s=68.4), 22),
}
STATES = '"after":{"session":"A"},"before":{"session":"A"}'
BODIES = {
    "no JSON": (_put(4, raw='"no'), 4),
    "no JSON number": (_put(4, raw=f'{{{STATES},"x":NaN}}'), 4),
    "number that is not finite": (_put(4, raw=f'{{{STATES},"x":1e999}}'), 4),
    "spaces": (_put(4, raw=f"{{{STATES} }}"), 4),
    "keys out of order": (_put(4, raw=f'{{"x":1,{STATES}}}'), 4),
    "key twice": (_put(4, raw=f'{{{STATES},"x":1,"x":2}}'), 4),
    "beyond ASCII": (_put(4, raw=f'{{{STATES},"x":"\u00fc"}}'), 4),
    "nested without end": (_put(4, raw=f'{{{STATES},"x":{"[" * 100000}{"]" * 100000}}}'), 4),
    "event beyond ASCII": (_put(5, raw='"\u00fc"'), 5),
    "number without end": (_put(4, raw=f'{{{STATES},"x":{"9" * 5000}}}'), 4),
    "list": (_put(4, body=[]), 4),
    "decision without states": (_put(4, body={"before": {}}), 4),
    "states that are none": (_put(4, body={"before": 1, "after": 1}), 4),
    "session no hex": (_put(1, body=opened(KEY, session="x" * 32)), 1),
    "session a number": (_put(1, body=opened(KEY, session=5)), 1),
    "plan a number": (_put(1, body=opened(KEY, plan=5)), 1),
    "site key in capitals": (_put(1, body=opened(KEY, site_key=public(KEY).hex().upper())), 1),
    "other plan": (_put(1, body=opened(KEY, plan=PLAN + " ")), 1),
    "resumed another session": (_put(25, body=opened(NEXT_KEY, after=24, session="0" * 32)), 25),
    "resumed after another entry": (_put(25, body=opened(NEXT_KEY, after=23)), 25),
    "closed in nothing": (_put(30, body={}), 30),
}
CHECKPOINTS = {
    "covers another": (_checkpoint(8, covers=6), 8),
    "head of another": (_checkpoint(8, head="00" * 32), 8),
    "key of another": (_checkpoint(8, key="00" * 32), 8),
    "signature of another": (_checkpoint(8, signature="00" * 64), 8),
    "signature no hex": (_checkpoint(8, signature="zz" * 64), 8),
    "head in capitals": (_checkpoint(8, head="AB" * 32), 8),
    "covers true": (_checkpoint(2, covers=True), 2),
    "another utc": (_put(8, utc="2026-03-02T08:00:02.500001+00:00"), 8),
    "stranger's": (_put(8, key=STRANGER), 8),
    "key of the run before": (_put(26, key=KEY), 26),
    "no object": (_put(8, body=[]), 8),
}
WRONG = {**MISPLACED, **CLOCKS, **BODIES, **CHECKPOINTS}


@pytest.mark.parametrize(("edit", "bad"), WRONG.values(), ids=WRONG.keys())
def test_well_chained_entry_that_should_not_stand_so(
    tmp_path: Path, verify: Verify, edit: Callable[[list[Entry]], None], bad: int
) -> None:
    entries = whole()
    edit(entries)
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["first_bad"] == bad


ALLOWED = {
    "wall time 0.5 s off": _late(9, 10, 0.0, 0.5),
    "clock 0.001 s off": _put(15, body={"moved_s": 3.001}),
    "clock in whole seconds": _put(15, body={"moved_s": 3}),
    "write alone in its moment of another": _late(11, 14, -1.0, -1.0),
    "checkpoint that nobody asked for": _add(11, Entry("checkpoint", 3.0, None)),
    "unsigned act after a clock": _add(29, Entry("clock", 1.75, {"moved_s": 0.0}, 101.25)),
    "closed after a clock": _add(30, Entry("clock", 2.0, {"moved_s": 0.0}, 101.5)),
    "unsigned act with a checkpoint": _add(30, Entry("checkpoint", 1.75, None, 101.25, key=NEXT_KEY)),
    "no checkpoint 59 s after the last": lambda entries: (_late(19, 24, -1.0, -1.0)(entries), _drop(21)(entries)),
    "depth": _put(4, raw=f'{{{STATES},"x":{"[" * 50}{"]" * 50}}}'),
    "event that says anything": _put(5, raw='{"key":1, "key":NaN, '),
    "refusal that says anything": _put(10, body={"why": "no"}),
}


@pytest.mark.parametrize("edit", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_the_document_allows_is_sound(
    tmp_path: Path, verify: Verify, edit: Callable[[list[Entry]], object]
) -> None:
    entries = whole()
    edit(entries)
    for number, entry in enumerate(entries, 1):
        moved = {"signs": number - 2} if entry.kind == "signature" else {"after": number - 1}
        if entry.kind in ("signature", "resumed"):
            entry.body |= moved
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["findings"] == []


def test_a_million_findings_are_not_kept(tmp_path: Path, verify: Verify) -> None:
    lay(tmp_path / "record.db", [*whole(), *(Entry("note", 3.0, 5, wall_s=102.5) for _ in range(1000))])

    told = verify(tmp_path / "record.db")

    assert (told["first_bad"], told["entries"]) == (32, 1031)
    assert len(told["findings"]) == 1000
