"""Coverage that can be had: the best steady powers within every limit, from the test and from the heating itself."""

import attrs
import numpy as np
import pytest
from shot_tissue import PROOF, ShotTissue, proven

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control.foci import place_foci
from syntherm.core.control.lattice import lay_lattice
from syntherm.core.control.remembering import Lent
from syntherm.core.control.thermal_model import ThermalModel, patterns_of
from syntherm.core.decision import Decision
from syntherm.core.guidance import guide
from syntherm.core.observe.covering import foreseen
from syntherm.core.plan.values import Control
from syntherm.core.response.coverage import Known, best, covered, frame_of, kept_degC, predict
from syntherm.core.response.steady import PERFUSIONS, Steady
from syntherm.core.response.trial import leases_of
from syntherm.core.response.warming import FEWEST_IMAGES, Warming, refined, warmed
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.vocabulary import Infusion
from syntherm.core.vocabulary import Trigger as T

RESPONSE = FocusResponse(Bounded(2.0, 1.5, 2.5), (0.0, 0.0, 0.0), 0.01)


@pytest.fixture(scope="module")
def plan(bench):
    return proven(bench.plan)


@pytest.fixture(scope="module")
def foci(plan):
    return place_foci(plan, lay_out(plan))


@pytest.fixture(scope="module")
def steady(plan, foci):
    return Steady.of(plan, lay_out(plan), foci)


def known(gain=0.12, perfusion=0.004, guards=(1.0, 1.0)):
    return Known(Bounded(gain, 0.9 * gain, 1.1 * gain), Bounded(perfusion, perfusion / 1.5, perfusion * 1.5), guards)


def share(plan, foci, steady, of, response=RESPONSE, uncertainty_degC=0.1):
    return predict(plan, foci, steady, frame_of(plan, response, uncertainty_degC), of, PROOF)


@pytest.mark.verifies("SRS-422")
def test_steady_responses_are_where_the_model_comes_to_rest(plan, foci, steady):
    patterns = patterns_of(lay_lattice(plan, lay_out(plan)), foci, plan)
    model = ThermalModel(patterns.lattice, patterns.sines, PERFUSIONS[5], patterns.points)
    (rested,) = model.driven((3000.0,))
    assert steady.target[5] == pytest.approx(np.maximum(rested, 0.0)[patterns.lattice.target], rel=1e-3, abs=1e-9)
    assert steady.at(steady.target, PERFUSIONS[5]) == pytest.approx(steady.target[5])
    between = steady.at(steady.target, (PERFUSIONS[5] * PERFUSIONS[6]) ** 0.5)
    assert between == pytest.approx(0.5 * (steady.target[5] + steady.target[6]))
    assert steady.at(steady.target, 1e-6) == pytest.approx(steady.target[0])
    assert steady.at(steady.target, 1.0) == pytest.approx(steady.target[-1])
    assert steady.mean(PERFUSIONS[5])[0] == pytest.approx(steady.share @ steady.target[5], rel=0.02)


@pytest.mark.verifies("SRS-422")
def test_a_beam_that_is_strong_enough_covers_the_target(plan, foci, steady):
    found = share(plan, foci, steady, known())
    assert found.share.estimate > 0.9 and found.images == 0
    assert found.share.lower <= found.share.estimate <= found.share.upper <= 1.0
    assert found.known == known()


@pytest.mark.verifies("SRS-422")
@pytest.mark.parametrize(
    ("changes", "per_J", "limited"),
    [
        ({"sonication__max_power_W": 8.0}, 0.01, "power"),
        ({"control": Control(41.0, 0.0, 0.4, 60.0, 3.0, 800.0, 100.0)}, 0.01, "power"),
        ({}, 1.5, "energy of a lease"),
    ],
)
def test_what_binds_is_named_and_costs_coverage(plan, foci, steady, made, changes, per_J, limited):
    response = attrs.evolve(RESPONSE, rise_degC_per_J=per_J)
    found = share(made.put(plan, **changes), foci, steady, known(), response)
    assert limited in found.limited_by
    assert found.share.estimate < share(plan, foci, steady, known()).share.estimate - 0.1


