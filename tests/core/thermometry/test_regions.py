"""Regions on the grid, against a count by hand."""

import numpy as np
import pytest

from syntherm.core.events import Geometry
from syntherm.core.plan.values import Target
from syntherm.core.thermometry.regions import geometry_of, grid_points_mm, inside


def test_points_are_in_c_order():
    points = grid_points_mm(Geometry((2, 2, 3), (2.0, 3.0, 4.0), (-1.0, 0.0, 10.0)))
    assert points.shape == (12, 3)
    assert points[0].tolist() == [-1.0, 0.0, 10.0]
    assert points[1].tolist() == [-1.0, 0.0, 14.0]
    assert points[3].tolist() == [-1.0, 3.0, 10.0]
    assert points[6].tolist() == [1.0, 0.0, 10.0]
    # The same order as a volume's own flattening.
    volume = points[:, 0].reshape(2, 2, 3)
    assert volume[1, 0, 0] == 1.0


def test_an_ellipsoid_holds_its_own_edge_and_nothing_beyond():
    points = np.array([[0, 0, 0], [2, 0, 0], [2.001, 0, 0], [0, 1, 0], [0, 0, 3], [1.2, 0.8, 1.2]], dtype=np.float32)
    assert inside(Target((0.0, 0.0, 0.0), (2.0, 1.0, 3.0)), points).tolist() == [0, 1, 3, 4]


@pytest.mark.verifies("SRS-103")
def test_the_plan_on_its_grid(bench):
    layout = bench.layout
    assert layout.geometry == geometry_of(bench.plan)
    assert layout.points_mm.shape == (12 * 12 * 3, 3)
    assert len(layout.target.voxels) == 40
    assert [(guard.name, len(guard.voxels)) for guard in layout.guards] == [("lateral", 10), ("pectoral", 10)]
    assert len(layout.reference) == 4 * 11
    assert len(np.unique(layout.reference)) == len(layout.reference)
    warmed = np.concatenate([layout.target.voxels, *(guard.voxels for guard in layout.guards)])
    assert not set(warmed) & set(layout.reference)
