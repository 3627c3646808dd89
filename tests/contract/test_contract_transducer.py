"""What the session may rely on in any transducer: leases end by themselves, off is off, silence is not a report."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syntherm.core.commands import FocalPower, GrantLease
from syntherm.ports.equipment import PortError

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
powers = st.lists(st.floats(0.5, 20.0), min_size=1, max_size=4)


def lease(bench, until_s: float, *watts: float) -> GrantLease:
    """As many of these points as the device can steer at once."""
    aimed = zip(bench.aims_mm, watts, strict=False)
    return GrantLease(until_s, tuple(FocalPower(aim, power * bench.scale) for aim, power in aimed))


def lend(bench, seconds: float, *watts: float) -> GrantLease:
    """A lease that lasts so long from now, granted."""
    lent = lease(bench, bench.now_s() + seconds, *watts)
    bench.port.grant(lent)
    return lent


def is_given(bench, power_W: float, lease: GrantLease) -> bool:
    """Never more than asked, and less by no more than the digits of the device make it."""
    return lease.power_W * (1.0 - bench.weaker) - 1e-9 <= power_W <= lease.power_W * (1.0 + 1e-9)


@pytest.mark.verifies("SRS-201", "SRS-208", "RC-02")
@pytest.mark.only_simulated("many leases at random")
@QUICK
@given(powers, st.floats(0.5, 8.0), st.floats(0.0, 20.0))
def test_a_lease_ends_by_itself(make_transducer, watts: list[float], length_s: float, after_s: float) -> None:
    """Nobody calls the device between grant and look. It may end before the lease does, and never after."""
    bench = make_transducer()
    until_s = bench.now_s() + length_s
    lent = lease(bench, until_s, *watts)
    bench.port.grant(lent)
    bench.wait(after_s)
    report = bench.port.report()
    assert report.ends_leases
    assert report.output_on is bench.radiates()
    assert not report.output_on or bench.now_s() < until_s
    assert report.output_on or bench.now_s() >= until_s - bench.shorter * length_s - 1e-6
    assert is_given(bench, report.power_W, lent) if report.output_on else report.power_W == 0.0


@pytest.mark.verifies("SRS-201", "RC-02")
def test_output_is_off_at_the_very_end_of_the_lease(make_transducer) -> None:
    bench = make_transducer()
    lent = lend(bench, 3.0, 20.0)
    bench.wait(3.0)
    assert lent.until_s <= bench.now_s() <= lent.until_s + bench.jitter_s and not bench.port.report().output_on


@pytest.mark.verifies("SRS-207", "RC-04")
@pytest.mark.only_simulated("many leases at random")
@QUICK
@given(powers, powers)
def test_the_power_read_back_is_that_of_the_last_lease(make_transducer, first: list[float], then: list[float]) -> None:
    bench = make_transducer()
    for watts in (first, then):
        lent = lease(bench, bench.now_s() + 3.0, *watts)
        bench.port.grant(lent)
        assert is_given(bench, bench.port.report().power_W, lent)
        assert bench.port.report().output_on


@pytest.mark.verifies("SRS-201")
def test_a_later_lease_takes_the_place_of_the_first_also_when_it_is_shorter(make_transducer) -> None:
    bench = make_transducer()
    lend(bench, 4.0, 20.0)
    lend(bench, 2.0, 20.0)
    bench.wait(2.5)
    assert not bench.port.report().output_on


@pytest.mark.verifies("SRS-105", "RC-01")
def test_off_is_immediate_and_may_be_said_twice(make_transducer) -> None:
    bench = make_transducer()
    bench.port.off()
    lend(bench, 3.0, 20.0)
    for _ in range(2):
        bench.port.off()
        report = bench.port.report()
        assert not report.output_on and report.power_W == 0.0
    again = lend(bench, 3.0, 10.0)
    assert is_given(bench, bench.port.report().power_W, again)


@pytest.mark.verifies("SRS-207", "RC-04")
def test_before_any_lease_and_under_an_empty_one_there_is_no_output(make_transducer) -> None:
    bench = make_transducer()
    assert not bench.port.report().output_on and bench.port.report().ends_leases
    bench.port.off()
    assert not bench.port.report().output_on
    lend(bench, 3.0)
    assert not bench.port.report().output_on and bench.port.report().power_W == 0.0


@pytest.mark.verifies("SRS-204", "RC-01", "RC-02")
def test_a_severed_device_says_nothing_confirms_nothing_and_ends_its_lease(make_transducer) -> None:
    bench = make_transducer()
    lend(bench, 3.0, 20.0)
    bench.sever()
    assert bench.port.report() is None
    with pytest.raises(PortError, match="off not confirmed"):
        bench.port.off()
    with pytest.raises(PortError, match="refused"):
        lend(bench, 3.0, 20.0)
    assert bench.radiates() is not False
    bench.wait(3.0)
    assert not bench.radiates()
