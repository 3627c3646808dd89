"""The Pump port over a simulated NE-1000: set-up, grants and their end, limits, alarms."""

import attrs
import pytest

from syntherm.adapters.pump.client import NewEraPump, watchdog_of
from syntherm.adapters.pump.setting import Site
from syntherm.core.commands import GrantInfusion
from syntherm.ports.equipment import PortError
from syntherm_sim.wire.new_era_motor import Phase

pytestmark = pytest.mark.verifies("SRS-904", "RC-08")


def commands(bench) -> list[str]:
    return [data[2:-3].decode("ascii") for data in bench.line.sent]


class TestSetUp:
    def test_everything_is_set_and_read_back(self, make_bench) -> None:
        """As the last user left it: basic mode, a power-up alarm, phase 2 that pumps on, it restarts by itself."""
        bench = make_bench(begun=False)
        device = bench.device
        device.program[1].direction, device.motor.infused_ml, device.motor.withdrawn_ml = "WDR", 7.0, 3.0
        found = bench.pump.begin()
        assert (found.model, found.version) == (1000, "3.928")
        assert (device.timeout_s, device.power_failure, device.diameter_mm) == (2, 0, 26.59)
        assert (device.program[1].function, device.program[1].direction) == ("RAT", "INF")
        assert device.program[2].function == "STP" and device.selected_phase == 1 and device.volume_unit == "ML"
        report = bench.pump.report()
        assert (report.pumped_ml, report.syringe_ml, report.watchdog_s, report.alarm) == (0.0, 60.0, 2.0, None)

    def test_a_pump_that_runs_is_stopped_first(self, make_bench) -> None:
        bench = make_bench(begun=False)
        bench.device.alarm = None
        bench.device.press_start_stop()
        assert bench.device.motor.running
        bench.pump.begin()
        assert not bench.device.motor.running

    @pytest.mark.parametrize("alarm", ["R", "T"])
    def test_the_alarms_of_a_start_are_cleared(self, make_bench, alarm: str) -> None:
        bench = make_bench(begun=False)
        bench.device.alarm = alarm
        bench.pump.begin()
        assert bench.pump.report().alarm is None

    def test_an_alarm_that_stood_is_refused_once(self, make_bench) -> None:
        bench = make_bench(begun=False)
        bench.device.alarm = "S"
        with pytest.raises(PortError, match="not set up: alarm found: occlusion"):
            bench.pump.begin()
        assert bench.pump.report() is None
        bench.pump.begin()
        bench.start()

    def test_a_pump_that_was_not_set_up_is_granted_nothing(self, make_bench) -> None:
        bench = make_bench(begun=False)
        with pytest.raises(PortError, match="refused: the pump is not set up"):
            bench.start()
        assert bench.pump.report() is None and bench.device.pumped_ml == 0.0

    def test_what_does_not_read_back_is_refused(self, make_bench, monkeypatch) -> None:
        bench = make_bench(begun=False)
        monkeypatch.setattr(type(bench.device), "selected", property(lambda self: Phase(direction="WDR")))
        with pytest.raises(PortError, match="not set up: FUN: read back RAT, expected STP"):
            bench.pump.begin()

    @pytest.mark.parametrize(
        ("version", "text"),
        [("NE9000V3.9", "model NE-9000: expected one of 500"), ("1.0", "expected model and version")],
    )
    def test_other_models_are_refused(self, make_bench, monkeypatch, version: str, text: str) -> None:
        bench = make_bench(begun=False)
        monkeypatch.setitem(
            __import__("syntherm_sim.wire.new_era_commands", fromlist=["HANDLERS"]).HANDLERS, "VER", lambda *_: version
        )
        with pytest.raises(PortError, match=text):
            bench.pump.begin()

    @pytest.mark.parametrize("diameter", [0.0, 26.5999, 123456.0])
    def test_a_diameter_that_the_pump_cannot_hold_is_refused(self, make_bench, diameter: float) -> None:
        """Volumes would be wrong by it, so it is not rounded."""
        bench = make_bench(begun=False)
        pump = NewEraPump(bench.line, bench.timeline.now_s, Site(diameter), syringe_ml=60.0, plan_watchdog_s=5.0)
        with pytest.raises(PortError, match="syringe diameter"):
            pump.begin()

    def test_no_answer_is_no_set_up(self, make_bench) -> None:
        bench = make_bench(begun=False)
        bench.line.cut = True
        with pytest.raises(PortError, match="not set up: SAF2: no answer"):
            bench.pump.begin()
        bench.line.gone = True
        with pytest.raises(PortError, match="the port is gone"):
            bench.pump.begin()

    @pytest.mark.parametrize(("plan_s", "pump_s"), [(4.0, 2), (5.0, 2), (7.9, 3), (10.0, 5)])
    def test_the_pumps_watchdog_is_half_of_the_plans(self, plan_s: float, pump_s: int) -> None:
        assert watchdog_of(plan_s) == pump_s

    def test_a_plan_that_leaves_too_little_is_refused(self) -> None:
        with pytest.raises(PortError, match=r"watchdog 3.9 s: this pump takes 4 s"):
            watchdog_of(3.9)

    def test_the_address_is_asked_and_compared(self, make_bench) -> None:
        bench = make_bench(address=7)
        assert bench.pump.report() is not None
        bench.device._address = 8
        assert bench.pump.report() is None

    def test_resuming_keeps_the_count(self, make_bench) -> None:
        """A controller that died: the pump stops by itself, and the new one goes on from the pump's own count."""
        bench = make_bench()
        bench.infuse(30)
        bench.wait(60.0)
        before_ml = bench.device.pumped_ml
        again = NewEraPump(bench.line, bench.timeline.now_s, Site(26.59), syringe_ml=60.0, plan_watchdog_s=5.0)
        again.resume()
        assert again.report().pumped_ml == pytest.approx(before_ml, abs=0.001) and again.report().alarm is None
        bench = attrs.evolve(bench, pump=again)
        bench.infuse(60, 1500.0, 10.0)
        assert 9.98 <= bench.device.pumped_ml <= 10.0

    def test_resuming_after_a_power_failure_is_refused(self, make_bench) -> None:
        bench = make_bench()
        bench.infuse(9)
        bench.device.lose_power()
        with pytest.raises(PortError, match="reset: power was interrupted"):
            bench.pump.resume()


