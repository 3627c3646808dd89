"""The two lattices fit each other exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm_sim.physics.grid import (
    SCANNER_REGION,
    SCANNER_SHAPE,
    SHAPE,
    axis_mm,
    mesh_mm,
    scanner_axis_mm,
    to_scanner_grid,
)


def test_every_scanner_slice_holds_three_whole_voxels() -> None:
    inside = axis_mm(2)[SCANNER_REGION[2]].reshape(-1, 3)
    for centre, held in zip(scanner_axis_mm(2), inside, strict=True):
        assert held.tolist() == [centre - 2.0, centre, centre + 2.0]


def test_in_plane_centres_coincide() -> None:
    for axis in (0, 1):
        assert np.array_equal(axis_mm(axis)[SCANNER_REGION[axis]], scanner_axis_mm(axis))


@given(st.tuples(*[st.floats(-5, 5)] * 4))
def test_a_linear_field_is_averaged_to_its_value_at_the_scanner_voxel(c: tuple[float, float, float, float]) -> None:
    x, y, z = mesh_mm()
    averaged = to_scanner_grid((c[0] + c[1] * x + c[2] * y + c[3] * z).astype(np.float32))
    sx, sy, sz = (scanner_axis_mm(axis) for axis in range(3))
    expected = c[0] + c[1] * sx[:, None, None] + c[2] * sy[None, :, None] + c[3] * sz[None, None, :]
    assert averaged.shape == SCANNER_SHAPE
    np.testing.assert_allclose(averaged, expected, atol=1e-3)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="field: expected shape"):
        to_scanner_grid(np.zeros((SHAPE[0], SHAPE[1], 7), dtype=np.float32))
