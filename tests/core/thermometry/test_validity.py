"""Reasons at their limits, and which of them wins."""

import itertools
from math import inf, nan

import numpy as np
import pytest

from syntherm.core.thermometry.validity import NOISE_FLOOR_SNR, Reason, judge

LIMITS = {"min_snr": 12.0, "max_fat_fraction": 0.2, "max_excess_degC": 0.6}


def one(snr=100.0, fat=0.0, excess=0.0) -> Reason:
    maps = (np.array([value], dtype=np.float32) for value in (snr, fat, excess))
    return Reason(judge(*maps, **LIMITS)[0])


@pytest.mark.verifies("SRS-404", "RC-09")
@pytest.mark.parametrize(("given", "reason"), [
    ({}, Reason.VALID),
    ({"snr": 12.0}, Reason.VALID),
    ({"snr": 11.999}, Reason.LOW_SIGNAL),
    ({"snr": NOISE_FLOOR_SNR}, Reason.LOW_SIGNAL),
    ({"snr": 4.001}, Reason.LOW_SIGNAL),
    ({"snr": 3.999}, Reason.NOISE),
    ({"snr": 0.0}, Reason.NOISE),
    ({"snr": nan}, Reason.NOISE),
    ({"snr": inf}, Reason.VALID),
    ({"fat": 0.199}, Reason.VALID),
    ({"fat": 0.201}, Reason.FAT),
    ({"fat": nan}, Reason.FAT),
    ({"excess": 0.599}, Reason.VALID),
    ({"excess": 0.601}, Reason.UNSTABLE),
    ({"excess": nan}, Reason.UNSTABLE),
])  # fmt: skip
def test_each_reason_at_its_limit(given, reason):
    assert one(**given) is reason


@pytest.mark.verifies("SRS-404")
def test_the_worst_reason_wins():
    snrs = {100.0: Reason.VALID, 8.0: Reason.LOW_SIGNAL, 1.0: Reason.NOISE}
    fats = {0.0: Reason.VALID, 0.5: Reason.FAT}
    excesses = {0.0: Reason.VALID, 1.0: Reason.UNSTABLE}
    for snr, fat, excess in itertools.product(snrs, fats, excesses):
        assert one(snr, fat, excess) is max(snrs[snr], fats[fat], excesses[excess])


def test_order_of_severity():
    order = [Reason.VALID, Reason.STEP, Reason.UNSTABLE, Reason.FAT, Reason.LOW_SIGNAL, Reason.NOISE]
    order.append(Reason.NOT_A_NUMBER)
    assert sorted(Reason) == order
    # The numbers themselves are on record with every kept map.
    assert [int(reason) for reason in order] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.verifies("SRS-404")
def test_limits_themselves_are_valid():
    maps = [np.array([value], dtype=np.float32) for value in (12.0, 0.25, 0.5)]
    reasons = judge(*maps, min_snr=12.0, max_fat_fraction=0.25, max_excess_degC=0.5)
    assert reasons[0] == Reason.VALID
    assert reasons.dtype == np.uint8
