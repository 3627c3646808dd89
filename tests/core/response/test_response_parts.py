"""The parts of a test sonication in two shots, each at its edges."""

import attrs
import numpy as np
import pytest
from shot_tissue import PROOF, proven

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.thermal_model import PERFUSION_PER_S, gain_of
from syntherm.core.loan import Loan
from syntherm.core.response import located
from syntherm.core.response.beam_map import CELL_MM, CELLS, BeamMap, Tissue, corners, read
from syntherm.core.response.identified import scatter_degC, spread_of, time_constant_s
from syntherm.core.response.judged import answered, identified, refusals
from syntherm.core.response.located import Located, Picture, locate
from syntherm.core.response.trial import (
    NOMINAL,
    Glimpse,
    Groundwork,
    Leg,
    Trial,
    fitted,
    glimpse,
    late,
    leases_of,
    leg_of,
    lent,
    next_lease,
    planned_W,
)
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

HERE = Located((0.5, 0.0, 0.0), 0.2, 0.1, 0.01)
LENT = (Loan(0.0, 12.0, 8.0),)


@pytest.fixture(scope="module")
def plan(bench):
    return proven(bench.plan)


@pytest.fixture(scope="module")
def ground(plan):
    return Groundwork.of(plan, lay_out(plan))


@pytest.fixture(scope="module")
def fine():
    """A beam's map for voxels of 2 x 2 x 6 mm."""
    return BeamMap.of((2.0, 2.0, 6.0))


def image(ground, at_s, rise=0.0, weight=100.0):
    count = len(ground.near)
    return Glimpse(at_s, np.full(count, float(rise)), np.full(count, float(weight)), 0.1)


def images(ground, sent, moments, gain=0.1, place=(0.0, 0.0, 0.0)):
    """What loans on one point do, without noise."""
    made = []
    for at_s in moments:
        shown = ground.beam.at(ground.beam.driven(sent, np.asarray([at_s]), NOMINAL)[0])
        made.append(attrs.evolve(image(ground, at_s), rise_degC=gain * read(shown, ground.at_mm - np.asarray(place))))
    return tuple(made)


@pytest.mark.verifies("SRS-420")
def test_the_map_has_its_peak_at_the_focus_and_loses_heat_as_blood_and_spreading_take_it(fine):
    at_s = np.asarray([12.0, 30.0])
    warm, cool = (fine.at(each) for each in fine.driven(LENT, at_s, NOMINAL))
    middle = CELLS // 2
    assert np.unravel_index(int(np.argmax(warm)), warm.shape) == (middle, middle, middle)
    assert cool.sum() < warm.sum()
    assert cool.max() < 0.6 * warm.max()
    more_blood = fine.at(fine.driven(LENT, at_s, Tissue(0.14, 0.02))[1])
    # Blood takes the same share everywhere; far from the ends of the box hardly anything else does.
    assert more_blood.sum() / cool.sum() == pytest.approx(np.exp(-0.016 * 24.0), rel=0.05)


@pytest.mark.verifies("SRS-420")
def test_bins_of_alike_modes_stand_for_the_modes(fine):
    """Against the same map without bins."""
    exact = np.exp(-NOMINAL.diffusivity_mm2_per_s * fine.spread_per_mm2[fine.bin_of] * 20.0)
    assert fine.at(np.exp(-NOMINAL.diffusivity_mm2_per_s * fine.spread_per_mm2 * 20.0)) == pytest.approx(
        fine.at(np.zeros(len(fine.spread_per_mm2))) + fine_without_bins(fine, exact)
    )


def fine_without_bins(fine, fading):
    x, y, z = fine.shown
    modes = (fine.heat * fading).reshape(CELLS, CELLS, CELLS)
    return np.einsum("ai,bj,ck,ijk->abc", x, y, z, modes, optimize=True)


@pytest.mark.verifies("SRS-420")
def test_a_weighted_sum_is_the_same_through_the_bins(fine):
    rng = np.random.default_rng(3)
    weights = np.zeros(CELLS**3)
    weights[rng.integers(0, CELLS**3, 40)] = rng.random(40)
    fading = fine.driven(LENT, np.asarray([15.0]), NOMINAL)[0]
    assert fine.weighed(weights) @ fading == pytest.approx(float(fine.at(fading).reshape(-1) @ weights))


