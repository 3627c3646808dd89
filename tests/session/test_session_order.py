"""Down: act, then record. Up: record, then act. On every channel, each on its own."""

from types import ModuleType

import pytest

from syntherm.core.events import ChannelFailed, Restarted
from syntherm.core.faults import Code
from syntherm.core.vocabulary import Energy, Infusion, Session, Trigger
from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed
from syntherm.session.loop import SessionFailed

DOWN = {"energy off", "hold infusion"}
UP = {"grant lease", "grant infusion"}


def an_image_is_due(rig) -> None:
    for _ in range(3):
        rig.poll()
    rig.journal.clear()


def standing(rig) -> set[Code]:
    return {fault.code for fault in rig.loop.state.faults}


@pytest.mark.verifies("SRS-204", "SRS-105", "RC-01")
@pytest.mark.parametrize("act", [Trigger.STOP, Trigger.PAUSE, Trigger.END_HEATING])
def test_energy_and_drug_are_taken_away_on_both_channels_before_the_record(places, act: Trigger) -> None:
    rig = places["infusing"].reaching()
    rig.act(act)
    assert rig.journal[2:] == ["record"]
    assert set(rig.journal[:2]) == DOWN
    assert rig.transducer.lease is None and rig.pump.infusion is None


@pytest.mark.verifies("SRS-205")
def test_energy_and_drug_are_lent_only_after_the_record(places) -> None:
    rig = places["infusing"].reaching()
    an_image_is_due(rig)
    rig.transducer.lease = rig.pump.infusion = None
    rig.loop.handle(rig.frame(41.2))
    assert rig.journal[0] == "record"
    assert set(rig.journal[1:]) == UP and len(rig.journal) == 3
    assert rig.transducer.lease.until_s > rig.clock.at_s and rig.pump.infusion.until_s > rig.clock.at_s


@pytest.mark.verifies("SRS-204", "SRS-205")
def test_the_whole_day_keeps_the_order(made: ModuleType) -> None:
    """Per event: what falls, then one record, then what rises."""
    rig = made.Rig.of(made.small_plan())
    for leg in (rig.set_up, rig.calibrate, rig.heat, rig.infuse, rig.finish):
        leg()
    assert rig.session is Session.COMPLETE
    assert {"grant lease", "grant infusion", *DOWN} <= set(rig.journal)
    # A fall belongs to the record after it, a rise to the record before it.
    for before, after in zip(rig.journal, rig.journal[1:], strict=False):
        if before in DOWN:
            assert after in DOWN | {"record"}
        if after in UP:
            assert before in UP | {"record"}


@pytest.mark.verifies("SRS-204", "RC-01")
@pytest.mark.parametrize(
    "error", [PortError("off not confirmed: read back as on"), OSError("cable"), ZeroDivisionError("driver")]
)
def test_a_transducer_that_does_not_confirm_off_keeps_nobody_from_the_pump(places, error: Exception) -> None:
    rig = places["infusing"].reaching()
    rig.transducer.off_fails = error
    rig.act(Trigger.PAUSE)
    assert rig.journal[:3] == ["energy off", "hold infusion", "record"]
    assert rig.pump.infusion is None
    assert Code.OFF_NOT_CONFIRMED in standing(rig)
    assert rig.session is Session.ABORT
    assert any("transducer" in remark and str(error) in remark for remark in rig.loop._ports.record.remarks)
    # The abort that it led to asked both channels again.
    assert rig.journal[3:5] == ["energy off", "hold infusion"]


@pytest.mark.verifies("SRS-204", "RC-01", "RC-08")
@pytest.mark.parametrize("error", [PortError("hold not confirmed"), RuntimeError("driver")])
def test_a_pump_that_does_not_confirm_hold_is_a_latched_fault(places, error: Exception) -> None:
    rig = places["infusing"].reaching()
    rig.pump.hold_fails = error
    rig.act(Trigger.HOLD_INFUSION)
    assert rig.session is Session.ABORT and rig.transducer.lease is None
    assert Code.OFF_NOT_CONFIRMED in standing(rig)
    assert any(event.channel.value == "pump" for event in failures(rig))
    rig.pump.hold_fails = None
    rig.live(3)
    assert Code.OFF_NOT_CONFIRMED in standing(rig), "a latched fault went away by itself"


def failures(rig) -> list[ChannelFailed]:
    return [event for event in rig.loop._ports.record.events if isinstance(event, ChannelFailed)]


