"""The TPO client on its simulator: one focus on the axis, a timer that is read back, and no word that arms."""

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

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def aim(depth_mm: float) -> tuple[float, float, float]:
    return 10.0 + 0.6 * depth_mm, 0.0, -20.0 + 0.8 * depth_mm


def lease(until_s: float, watts: float = 5.0, depth_mm: float = 50.0) -> GrantLease:
    return GrantLease(until_s, (FocalPower(aim(depth_mm), watts),))


@pytest.mark.verifies("SRS-201", "RC-02")
@QUICK
@given(st.floats(0.001, 13.0), st.floats(30.1, 79.9), st.floats(0.001, 9.0))
def test_what_was_lent_is_radiated_where_it_was_asked_for_and_never_more(
    make_tpo, watts: float, depth_mm: float, length_s: float
) -> None:
    rig = make_tpo()
    rig.clock.s = 7.3
    rig.client.grant(lease(7.3 + length_s, watts, depth_mm))
    (found,), ends_s = rig.device.sounding(7.3, 100.0)
    assert ends_s - 1e-9 <= 7.3 + length_s < ends_s + 3e-6
    assert watts - 0.0005 <= found.power_W <= watts * (1 + 1e-12)
    assert math.dist(found.aim_mm, aim(depth_mm)) < 0.001
    assert rig.client.report().power_W == pytest.approx(found.power_W)


def test_a_timer_in_milliseconds_is_counted_in_milliseconds(make_tpo, tpo_settings) -> None:
    rig = make_tpo(attrs.evolve(tpo_settings, timer_unit_us=1000))
    rig.client.grant(lease(0.0127))
    assert rig.device.sounding(0.0, 1.0)[1] == pytest.approx(0.012)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (GrantLease(3.0, (FocalPower(aim(50.0), 1.0), FocalPower(aim(54.0), 1.0))), "2 focal points: a TPO has one"),
        (GrantLease(3.0, (FocalPower((40.0, 3.0, 20.0), 1.0),)), "beside the axis"),
        (GrantLease(3.0, (FocalPower((float("nan"), 3.0, 20.0), 1.0),)), "beside the axis"),
        (lease(3.0, depth_mm=81.0), "FOCUS reaches"),
        (lease(3.0, watts=14.0), "GLOBALPOWER: 1 to 30000"),
        (lease(3.0, watts=1e-5), "is 0 mW"),
        (lease(3.0, watts=-1.0), "0 W or more"),
        (lease(3.0, watts=float("inf")), "0 W or more"),
        (lease(11.0), "at most 10"),
        (lease(0.0), "above 0 s"),
        (lease(5e-7), "timer's least"),
    ],
)
def test_what_it_cannot_hold_is_refused_before_anything_is_sent(tpo, wrong: GrantLease, why: str) -> None:
    sent = len(tpo.line.sent)
    with pytest.raises(PortError, match=f"lease refused: .*{why}"):
        tpo.client.grant(wrong)
    assert len(tpo.line.sent) == sent


def test_nothing_that_arms_or_lifts_limits_is_ever_sent_and_everything_is_read_back_before_start(tpo) -> None:
    tpo.client.grant(lease(3.0))
    sent = b"".join(tpo.line.sent)
    assert b"ARM" not in sent and b"ENFORCELIMITS" not in sent
    before = sent[: sent.rindex(b"START\r")]
    for word in (b"TIMER", b"GLOBALPOWER", b"FOCUS", b"BURST", b"PERIOD", b"GLOBALFREQ"):
        assert before.rindex(word + b"?") > before.rindex(word + b"=")


@pytest.mark.parametrize(("burst_us", "period_us"), [(900, 1000), (5000, 10000), (10, 50), (1000, 1000)])
def test_burst_and_period_are_set_in_the_order_that_the_device_bears(
    make_tpo, tpo_settings, burst_us, period_us
) -> None:
    rig = make_tpo(attrs.evolve(tpo_settings, burst_us=burst_us, period_us=period_us))
    assert (rig.device.values["BURST"], rig.device.values["PERIOD"]) == (burst_us, period_us)


@pytest.mark.verifies("SRS-208")
def test_a_device_that_reads_back_no_timer_is_reported_as_one_without_leases(make_tpo) -> None:
    rig = make_tpo(with_timer=False)
    assert rig.client.report() is None
    with pytest.raises(PortError, match="does not read back its TIMER"):
        rig.client.grant(lease(3.0))
    assert not rig.sounds()


