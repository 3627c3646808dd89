"""Predictive control: it heats what is cool within its bounds and names why it falls back."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control import mpc as mpc_module
from syntherm.core.control.binary import binary
from syntherm.core.control.estimate import SOURCE_LIMIT_DEGC_PER_S, Estimate, blocks_of
from syntherm.core.control.horizon import _bearable_W, _wanted, free_rises, programme
from syntherm.core.control.mpc import MpcMemory, mpc, unknown_input
from syntherm.core.control.remembering import Fallback, Lent
from syntherm.core.lease import bounded
from syntherm.core.plan.values import Control
from syntherm.core.thermometry.regions import Layout, Region
from syntherm.core.thermometry.validity import Reason


@pytest.fixture(scope="module")
def begun(steer):
    """The memory after the first image of an unheated patient."""
    return mpc(steer.course(37.0, 10.0), None).memory


def played(steer, begun, degC, images=40, power=None):
    """Images at one temperature whatever is done; the answers."""
    answers, memory, lent = [], begun, 0.0
    for number in range(images):
        answer = mpc(steer.course(degC, 13.0 + 3.0 * number, lent=lent), memory)
        answers.append(answer)
        memory, lent = answer.memory, answer.powers_W if power is None else power
    return answers


def test_a_cold_target_gets_all_power(steer):
    answer = mpc(steer.course(37.0), None)
    assert answer.fallback is None
    assert answer.powers_W.sum() == pytest.approx(steer.plan.sonication.max_power_W, rel=0.01)


def test_a_hot_target_gets_none(steer, begun):
    answer = mpc(steer.course(43.0, 500.0), begun)
    assert answer.fallback is None and not answer.powers_W.any()


def test_it_heats_the_cold_side(steer, begun):
    degC, target = np.full(steer.voxels, 39.0), steer.layout.target.voxels
    degC[target] = np.where(steer.layout.points_mm[target, 0] < 0.0, 39.0, 42.5)
    powers = mpc(steer.course(degC, 500.0), begun).powers_W
    cold = steer.foci.points_mm[:, 0] < -2.0
    assert powers[cold].sum() > 5.0 * powers[steer.foci.points_mm[:, 0] > 2.0].sum()


def test_what_was_lent_since_the_image_counts(steer, begun):
    """Latency: the more was lent after the image was measured, the less is wanted."""
    wanted = []
    for lent in (0.0, 3.0):
        course = steer.course(40.5, 500.0, lent=lent / steer.count * 20.0)
        wanted.append(mpc(course, attrs.evolve(begun, start=None)).powers_W.sum())
    assert wanted[1] < wanted[0]


def test_without_an_offset_of_the_model_at_rest_it_holds_the_set_point(steer, begun):
    """Closed around a patient who heats half as strongly and cools twice as fast as the model believes."""
    model = begun.horizon.model
    patient = attrs.evolve(model, heating=0.5 * model.heating, perfusion_per_s=2.0 * model.perfusion_per_s)
    rise, memory, lent, powers = np.zeros(model.lattice.cells), begun, None, np.zeros(steer.count)
    for number in range(150):
        degC = np.full(steer.voxels, 37.0)
        degC[model.lattice.voxels] += model.lattice.seen(rise)[model.lattice.block_of]
        answer = mpc(steer.course(degC, 500.0 + 3.0 * number, lent=lent), memory)
        rise = patient.advanced(rise, patient.heating @ powers, 1.9)
        memory, lent, powers = answer.memory, answer.powers_W, answer.powers_W
        rise = patient.advanced(rise, patient.heating @ powers, 1.1)
        assert answer.fallback is None
    target, weights = model.lattice.target, model.lattice.target_share
    shared = steer.plan.limits.coverage_factor * 0.1
    mean = float((rise[target] * weights).sum() / weights.sum())
    assert mean == pytest.approx(steer.plan.heating.setpoint_degC - 37.0 - shared, abs=0.1)


def test_a_guard_at_its_limit_takes_the_power_away(steer, begun):
    degC = np.full(steer.voxels, 39.0)
    assert mpc(steer.course(degC, 500.0), begun).powers_W.sum() > 1.0
    degC[steer.layout.guards[0].voxels] = 44.0
    answer = mpc(steer.course(degC, 500.0), begun)
    assert answer.fallback is None and not answer.powers_W.any()


@pytest.mark.parametrize("guard_degC", [39.5, 40.5, 41.2])
def test_the_rows_of_the_model_hold_for_what_is_wanted(steer, begun, guard_degC):
    degC = np.full(steer.voxels, 39.0)
    for region in steer.layout.guards:
        degC[region.voxels] = guard_degC
    course = steer.course(degC, 500.0)
    answer = mpc(course, begun)
    blocks = blocks_of(course.given.thermal, begun.horizon.lattice, 37.0)
    estimate, model = answer.memory.estimate, begun.horizon.model
    now = model.faded(estimate.rise_modes, estimate.source_modes, 1.9)
    free = free_rises(begun.horizon, now, estimate.source_modes)
    _, bounds = programme(begun.horizon, free, blocks, course, np.zeros(steer.count))
    rows = begun.horizon.shape.rows * begun.horizon.shape.norms[:, None]
    assert answer.fallback is None and (rows @ answer.powers_W <= np.maximum(bounds, 0.0) + 1e-9).all()


def test_the_lease_before_is_followed_over_the_image_and_then_forgotten(steer, begun):
    first = mpc(steer.course(37.0, 13.0, lent=0.1), begun).memory
    assert [lent.until_s for lent in first.lents] == [pytest.approx(14.9)]
    second = mpc(steer.course(37.0, 16.0, lent=0.2), first).memory
    assert [lent.until_s for lent in second.lents] == [pytest.approx(17.9)]
    heated = begun.horizon.model.heating @ np.full(steer.count, 0.05)
    assert (second.estimate.rise - first.estimate.rise)[begun.horizon.lattice.target].min() > heated.min()


def test_the_source_stays_within_its_limit(steer, begun):
    answers = played(steer, begun, 45.0, images=5)
    assert np.abs(answers[-1].memory.estimate.source).max() <= SOURCE_LIMIT_DEGC_PER_S


def test_images_that_the_model_does_not_explain_end_it_until_they_are_explained(steer, begun):
    """Temperatures leap about: binary from the third leap, and not before ten quiet images the model's again."""
    memory, seen = begun, []
    for number in range(30):
        degC = (37.0, 41.0)[number % 2] if number < 6 else 41.0
        answer = mpc(steer.course(degC, 13.0 + 3.0 * number), memory)
        memory = answer.memory
        seen.append(answer.fallback)
        if answer.fallback:
            assert (answer.powers_W == binary(steer.course(degC, 13.0 + 3.0 * number).given)).all()
    assert seen[:3] == [None] * 3 and Fallback.UNEXPLAINED in seen[3:6]
    again = seen.index(None, 5)
    assert again >= 6 + 9 and set(seen[again:]) == {None}