@pytest.mark.verifies("SRS-204")
def test_a_channel_that_stays_deaf_does_not_keep_the_session_from_going_on(places) -> None:
    """Each event asks it again, and its failure is one more event, not a loop without end."""
    rig = places["infusing"].reaching()
    rig.transducer.off_fails = rig.pump.hold_fails = PortError("no answer")
    rig.act(Trigger.PAUSE)
    assert sorted(event.channel.value for event in failures(rig)) == ["pump", "transducer"]
    rig.journal.clear()
    rig.poll()
    assert {"energy off", "hold infusion"} <= set(rig.journal)
    assert 2 < len(failures(rig)) <= 4
    assert rig.session is Session.ABORT


@pytest.mark.verifies("SRS-201", "SRS-204")
@pytest.mark.parametrize("channel", ["transducer", "pump"])
def test_a_grant_that_was_not_taken_pauses_or_holds(places, channel: str) -> None:
    rig = places["infusing"].reaching()
    an_image_is_due(rig)
    getattr(rig, channel).grant_fails = PortError("lease refused")
    rig.loop.handle(rig.frame(41.2))
    (failure,) = failures(rig)
    assert (failure.channel.value, failure.falling) == (channel, False)
    assert rig.session is Session.DRUG_INFUSION_SYNC
    assert rig.loop.state.phases.infusion is Infusion.HELD and rig.pump.infusion is None
    assert rig.loop.state.phases.energy is (Energy.PAUSED if channel == "transducer" else Energy.ON)


@pytest.mark.verifies("SRS-205", "RC-01")
def test_nothing_rises_when_the_record_cannot_be_kept(places) -> None:
    rig = places["infusing"].reaching()
    an_image_is_due(rig)
    rig.loop._ports.record.fails = AuditFailed("disk is full")
    before = rig.loop.state
    with pytest.raises(SessionFailed, match="record cannot be kept: disk is full"):
        rig.loop.handle(rig.frame(41.2))
    assert rig.journal == ["record", "energy off", "hold infusion"]
    assert rig.transducer.lease is None and rig.pump.infusion is None
    assert rig.loop.state is before, "a state that is not on record was taken over"


@pytest.mark.verifies("SRS-204", "RC-01")
@pytest.mark.parametrize("refuse_off", [False, True])
def test_a_core_that_fails_is_looked_at_after_both_channels_are_off(
    places, monkeypatch: pytest.MonkeyPatch, refuse_off: bool
) -> None:
    rig = places["infusing"].reaching()

    def fails(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("syntherm.session.loop.step", fails)
    if refuse_off:
        rig.transducer.off_fails = PortError("no answer")
    with pytest.raises(SessionFailed, match="core failed on EquipmentPolled: ZeroDivisionError: a defect"):
        rig.poll()
    assert rig.journal == ["energy off", "hold infusion", "record crash"]
    assert rig.loop._ports.record.crashes == ["ZeroDivisionError: a defect"]
    assert rig.pump.infusion is None


@pytest.mark.verifies("SRS-204", "SRS-205")
def test_a_crash_that_cannot_be_recorded_still_ends_in_off(places, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = places["infusing"].reaching()
    monkeypatch.setattr("syntherm.session.loop.step", lambda *_: 1 / 0)
    rig.loop._ports.record.fails = AuditFailed("disk is full")
    with pytest.raises(SessionFailed, match="disk is full"):
        rig.poll()
    assert rig.journal[:2] == ["energy off", "hold infusion"] and not set(rig.journal) & UP


@pytest.mark.verifies("SRS-102")
def test_a_refused_act_is_recorded_and_told_and_changes_nothing(places) -> None:
    rig = places["infusing"].reaching()
    before = rig.loop.state
    rig.act(Trigger.BEGIN_HEATING)
    assert rig.loop.state.phases == before.phases and rig.loop.state.beam == before.beam
    assert rig.journal[0] == "record refusal" and not set(rig.journal) & (UP | DOWN)
    assert [act for act, _ in rig.people.refusals] == [Trigger.BEGIN_HEATING]
    assert rig.people.refusals[0][1] == rig.loop._ports.record.refusals[0] != ""


@pytest.mark.verifies("SRS-113", "RC-02")
def test_a_restart_takes_away_first_and_stays_in_abort(places) -> None:
    rig = places["infusing"].reaching()
    rig.clock.at_s += 40.0
    rig.loop.handle(Restarted(rig.clock.at_s, "controller restarted"))
    assert rig.journal == ["energy off", "hold infusion", "record"]
    phases = rig.loop.state.phases
    assert (phases.session, phases.energy) == (Session.ABORT, Energy.OFF) and phases.infusion is not Infusion.INFUSING
    rig.journal.clear()
    rig.live(4, 41.2)
    assert rig.session is Session.ABORT and not set(rig.journal) & UP