def test_a_greeting_of_E2_or_of_another_device_is_refused_in_one_line(make_tpo, tpo_settings) -> None:
    rig = make_tpo(begun=False)
    rig.device.broken_at_start = True
    rig.device._late.clear()
    rig.device.open()
    with pytest.raises(PortError, match="greeted with 'E2'"):
        rig.client.begin()
    with pytest.raises(PortError, match="greeted with 'TPO-203"):
        make_tpo(attrs.evolve(tpo_settings, greeting="TPO-105"))
    rig = make_tpo(begun=False)
    rig.line.receive(0.0)
    with pytest.raises(PortError, match="greeting not answered within"):
        rig.client.begin()
    with pytest.raises(PortError, match="not begun"):
        rig.client.grant(lease(3.0))


@pytest.mark.parametrize(
    "fault",
    [
        WireFault.MUTE, WireFault.SLOW, WireFault.GARBLED, WireFault.HALF, WireFault.WRONG_REPLY,
        WireFault.OTHERS_REPLY,
    ],
    ids=lambda fault: fault.name,
)  # fmt: skip
@pytest.mark.verifies("SRS-204", "RC-01")
def test_a_line_that_fails_confirms_no_off_and_gives_no_report_and_takes_no_lease(tpo, fault: WireFault) -> None:
    tpo.client.grant(lease(3.0))
    tpo.device.fault = fault
    with pytest.raises(PortError, match="off not confirmed"):
        tpo.client.off()
    assert tpo.client.report() is None
    with pytest.raises(PortError, match="lease refused"):
        tpo.client.grant(lease(3.0))
    tpo.clock.s = 3.0
    assert not tpo.sounds()


def test_values_that_stick_confirm_no_off(tpo) -> None:
    tpo.client.grant(lease(3.0))
    tpo.device.fault = WireFault.STUCK
    with pytest.raises(PortError, match=r"GLOBALPOWER=0 reads back as"):
        tpo.client.off()


def test_a_device_that_forgot_everything_is_found_out_at_the_next_lease(tpo) -> None:
    tpo.client.grant(lease(3.0))
    tpo.device.fault = WireFault.RESET
    report = tpo.client.report()
    assert not report.output_on and report.power_W == 0.0 and not tpo.sounds()
    with pytest.raises(PortError, match=r"LOCAL=0 reads back as 1"):
        tpo.client.grant(lease(3.0))


def test_an_off_that_is_ignored_cannot_be_seen_and_ends_with_the_timer(tpo) -> None:
    """A TPO cannot be asked whether it sounds: what bounds this fault is the timer, and those who watch the heat."""
    tpo.client.grant(lease(3.0))
    tpo.device.fault = WireFault.IGNORES_OFF
    tpo.client.off()
    assert tpo.sounds()
    tpo.clock.s = 3.0
    assert not tpo.sounds()


def test_a_timer_that_does_not_end_cannot_be_seen_either(tpo) -> None:
    tpo.device.fault = WireFault.LIES
    tpo.client.grant(lease(3.0))
    tpo.clock.s = 10.0
    assert tpo.sounds() and not tpo.client.report().output_on
    tpo.client.off()
    assert not tpo.sounds()


def test_an_unplugged_line_is_said_so(tpo) -> None:
    tpo.client.grant(lease(3.0))
    tpo.line.broken = True
    with pytest.raises(PortError, match="unplugged"):
        tpo.client.off()
    assert tpo.client.report() is None


def test_one_byte_at_a_time(make_tpo) -> None:
    rig = make_tpo(chunk=1)
    rig.client.grant(lease(3.0))
    assert rig.sounds()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"burst_us": 1010}, "no longer than"), ({"burst_us": 905}, "steps of 10"), ({"timer_unit_us": 10}, "us or ms"),
        ({"acoustic_per_electrical": 1.1}, "at most 1"), ({"axis": (0.0, 0.0, 2.0)}, "length 1"),
        ({"greeting": " "}, "greeting"), ({"max_power_mW": 0}, "above 0"), ({"max_lease_s": math.inf}, "finite"),
        ({"focus_min_mm": 90.0}, "focus range"), ({"off_axis_mm": -1.0}, "beside"), ({"greeting_s": 0.0}, "greeting"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(tpo_settings, change: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        attrs.evolve(tpo_settings, **change)


@pytest.mark.verifies("SRS-204", "RC-01")
def test_a_line_that_never_stops_talking_keeps_no_stop_from_being_sent(tpo) -> None:
    tpo.client.grant(lease(3.0))
    tpo.line.receive = lambda within_s: b"\xff" * 90
    began_s = time.monotonic()
    with pytest.raises(PortError, match="off not confirmed"):
        tpo.client.off()
    assert time.monotonic() - began_s < 2.0
    assert not tpo.sounds()
