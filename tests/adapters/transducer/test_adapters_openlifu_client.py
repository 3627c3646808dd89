"""The OpenLIFU client on its simulator: what it lends is what sounds, and every fault ends in less, never in more."""

import math
import time

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syntherm.core.commands import FocalPower, GrantLease
from syntherm.ports.equipment import PortError
from syntherm_sim.faults.wire import WireFault

pytestmark = pytest.mark.verifies("SRS-902", "SRS-903", "RC-04")

AIM = (2.0, -1.0, 55.0)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
coordinate = st.floats(-12.0, 12.0)
point = st.builds(FocalPower, st.tuples(coordinate, coordinate, st.floats(30.0, 60.0)), st.floats(0.5, 3.0))
ANSWER_FAULTS = [
    WireFault.MUTE, WireFault.SLOW, WireFault.GARBLED, WireFault.HALF, WireFault.WRONG_REPLY, WireFault.OTHERS_REPLY,
]  # fmt: skip


def lease(until_s: float, *watts: float) -> GrantLease:
    return GrantLease(until_s, tuple(FocalPower((4.0 * i, 0.0, 55.0), power) for i, power in enumerate(watts)))


@pytest.mark.verifies("SRS-201", "RC-02")
@QUICK
@given(st.lists(point, min_size=1, max_size=16), st.floats(0.2, 8.0))
def test_what_was_lent_is_radiated_at_the_aims_asked_for_and_never_more(make_lifu, points, length_s: float) -> None:
    """The simulator is told delays and pulses only; the aims are what its waves make of them."""
    rig = make_lifu()
    rig.client.grant(GrantLease(length_s, tuple(points)))
    sounding, ends_s = rig.device.sounding(0.0, 100.0)
    assert ends_s <= length_s + 1e-9
    for found in sounding:
        assert any(
            math.dist(p.aim_mm[:2], found.aim_mm[:2]) < 0.3 and abs(p.aim_mm[2] - found.aim_mm[2]) < 2.0 for p in points
        )
    total_W = sum(found.power_W for found in sounding)
    assert total_W <= sum(p.power_W for p in points)
    assert rig.client.report().power_W == pytest.approx(total_W, rel=1e-6)


def test_points_of_different_power_get_each_at_most_theirs(lifu) -> None:
    asked = {0.0: 4.0, 4.0: 2.0, 8.0: 1.3}
    lifu.client.grant(GrantLease(3.0, tuple(FocalPower((x, 0.0, 55.0), w) for x, w in asked.items())))
    found = {round(p.aim_mm[0]): p.power_W for p in lifu.sounds()}
    assert found.keys() == {0, 4, 8}
    for x, power_W in asked.items():
        assert 0.9 * power_W < found[round(x)] <= power_W


def test_the_same_lease_over_a_line_that_gives_one_byte_at_a_time(make_lifu) -> None:
    rig = make_lifu(chunk=1)
    rig.client.grant(lease(3.0, 2.0, 2.0))
    assert len(rig.sounds()) == 2


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (GrantLease(0.0, (FocalPower(AIM, 1.0),)), "above 0 s"),
        (GrantLease(11.0, (FocalPower(AIM, 1.0),)), "at most 10"),
        (GrantLease(float("nan"), (FocalPower(AIM, 1.0),)), "lease of nan"),
        (GrantLease(0.001, (FocalPower(AIM, 1.0),)), "too short"),
        (GrantLease(3.0, (FocalPower(AIM, 51.0),)), "at most 50.00 W"),
        (GrantLease(3.0, (FocalPower(AIM, 1e-4),)), "shortest pulse"),
        (GrantLease(3.0, (FocalPower(AIM, -1.0),)), "0 W or more"),
        (GrantLease(3.0, (FocalPower(AIM, float("nan")),)), "0 W or more"),
        (GrantLease(3.0, (FocalPower((30.0, 0.0, 50.0), 1.0),)), "steering reaches"),
        (GrantLease(3.0, (FocalPower((float("nan"), 0.0, 50.0), 1.0),)), "steering reaches"),
        (GrantLease(3.0, (FocalPower(AIM, 1.0),) * 17), "at most 16"),
    ],
)
@pytest.mark.verifies("SRS-201")
def test_what_it_cannot_hold_is_refused_before_anything_is_sent(lifu, wrong: GrantLease, why: str) -> None:
    sent = len(lifu.transmitter.sent), len(lifu.console.sent)
    with pytest.raises(PortError, match=f"lease refused: .*{why}"):
        lifu.client.grant(wrong)
    assert (len(lifu.transmitter.sent), len(lifu.console.sent)) == sent