@pytest.mark.verifies("SRS-422", "RC-10")
@pytest.mark.parametrize("lower", [0.5, 1.5])
def test_no_guard_limit_is_passed_to_gain_coverage(plan, foci, lower):
    cool = attrs.evolve(plan, guard=tuple(attrs.evolve(each, max_degC=38.3 - lower + 1.5) for each in plan.guard))
    steady = Steady.of(cool, lay_out(cool), foci)
    frame = frame_of(cool, RESPONSE, 0.1)
    held_degC, limited = best(cool, foci, steady, frame, (0.12, 0.004, np.zeros(3)), PROOF)
    assert "temperature limits" in limited
    warmer, _ = best(cool, foci, steady, frame, (0.12, 0.004, np.asarray([0.0, 1.5, 1.5])), PROOF)
    assert warmer.mean() < held_degC.mean(), "a guard that warms more costs more"
    free = attrs.evolve(cool, guard=tuple(attrs.evolve(each, max_degC=45.0) for each in plan.guard))
    assert (
        best(free, foci, Steady.of(free, lay_out(free), foci), frame, (0.12, 0.004, np.zeros(3)), PROOF)[0].mean()
        > held_degC.mean()
    )


@pytest.mark.verifies("SRS-422")
def test_the_interval_spans_what_is_not_known(plan, foci, steady):
    weak = attrs.evolve(plan, sonication=attrs.evolve(plan.sonication, max_power_W=12.0))
    wide = attrs.evolve(known(), perfusion_per_s=Bounded(0.004, 0.0008, 0.02))
    found = share(weak, foci, steady, wide)
    assert found.share.upper - found.share.lower > 0.3
    nothing = attrs.evolve(known(), gain=Bounded(0.0, -0.1, 0.1))
    assert share(weak, foci, steady, nothing).share.estimate == pytest.approx(0.0)


def test_coverage_counts_what_lies_in_range():
    part = np.asarray([0.25, 0.25, 0.5])
    assert covered(np.asarray([39.0, 41.0, 43.5]), part, PROOF) == pytest.approx(0.25, abs=1e-3)
    assert covered(np.asarray([40.0, 41.0, 41.0]), part, PROOF) == pytest.approx(0.875, abs=1e-3)


@pytest.mark.verifies("SRS-423")
def test_the_heating_shows_the_perfusion_and_the_guards(plan, foci, steady):
    perfusion, gain, factor = PERFUSIONS[6], 0.11, 1.8
    warming, truth = Warming.begun(steady, 0.0), Warming.begun(steady, 0.0)
    powers = np.full(len(foci.points_mm), 14.0 / len(foci.points_mm))
    first, k = known(0.12, 0.003), plan.limits.coverage_factor
    for number in range(40):
        at_s = 3.0 * number
        lent = None if number == 0 else Lent(powers, at_s - 3.0, at_s + 1.0 if number % 2 else at_s)
        truth = warmed(truth, steady, lent, at_s, (0.0, 0.0, 0.0))
        rises = gain * truth.left.sum(axis=2)[6] * np.asarray([1.0, factor, 1.0])
        seen = (float(rises[0]), float(rises[1]), float("nan"))
        warming = warmed(warming, steady, lent, at_s, seen)
        if number < FEWEST_IMAGES - 1:
            assert refined(warming, first, k) is None
    found = refined(warming, first, k)
    assert found.perfusion_per_s.lower <= perfusion <= found.perfusion_per_s.upper
    assert found.gain.lower <= gain <= found.gain.upper
    assert found.guards[0] > 1.1 and found.guards[1] == 1.0
    assert warming.images == 40 and warming.at_s == 117.0
    blind = warmed(warming, steady, None, 120.0, 3 * (float("nan"),))
    assert blind.images == 40 and blind.at_s == 120.0
    assert blind.left.sum() < warming.left.sum()


# ------------------------------------------------------------------------------------------------ through whole steps
@pytest.fixture(scope="module")
def heated(plan, made):
    """A session that has begun to heat, with what was said on the way."""
    drive = made.Drive(SessionState.begin(plan), made.Room(plan)).set_up().calibrate()
    drive.act(T.BEGIN_TEST)
    drive.live(ShotTissue(drive, drive.state.groundwork), leases_of(plan) + 1)
    reviewed = drive.copy()
    drive.poll()
    drive.accept()
    return reviewed, drive


@pytest.mark.verifies("SRS-422", "SRS-701", "SRS-801")
def test_coverage_is_shown_before_it_is_accepted_and_before_heating(heated):
    reviewed, drive = heated[0].copy(), heated[1]
    assert reviewed.state.beam.coverage is None
    reviewed.poll()
    coverage = reviewed.state.beam.coverage
    assert coverage.images == 0 and reviewed.last.records[0].coverage == coverage
    step = guide(reviewed.state)
    assert step.prompt.act is T.ACCEPT_CALIBRATION and "Coverage that can be had at 40 to 42 degC" in step.text
    assert "from the test sonication" in step.text
    reviewed.poll()
    assert reviewed.last.records[0].coverage is None and reviewed.state.beam.coverage is coverage
    assert "Coverage that can be had" in guide(drive.state).text
    assert guide(drive.state).prompt.act is T.BEGIN_HEATING


