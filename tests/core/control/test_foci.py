"""The lattice of focal points: within the target, everywhere in it, and each with voxels of its own."""

import attrs
import numpy as np
import pytest

from syntherm.core.control.foci import place_foci
from syntherm.core.thermometry.regions import lay_out


@pytest.mark.verifies("SRS-206")
@pytest.mark.parametrize("margin_mm", [-3.0, 0.0, 2.0])
def test_points_lie_within_the_target_and_its_margin(bench, margin_mm):
    plan = attrs.evolve(bench.plan, sonication=attrs.evolve(bench.plan.sonication, focal_margin_mm=margin_mm))
    foci = place_foci(plan, bench.layout)
    radii = np.asarray(plan.target.radii_mm) + margin_mm
    inside = (((foci.points_mm - plan.target.centre_mm) / radii) ** 2).sum(axis=1)
    assert len(foci.points_mm) > 1 and inside.max() <= 1.0 + 1e-9
    assert np.abs(foci.points_mm - plan.target.centre_mm).min(axis=0).max() < 1e-9


@pytest.mark.verifies("SRS-206")
def test_lattice_is_body_centred_cubic(bench):
    foci = place_foci(bench.plan, bench.layout)
    apart = np.linalg.norm(foci.points_mm[:, None] - foci.points_mm[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() == pytest.approx(bench.plan.sonication.focal_spacing_mm * np.sqrt(3.0) / 2.0)


@pytest.mark.verifies("SRS-206", "SRS-203")
def test_every_point_owns_voxels_and_every_voxel_of_the_target_is_owned(bench):
    foci = place_foci(bench.plan, bench.layout)
    assert all(len(voxels) for voxels in foci.voxels)
    assert set(bench.layout.target.voxels) <= set(np.concatenate(foci.voxels))
    reach = max(4.0, np.linalg.norm((4.0, 4.0, 6.0)) / 2.0)
    for point, voxels in zip(foci.points_mm, foci.voxels, strict=True):
        assert np.linalg.norm(bench.layout.points_mm[voxels] - point, axis=1).max() <= reach + 1e-6


@pytest.mark.verifies("SRS-203")
def test_who_heats_whom_is_mutual_and_includes_oneself(bench):
    neighbours = place_foci(bench.plan, bench.layout).neighbours
    assert (neighbours == neighbours.T).all()
    assert neighbours.diagonal().all()


def test_a_margin_that_eats_the_target_leaves_its_centre(bench):
    plan = attrs.evolve(bench.plan, sonication=attrs.evolve(bench.plan.sonication, focal_margin_mm=-9.5))
    foci = place_foci(plan, lay_out(plan))
    assert foci.points_mm.tolist() == [[0.0, 0.0, 0.0]]


def placed(bench, *, centre=(0.0, 0.0, 0.0), radii=(9.0, 9.0, 9.0), spacing=4.0, margin=0.0):
    plan = attrs.evolve(
        bench.plan,
        target=attrs.evolve(bench.plan.target, centre_mm=centre, radii_mm=radii),
        sonication=attrs.evolve(bench.plan.sonication, focal_spacing_mm=spacing, focal_margin_mm=margin),
    )
    return place_foci(plan, lay_out(plan))


@pytest.mark.verifies("SRS-206")
def test_the_lattice_is_centred_on_the_target_wherever_that_is(bench):
    here = placed(bench)
    there = placed(bench, centre=(6.0, -4.0, 2.0))
    assert there.points_mm == pytest.approx(here.points_mm + np.array([6.0, -4.0, 2.0]))


@pytest.mark.verifies("SRS-206")
def test_points_on_the_surface_are_within_and_their_order_is_fixed(bench):
    points = placed(bench, radii=(4.0, 4.0, 4.0)).points_mm.tolist()
    corner, half = points[:7], points[7:]
    assert corner == [[-4, 0, 0], [0, -4, 0], [0, 0, -4], [0, 0, 0], [0, 0, 4], [0, 4, 0], [4, 0, 0]]
    assert half == [[x, y, z] for x in (-2, 2) for y in (-2, 2) for z in (-2, 2)]


@pytest.mark.verifies("SRS-203")
@pytest.mark.parametrize(("spacing", "reach"), [(8.0, 8.0), (2.0, np.sqrt(68.0) / 2.0)])
def test_reach_is_a_spacing_or_half_a_voxels_diagonal(bench, spacing, reach):
    """The centre is a voxel's own, so that some distances are the reach exactly."""
    foci = placed(bench, centre=(2.0, 2.0, 0.0), spacing=spacing)
    for point, voxels in zip(foci.points_mm, foci.voxels, strict=True):
        near = np.linalg.norm(bench.layout.points_mm - point, axis=1) <= reach
        assert voxels.tolist() == np.flatnonzero(near).tolist()
    between = np.linalg.norm(foci.points_mm[:, None] - foci.points_mm[None], axis=2)
    assert (foci.neighbours == (between <= reach)).all()
    if spacing == 8.0:
        assert (between == reach).any()
