"""One image, watched: movement within the limit is corrected and its bounds hold; all else is named."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom import Phantom, phantom_plan, spot

from syntherm.core.thermometry.anchor import make_anchor
from syntherm.core.thermometry.baseline import finish, learn, start
from syntherm.core.thermometry.thermometer import measure
from syntherm.core.thermometry.validity import Reason
from syntherm.core.thermometry.watched import Unmatched, breath_limit_degC, remember, watch

PLAN = phantom_plan()
W = PLAN.thermometry
N = int(np.prod(PLAN.scanner.matrix))


class Day:
    """Images of one phantom, one after the other."""

    def __init__(self, seed=1, plan=PLAN, **learning):
        self.plan, self.phantom = plan, Phantom(plan, seed)
        self.baseline, self.anchor, self.fat = self.phantom.learned(**learning)
        self.memory, self.last = remember(self.anchor), None

    def shown(self, image, plan=None):
        plan = plan or self.plan
        seen = watch(
            image, self.baseline, self.anchor, self.memory, self.fat, self.phantom.layout, plan, plan.thermometry,
            self.last,
        )  # fmt: skip
        self.memory, self.last = seen.memory, seen.thermal or self.last
        return seen

    def look(self, **how):
        return self.shown(self.phantom.image(**how))


@pytest.fixture(scope="module")
def learnt():
    return Day()


@pytest.fixture
def day(learnt):
    learnt.memory, learnt.last = remember(learnt.anchor), None
    return learnt


def errors(day, thermal, heat, moved=(0.0, 0.0, 0.0)):
    """Error over standard uncertainty in valid voxels; and which of them lie in the target."""
    own = (day.phantom.layout.points_mm - np.asarray(moved)).T
    truth = 37.0 + (0.0 if heat is None else heat(*own))
    valid = thermal.validity == Reason.VALID
    return ((thermal.temperature_degC - truth) / thermal.uncertainty_degC)[valid]


def test_still_images_are_never_flagged_and_their_bounds_hold(day):
    off = []
    for _ in range(25):
        seen = day.look()
        assert seen.quality.unmatched is None and seen.thermal is not None
        assert 0.8 < seen.quality.noise_ratio < 1.25 and seen.quality.field_degC < 0.2
        assert seen.quality.breath_degC < W.breathing_floor_degC
        off.append(errors(day, seen.thermal, None))
    assert 0.93 <= (np.abs(np.concatenate(off)) < 1.96).mean() <= 0.985
    assert day.memory.unmatched == 0


mm = st.floats(-0.7, 0.7)


@pytest.mark.verifies("SRS-414")
@settings(max_examples=20)
@given(mm, mm, st.floats(-0.4, 0.4), st.integers(0, 4))
def test_bounds_hold_through_movement_within_the_limit(learnt, x, y, z, seed):
    learnt.memory, learnt.last = remember(learnt.anchor), None
    learnt.phantom.rng = np.random.default_rng(seed)
    moved, heat = (x, y, z), spot(4.0)
    seen = learnt.look(moved_mm=moved, heat=heat)
    if seen.thermal is None:
        assert np.linalg.norm(moved) > 0.5
        return
    assert (np.abs(errors(learnt, seen.thermal, heat, moved)) < 1.96).mean() >= 0.90


def test_without_watching_the_same_movement_leaves_the_bounds(day):
    image = day.phantom.image(moved_mm=(0.6, 0.6, 0.0))
    plain = measure(image, day.baseline, day.fat, day.phantom.layout, PLAN, None)
    assert (np.abs(errors(day, plain, None)) < 1.96).mean() < 0.93


def test_a_shifted_image_is_followed_with_its_reference_regions(day):
    seen = day.look(shifted_mm=(0.5, 0.0, 0.0))
    assert seen.quality.shift_mm[0] == pytest.approx(0.5, abs=0.2)
    assert (np.abs(errors(day, seen.thermal, None)) < 1.96).mean() > 0.9


def test_movement_on_one_axis_and_a_shift_on_another(day):
    seen = day.look(shifted_mm=(0.5, 0.0, 0.0), moved_mm=(0.0, 0.6, 0.0))
    assert (np.abs(errors(day, seen.thermal, None)) < 1.96).mean() > 0.9


@pytest.mark.verifies("SRS-415", "RC-09")
@pytest.mark.parametrize("moved", [(3.0, 0.0, 0.0), (0.0, 1.8, 0.0), (0.0, 0.0, 4.0)])
def test_a_movement_beyond_the_limit_shows_no_temperature(day, moved):
    seen = day.look(moved_mm=moved)
    assert seen.thermal is None and seen.quality.unmatched is Unmatched.MOVED
    assert day.look(moved_mm=moved).memory.unmatched == 2
    assert day.look().memory.unmatched == 0


@pytest.mark.verifies("SRS-414", "SRS-415")
def test_a_slow_movement_is_seen_against_the_baseline(day):
    named = [day.look(moved_mm=(0.1 * i, 0.0, 0.0)).quality.unmatched for i in range(16)]
    first = named.index(Unmatched.MOVED)
    assert 0.8 <= 0.1 * first <= W.motion_mm
    assert set(named[:first]) == {None} and None not in named[first:]


def test_what_is_no_movement_is_named_as_a_change(day):
    image = day.phantom.image()
    points = day.phantom.layout.points_mm
    image.reshape(-1)[(points[:, 0] ** 2 + (points[:, 1] - 24.0) ** 2 < 144.0)] *= 0.1
    seen = day.shown(image)
    assert seen.thermal is None and seen.quality.unmatched in (Unmatched.CHANGED, Unmatched.MOVED)


def test_heat_in_the_target_is_neither_movement_nor_breath(day):
    for rise in np.linspace(0.0, 5.0, 12):
        seen = day.look(heat=spot(rise))
        assert seen.quality.unmatched is None and seen.quality.body.length_mm < 0.1
    at = day.phantom.layout.target.voxels
    truth = 37.0 + spot(5.0)(*day.phantom.layout.points_mm[at].T)
    assert float((seen.thermal.temperature_degC[at] - truth).mean()) == pytest.approx(0.0, abs=0.3)


def test_noise_is_counted_and_widens_the_bounds(day):
    quiet = day.look().thermal.uncertainty_degC
    seen = day.look(noise=44.0)
    assert seen.quality.noise_ratio > W.noise_ratio_max
    at = day.phantom.layout.target.voxels
    assert (seen.thermal.uncertainty_degC[at] > 1.25 * quiet[at]).all()


def test_an_image_that_repeats_with_a_trace_of_noise_has_too_little(day):
    image = day.phantom.image()
    day.shown(image)
    again = image + day.phantom.rng.standard_normal((*image.shape, 2)).astype(np.float32).view(np.complex64)[..., 0]
    assert day.shown(again).quality.noise_ratio < W.noise_ratio_min


def test_a_sudden_change_of_field_that_no_drift_explains_is_measured(day):
    seen = day.look(field=lambda x, y, z: 0.15 * np.exp(-(x * x + y * y) / 1500.0))
    assert seen.quality.field_degC > W.field_change_degC


def test_too_few_reference_voxels_give_no_temperature_and_no_reason_of_matching(day):
    image = day.phantom.image()
    image.reshape(-1)[day.phantom.layout.reference] = 0.0
    seen = day.shown(image)
    assert seen.thermal is None and seen.quality.unmatched is None


@pytest.fixture(scope="module")
def breathing():
    return Day(seed=3, breaths=(0.0, 0.1, 0.25, 0.05, 0.2))


@pytest.mark.parametrize("breath", [0.0, 0.12, 0.25])
def test_breathing_that_was_learned_is_taken_out(breathing, breath):
    breathing.memory, breathing.last = remember(breathing.anchor), None
    assert breathing.anchor.modes.corrected and len(breathing.anchor.modes.shape_rad) >= 1
    seen = breathing.look(breath=breath)
    assert seen.quality.unmatched is None
    assert (np.abs(errors(breathing, seen.thermal, None)) < 1.96).mean() > 0.9
    at = breathing.phantom.layout.target.voxels
    assert float(seen.thermal.temperature_degC[at].mean()) == pytest.approx(37.0, abs=0.3)


@pytest.mark.verifies("SRS-415")
def test_a_breath_that_was_not_learned_shows_no_temperature(breathing):
    breathing.memory, breathing.last = remember(breathing.anchor), None
    seen = breathing.look(breath=0.9)
    assert seen.thermal is None and seen.quality.unmatched is Unmatched.BREATH
    assert seen.quality.breath_degC > breath_limit_degC(breathing.anchor, PLAN, W)
    assert seen.memory.unmatched == 1


@pytest.fixture(scope="module")
def warm_maps():
    """The same images, with fat on one side of the warm spot, evenly everywhere, and without any."""
    points = Phantom(PLAN).layout.points_mm
    beside, nothing = np.zeros(N, dtype=np.float32), np.zeros(N, dtype=np.float32)
    beside[(points[:, 0] > 4.0) & (points[:, 0] < 10.0) & (np.abs(points[:, 1]) < 10.0)] = 0.9
    maps = {"beside": beside, "even": np.full(N, 0.15, dtype=np.float32), "none": nothing}
    return {
        name: Day(seed=4, fat=fat).look(heat=lambda x, y, z: 5.0 * np.ones_like(x)).thermal
        for name, fat in maps.items()
    } | {"fat": beside > 0.5, "points": points}


@pytest.mark.verifies("SRS-419")
def test_fat_near_by_widens_the_bounds_by_its_heat(warm_maps):
    beside = int(np.argmin(np.linalg.norm(warm_maps["points"] - np.array([1.5, 1.5, 0.0]), axis=1)))
    common = {name: warm_maps[name].common_degC[beside] for name in ("beside", "even", "none")}
    assert common["beside"] > common["none"] + 0.1
    assert common["even"] == pytest.approx(common["none"], abs=0.01), "even fat, evenly warm, makes no field"
    assert warm_maps["beside"].validity[warm_maps["fat"]].tolist() == [Reason.FAT] * int(warm_maps["fat"].sum())


@pytest.mark.verifies("SRS-419")
def test_fat_out_of_reach_adds_nothing(warm_maps):
    points = warm_maps["points"]
    away = (np.abs(points[:, 1]) < 6.0) & (points[:, 0] < -12.0) & (points[:, 0] > -24.0)
    difference = warm_maps["beside"].common_degC[away] - warm_maps["none"].common_degC[away]
    assert away.sum() > 10 and np.abs(difference).max() < 0.01


def of_share(share):
    return attrs.evolve(PLAN, thermometry=attrs.evolve(W, gradient_share=share))


def steep_place(day):
    return int(np.argmin(np.linalg.norm(day.phantom.layout.points_mm - np.array([4.5, 1.5, 0.0]), axis=1)))


@pytest.mark.verifies("SRS-419")
def test_a_steep_place_widens_its_own_bounds(day):
    image = day.phantom.image(heat=spot(8.0, 5.0))
    wide, plain = day.shown(image, of_share(0.3)).thermal, day.shown(image, of_share(0.0)).thermal
    at = steep_place(day)
    assert wide.uncertainty_degC[at] > plain.uncertainty_degC[at] + 0.1
    assert wide.common_degC[at] == pytest.approx(plain.common_degC[at], rel=1e-3)


@pytest.mark.verifies("SRS-419")
def test_a_shift_of_the_whole_image_widens_steep_places(day):
    plan, at = of_share(0.0), steep_place(day)
    there, shifted = (
        day.shown(day.phantom.image(heat=spot(8.0, 5.0), shifted_mm=(x, 0.0, 0.0)), plan).thermal for x in (0.0, 0.6)
    )
    own = [float(each.uncertainty_degC[at] ** 2 - each.common_degC[at] ** 2) for each in (there, shifted)]
    step = 8.0 * np.exp(-(4.5**2 + 1.5**2) / 50.0) * 4.5 / 25.0
    assert (own[1] - own[0]) ** 0.5 == pytest.approx(0.6 * step, rel=0.35), "as much as 0.6 mm of the slope"


def made(images, plan=PLAN, fat=None):
    phantom = Phantom(plan, 6)
    sums = start(images[0])
    for image in images[1:]:
        sums = learn(sums, image, phantom.layout)
    fat = np.zeros(N, dtype=np.float32) if fat is None else fat
    return make_anchor(tuple(images), finish(sums), fat, phantom.layout, plan, plan.thermometry)


def test_there_is_no_anchor_without_tissue_or_with_two_images():
    phantom = Phantom(PLAN, 6)
    images = [phantom.image() for _ in range(3)]
    assert made(images) is not None
    assert made(images[:2]) is None
    assert made(images, fat=np.ones(N, dtype=np.float32)) is None
    assert made([image * np.complex64(1e-6) + phantom.image(scale=0.0) for image in images]) is None


def test_an_image_whose_drift_cannot_be_fitted_teaches_nothing():
    phantom = Phantom(PLAN, 7)
    images = [phantom.image() for _ in range(5)]
    empty = images[2].copy()
    empty.reshape(-1)[phantom.layout.reference] = np.nan
    sums = start(images[0])
    for image in images[1:]:
        sums = learn(sums, image, phantom.layout)
    fat = np.zeros(N, dtype=np.float32)
    for spoilt in ([*images, empty], images):
        _, anchor = make_anchor(tuple(spoilt), finish(sums), fat, phantom.layout, PLAN, W)
        assert 0.8 < anchor.restless < 1.2


def test_images_that_do_not_match_their_own_mean_make_no_anchor():
    phantom = Phantom(PLAN, 8)
    sums = start(phantom.image())
    for _ in range(4):
        sums = learn(sums, phantom.image(), phantom.layout)
    dark = tuple(phantom.image(scale=0.05) for _ in range(5))
    fat = np.zeros(N, dtype=np.float32)
    assert make_anchor(dark, finish(sums), fat, phantom.layout, PLAN, W) is None


def test_a_few_slices_are_matched_to_their_faces():
    scanner = attrs.evolve(PLAN.scanner, matrix=(34, 34, 3), first_voxel_mm=(-49.5, -49.5, -6.0))
    day = Day(seed=9, plan=attrs.evolve(PLAN, scanner=scanner))
    seen = day.look(moved_mm=(0.4, 0.0, 0.0))
    assert seen.quality.unmatched is None
    assert seen.quality.body.offset_mm[0] == pytest.approx(0.4, abs=0.2)
