"""Phase to temperature, against the figures of the facts."""

import attrs
import numpy as np
import pytest

from syntherm.core.thermometry.prfs import degC_per_radian, phase_difference, turned_back


@pytest.mark.verifies("SRS-401")
def test_half_a_turn_at_1_5_tesla_and_20_ms_is_41_6_degC(bench):
    assert abs(degC_per_radian(bench.plan.scanner)) * np.pi == pytest.approx(41.6, abs=0.1)


@pytest.mark.verifies("SRS-401")
def test_heating_turns_the_phase_backwards_at_sign_plus_and_forwards_at_minus(bench):
    scanner = bench.plan.scanner
    assert degC_per_radian(attrs.evolve(scanner, phase_sign=1)) < 0.0
    assert degC_per_radian(attrs.evolve(scanner, phase_sign=-1)) > 0.0


@pytest.mark.verifies("SRS-401")
def test_scale_goes_down_with_field_and_echo_time(bench):
    scanner = bench.plan.scanner
    once = degC_per_radian(scanner)
    assert degC_per_radian(attrs.evolve(scanner, field_T=2.0 * scanner.field_T)) == pytest.approx(once / 2.0)
    assert degC_per_radian(attrs.evolve(scanner, echo_time_ms=2.0 * scanner.echo_time_ms)) == pytest.approx(once / 2.0)


def test_phase_difference_and_its_removal():
    one = np.array([2.0 * np.exp(0.7j)], dtype=np.complex64)
    other = np.array([3.0 * np.exp(0.2j)], dtype=np.complex64)
    product = phase_difference(one, other)
    assert product.dtype == np.complex64
    assert np.angle(product) == pytest.approx(0.5)
    assert np.angle(turned_back(product, np.array([0.5], dtype=np.float32))) == pytest.approx(0.0, abs=1e-6)
