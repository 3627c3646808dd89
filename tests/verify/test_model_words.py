"""A refusal names what is missing, in the words that belong to it."""

import attrs
import pytest

from syntherm.core.table import TABLE, Kind
from syntherm.core.vocabulary import Fact
from syntherm_verify.model.words import WORDS, misworded

REFUSING = [row for row in TABLE if row.kind is Kind.REFUSE and any(not asked for _, asked in row.guard)]


@pytest.mark.verifies("SRS-102")
def test_the_table_says_why_it_refuses():
    assert len(REFUSING) >= 10
    assert misworded(TABLE) == []


@pytest.mark.verifies("SRS-102")
def test_every_pair_of_refusals_for_different_reasons_would_be_seen_if_swapped():
    for first in REFUSING:
        for second in REFUSING:
            if first.because != second.because:
                swapped = attrs.evolve(first, because=second.because)
                found = misworded([swapped])
                assert len(found) == 1 and first.trigger.value in found[0]


def test_words_are_of_facts_that_refuse_something():
    missing = {next(fact for fact, asked in row.guard if not asked) for row in REFUSING}
    assert missing == set(WORDS)
    assert len(set(WORDS.values())) == len(WORDS)
    assert Fact.TIME_REACHED not in WORDS


def test_rows_that_do_not_refuse_may_say_what_they_like():
    moving = [row for row in TABLE if row.kind is not Kind.REFUSE]
    assert misworded([attrs.evolve(row, because="anything") for row in moving]) == []
