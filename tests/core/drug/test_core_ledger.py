"""The account of the infusion by examples; its sums are among the properties."""

import attrs
import pytest

from syntherm.core.drug.ledger import Ledger, book, delivered, reached_patient_ml, volume_limit_ml


@pytest.fixture
def prescription(bench):
    return attrs.evolve(bench.plan.prescription, volume_ml=10.0, line_dead_volume_ml=2.0, rate_ml_per_h=3600.0)


@pytest.mark.verifies("SRS-303", "SRS-304", "RC-08")
def test_the_line_is_filled_first_and_its_volume_is_no_dose(prescription):
    ledger = book(Ledger(), 1.0, 1.0, True, prescription)
    ledger = book(ledger, 2.0, 1.0, True, prescription)
    assert ledger == Ledger(pumped_ml=2.0, filling_s=2.0)
    ledger = book(ledger, 3.0, 1.0, True, prescription)
    assert ledger == Ledger(pumped_ml=3.0, patient_ml=1.0, heated_s=1.0, filling_s=2.0, heated_ml=1.0)
    ledger = book(ledger, 4.5, 1.5, False, prescription)
    assert (ledger.unheated_s, ledger.unheated_ml) == (1.5, 1.5)
    assert (ledger.heated_s, ledger.heated_ml) == (1.0, 1.0)


@pytest.mark.verifies("SRS-304")
def test_a_count_that_rests_or_falls_enters_nothing(prescription):
    ledger = book(Ledger(), 3.0, 3.0, True, prescription)
    for pumped_ml in (3.0, 2.0, 0.0):
        assert book(ledger, pumped_ml, 1.0, True, prescription) == attrs.evolve(ledger, pending_s=1.0)


@pytest.mark.verifies("SRS-303", "RC-08")
def test_limits(prescription):
    assert volume_limit_ml(prescription) == 12.0
    assert reached_patient_ml(1.0, prescription) == 0.0
    assert reached_patient_ml(5.0, prescription) == 3.0
    assert not delivered(Ledger(patient_ml=9.9949), prescription)
    assert delivered(Ledger(patient_ml=9.9951), prescription)


@pytest.mark.verifies("SRS-304")
def test_every_second_counts_although_the_counter_moves_in_steps(prescription):
    slow = attrs.evolve(prescription, rate_ml_per_h=9.0, line_dead_volume_ml=0.0)
    ledger = Ledger()
    for second in range(1, 401):
        ledger = book(ledger, round(9.0 / 3600.0 * second, 2), 1.0, True, slow)
    assert ledger.heated_s == pytest.approx(400.0, abs=5.0)


@pytest.mark.verifies("SRS-304")
def test_a_count_that_is_not_a_number_enters_nothing(prescription):
    ledger = Ledger(pumped_ml=3.0, patient_ml=1.0)
    assert book(ledger, float("nan"), 1.0, True, prescription) == attrs.evolve(ledger, pending_s=1.0)
