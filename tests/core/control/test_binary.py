"""Binary feedback by examples; its rule is among the properties."""

from math import inf

import numpy as np
import pytest

from syntherm.core.control.binary import binary, local_upper_degC
from syntherm.core.control.controller import ControlInput
from syntherm.core.control.foci import place_foci
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason


def thermal(degC, own=0.0, common=0.0, validity=None):
    degC = np.asarray(degC, dtype=np.float32)
    whole = np.full(degC.shape, np.hypot(own, common), dtype=np.float32)
    shared = np.full(degC.shape, common, dtype=np.float32)
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else validity
    return Thermal(
        temperature_degC=degC, uncertainty_degC=whole, common_degC=shared, validity=reasons, last_valid_degC=degC,
        drift_degC=0.0, residual_degC=0.0,
    )  # fmt: skip


@pytest.mark.verifies("SRS-206")
def test_upper_bound_of_a_local_mean():
    four = np.arange(4)
    assert local_upper_degC(thermal([41.0] * 4), four, 2.0) == 41.0
    assert local_upper_degC(thermal([40.0, 42.0, 40.0, 42.0], own=0.4), four, 2.0) == pytest.approx(41.4, abs=1e-4)
    assert local_upper_degC(thermal([41.0] * 4, common=0.3), four, 2.0) == pytest.approx(41.6, abs=1e-4)
    blind = np.full(4, Reason.FAT, dtype=np.uint8)
    assert local_upper_degC(thermal([41.0] * 4, validity=blind), four, 2.0) == inf
    blind[0] = Reason.VALID
    assert local_upper_degC(thermal([40.0, 99.0, 99.0, 99.0], validity=blind), four, 2.0) == 40.0


@pytest.mark.verifies("SRS-206", "SRS-201")
def test_full_share_where_it_is_cool_and_nothing_where_it_is_not(bench):
    foci, setpoint = place_foci(bench.plan, bench.layout), bench.plan.heating.setpoint_degC
    share = bench.plan.sonication.max_power_W / len(foci.points_mm)
    for degC, power in ((setpoint - 0.01, share), (setpoint, 0.0), (setpoint + 1.0, 0.0)):
        powers = binary(ControlInput(thermal(np.full(432, degC)), foci, bench.plan))
        assert powers == pytest.approx(np.full(len(foci.points_mm), power))
    half = np.where(bench.layout.points_mm[:, 0] < 0.0, 43.0, 37.0)
    powers = binary(ControlInput(thermal(half), foci, bench.plan))
    assert (powers[foci.points_mm[:, 0] < -6.0] == 0.0).all()
    assert (powers[foci.points_mm[:, 0] > 6.0] == share).all()