def test_reading_between_points_is_linear_and_beyond_the_map_its_edge():
    x = (np.arange(CELLS) - CELLS // 2) * CELL_MM
    slope = (x[:, None, None] + 2.0 * x[None, :, None] - x[None, None, :]) * np.ones((CELLS, CELLS, CELLS))
    at = np.asarray([[0.25, -0.5, 3.75], [-20.0, 0.0, 0.0], [25.0, 0.0, 0.0]])
    assert read(slope, at) == pytest.approx([0.25 - 1.0 - 3.75, -20.0, 20.0], abs=1e-4)
    assert corners(at)[1].sum(axis=-1) == pytest.approx(1.0)


@pytest.mark.verifies("SRS-420")
@pytest.mark.parametrize("place", [(0.0, 0.0, 0.0), (2.25, -1.5, 0.75), (-4.0, 3.0, -2.0)])
def test_heat_is_found_where_it_lies(fine, place):
    axes = [np.arange(-12.0, 13.0, 2.0), np.arange(-12.0, 13.0, 2.0), np.arange(-12.0, 13.0, 6.0)]
    at = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    shown = fine.at(fine.driven(LENT, np.asarray([11.0]), NOMINAL)[0])
    rng = np.random.default_rng(1)
    rise = 0.1 * read(shown, at - np.asarray(place)) + rng.normal(0.0, 0.05, len(at)) + 0.4
    found = locate(shown, Picture(at, rise, np.full(len(at), 400.0)), np.zeros(3))
    assert found.place_mm == pytest.approx(place, abs=0.6)
    assert np.linalg.norm(np.subtract(found.place_mm, place)) <= 4.0 * found.place_sd_mm + 0.25
    assert found.gain == pytest.approx(0.1, abs=4.0 * found.gain_sd + 0.01), "what all voxels share is no gain"


@pytest.mark.verifies("SRS-420")
def test_the_search_ends_where_its_moves_do(fine, monkeypatch):
    monkeypatch.setattr(located, "MOST_MOVES", 1)
    at = np.random.default_rng(2).uniform(-12.0, 12.0, (200, 3))
    shown = fine.at(fine.driven(LENT, np.asarray([11.0]), NOMINAL)[0])
    picture = Picture(at, 0.1 * read(shown, at - np.asarray((1.0, 1.0, 1.0))), np.full(200, 400.0))
    assert locate(shown, picture, np.zeros(3)).place_mm == pytest.approx((1.0, 1.0, 1.0), abs=0.8)


@pytest.mark.verifies("SRS-420", "SRS-404")
def test_what_is_not_seen_and_what_does_not_stand_out_is_not_found(fine):
    at = np.random.default_rng(2).uniform(-12.0, 12.0, (200, 3))
    shown = fine.at(fine.driven(LENT, np.asarray([11.0]), NOMINAL)[0])
    rise = 0.1 * read(shown, at)
    assert locate(shown, Picture(at, rise, np.zeros(200)), np.zeros(3)) is None
    assert locate(shown, Picture(at, rise, np.full(200, 1e-4)), np.zeros(3)) is None


@pytest.mark.verifies("SRS-420")
def test_the_legs_follow_each_other(plan):
    legs = [leg_of(PROOF, granted) for granted in range(leases_of(plan) + 1)]
    assert [leg for leg, _ in legs] == (
        [Leg.PROBE] + 4 * [Leg.FIRST] + 6 * [Leg.PAUSE] + 4 * [Leg.SECOND] + 6 * [Leg.END] + [Leg.END]
    )
    assert [left for _, left in legs[:6]] == [1, 4, 3, 2, 1, 6]
    assert legs[-1] == (Leg.END, 0)


@pytest.mark.verifies("SRS-420", "SRS-203")
def test_power_is_planned_within_its_bounds(plan, ground):
    known = Located((0.0, 0.0, 0.0), 0.2, 0.12, 0.0)
    trial = Trial(first=(Loan(0.0, 3.0, 4.0),))
    planned = planned_W(trial, plan, ground, known, (4, 3.0))
    assert 0.0 < planned < PROOF.shot_power_W
    end = np.asarray([15.0])
    sent = (*trial.first, Loan(3.0, 15.0, planned))
    reached = 0.12 * float((ground.beam.driven(sent, end, NOMINAL) @ ground.peak)[0])
    assert reached == pytest.approx(PROOF.planned_rise_degC)
    assert planned_W(trial, plan, ground, attrs.evolve(known, gain=0.001), (4, 3.0)) == PROOF.shot_power_W
    assert planned_W(trial, plan, ground, attrs.evolve(known, gain=10.0), (4, 3.0)) == 0.0
    unsure = planned_W(trial, plan, ground, attrs.evolve(known, gain_sd=0.2), (4, 3.0))
    highest = 0.12 + plan.limits.coverage_factor * 0.2
    most = highest * float((ground.beam.driven((*trial.first, Loan(3.0, 15.0, unsure)), end, NOMINAL) @ ground.peak)[0])
    assert most == pytest.approx(plan.calibration.max_rise_degC)
    for nothing in (attrs.evolve(known, gain=0.0), attrs.evolve(known, gain=-1.0)):
        assert planned_W(trial, plan, ground, nothing, (4, 3.0)) == 0.0
    without = attrs.evolve(plan, calibration_proof=None)
    assert planned_W(trial, without, ground, known, (4, 3.0)) == 0.0


@pytest.mark.verifies("SRS-420")
def test_leases_of_each_leg_are_kept_where_they_belong(plan, ground):
    trial = Trial()
    for granted in range(leases_of(plan)):
        at = (granted, 3.0 * granted)
        lease = next_lease(trial, plan, PROOF, ground, at)
        assert lease.until_s == at[1] + plan.sonication.lease_s
        trial = lent(trial, PROOF, lease, at)
    assert [loan.power_W for loan in trial.first] == 5 * [PROOF.probe_power_W], "nothing was seen: no more than a probe"
    assert trial.second == ()
    # A lease that comes early ends the one before.
    early = lent(trial, PROOF, next_lease(trial, plan, PROOF, ground, (0, 13.0)), (0, 13.0))
    assert early.first[-2].until_s == 13.0
    assert early.energy_J(14.0) == pytest.approx(PROOF.probe_power_W * 14.0)


@pytest.mark.verifies("SRS-420", "SRS-404")
def test_a_glimpse_knows_what_it_has_not_seen(plan, ground):
    count = len(ground.layout.points_mm)
    degC = np.full(count, 38.0, dtype=np.float32)
    u = np.full(count, 0.2, dtype=np.float32)
    validity = np.zeros(count, dtype=np.uint8)
    validity[ground.near[:3]] = Reason.LOW_SIGNAL
    seen = Thermal(degC, u, u / 2.0, validity, degC, 0.0, 0.0)
    kept = glimpse(seen, ground, plan, 5.0)
    assert kept.rise_degC[:3] == pytest.approx(0.0) and kept.rise_degC[3:] == pytest.approx(1.0)
    assert (kept.weights[:3] == 0.0).all() and kept.weights[3:] == pytest.approx(1.0 / 0.03)
    assert kept.common_degC == pytest.approx(0.1)
    blind = glimpse(attrs.evolve(seen, validity=np.full(count, 1, dtype=np.uint8)), ground, plan, 5.0)
    assert not blind.weights.any() and blind.common_degC == 0.0


def test_no_loans_have_no_images_and_no_images_have_no_place(ground):
    assert late((image(ground, 1.0),), ()) == ()
    assert fitted(ground, (), LENT) is None
    assert fitted(ground, (image(ground, 1.0),), LENT) is None
    seen = tuple(image(ground, at_s) for at_s in (4.7, 4.9, 18.0, 18.1))
    assert [each.acquired_s for each in late(seen, (Loan(0.0, 12.0, 8.0),))] == [4.9, 18.0]


@pytest.mark.verifies("SRS-421")
def test_cooling_is_known_only_where_it_is_seen(ground):
    cooling = images(ground, LENT, (12.5, 16.0, 20.0, 25.0, 30.0))
    known = time_constant_s(Trial(images=cooling, first=LENT), ground, HERE, 1.96)
    assert known.lower <= known.estimate <= known.upper and 10.0 < known.estimate < 80.0
    assert time_constant_s(Trial(images=cooling[:1], first=LENT), ground, HERE, 1.96) == UNKNOWN
    blind = tuple(attrs.evolve(each, weights=0.0 * each.weights) for each in cooling)
    assert time_constant_s(Trial(images=blind, first=LENT), ground, HERE, 1.96) == UNKNOWN
    cold = tuple(attrs.evolve(each, rise_degC=-1.0 + 0.0 * each.rise_degC) for each in cooling)
    assert time_constant_s(Trial(images=cold, first=LENT), ground, HERE, 1.96) == UNKNOWN
    later = Trial(images=cooling, first=LENT, second=(Loan(18.0, 20.0, 5.0),))
    two = time_constant_s(later, ground, HERE, 1.96)
    assert two == time_constant_s(Trial(images=cooling[:2], first=LENT), ground, HERE, 1.96)


@pytest.mark.verifies("SRS-421")
def test_scatter_needs_two_images_that_see_the_same(ground):
    rng = np.random.default_rng(0)
    noisy = tuple(
        attrs.evolve(image(ground, at_s), rise_degC=rng.normal(0.0, 0.3, len(ground.near))) for at_s in (1.0, 4.0, 7.0)
    )
    assert scatter_degC(Trial(images=noisy)) == pytest.approx(0.3, rel=0.2)
    assert scatter_degC(Trial(images=noisy[:1])) == float("inf")
    assert scatter_degC(Trial(images=(noisy[0], image(ground, 4.0, weight=0.0)))) == float("inf")


@pytest.mark.verifies("SRS-421", "SRS-404")
def test_tissue_is_not_known_where_a_shell_is_not_seen(ground):
    seen = images(ground, LENT, (6.0, 12.5, 20.0, 30.0))
    trial = Trial(images=seen, first=LENT)
    assert spread_of(trial, ground, HERE, HERE, 1.96)[1].known
    away = np.linalg.norm(ground.at_mm - np.asarray(HERE.place_mm), axis=1)
    for low, high in ((0.0, 4.5), (8.0, 12.0)):
        hidden = (away >= low) & (away < high)
        blind = tuple(attrs.evolve(each, weights=np.where(hidden, 0.0, each.weights)) for each in seen)
        assert spread_of(attrs.evolve(trial, images=blind), ground, HERE, HERE, 1.96) == (UNKNOWN, UNKNOWN)


@pytest.mark.verifies("SRS-421", "RC-06")
def test_what_was_not_found_is_refused_in_words(plan, ground):
    known = identified(Trial(), plan, PROOF, ground)
    assert known.corrected_mm is None and answered(Trial(), known) is None
    assert [each.split(":")[0] for each in known.refusals] == [
        "temperature rise", "focus offset", "focus offset after correction", "rise per joule", "gain of both shots",
        "time constant of cooling", "precision between images", "diffusion and perfusion",
    ]  # fmt: skip
    assert all("the plan asks for" in each for each in known.refusals)
    assert known.refusals[1] == "focus offset: no focus found; the plan asks for at most 4 mm"
    cold = FocusResponse(Bounded(-0.5, -1.0, 0.0), (0.0, 0.0, 0.0), 0.0)
    assert identified(Trial(shown=cold), plan, PROOF, ground).rise_degC_per_J == UNKNOWN
    found = identified(Trial(first=LENT, found=HERE), plan, PROOF, ground)
    assert found.power_W == 8.0 and found.offset_mm.estimate == 0.5
    assert found.remaining_mm == UNKNOWN and not found.perfusion_per_s.known


@pytest.mark.verifies("SRS-421", "RC-06")
def test_acceptance_at_its_limits(plan, ground):
    wanted = plan.calibration
    good = attrs.evolve(
        identified(Trial(), plan, PROOF, ground),
        rise_degC=Bounded(1.0, wanted.min_rise_degC, wanted.max_rise_degC),
        rise_degC_per_J=Bounded(0.01, PROOF.min_gain_degC_per_J, PROOF.max_gain_degC_per_J),
        offset_mm=Bounded(wanted.max_focus_offset_mm, 3.0, 9.0),
        remaining_mm=Bounded(1.0, 0.0, PROOF.max_remaining_offset_mm),
        gain=Bounded(1.0, 0.9, 1.1),
        second_gain=Bounded(1.35, 1.2, 1.5),
        time_constant_s=Bounded(PROOF.max_time_constant_s, 1.0, 999.0),
        perfusion_per_s=Bounded(0.004, 0.001, 0.01),
        scatter_degC=PROOF.max_scatter_degC,
    )
    assert refusals(good, plan, PROOF) == ()
    for bad, what in (
        ({"rise_degC": Bounded(1.0, wanted.min_rise_degC - 1e-9, 2.0)}, "temperature rise"),
        ({"rise_degC": Bounded(1.0, 0.9, wanted.max_rise_degC + 1e-9)}, "temperature rise"),
        ({"rise_degC_per_J": Bounded(0.01, PROOF.min_gain_degC_per_J * 0.99, 0.02)}, "rise per joule"),
        ({"offset_mm": Bounded(wanted.max_focus_offset_mm + 1e-9, 3.0, 9.0)}, "focus offset"),
        ({"remaining_mm": Bounded(1.0, 0.0, PROOF.max_remaining_offset_mm + 1e-9)}, "focus offset after correction"),
        ({"second_gain": Bounded(1.36, 1.2, 1.5)}, "gain of both shots"),
        ({"time_constant_s": Bounded(PROOF.min_time_constant_s * 0.99, 1.0, 99.0)}, "time constant of cooling"),
        ({"scatter_degC": PROOF.max_scatter_degC + 1e-9}, "precision between images"),
        ({"perfusion_per_s": UNKNOWN}, "diffusion and perfusion"),
    ):
        (said,) = refusals(attrs.evolve(good, **bad), plan, PROOF)
        assert said.startswith(what + ":")


@pytest.mark.verifies("SRS-421")
def test_predictive_control_takes_the_fitted_gain(plan):
    response = FocusResponse(Bounded(2.0, 1.5, 2.5), (0.0, 0.0, 0.0), 0.03, Bounded(0.1, 0.08, 0.12))
    assert gain_of(None, None, response, plan, 2.0) == 0.1
    assert gain_of(None, None, response, plan, 2.5) == 0.12
    assert NOMINAL.perfusion_per_s == PERFUSION_PER_S
