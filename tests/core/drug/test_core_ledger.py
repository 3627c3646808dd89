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


@pytest.mark.verifies("SRS-303", "RC-08")
def test_delivered_to_half_a_digit_exactly(prescription):
    assert delivered(Ledger(patient_ml=10.0 - 0.005), prescription)


@pytest.mark.verifies("SRS-304", "RC-08")
def test_after_a_gap_only_what_the_volume_took_is_counted(prescription):
    ledger = Ledger(pumped_ml=5.0, patient_ml=3.0, heated_s=3.0, heated_ml=3.0, filling_s=2.0)
    # 0.5 mL at 1 mL/s took half a second, and the counter may hide 0.01 mL more.
    heated = book(ledger, 5.5, 600.0, True, prescription)
    assert heated.heated_s == pytest.approx(3.51) and heated.unheated_s == 0.0
    unheated = book(ledger, 5.5, 600.0, False, prescription)
    assert unheated.unheated_s == pytest.approx(0.51) and unheated.heated_s == 3.0
    assert heated.pumped_ml == unheated.pumped_ml == 5.5
    assert heated.patient_ml == unheated.patient_ml == 3.5
    assert (heated.heated_ml, unheated.unheated_ml) == (3.5, 0.5)
    assert heated.filling_s == unheated.filling_s == 2.0


@pytest.mark.verifies("SRS-304")
def test_waiting_time_is_entered_with_the_digit_that_ends_it(prescription):
    ledger = book(book(Ledger(), 2.5, 2.5, True, prescription), 2.5, 0.25, True, prescription)
    assert ledger.pending_s == 0.25
    entered = book(ledger, 3.0, 0.25, True, prescription)
    assert entered.heated_s - ledger.heated_s == pytest.approx(0.5)
    assert entered.pending_s == 0.0
