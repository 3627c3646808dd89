"""Courses on the small plan: a uniform or a given temperature, seen at a moment, with what was lent before."""

from types import SimpleNamespace

import numpy as np
import pytest

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.controller import ControlInput
from syntherm.core.control.foci import place_foci
from syntherm.core.control.prepared import prepare
from syntherm.core.control.remembering import Course, Lent
from syntherm.core.thermometry.thermometer import Thermal

RESPONSE = FocusResponse(Bounded(1.5, 1.2, 1.8), (0.5, 0.0, 0.0), 2.3 * 1.8 / 150.0)


def thermal_of(degC, own=0.2, common=0.1, validity=None):
    degC = np.asarray(degC, dtype=np.float32)
    whole = np.full(degC.shape, np.hypot(own, common), dtype=np.float32)
    shared = np.full(degC.shape, common, dtype=np.float32)
    reasons = np.zeros(degC.shape, dtype=np.uint8) if validity is None else validity
    return Thermal(degC, whole, shared, reasons, degC, 0.0, 0.0)


@pytest.fixture(scope="session")
def steer(bench):
    foci = place_foci(bench.plan, bench.layout)
    prepared = prepare(bench.plan, bench.layout, foci)
    count, voxels = len(foci.points_mm), len(bench.layout.points_mm)

    def course(degC=37.0, at=10.0, *, lent=None, age=1.9, response=RESPONSE, thermal=None, plan=bench.plan, **kw):
        seen = thermal_of(np.broadcast_to(degC, voxels), **kw) if thermal is None else thermal
        before = None if lent is None else Lent(np.broadcast_to(lent, count).astype(float), at - 3.0 + age, at + age)
        unseen_J = np.zeros(count) if lent is None else before.powers_W * 3.0
        return Course(
            ControlInput(seen, foci, plan), bench.layout, response, at, at + age, before, unseen_J,
            plan.sonication.max_power_W, prepared,
        )  # fmt: skip

    return SimpleNamespace(
        course=course, thermal=thermal_of, foci=foci, plan=bench.plan, layout=bench.layout, count=count, voxels=voxels,
        response=RESPONSE, prepared=prepared,
    )  # fmt: skip