class TestGrants:
    @pytest.mark.parametrize(
        ("grant", "text"),
        [
            (GrantInfusion(2.29, 90.0, 51.0), "2.29 s are left"), (GrantInfusion(-1.0, 90.0, 51.0), "-1.00 s are left"),
            (GrantInfusion(5.0, 0.0009, 51.0), "below the pump's last digit"),
            (GrantInfusion(5.0, 10000.0, 51.0), "expected a number"),
            (GrantInfusion(5.0, float("nan"), 51.0), "finite"), (GrantInfusion(5.0, 90.0, float("nan")), "finite"),
            (GrantInfusion(5.0, 5000.0, 51.0), r"RAT5000MH: answered \?OOR"),
        ],
    )  # fmt: skip
    def test_what_the_pump_cannot_do_is_refused(self, bench, grant: GrantInfusion, text: str) -> None:
        with pytest.raises(PortError, match=f"infusion refused: .*{text}"):
            bench.pump.grant(grant)
        bench.wait(10.0)
        assert bench.device.pumped_ml == 0.0

    def test_a_limit_of_nothing_starts_nothing(self, bench) -> None:
        """A volume of 0 would mean to this pump that there is no limit."""
        bench.start(limit_ml=0.0009)
        assert not bench.device.motor.running and not any(each.startswith("00VOL0") for each in commands(bench))
        assert bench.pump.report().infusing is False

    def test_the_limit_is_the_syringe_where_that_holds_less(self, bench) -> None:
        bench.start(1500.0, 70.0)
        assert bench.device.program[1].volume_ml == 60.0

    def test_an_undisturbed_infusion_gives_all(self, bench) -> None:
        bench.infuse(60, 1500.0, 12.34)
        assert bench.device.pumped_ml == pytest.approx(12.34, abs=1e-9)
        assert bench.pump.report().pumped_ml == 12.34
        bench.start(1500.0, 12.34)
        assert not bench.pump.report().infusing

    def test_another_rate_is_another_start(self, bench) -> None:
        bench.infuse(9, 90.0)
        bench.infuse(9, 180.0)
        assert bench.device.pumped_ml == pytest.approx((90.0 + 180.0) * 9.0 / 3600.0)

    def test_a_renewal_sends_nothing_that_the_pump_would_store(self, bench) -> None:
        """Its memory of settings wears out; a renewal comes with every image."""
        bench.start()
        bench.wait(1.0)
        bench.line.sent.clear()
        bench.start()
        assert commands(bench) == ["00SAF", "00VOL", "00RAT"]

    def test_the_pumps_own_key_wins_until_people_release_again(self, bench) -> None:
        bench.infuse(3)
        bench.start()
        bench.device.press_start_stop()
        with pytest.raises(PortError, match="refused: it was stopped at the pump itself"):
            bench.start()
        assert not bench.device.motor.running
        bench.start()
        assert bench.device.motor.running

    def test_a_change_at_the_pump_is_refused_and_stopped(self, bench) -> None:
        bench.start()
        bench.device.motor.rate_ml_per_h = 200.0
        with pytest.raises(PortError, match=r"200\.0 mL/h; expected 2 s, 51\.00 mL, 90\.00 mL/h"):
            bench.start()
        assert not bench.device.motor.running

    def test_what_the_pump_has_withdrawn_is_refused(self, bench) -> None:
        bench.device.motor.withdrawn_ml = 0.5
        with pytest.raises(PortError, match=r"has withdrawn 0.500 mL"):
            bench.start()

    def test_a_pump_started_by_hand_is_reported_and_stopped(self, bench) -> None:
        bench.start()
        bench.pump.hold()
        bench.device.press_start_stop()
        assert bench.pump.report().infusing
        assert not bench.pump.report().infusing and not bench.device.motor.running
        bench.device.press_start_stop()
        with pytest.raises(PortError, match="refused"):
            bench.start()
        assert not bench.device.motor.running

    def test_a_counter_that_grows_says_more_than_a_status_that_stands(self, bench) -> None:
        bench.start()
        bench.pump.hold()
        assert not bench.pump.report().infusing
        bench.device.motor.infused_ml += 0.002
        assert bench.pump.report().infusing
        assert not bench.pump.report().infusing

    def test_the_end_of_a_grant_is_no_alarm_and_it_can_be_granted_again(self, bench) -> None:
        bench.start()
        bench.wait(10.0)
        report = bench.pump.report()
        assert (report.infusing, report.alarm) == (False, None)
        bench.start()
        assert bench.pump.report().infusing

    def test_asked_in_the_last_part_of_a_grant_it_sends_nothing(self, bench) -> None:
        bench.start()
        bench.wait(1.5)
        assert bench.pump.report().infusing
        bench.wait(1.3)
        bench.line.sent.clear()
        assert bench.pump.report() is None and bench.line.sent == []
        bench.wait(0.7)
        assert not bench.pump.report().infusing

    @pytest.mark.parametrize("after_s", [2.0, 3.0, 5.0, 60.0])
    def test_a_pump_whose_watchdog_is_broken_is_stopped_before_it_is_asked(self, bench, after_s: float) -> None:
        real = bench.device.answer

        def asleep(data: bytes) -> bytes:
            said = real(data)
            bench.device._due_s = float("inf")
            return said

        bench.device.answer = asleep
        bench.start(seconds=4.0)
        bench.line.sent.clear()
        bench.wait(after_s)
        assert bench.device.motor.running
        assert not bench.pump.report().infusing and commands(bench)[:2] == ["00STP", "00DIS"]
        assert not bench.device.motor.running