def blind(steer, region):
    reasons = np.zeros(steer.voxels, dtype=np.uint8)
    reasons[region.voxels] = Reason.FAT
    return reasons


def broken(steer, name):
    thermal = steer.thermal(np.full(steer.voxels, 38.0))
    getattr(thermal, name)[7] = np.inf
    return thermal


def unknown_courses(steer):
    nowhere = Layout(
        steer.layout.geometry, steer.layout.points_mm, steer.layout.target,
        (Region("empty", np.zeros(0, dtype=np.intp)), steer.layout.guards[1]), steer.layout.reference,
    )  # fmt: skip
    odd = Lent(np.zeros(2), 8.0, 9.0)
    late = Lent(np.zeros(steer.count), 8.0, 99.0)
    return [
        (steer.course(38.0, response=None), Fallback.NO_RESPONSE),
        (steer.course(38.0, np.nan), Fallback.TIME_UNKNOWN),
        (steer.course(38.0, age=-0.1), Fallback.TIME_UNKNOWN),
        (steer.course(38.0, age=7.6), Fallback.TIME_UNKNOWN),
        (steer.course(38.0, lent=np.nan), Fallback.LENT_UNKNOWN),
        (attrs.evolve(steer.course(38.0), lent=odd), Fallback.LENT_UNKNOWN),
        (attrs.evolve(steer.course(38.0), lent=late), Fallback.LENT_UNKNOWN),
        (steer.course(thermal=broken(steer, "temperature_degC")), Fallback.NOT_A_NUMBER),
        (steer.course(thermal=broken(steer, "uncertainty_degC")), Fallback.NOT_A_NUMBER),
        (steer.course(thermal=broken(steer, "common_degC")), Fallback.NOT_A_NUMBER),
        (steer.course(38.0, validity=blind(steer, steer.layout.target)), Fallback.TARGET_NOT_SEEN),
        (steer.course(38.0, validity=blind(steer, steer.layout.guards[1])), Fallback.GUARD_NOT_SEEN),
        (attrs.evolve(steer.course(38.0), layout=nowhere), Fallback.GUARD_NOT_SEEN),
    ]