@pytest.mark.verifies("SRS-422")
def test_a_coverage_below_the_plans_is_a_warning_and_people_decide(heated, made):
    reviewed, _ = heated
    drive = reviewed.copy()
    drive.state = made.put(drive.state, plan__sonication__max_power_W=3.0)
    drive.poll()
    said = guide(drive.state).text
    assert "WARNING: the plan asks for 90 %; you decide whether to go on." in said and "limited by power" in said
    drive.accept()
    assert drive.names == ("calibration", "accepted", "off", "idle")


@pytest.mark.verifies("SRS-423", "SRS-422")
def test_the_heating_refines_it_until_the_drug_is_released(heated, made):
    _, ready = heated
    drive = ready.copy()
    drive.act(T.BEGIN_HEATING)
    drive.live(made.Picture(target=41.2), FEWEST_IMAGES + 1)
    beam = drive.state.beam
    assert beam.warming.images == FEWEST_IMAGES + 1
    assert beam.coverage.images == FEWEST_IMAGES
    told = [r.coverage for o in drive.outcomes for r in o.records if isinstance(r, Decision) and r.coverage]
    assert [each.images for each in told] == [FEWEST_IMAGES]
    step = guide(drive.state)
    assert step.prompt.act is T.RELEASE_INFUSION and "images of the heating" in step.text
    drive.act(T.RELEASE_INFUSION)
    drive.live(made.Picture(target=41.2), 1)
    assert drive.state.phases.infusion is Infusion.INFUSING
    assert drive.state.beam.warming is beam.warming, "what was shown at the release stands"
    assert "Coverage" not in guide(drive.state).text


@pytest.mark.verifies("SRS-423", "SRS-404")
def test_an_image_without_a_temperature_takes_the_loans_in_and_shows_no_rise(heated, made):
    _, ready = heated
    drive = ready.copy()
    drive.act(T.BEGIN_HEATING)
    drive.live(made.Picture(target=39.0), 3)
    before = drive.state.beam.warming
    event = drive.frame_event(made.Picture(target=39.0))
    blind = made.put(drive.state, thermometry__thermal=None, thermometry__target=None, thermometry__guards=())
    after = foreseen(made.put(blind, imaging__acquired_s=event.acquired_s + 2.0), event).beam.warming
    assert after.images == before.images and after.at_s > before.at_s
    assert after.lent_s > before.lent_s
    again = foreseen(made.put(blind, imaging__acquired_s=event.acquired_s + 2.0, beam__warming=after), event)
    assert again.beam.warming.lent_s == after.lent_s, "a loan is taken in once"
    stopped = made.put(blind, beam__off_s=blind.beam.granted_s + 1.0, imaging__acquired_s=event.acquired_s + 2.0)
    cooler = foreseen(stopped, event).beam.warming
    assert cooler.left.sum() < after.left.sum()
    unseen = made.put(drive.state, thermometry__target=attrs.evolve(drive.state.thermometry.target, mean=UNKNOWN))
    assert foreseen(unseen, event).beam.warming.images == before.images


@pytest.mark.verifies("SRS-423", "SRS-404")
def test_nothing_is_foreseen_where_it_rests_on_nothing(heated, made):
    reviewed, ready = heated
    drive = ready.copy()
    drive.act(T.BEGIN_HEATING)
    event = drive.frame_event(made.Picture())
    for missing in (
        {"beam__response": None}, {"beam__identified": None}, {"steady": None}, {"imaging__defect": "unfit"},
        {"imaging__acquired_s": None},
    ):  # fmt: skip
        state = made.put(drive.state, **missing)
        assert foreseen(state, event) is state
    poll = reviewed.room.look(reviewed.at_s + 1.0)
    dark = made.put(reviewed.state, thermometry__last=None, beam__coverage=None)
    assert foreseen(dark, poll).beam.coverage is None


def test_limits_are_kept_with_what_filtering_leaves_of_the_noise(heated):
    reviewed, _ = heated
    thermal, region = reviewed.state.thermometry.last, reviewed.state.layout.target
    kept = kept_degC(thermal, region)
    assert np.median(thermal.common_degC[region.voxels]) < kept < np.median(thermal.uncertainty_degC[region.voxels])
