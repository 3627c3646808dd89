"""The core's steps beside a stiff solver on equations written separately, and beside what was published."""

from pathlib import Path

import numpy as np
import pytest
from drug_ranges import RANGES, sampled

from syntherm_verify.drug.against import compare, saturated
from syntherm_verify.drug.equations import Saturable
from syntherm_verify.drug.published import published

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/drug-model.md"
LAW = Saturable(most=0.28 * 1e9 / 1e5 / 1000.0 / 60.0, outside=0.4 * 0.219, inside=13.7)
"""The saturable uptake of a public tumour-cord program: 0.28 ng per 1e5 cells and minute, 1e9 cells per mL."""


@pytest.fixture(scope="module")
def apart():
    return compare(sampled(0), (0,))


def test_where_temperature_stays_within_a_step_both_agree(apart):
    plateaus = [found for found in apart if found.course == "plateaus"]
    assert len(plateaus) == 10
    assert [found for found in plateaus if found.of_itself > 1e-4] == []


def test_where_temperature_moves_within_a_step_what_lasts_agrees(apart):
    smooth = {found.quantity: found for found in apart if found.course == "smooth"}
    assert max(found.of_largest for found in smooth.values()) < 0.01
    lasting = [found for name, found in smooth.items() if name != "free in vessels"]
    assert max(found.of_itself for found in lasting) < 0.01


def test_a_saturable_uptake_stays_within_the_interval():
    theirs, lower, central, upper = saturated(sampled(0), LAW)
    assert ((lower <= theirs) & (theirs <= upper)).all()
    assert np.abs(theirs / central - 1.0).max() < 0.6


def test_published_figures_and_which_of_them_the_central_member_misses():
    rows = published(RANGES)
    assert [row.name for row in rows if not row.inside] == []
    missed = [row.name for row in rows if not row.central_inside]
    written = DOCUMENT.read_text(encoding="utf-8")
    told = [line.split("|")[1].strip() for line in written.splitlines() if line.endswith("| missed |")]
    assert missed == told
