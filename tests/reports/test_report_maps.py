"""Regions, coverage and dose: told from the maps, and the same as the core's where both know."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.plan.values import Target
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.validity import Reason
from syntherm.reports.maps import coverage, doses, load
from syntherm.reports.regions import VALID, axis_mm, inside, nearest, section
from syntherm.reports.values import History

pytestmark = pytest.mark.verifies("SRS-801")


def test_valid_means_what_the_core_means() -> None:
    assert VALID == Reason.VALID


def test_regions_lie_where_the_core_lays_them(history: History) -> None:
    layout, plan = lay_out(history.plan), history.plan
    assert np.array_equal(np.flatnonzero(inside(plan.target, plan.scanner)), layout.target.voxels)
    for guard, region in zip(plan.guard, layout.guards, strict=True):
        assert np.array_equal(np.flatnonzero(inside(guard, plan.scanner)), region.voxels)


@given(
    st.tuples(*[st.floats(-20.0, 20.0)] * 3), st.tuples(*[st.floats(1.0, 30.0)] * 3),
    st.integers(0, 2), st.floats(-60.0, 60.0), st.floats(0.0, 6.2),
)  # fmt: skip
def test_a_section_lies_on_the_ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float], normal: int, at: float, angle: float
) -> None:
    outline = section(Target(centre, radii), normal, at)
    if outline is None:
        assert abs(at - centre[normal]) >= radii[normal] * (1.0 - 1e-9)
        return
    point = list(centre)
    point[normal] = at
    a, b = (axis for axis in range(3) if axis != normal)
    point[a] = outline.centre_mm[0] + outline.radii_mm[0] * np.cos(angle)
    point[b] = outline.centre_mm[1] + outline.radii_mm[1] * np.sin(angle)
    assert sum(((p - c) / r) ** 2 for p, c, r in zip(point, centre, radii, strict=True)) == pytest.approx(1.0)


def test_the_nearest_plane(history: History) -> None:
    scanner = history.plan.scanner
    assert axis_mm(scanner, 2)[nearest(scanner, 2, 4.0)] == 6.0
    assert nearest(scanner, 2, -500.0) == 0


def test_coverage_counts_an_unknown_voxel_as_cold(record: Path, history: History) -> None:
    with AuditReader(record) as reader:
        maps = load(reader, history.moments, history.plan)
    assert [each.moment.label for each in maps] == ["calibration to heating", "heating to cooling"]
    found = coverage(maps[0], history.plan)
    assert found.valid == found.voxels - 1
    assert found.warm_fraction == pytest.approx((found.voxels - 2) / found.voxels)
    assert found.in_range_fraction == found.warm_fraction
    assert (found.lowest_degC, found.highest_degC) == (39.0, 41.0)


def test_dose_leaves_out_what_never_had_a_temperature(record: Path, history: History) -> None:
    with AuditReader(record) as reader:
        maps = load(reader, history.moments, history.plan)
    target, *guards = doses(maps[-1], history.plan)
    assert target.known == target.voxels - 1
    assert (target.median_min, target.cold90_min, target.highest_min, target.limit_min) == (6.0, 6.0, 6.0, None)
    assert [(each.highest_min, each.limit_min) for each in guards] == [(0.5, 4.0)] * 3


def test_a_map_off_the_plans_grid_is_refused(record: Path, history: History) -> None:
    with AuditReader(record) as reader:
        frame = next(packed for packed in reader.arrays() if packed.shape == "[1, 1, 1]")
        moment = history.moments[0].__class__(1.0, "x", "a to b", frame.digest, frame.digest, frame.digest)
        with pytest.raises(UnreadableRecord, match="is no map of 25200 voxels"):
            load(reader, (moment,), history.plan)
