"""Ranges refuse what is no range; the table of sources is complete, and its arithmetic is what it says."""

import ast
from math import inf, log, nan
from pathlib import Path

import attrs
import numpy as np
import pytest

from syntherm.core.drug.literature import LITERATURE
from syntherm.core.drug.parameters import Parameters, Provenance, Range, ranges

ROOT = Path(__file__).resolve().parents[3]


def made(low=1.0, central=2.0, high=3.0, source="a source"):
    return Range(low, central, high, "1/s", Provenance.ASSUMED, source)


@pytest.mark.parametrize(
    "wrong",
    [{"low": nan}, {"central": inf}, {"high": nan}, {"low": 2.1}, {"high": 1.9}, {"source": "  "}],
)
def test_what_is_no_range_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        made(**wrong)


def test_a_range_may_be_one_value():
    assert made(2.0, 2.0, 2.0).low == 2.0


@pytest.mark.parametrize(
    ("name", "low", "high", "said"),
    [
        ("plasma_volume_l", 0.0, 3.0, "plasma_volume_l 0.0 1/s: expected above zero"),
        ("efflux_per_s", -1.0, 3.0, "efflux_per_s"),
        ("leak_share", -0.1, 1.0, "leak_share -0.1"),
        ("leak_share", 0.0, 1.1, "leak_share 0.0 to 1.1"),
        ("plasma_fraction", 0.01, 0.61, "at most 1 together"),
        ("onset_degC", 39.0, 41.0, "onset_degC up to 41.0"),
    ],
)
def test_a_set_that_cannot_be_is_refused(name, low, high, said):
    with pytest.raises(ValueError, match=said):
        attrs.evolve(LITERATURE, **{name: made(low, high, high)})


def test_limits_themselves_are_allowed():
    whole = attrs.evolve(LITERATURE, plasma_fraction=made(0.1, 0.2, 0.6), leak_share=made(0.0, 0.0, 1.0))
    assert whole.plasma_fraction.high + whole.interstitial_fraction.high == 1.0


def test_no_parameter_has_a_default_and_every_range_has_a_source_and_a_tag():
    assert [field.name for field in attrs.fields(Parameters) if field.default is not attrs.NOTHING] == []
    assert [field.name for field in attrs.fields(Range) if field.default is not attrs.NOTHING] == []
    for name, found in ranges(LITERATURE):
        assert len(found.source) > 20, name
        assert found.unit, name
        recalled = "recalled" in found.source
        assert not (recalled and found.provenance is Provenance.READ), name


def test_nothing_that_ships_takes_the_table_by_itself():
    importing = [
        path.name
        for path in (ROOT / "device").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "syntherm.core.drug.literature"
    ]
    assert importing == []


def test_rates_of_free_drug_are_those_of_its_three_exponentials():
    names = ("elimination", "to_shallow", "from_shallow", "to_deep", "from_deep")
    k10, k12, k21, k13, k31 = (getattr(LITERATURE, f"free_{name}_per_s").central for name in names)
    matrix = np.array([[-(k10 + k12 + k13), k21, k31], [k12, -k21, 0.0], [k13, 0.0, -k31]])
    decay, vectors = np.linalg.eig(matrix)
    shares = vectors[0] * np.linalg.solve(vectors, [1.0, 0.0, 0.0]) / LITERATURE.free_volume_l.central
    order = np.argsort(decay)
    assert -decay[order] == pytest.approx([0.161 / 60.0, 2.83e-4, 1.18e-5], rel=2e-3)
    assert shares[order] == pytest.approx([0.0746, 2.49e-3, 5.52e-4], rel=2e-3)


def test_derived_ranges_are_the_arithmetic_that_their_sources_name():
    uptake, efflux, exchange = LITERATURE.uptake_per_s, LITERATURE.efflux_per_s, LITERATURE.exchange_per_s
    most = 0.28 * 1e9 / 1e5 / 1000.0 / 60.0
    assert uptake.low == pytest.approx(2.27 / 3600.0, rel=0.01)
    assert uptake.high == pytest.approx(most / (0.4 * 0.219), rel=0.01)
    assert uptake.central == pytest.approx((uptake.low * uptake.high) ** 0.5, rel=0.01)
    assert efflux.low == pytest.approx(0.0485 / 3600.0, rel=0.01)
    assert efflux.high == pytest.approx(0.28 / 1.37 / 60.0, rel=0.01)
    assert efflux.central == pytest.approx((efflux.low * efflux.high) ** 0.5, rel=0.01)
    assert exchange.high == pytest.approx(200.0 * 160e-4 / 60.0, rel=0.01)
    assert exchange.central == pytest.approx(exchange.high / 4.0, rel=0.01)
    assert exchange.low == pytest.approx(200.0 * 60e-4 / 60.0 / 4.0, rel=0.01)
    assert LITERATURE.plasma_flow_per_s.central == pytest.approx(0.6 * 9.72 / 3600.0, rel=0.01)
    assert LITERATURE.plasma_flow_per_s.high == pytest.approx(0.6 * 6.26 / 1050.0, rel=0.01)
    assert LITERATURE.release_per_s.high == pytest.approx(log(2.0) / 2.0, rel=0.02)
    assert LITERATURE.plasma_fraction.central == pytest.approx(0.6 * 0.0285, rel=0.01)
