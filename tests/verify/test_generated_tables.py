"""The documents made from the table: every row is in them once, and those that never decide stand apart, with why."""

import itertools
from collections import Counter

import pytest

from syntherm.core.table import TABLE, Kind
from syntherm.core.vocabulary import REGIONS
from syntherm_verify.generated import diagram, tables


def cells(heading):
    """The table under a heading of the document, without its head."""
    below = tables.transitions().split(f"{heading}", 1)[1].split("\n#", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[1:]]


def guard(row):
    return ", ".join(("" if truth else "NOT ") + fact.name for fact, truth in row.guard) or "always"


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.__name__)
def test_rows_that_never_decide_are_printed_apart_and_every_row_once(region):
    rows = [row for row in TABLE if isinstance(row.source, region)]
    never = Counter(
        (state, trigger, asked, because)
        for states, triggers, asked, because in cells(f"### {region.__name__}: never decided")
        for state, trigger in itertools.product(states.split(), triggers.split())
    )
    expected = [(r.source.name, r.trigger.value, guard(r), r.because) for r in rows if r.kind is Kind.NEVER]
    assert never == Counter(expected)
    decided = Counter(line[:3] for line in cells(f"## {region.__name__}\n"))
    assert decided == Counter((r.source.name, r.trigger.value, guard(r)) for r in rows if r.kind is not Kind.NEVER)


def test_the_document_says_how_many_rows_there_are_of_each_kind():
    counts = [sum(row.kind is kind for row in TABLE) for kind in (Kind.MOVE, Kind.IGNORE, Kind.REFUSE, Kind.NEVER)]
    told = "{} accept, {} ignore, {} refuse, {} never decide".format(*counts)
    assert f"{len(TABLE)} rows ({told})" in tables.transitions()


def test_a_row_shows_its_answer_its_effects_and_what_it_is_for():
    lines = cells("## Session\n")
    assert (
        "ABORT", "reset", "REASON_GIVEN, OTHER_PERSON_AGREED", "to SETUP",
        "forget every confirmation, forget what was calibrated, clear latched faults", "-", "SRS-106 RC-03",
    ) in lines  # fmt: skip
    assert ("SETUP", "confirm", "always", "stays", "remember who agreed", "-", "SRS-103 RC-12") in lines
    assert ("SETUP", "frame", "always", "ignored", "images serve from calibration on", "-", "-") in lines
    assert ("ON", "stop", "always", "to OFF", "end energy", "0.1 s", "SRS-105 RC-01") in cells("## Energy\n")


@pytest.mark.verifies("SRS-101")
@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.__name__)
def test_the_diagram_draws_the_moves_between_states_and_nothing_else(region):
    arrows = [line.split(":")[0].split() for line in diagram.mermaid(region).splitlines() if "-->" in line][1:]
    drawn = {(first, last) for first, _, last in arrows}
    assert len(drawn) == len(arrows)
    assert drawn == {
        (row.source.name, row.target.name)
        for row in TABLE
        if isinstance(row.source, region) and row.target is not row.source
    }
