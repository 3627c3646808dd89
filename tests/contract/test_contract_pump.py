"""What the session may rely on in any pump: watchdog, volume limit, hold, alarm, an honest counter."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syntherm.core.commands import GrantInfusion
from syntherm.ports.equipment import PortError

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROUNDING = 1e-9
rates = st.floats(0.1, 1500.0)
SYRINGE_ML = 60.0


def start(bench, rate: float, seconds: float, limit_ml: float = SYRINGE_ML) -> float:
    """Gives the end of the grant."""
    until_s = bench.now_s() + seconds
    bench.port.grant(GrantInfusion(until_s, rate, limit_ml))
    return until_s


def late_ml(bench, waits: int) -> float:
    """What waiting longer than asked, so often, adds at 90 mL/h; and one step of a real counter."""
    return 1e-6 if not bench.jitter_s else bench.step_ml + 90.0 * bench.jitter_s * waits / 3600.0


def ask(bench, until_s: float):
    """A report; none only where the device has said that it need not answer."""
    report = bench.port.report()
    assert report is not None or until_s - bench.quiet_s < bench.now_s() < until_s
    return report


@pytest.mark.verifies("SRS-306", "RC-02", "RC-08")
@pytest.mark.only_simulated("many grants at random")
@QUICK
@given(rates, st.floats(0.5, 10.0), st.floats(0.1, 60.0))
def test_the_watchdog_ends_the_infusion_by_itself(make_pump, rate: float, watchdog_s: float, after_s: float) -> None:
    """Nobody calls the pump between grant and look."""
    bench = make_pump()
    if watchdog_s < bench.shortest_s:
        with pytest.raises(PortError, match="refused"):
            start(bench, rate, watchdog_s)
        bench.wait(after_s)
        assert bench.really_ml() == 0.0
        return
    until_s = start(bench, rate, watchdog_s)
    bench.wait(after_s)
    runs_s = min(watchdog_s, bench.alone_s)
    most_ml = rate * min(after_s, runs_s) / 3600.0
    assert most_ml * (1.0 - bench.slower - ROUNDING) <= bench.really_ml() <= most_ml * (1.0 + ROUNDING)
    report = ask(bench, until_s)
    assert report is None or report.infusing is (bench.now_s() < runs_s)
    before_ml = bench.really_ml()
    if report is not None and not report.infusing:
        bench.wait(100.0)
        assert bench.really_ml() == before_ml


@pytest.mark.verifies("SRS-306", "RC-02", "RC-08")
@pytest.mark.only_simulated("many grants at random")
@QUICK
@given(rates, st.floats(2.5, 10.0), st.lists(st.floats(0.01, 1.0), max_size=40))
def test_being_asked_keeps_no_pump_running(make_pump, rate: float, watchdog_s: float, pauses: list[float]) -> None:
    """Whoever asks, and however often: the grant ends when it ends."""
    bench = make_pump()
    until_s = start(bench, rate, watchdog_s)
    for pause_s in pauses:
        bench.wait(pause_s)
        ask(bench, until_s)
        assert bench.really_ml() <= rate * watchdog_s / 3600.0 * (1.0 + ROUNDING)
    bench.wait(100.0)
    assert bench.really_ml() <= rate * watchdog_s / 3600.0 * (1.0 + ROUNDING)
    assert not bench.port.report().infusing


@pytest.mark.verifies("SRS-306", "RC-08")
def test_a_fed_watchdog_lets_it_run_on(make_pump) -> None:
    """As a session does it: asked every second, granted with every image."""
    bench = make_pump()
    for _ in range(40):
        start(bench, 90.0, 5.0)
        for _ in range(2):
            bench.wait(1.0)
            assert bench.port.report().infusing
        bench.wait(1.0)
    assert bench.really_ml() == pytest.approx(90.0 * 120.0 / 3600.0, abs=late_ml(bench, 120))


@pytest.mark.verifies("SRS-303", "RC-08")
@pytest.mark.only_simulated("many grants at random")
@QUICK
@given(
    st.floats(0.01, 70.0),
    st.lists(st.tuples(rates, st.floats(0.1, 3600.0), st.floats(0.1, 4000.0)), min_size=1, max_size=8),
)
def test_the_volume_limit_is_never_exceeded(make_pump, limit_ml: float, runs: list[tuple[float, float, float]]) -> None:
    """Any rates, watchdogs and times; counted at the syringe over all grants, and never beyond the syringe."""
    bench = make_pump()
    for rate, watchdog_s, wait_s in runs:
        until_s = start(bench, rate, max(watchdog_s, bench.shortest_s + 0.01), limit_ml)
        bench.wait(wait_s)
        assert bench.really_ml() <= min(limit_ml, SYRINGE_ML) * (1.0 + 1e-12)
    report = ask(bench, until_s)
    if report is not None and bench.really_ml() >= min(limit_ml, SYRINGE_ML):
        assert not report.infusing


@pytest.mark.verifies("SRS-303", "RC-08")
@pytest.mark.only_simulated("many grants at random")
@settings(QUICK, max_examples=25)
@example(10.875, 882.0, ["hold"])
@given(st.floats(0.05, 12.0), st.floats(400.0, 1500.0), st.lists(st.sampled_from(["go", "go", "hold", "lapse"])))
def test_many_starts_end_at_the_limit_and_not_beyond(
    make_pump, limit_ml: float, rate: float, script: list[str]
) -> None:
    """Held, lapsed or let run: all that may flow flows, but for what two steps of the counter hide."""
    bench = make_pump()
    for what in [*script, *["go"] * 120]:
        until_s = start(bench, rate, 5.0, limit_ml)
        bench.wait(1.0)
        ask(bench, until_s)
        if what == "hold":
            bench.port.hold()
        elif what == "lapse":
            bench.wait(10.0)
        assert bench.really_ml() <= limit_ml * (1.0 + 1e-12)
    coarse_ml = bench.step_ml * (10.0 if limit_ml >= 10.0 else 1.0)
    assert bench.really_ml() >= limit_ml - 2.0 * coarse_ml
    assert not bench.port.report().infusing


@pytest.mark.verifies("SRS-303", "SRS-306", "RC-08")
@pytest.mark.only_simulated("many grants at random")
@QUICK
@given(st.lists(st.tuples(st.sampled_from(["grant", "hold", "wait"]), st.floats(0.1, 30.0)), max_size=20))
def test_the_counter_is_honest_and_never_falls(make_pump, script: list[tuple[str, float]]) -> None:
    bench = make_pump()
    counted_ml = until_s = 0.0
    for what, number in script:
        if what == "grant":
            until_s = start(bench, 20.0 * number, 5.0)
        elif what == "hold":
            bench.port.hold()
        else:
            bench.wait(number)
        report = ask(bench, until_s)
        if report is None:
            continue
        assert report.pumped_ml >= counted_ml
        assert report.pumped_ml == pytest.approx(bench.really_ml(), abs=bench.step_ml * 1.001)
        assert report.syringe_ml == pytest.approx(SYRINGE_ML - bench.really_ml(), abs=bench.step_ml * 1.001)
        counted_ml = report.pumped_ml


@pytest.mark.verifies("SRS-302", "RC-08")
def test_before_any_grant_it_stands_says_its_watchdog_and_may_be_held(make_pump) -> None:
    """Nothing runs here."""
    bench = make_pump()
    before = bench.port.report()
    for _ in range(2):
        bench.port.hold()
        bench.wait(1.0)
        report = bench.port.report()
        assert report.alarm is None and not report.infusing and report.watchdog_s > 0.0
        assert report.pumped_ml == before.pumped_ml


@pytest.mark.verifies("SRS-302", "RC-08")
def test_hold_is_immediate_and_may_be_said_twice(make_pump) -> None:
    bench = make_pump()
    bench.port.hold()
    start(bench, 90.0, 5.0)
    bench.wait(1.0)
    held_ml = bench.really_ml()
    for _ in range(2):
        bench.port.hold()
        bench.wait(10.0)
        assert not bench.port.report().infusing and bench.really_ml() == held_ml > 0.0
    start(bench, 90.0, 5.0)
    assert bench.port.report().infusing


@pytest.mark.verifies("SRS-306", "RC-08")
def test_it_says_its_rate_while_it_runs_and_its_watchdog_always(make_pump) -> None:
    bench = make_pump()
    assert bench.port.report().watchdog_s > 0.0 and not bench.port.report().infusing
    start(bench, 33.0, 5.0)
    assert bench.port.report().rate_ml_per_h == 33.0
    assert bench.port.report().alarm is None


@pytest.mark.verifies("SRS-305", "RC-08")
def test_an_alarm_stops_it_and_refuses_every_grant(make_pump) -> None:
    bench = make_pump()
    start(bench, 90.0, 5.0)
    bench.wait(1.0)
    bench.block()
    stopped_ml = bench.really_ml()
    assert bench.port.report().alarm and not bench.port.report().infusing
    for _ in range(2):
        with pytest.raises(PortError, match="refused"):
            start(bench, 90.0, 5.0)
        bench.wait(5.0)
    bench.port.hold()
    assert bench.port.report().alarm and bench.really_ml() == stopped_ml


@pytest.mark.verifies("SRS-204", "SRS-306", "RC-02", "RC-08")
def test_a_severed_pump_says_nothing_confirms_nothing_and_stops_by_itself(make_pump) -> None:
    bench = make_pump()
    start(bench, 90.0, 5.0)
    bench.sever()
    assert bench.port.report() is None
    with pytest.raises(PortError, match="hold not confirmed"):
        bench.port.hold()
    with pytest.raises(PortError, match="refused"):
        start(bench, 90.0, 5.0)
    bench.wait(60.0)
    assert bench.really_ml() == pytest.approx(90.0 * min(5.0, bench.alone_s) / 3600.0, abs=late_ml(bench, 2))
