"""Stories played through the shipped loop, core and record: whole days, each kind of image, each kind of fault."""

from collections.abc import Callable
from pathlib import Path

import pytest
from short_plan import PLAN as PLAN_FILE
from told import CREW, Told

from syntherm.audit.replay import replay
from syntherm.audit.verify import verify
from syntherm.core.events import Channel
from syntherm.core.faults import Code, Response
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm_sim.puppet.defects import Defect
from syntherm_sim.puppet.images import GuardHeat, Heat, Precision
from syntherm_sim.story.player import Played, StoryFailed, play
from syntherm_sim.story.small_plan import bounds_lifted
from syntherm_sim.story.values import (
    Crash,
    Death,
    Frame,
    GeneratorWord,
    Lose,
    Poll,
    Provoke,
    PumpWord,
    Restart,
    Rise,
    Stop,
    Wait,
)  # fmt: skip

IN_RANGE = Frame(Heat.IN_RANGE)


@pytest.fixture(scope="module")
def full_plan() -> Plan:
    return read_plan(PLAN_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def told(full_plan, tmp_path: Path) -> Callable[[Told], Played]:
    """Plays what was told so far, on a new record."""

    def run(story: Told, **plan: float) -> Played:
        number = len(list(tmp_path.iterdir()))
        return play(story.story(**plan), full_plan, tmp_path / f"record-{number}.db")

    return run


def codes(played: Played) -> set[Code]:
    return {standing.code for standing in played.state.faults}


# ------------------------------------------------------------------------------------------------ whole stories
@pytest.mark.verifies("SRS-113", "SRS-505", "SRS-303", "RC-02")
@pytest.mark.parametrize("death", Death)
def test_a_day_with_a_crash_while_drug_flows_is_played_to_its_signatures(
    death: Death, full_plan, tmp_path: Path
) -> None:
    day = Told.to("infusing").then(Crash(death), Wait(1), IN_RANGE, Wait(1), Restart()).look().reset()
    day.set_up().learn().test().accept().heat().act(Trigger.RELEASE_INFUSION).images(14, IN_RANGE).images(1)
    for person in CREW:
        day.act(Trigger.SIGN, person)
    record = tmp_path / "record.db"
    played = play(day.story(), full_plan, record)
    assert (played.failed, played.broken) == (None, ())
    assert played.state.phases.session is Session.COMPLETE
    assert played.state.phases.infusion is Infusion.DONE
    limit_ml = played.plan.prescription.volume_ml
    assert played.state.ledger.patient_ml == pytest.approx(limit_ml, abs=0.005)
    assert verify(record, played.head).findings == ()
    with bounds_lifted():
        again = replay(record)
    assert again.difference is None and again.compared == again.decisions > 100
    restarts = [note for note in played.notes if "dead" in note]
    assert len(restarts) == 1


def test_what_dies_before_the_record_never_happened_and_what_dies_after_it_did(told) -> None:
    """The image that ends the learning: acted upon or not, only its record counts."""
    before = Told.to("set-up").act(Trigger.BEGIN_CALIBRATION).images(1).look()
    for death, learned in ((Death.ACTING, False), (Death.RECORDING, True)):
        played = told(Told().then(*before.events, Crash(death), Frame(), Wait(1), Restart()))
        assert (played.state.thermometry.baseline is not None) is learned
        assert played.state.phases.session is Session.ABORT


def test_a_crash_before_rising_commands_leaves_nothing_lent(told) -> None:
    story = Told.to("heating").look().then(Crash(Death.RECORDING), IN_RANGE, Wait(1))
    played = told(story)
    assert played.state.beam.lease is not None, "decided and recorded before the crash"
    after = told(story.then(Restart()))
    assert after.state.phases.energy is Energy.OFF
    assert after.state.beam.lease is None


def test_two_playings_of_one_story_are_the_same(told) -> None:
    one, other = told(Told.to("infusing")), told(Told.to("infusing"))
    assert (one.notes, one.simulated_s) == (other.notes, other.simulated_s)
    assert (one.state.thermometry.thermal.temperature_degC == other.state.thermometry.thermal.temperature_degC).all()


def test_a_lost_command_is_answered_and_not_carried_out(told) -> None:
    lost = told(Told.to("heating").then(Lose(Channel.TRANSDUCER)).act(Trigger.PAUSE))
    assert (lost.state.phases.session, codes(lost)) == (Session.ABORT, {Code.OFF_NOT_CONFIRMED})
    deaf = Told.to("infusing").then(Lose(Channel.PUMP, 9)).act(Trigger.STOP).then(Wait(1), Poll(), Poll())
    assert codes(told(deaf)) == {Code.OFF_NOT_CONFIRMED}
    assert [note for note in told(deaf.then(Lose(Channel.PUMP, 0)).look()).notes if "OFF" in note] != []
    refused = told(Told.to("heating").then(Lose(Channel.PUMP)).act(Trigger.RELEASE_INFUSION))
    assert (refused.state.phases.infusion, codes(refused)) == (Infusion.HELD, {Code.PUMP_REFUSED})


# ------------------------------------------------------------------------------------------------ each kind of image
@pytest.mark.parametrize(
    ("frame", "raised"),
    [
        (Frame(Heat.IN_RANGE), None),
        (Frame(Heat.COLD), None),
        (Frame(Heat.IN_RANGE, precision=Precision.POOR), None),
        (Frame(Heat.HOT), Code.TARGET_HOT),
        (Frame(Heat.UNSEEN), Code.TARGET_NOT_SEEN),
        (Frame(Heat.UNKNOWN), Code.DRIFT),
        (Frame(Heat.IN_RANGE, GuardHeat.HOT), Code.GUARD_HOT),
        (Frame(Heat.IN_RANGE, GuardHeat.DOSED), Code.GUARD_DOSE),
        (Frame(Heat.IN_RANGE, GuardHeat.UNSEEN), Code.GUARD_NOT_SEEN),
        (Frame(Heat.IN_RANGE, defect=Defect.FROZEN), Code.FRAME_FROZEN),
        (Frame(Heat.IN_RANGE, defect=Defect.REPEAT), Code.FRAME_REFUSED),
        (Frame(Heat.IN_RANGE, defect=Defect.GEOMETRY), Code.FRAME_REFUSED),
        (Frame(Heat.IN_RANGE, defect=Defect.ECHO), Code.FRAME_REFUSED),
        (Frame(Heat.IN_RANGE, defect=Defect.NOT_A_NUMBER), Code.FRAME_REFUSED),
    ],
    ids=str,
)
def test_an_image_shows_what_the_story_says(frame: Frame, raised: Code | None, told) -> None:
    played = told(Told.to("heating").images(1, frame))
    state, limits = played.state, played.plan
    assert codes(played) - {Code.TARGET_NOT_SEEN if raised is Code.DRIFT else raised} <= (
        {Code.DRIFT, Code.GUARD_NOT_SEEN} if raised is Code.DRIFT else set()
    )
    assert raised is None or raised in codes(played)
    if frame.defect is not None or raised is Code.DRIFT:
        return
    target = state.thermometry.target
    assert state.range_clock.in_range is (frame.target is Heat.IN_RANGE)
    if frame.target is Heat.COLD:
        assert target.hottest.upper < limits.heating.release_degC
        assert target.valid_fraction == 1.0
    if frame.target is Heat.IN_RANGE:
        assert target.cold90.lower >= limits.heating.range_cold90_min_degC
        assert target.hot10.upper <= limits.heating.range_hot10_max_degC
    if frame.target is Heat.UNSEEN:
        assert target.valid_fraction == 0.0
    hot_side, dose_side = state.thermometry.guards
    assert (hot_side.hottest.upper > limits.guard[0].max_degC) is (frame.guards in (GuardHeat.HOT, GuardHeat.UNSEEN))
    assert dose_side.hottest.upper < limits.guard[1].max_degC
    dosed = state.thermometry.dose.upper_min[state.layout.guards[1].voxels].max() > limits.guard[1].max_cem43_min
    assert bool(dosed) is (frame.guards is GuardHeat.DOSED)


def test_poor_precision_refuses_a_calibration_and_good_precision_does_not(told) -> None:
    story = Told.to("set-up").act(Trigger.BEGIN_CALIBRATION)
    poor = told(Told().then(*story.events).images(2, Frame(precision=Precision.POOR)))
    good = told(Told().then(*story.events).images(2))
    assert (poor.state.phases.calibration, codes(poor)) == (Calibration.REFUSED, set())
    assert (good.state.phases.calibration, codes(good)) == (Calibration.LEARNED, set())


@pytest.mark.parametrize(
    ("frame", "ends_in"),
    [
        (Frame(rise=Rise.GOOD), Calibration.REVIEW), (Frame(), Calibration.REVIEW),
        (Frame(rise=Rise.BAD), Calibration.REFUSED), (Frame(Heat.IN_RANGE), Calibration.REFUSED),
    ],
    ids=str,
)  # fmt: skip
def test_the_rise_of_a_test_sonication_is_as_told(frame: Frame, ends_in: Calibration, told) -> None:
    played = told(Told.to("learned").act(Trigger.BEGIN_TEST).images(3, frame))
    assert played.state.phases.calibration is ends_in


def test_a_delayed_image_is_as_old_as_told(told) -> None:
    late = told(Told.to("heating").look().look().then(Frame(Heat.IN_RANGE, delay_ticks=1)))
    assert late.state.imaging.acquired_s == late.simulated_s - 1.0
    too_late = told(Told.to("heating").look().look().then(Frame(Heat.IN_RANGE, delay_ticks=3)))
    assert Code.FRAME_REFUSED in codes(too_late)


def test_images_at_one_moment_come_a_millisecond_apart(told) -> None:
    played = told(Told.to("heating").then(IN_RANGE, IN_RANGE).look())
    assert codes(played) == set()
    assert played.simulated_s == round(played.simulated_s), "the next tick begins where it would have begun"


def test_what_an_image_cannot_show_is_said(told) -> None:
    """No dose grows between two images at one moment."""
    with pytest.raises(StoryFailed, match=r"event \d+: the image does not show what it should: .*guards dosed"):
        told(Told.to("heating").then(Frame(Heat.IN_RANGE, GuardHeat.DOSED)))
    with pytest.raises(StoryFailed, match="no image has been accepted that could come again"):
        told(Told.to("set-up").then(Frame(defect=Defect.FROZEN)))


# ------------------------------------------------------------------------------------------------ words of devices
@pytest.mark.parametrize(
    ("poll", "ends_in", "raised"),
    [
        (Poll(), Session.DRUG_INFUSION_SYNC, None),
        (Poll(Stop.OPEN), Session.ABORT, Code.PATIENT_STOP),
        (Poll(generator=GeneratorWord.SOUNDING), Session.ABORT, Code.TRANSDUCER_UNASKED),
        (Poll(pump=PumpWord.ALARM), Session.HEATING, Code.PUMP_ALARM),
    ],
    ids=str,
)
def test_a_device_says_what_is_told(poll: Poll, ends_in: Session, raised: Code | None, told) -> None:
    played = told(Told.to("infusing").look(poll))
    assert played.state.phases.session is ends_in
    assert codes(played) == ({raised} if raised else set())


@pytest.mark.parametrize(
    ("poll", "raised"),
    [
        (Poll(Stop.UNREAD), Code.STOP_LOOP_UNKNOWN),
        (Poll(generator=GeneratorWord.UNREAD), Code.TRANSDUCER_SILENT),
        (Poll(pump=PumpWord.UNREAD), Code.PUMP_SILENT),
    ],
    ids=str,
)
def test_a_silent_device_is_a_fault_once_its_word_is_old(poll: Poll, raised: Code, told) -> None:
    story = Told.to("infusing")
    for _ in range(3):
        story.look(poll).then(IN_RANGE)
    assert raised in codes(told(story))


# ------------------------------------------------------------------------------------------------ each response
NAMES = {
    Response.HOLD_INFUSION: "hold", Response.FAIL_INFUSION: "fail", Response.PAUSE: "pause", Response.COOL: "cool",
    Response.ABORT: "abort",
}  # fmt: skip
PLACES = {
    Session.SETUP: Told.to("set-up"),
    Session.CALIBRATION: Told.to("accepted"),
    Session.HEATING: Told.to("heating"),
    Session.DRUG_INFUSION_SYNC: Told.to("infusing"),
    Session.COOLING: Told.to("heating").act(Trigger.END_HEATING),
    Session.COMPLETE: Told.to("heating").act(Trigger.END_HEATING).images(1),
    Session.ABORT: Told.to("infusing").act(Trigger.STOP),
}
AT_ONCE = frozenset(
    {
        (Response.HOLD_INFUSION, Session.DRUG_INFUSION_SYNC),
        *((Response.FAIL_INFUSION, each) for each in Session if each not in (Session.SETUP, Session.COMPLETE)),
        *(
            (response, each)
            for response in (Response.PAUSE, Response.COOL)
            for each in (Session.CALIBRATION, Session.HEATING, Session.DRUG_INFUSION_SYNC)
        ),
        *((Response.ABORT, each) for each in Session),
    }
)


def test_the_faults_table_has_no_other_response_in_any_state() -> None:
    watched = {(code.value.response, each) for code in Code for each in code.value.watched_in}
    assert {pair for pair in watched if pair[0] is not Response.NOTE} == AT_ONCE


@pytest.mark.parametrize("at", Session)
@pytest.mark.parametrize("response", NAMES)
def test_every_response_can_be_provoked_where_the_faults_table_has_one(response: Response, at: Session, told) -> None:
    story = Told().then(*PLACES[at].events, Wait(1), Provoke(response))
    if (response, at) not in AT_ONCE:
        with pytest.raises(StoryFailed, match=f"no fault of this response can be raised at once in {at.value}"):
            told(story)
        return
    played = told(story)
    (chosen,) = [note for note in played.notes if "chosen: " in note]
    raised = [code for code in codes(played) if f"chosen: {code.value.code} " in chosen]
    assert [code.value.response for code in raised] == [response]
    worst = max(standing.code.value.response for standing in played.state.faults if standing.active)
    assert worst is response


def test_an_alarm_that_is_provoked_has_stopped_the_pump_whatever_reaches_it(told) -> None:
    """Nothing that the session sends reaches it: only the alarm itself can have stopped it."""
    story = Told.to("infusing").then(Lose(Channel.PUMP, 9), Provoke(Response.FAIL_INFUSION))
    at_once, later = told(story), told(Told().then(*story.events, Wait(1), Poll(pump=PumpWord.ALARM)))
    assert any("chosen: PUMP-ALARM" in note for note in later.notes)
    assert later.state.ledger.pumped_ml == at_once.state.ledger.pumped_ml > 0.0


def test_a_generator_that_feigns_at_the_moment_of_a_command_is_heard_after_it(told) -> None:
    played = told(Told.to("heating").act(Trigger.PAUSE).then(Poll(generator=GeneratorWord.SOUNDING)))
    assert codes(played) == {Code.TRANSDUCER_UNASKED}