@pytest.mark.parametrize("number", range(13))
def test_what_is_not_known_gives_binary_with_its_name(steer, begun, number):
    course, reason = unknown_courses(steer)[number]
    assert course.response is None or unknown_input(course) is reason
    for memory in (None, begun):
        answer = mpc(course, memory)
        assert answer.fallback is reason and (answer.powers_W == binary(course.given)).all()
        assert memory is None or (answer.memory.horizon is begun.horizon and answer.memory.estimate is None)


def test_without_what_was_computed_ahead_it_is_binary_and_nothing_is_computed_while_energy_flows(steer, begun):
    course = attrs.evolve(steer.course(38.0), prepared=None)
    answer = mpc(course, begun)
    assert answer.fallback is Fallback.NOT_PREPARED and answer.memory is None
    assert (answer.powers_W == binary(course.given)).all()


def test_what_it_wants_is_within_the_leases_own_bound(steer, begun):
    course = steer.course(43.0 - np.linspace(0.0, 3.0, steer.voxels), 500.0, lent=0.2)
    answer = mpc(course, begun)
    given = course.given
    kept = bounded(answer.powers_W, given.thermal, given.foci, course.response, given.plan, course.unseen_J)
    assert answer.fallback is None and answer.powers_W.any()
    assert kept == pytest.approx(answer.powers_W)


def test_the_near_fields_budget_bounds_all_power(steer, begun):
    answer = mpc(attrs.evolve(steer.course(37.0, 500.0), most_W=5.0), begun)
    assert answer.powers_W.sum() == pytest.approx(5.0, rel=0.01)


@pytest.mark.parametrize(("aim", "factor"), [(40.5, 0.0), (41.0, 1.0)])
def test_the_plan_may_say_where_to_aim(steer, begun, aim, factor):
    control = Control(aim, factor, 0.4, 60.0, 3.0, 1e6, 600.0)
    course = steer.course(38.0, plan=attrs.evolve(steer.plan, control=control))
    blocks = blocks_of(course.given.thermal, begun.horizon.lattice, 37.0)
    assert _wanted(begun.horizon.lattice, blocks, course.given.plan) == pytest.approx(aim - 37.0 - factor * 0.1)


def test_a_response_that_says_nothing_gives_binary(steer):
    for empty in (
        FocusResponse(Bounded(-1.0, -2.0, 0.5), (0.0, 0.0, 0.0), 0.01),
        FocusResponse(Bounded(1.0, 0.5, 1.5), (0.0, 0.0, 0.0), 0.0),
        FocusResponse(Bounded(-2.0, -3.0, -1.0), (0.0, 0.0, 0.0), 0.01),
    ):
        answer = mpc(steer.course(38.0, response=empty), None)
        assert answer.fallback is Fallback.NO_RESPONSE and answer.memory is None
        assert (answer.powers_W == binary(steer.course(38.0).given)).all()


def test_a_new_response_makes_a_new_model(steer, begun):
    other = attrs.evolve(steer.response, offset_mm=(1.0, 0.0, 0.0))
    memory = mpc(steer.course(38.0, response=other), begun).memory
    assert memory.response == other and memory.horizon is not begun.horizon
    assert mpc(steer.course(38.0, 13.0), begun).memory.horizon is begun.horizon