def test_high_voltage_that_settles_late_is_waited_for_and_shortens_the_lease(make_lifu) -> None:
    rig = make_lifu(settle_s=0.5)
    rig.client.grant(lease(3.0, 2.0))
    assert rig.clock.s >= 0.5 and rig.sounds()
    assert rig.device.sounding(rig.clock.s, 100.0)[1] <= 3.0
    slow = make_lifu(settle_s=5.0)
    with pytest.raises(PortError, match=r"high voltage of 0\.0 V, expected 19\.8 V"):
        slow.client.grant(lease(3.0, 2.0))
    slow.clock.s = 5.5
    assert not slow.sounds()


def test_an_overheated_transmitter_that_acknowledges_start_is_found_out(lifu) -> None:
    lifu.device.pulser.overheated = True
    with pytest.raises(PortError, match="does not run"):
        lifu.client.grant(lease(3.0, 2.0))
    assert lifu.device.supply.rail_V == 0.0


@pytest.mark.parametrize("end", ["transmitter", "console"])
@pytest.mark.parametrize("fault", ANSWER_FAULTS, ids=lambda fault: fault.name)
@pytest.mark.verifies("SRS-204", "RC-01")
def test_one_dead_line_keeps_off_from_going_out_on_no_other(lifu, end: str, fault: WireFault) -> None:
    """The output ends though half of the equipment is gone, and the caller is told which half."""
    lifu.client.grant(lease(3.0, 2.0))
    getattr(lifu.device, end).fault = fault
    with pytest.raises(PortError, match=f"off not confirmed: OpenLIFU {end}"):
        lifu.client.off()
    assert not lifu.sounds()
    assert lifu.client.report() is None
    with pytest.raises(PortError, match="lease refused"):
        lifu.client.grant(lease(3.0, 2.0))
    assert not lifu.sounds()


@pytest.mark.parametrize("end", ["transmitter", "console"])
@pytest.mark.verifies("SRS-204", "RC-01")
def test_off_that_is_acknowledged_and_ignored_is_not_confirmed(lifu, end: str) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    getattr(lifu.device, end).fault = WireFault.IGNORES_OFF
    with pytest.raises(PortError, match=f"off not confirmed: OpenLIFU {end}: .*after"):
        lifu.client.off()
    assert not lifu.sounds()


@pytest.mark.parametrize("end", ["transmitter", "console"])
def test_an_unplugged_line_is_an_unconfirmed_off_and_no_report(lifu, end: str) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    getattr(lifu, end).broken = True
    with pytest.raises(PortError, match="unplugged"):
        lifu.client.off()
    assert not lifu.sounds() and lifu.client.report() is None


@pytest.mark.parametrize("end", ["transmitter", "console"])
def test_a_device_that_repeats_its_last_values_does_not_pass_for_off(lifu, end: str) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    assert lifu.client.report().output_on
    getattr(lifu.device, end).fault = WireFault.STUCK
    with pytest.raises(PortError, match="off not confirmed"):
        lifu.client.off()


def test_a_transmitter_that_forgot_everything_shows_no_lease(lifu) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    lifu.device.transmitter.fault = WireFault.RESET
    report = lifu.client.report()
    assert not report.ends_leases and not report.output_on and not lifu.sounds()


def test_a_console_that_forgot_everything_gives_no_output(lifu) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    lifu.device.console.fault = WireFault.RESET
    report = lifu.client.report()
    assert not report.output_on and report.power_W == 0.0 and not lifu.sounds()


def test_a_device_that_lies_is_believed_and_goes_on(lifu) -> None:
    """What no read-back of its own can show: the reason why temperatures and the guardian watch too."""
    lifu.device.transmitter.fault = WireFault.LIES
    with pytest.raises(PortError, match="does not run"):
        lifu.client.grant(lease(3.0, 2.0))
    assert not lifu.sounds()
    lifu.device.transmitter.fault = None
    lifu.client.grant(lease(3.0, 2.0))
    lifu.device.pulser.endless = True
    lifu.clock.s = 4.0
    assert lifu.client.report().output_on


def test_a_voltage_above_the_set_one_is_reported_as_more_power(lifu) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    before_W = lifu.client.report().power_W
    lifu.device.supply._set_V = 25.0
    assert lifu.client.report().power_W == pytest.approx(before_W * (25.0 / 19.8) ** 2, rel=1e-5)


def test_status_texts_in_between_are_passed_over(lifu) -> None:
    lifu.device.pulser.told_status = True
    for _ in range(3):
        lifu.device.status()
    lifu.client.grant(lease(3.0, 2.0))
    lifu.device.status()
    assert lifu.client.report().output_on
    lifu.device.status()
    lifu.client.off()