class TestAlarms:
    @pytest.mark.parametrize(
        ("kind", "words"),
        [("S", "occlusion: motor stalled"), ("R", "reset"), ("E", "program"), ("O", "range"), ("T", "before its time")],
    )
    def test_an_alarm_is_said_until_the_pump_is_set_up_again(self, bench, kind: str, words: str) -> None:
        bench.start()
        bench.wait(0.5)
        bench.device.alarm_now(kind)
        for _ in range(3):
            report = bench.pump.report()
            assert words in report.alarm and not report.infusing
            with pytest.raises(PortError, match="refused: pump alarm"):
                bench.start()
        bench.pump.hold()
        assert words in bench.pump.report().alarm
        bench.pump.begin()
        assert bench.pump.report().alarm is None

    def test_an_alarm_in_the_place_of_an_answer_is_an_alarm(self, bench) -> None:
        bench.start()
        bench.device.alarm = "S"
        bench.device.motor.running = False
        assert "occlusion" in bench.pump.report().alarm

    def test_an_alarm_is_heard_also_where_nothing_may_be_asked(self, bench) -> None:
        bench.start()
        bench.wait(1.9)
        bench.pump.report()
        bench.wait(1.0)
        bench.device.occlude()
        assert "occlusion" in bench.pump.report().alarm

    def test_an_alarm_while_it_is_held(self, bench) -> None:
        bench.start()
        bench.device.occlude()
        bench.pump.hold()
        assert "occlusion" in bench.pump.report().alarm

    def test_a_pump_that_loses_its_count_says_so(self, bench) -> None:
        bench.infuse(30)
        bench.device.lose_power()
        report = bench.pump.report()
        assert report.pumped_ml == 0.0 and "reset" in report.alarm