@pytest.mark.parametrize("at", [10.0, 9.0, 18.0])
def test_an_image_out_of_its_time_begins_the_estimate_anew(steer, begun, at):
    memory = mpc(steer.course(40.0, at), begun).memory
    assert (memory.estimate.source == 0.0).all() and memory.strange == 0
    assert begun.horizon.lattice.seen(memory.estimate.rise)[begun.horizon.lattice.target_blocks] == pytest.approx(
        3.0, abs=1e-5
    )


def test_not_solved_and_not_finite_give_binary(steer, begun, monkeypatch):
    course = steer.course(40.0, 13.0)
    with monkeypatch.context() as patch:
        patch.setattr(mpc_module.qp, "ITERATIONS", 0)
        answer = mpc(course, attrs.evolve(begun, start=None))
    assert answer.fallback is Fallback.NOT_SOLVED and answer.memory.start is None
    # The rows of the lease's own bound are there, too: a little less than what binary feedback wants.
    assert answer.powers_W == pytest.approx(binary(course.given), rel=0.02)
    degC = np.full(steer.voxels, 40.0)
    degC[steer.layout.guards[0].voxels] = 44.0
    with monkeypatch.context() as patch:
        # Asked for more than can be certified: what binary wants is cut to the bounds of the guards.
        patch.setattr(mpc_module, "TOLERANCE_DEGC2", -1.0)
        answer = mpc(steer.course(degC, 500.0), attrs.evolve(begun, start=None))
    assert answer.fallback is Fallback.NOT_SOLVED and not answer.powers_W.any()
    assert binary(steer.course(degC, 500.0).given).any()
    was = begun.estimate
    nowhere = Estimate.of(begun.horizon.model, was.rise, was.source + np.nan, was.acquired_s)
    broken_source = attrs.evolve(begun, estimate=nowhere)
    answer = mpc(course, broken_source)
    assert answer.fallback is Fallback.NOT_A_NUMBER and (answer.powers_W == binary(course.given)).all()


def test_an_estimate_is_asked_for_only_behind_an_image(steer, begun):
    blocks = blocks_of(steer.course(38.0).given.thermal, begun.horizon.lattice, 37.0)
    without = MpcMemory(begun.horizon, begun.response)
    assert not _bearable_W(steer.course(38.0, response=None)).any()
    with pytest.raises(ValueError, match="expected an estimate"):
        mpc_module._chosen(steer.course(38.0), without, blocks)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    level=st.floats(33.0, 50.0),
    spread=st.floats(0.0, 5.0),
    unseen=st.floats(0.0, 0.6),
    lent=st.one_of(st.none(), st.floats(0.0, 2.0)),
    gap=st.sampled_from([3.0, 0.5, 7.0, 30.0]),
)
def test_powers_are_sound_the_same_again_and_no_more_than_the_plans(
    steer, begun, seed, level, spread, unseen, lent, gap
):
    rng = np.random.default_rng(seed)
    degC = level + spread * rng.standard_normal(steer.voxels)
    reasons = np.where(rng.random(steer.voxels) < unseen, Reason.LOW_SIGNAL, Reason.VALID).astype(np.uint8)
    course = steer.course(degC, 10.0 + gap, lent=lent, validity=reasons)
    one, two = mpc(course, begun), mpc(course, begun)
    assert one.powers_W.shape == (steer.count,)
    assert np.isfinite(one.powers_W).all() and (one.powers_W >= 0.0).all()
    assert one.powers_W.sum() <= steer.plan.sonication.max_power_W * (1.0 + 1e-9)
    assert (one.powers_W == two.powers_W).all() and one.fallback is two.fallback
    if one.fallback is not None:
        warmer = steer.course(degC + 0.3, 10.0 + gap, lent=lent, validity=reasons)
        assert (one.powers_W <= binary(course.given) + 1e-12).all()
        assert one.fallback is Fallback.NOT_SOLVED or (one.powers_W == binary(course.given)).all()
        assert one.fallback is Fallback.NOT_SOLVED or (binary(warmer.given) <= one.powers_W).all()