def test_a_trigger_that_somebody_else_set_counts_as_all_that_the_voltage_can_give(lifu) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    lifu.device.pulser.trigger["TriggerMode"] = 1
    report = lifu.client.report()
    assert not report.ends_leases and report.output_on
    assert report.power_W == pytest.approx(98.0, rel=0.01)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"transmitter_id": "00" * 12}, "expected 0000"),
        ({"console_id": "ff" * 12}, "with ffff"),
    ],
)
def test_another_device_is_refused(make_lifu, lifu_settings, change: dict[str, str], why: str) -> None:
    rig = make_lifu(attrs.evolve(lifu_settings, **change), begun=False)
    with pytest.raises(PortError, match=why) as refused:
        rig.client.begin()
    assert "\n" not in str(refused.value)
    with pytest.raises(PortError, match="not begun"):
        rig.client.grant(lease(3.0, 2.0))


def test_a_transmitter_of_another_size_is_refused(make_lifu, lifu_settings) -> None:
    elements = lifu_settings.elements_mm
    twice = attrs.evolve(lifu_settings, elements_mm=elements + tuple((x + 40.0, y, z) for x, y, z in elements))
    with pytest.raises(PortError, match="2 chips, expected 4"):
        make_lifu(twice, begun=False).client.begin()


def test_begin_tells_who_is_there_and_leaves_it_off(make_lifu) -> None:
    rig = make_lifu(begun=False)
    rig.device.supply._on_since_s, rig.device.supply._set_V = 0.0, 40.0
    identity = rig.client.begin()
    assert identity.transmitter_version == identity.console_version == "2.0.9"
    assert rig.device.supply.rail_V == 0.0 and not rig.client.report().output_on and rig.client.report().ends_leases


class Slowing:
    """A line on which each exchange takes time of the session's clock."""

    def __init__(self, rig, seconds: float) -> None:
        self._send, self._clock, self._seconds = rig.transmitter.send, rig.clock, seconds

    def __call__(self, data: bytes, within_s: float) -> None:
        self._clock.s += self._seconds
        self._send(data, within_s)


@pytest.mark.verifies("SRS-201", "RC-02")
def test_time_that_the_commands_take_is_never_added_to_the_lease(make_lifu, lifu_settings) -> None:
    """Registers are written before the length is counted; the last commands have their allowance, or it is refused."""
    rig = make_lifu(attrs.evolve(lifu_settings, start_s=0.05))
    rig.transmitter.send = Slowing(rig, 0.01)
    rig.client.grant(lease(3.0, 2.0, 2.0))
    assert rig.clock.s > 0.1 and rig.sounds() and rig.device.sounding(rig.clock.s, 100.0)[1] <= 3.0
    late = make_lifu()
    late.transmitter.send = Slowing(late, 0.01)
    with pytest.raises(PortError, match="started too late"):
        late.client.grant(lease(3.0, 2.0))
    assert not late.sounds()


@pytest.mark.verifies("SRS-204", "RC-01")
def test_a_line_that_never_stops_talking_keeps_no_stop_from_being_sent(lifu) -> None:
    lifu.client.grant(lease(3.0, 2.0))
    for line in (lifu.transmitter, lifu.console):
        line.receive = lambda within_s: b"\xaa\x00\x01" * 30
    began_s = time.monotonic()
    with pytest.raises(PortError, match="off not confirmed"):
        lifu.client.off()
    assert time.monotonic() - began_s < 2.0
    assert not lifu.sounds()


def test_a_transmitter_that_rounds_its_trigger_is_not_started(lifu) -> None:
    keep = lifu.device.pulser._set_trigger

    def rounded(frame, reply):
        said = keep(frame, reply)
        lifu.device.pulser.trigger["TriggerPulseTrainCount"] += 1
        return said

    lifu.device.pulser._set_trigger = rounded
    with pytest.raises(PortError, match=r"trigger set to .* reads back as"):
        lifu.client.grant(lease(3.0, 2.0))
    assert not lifu.sounds()


@pytest.mark.parametrize("address", [0x19, 0x20, 0x16, 0x120])
def test_a_register_that_does_not_take_its_value_starts_nothing(lifu, address: int) -> None:
    class Stuck(list):
        def __getitem__(self, at):
            words = super().__getitem__(at)
            if isinstance(at, slice) and at.start <= address < at.stop:
                words[address - at.start] ^= 0x10
            return words

    chip = lifu.device.pulser.chips[1]
    chip.registers = Stuck(chip.registers)
    with pytest.raises(PortError, match=r"chip 1, registers from .* read back as others"):
        lifu.client.grant(lease(3.0, 2.0))
    assert not lifu.sounds()


@QUICK
@given(st.integers(1, 600), st.integers(1, 3))
def test_a_lease_of_a_whole_number_of_pulses_ends_with_its_last_and_not_later(
    make_lifu, pulses: int, points: int
) -> None:
    rig = make_lifu()
    length_s = pulses * points / 200
    rig.client.grant(lease(length_s, *[2.0] * points))
    assert length_s - 0.1 < rig.device.sounding(0.0, 100.0)[1] <= length_s
