"""The account of the drug for any count that a pump may report: nothing is lost, counted twice or taken back."""

from math import isfinite, nan

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.drug.ledger import Ledger, book, delivered, reached_patient_ml, volume_limit_ml

counts = st.one_of(st.floats(0.0, 20.0), st.sampled_from([0.0, nan, -1.0, 5.0]))
looks = st.lists(st.tuples(counts, st.floats(0.0, 30.0), st.booleans()), max_size=40)
volumes = st.tuples(st.floats(1.0, 15.0), st.floats(0.0, 5.0), st.floats(1.0, 600.0))


def prescribed(bench, values):
    volume_ml, dead_ml, rate = values
    return attrs.evolve(bench.plan.prescription, volume_ml=volume_ml, line_dead_volume_ml=dead_ml, rate_ml_per_h=rate)


def entered(prescription, seen):
    ledger = Ledger()
    for pumped_ml, elapsed_s, in_range in seen:
        ledger = book(ledger, pumped_ml, elapsed_s, in_range, prescription)
    return ledger


@pytest.mark.verifies("SRS-303", "SRS-304", "RC-08")
@given(values=volumes, seen=looks)
def test_whatever_is_counted_the_account_comes_out(bench, values, seen):
    prescription = prescribed(bench, values)
    ledger = entered(prescription, seen)
    highest = max([0.0, *(pumped_ml for pumped_ml, _, _ in seen if pumped_ml > 0.0)])
    assert ledger.pumped_ml == highest
    assert ledger.patient_ml == max(0.0, highest - prescription.line_dead_volume_ml)
    assert ledger.heated_ml + ledger.unheated_ml == pytest.approx(ledger.patient_ml, abs=1e-9)
    waited_s = sum(elapsed_s for _, elapsed_s, _ in seen)
    counted_s = ledger.heated_s + ledger.unheated_s + ledger.filling_s + ledger.pending_s
    assert 0.0 <= counted_s <= waited_s + 1e-6
    assert all(isfinite(value) and value >= 0.0 for value in attrs.astuple(ledger))


@pytest.mark.verifies("SRS-304", "RC-07")
@given(values=volumes, seen=looks, which=st.integers(0, 40))
def test_a_second_out_of_range_only_moves_from_heated_to_unheated(bench, values, seen, which):
    prescription = prescribed(bench, values)
    worse = [(pumped, s, in_range and i != which) for i, (pumped, s, in_range) in enumerate(seen)]
    one, other = entered(prescription, seen), entered(prescription, worse)
    assert other.heated_s <= one.heated_s + 1e-9 and other.heated_ml <= one.heated_ml + 1e-9
    assert other.heated_s + other.unheated_s == pytest.approx(one.heated_s + one.unheated_s, abs=1e-6)
    assert (other.patient_ml, other.pumped_ml, other.filling_s) == (one.patient_ml, one.pumped_ml, one.filling_s)


@pytest.mark.verifies("SRS-303", "RC-08")
@given(values=volumes, seen=looks, more=st.floats(0.0, 5.0), elapsed_s=st.floats(0.0, 30.0), in_range=st.booleans())
def test_a_higher_count_never_means_less_drug(bench, values, seen, more, elapsed_s, in_range):
    prescription = prescribed(bench, values)
    ledger = entered(prescription, seen)
    less = book(ledger, ledger.pumped_ml + more / 2.0, elapsed_s, in_range, prescription)
    most = book(ledger, ledger.pumped_ml + more, elapsed_s, in_range, prescription)
    assert ledger.patient_ml <= less.patient_ml <= most.patient_ml
    assert delivered(less, prescription) <= delivered(most, prescription)
    assert reached_patient_ml(ledger.pumped_ml, prescription) == ledger.patient_ml


@pytest.mark.verifies("SRS-303", "RC-08")
@given(values=volumes, share=st.floats(0.0, 1.0))
def test_within_the_pumps_limit_nobody_gets_more_than_prescribed(bench, values, share):
    prescription = prescribed(bench, values)
    ledger = book(Ledger(), share * volume_limit_ml(prescription), 1.0, True, prescription)
    assert ledger.patient_ml <= prescription.volume_ml + 1e-9
