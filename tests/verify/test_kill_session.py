"""The campaign in its short form, and that it can fail: devices and records that are weakened are found."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from syntherm.audit.writer import AuditWriter
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm_sim.site import demonstration_key
from syntherm_sim.wire.openlifu_transmitter import TransmitterPart
from syntherm_verify.killing import trial, verdict
from syntherm_verify.killing.command import kill_session
from syntherm_verify.killing.gone_on import GoneOn
from syntherm_verify.killing.gone_on import problems as gone_on_problems
from syntherm_verify.killing.recovered import Recovered
from syntherm_verify.killing.short_plan import short_text
from syntherm_verify.killing.tally import Tally
from syntherm_verify.killing.trial import Ended
from syntherm_verify.killing.verdict import Truth, problems
from syntherm_verify.recording.verifiers import Answer

HERE = Path("record.db")
FINE = Truth(
    ended_s=100.0, sounded_s=102.0, pumped_s=103.0, before_J=10.0, alone_J=40.0, alone_ml=1.0, after_J=40.0,
    after_ml=1.0,
)  # fmt: skip
FOUND = Recovered(("ABORT",), "", "", 100.0, 102.0, 104.0, 1.5)
WENT_ON = GoneOn(1, (), frozenset({"EnergyOff", "HoldInfusion"}), 60, 0, 0, 0, 1.0)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan(short_text())


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "_bounds", lambda *_: ())
    monkeypatch.setattr(verdict, "gone_on", lambda _: WENT_ON)
    monkeypatch.setattr(verdict, "ours", lambda *_: verdict_of_a_sound_record())
    monkeypatch.setattr(verdict, "independent", lambda *_: verdict_of_a_sound_record())


def verdict_of_a_sound_record() -> Answer:
    return Answer(None)


@pytest.mark.system
@pytest.mark.verifies("SRS-113", "SRS-511")
def test_ended_sessions_leave_nothing_that_flows(capsys: pytest.CaptureFixture[str]) -> None:
    assert kill_session(["--n", "2", "--seed", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(told["ends"].values()) == 2 and told["holds"] and told["problems"] == []
    assert told["at_once"] == 1


@pytest.mark.system
def test_leases_that_last_ten_times_as_long_are_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_s = vars(TransmitterPart)["ends_s"].fget

    def longer(self: TransmitterPart) -> float | None:
        end_s = ends_s(self)
        return None if end_s is None or self.started_s is None else self.started_s + 10.0 * (end_s - self.started_s)

    monkeypatch.setattr(TransmitterPart, "ends_s", property(longer))
    monkeypatch.setattr(trial, "ALONE_S", 35.0)
    assert kill_session(["--n", "2", "--seed", "4"]) == 1
    assert " s after its lease, expected by its end" in capsys.readouterr().out


def test_a_session_that_flows_no_more_and_aborts_is_fine(plan: Plan, sound: None) -> None:
    assert list(problems(FINE, FOUND, HERE, plan, 1)) == []


@pytest.mark.parametrize(
    ("truth", "found", "says"),
    [
        ({"sounded_s": 102.1}, {}, "energy was off 0.100 s after its lease"),
        ({}, {"lease_s": None}, "the record knows no lease"),
        ({"pumped_s": 105.5}, {"drug_s": 106.0}, "the pump stood after 5.500 s, expected within 5.0 s"),
        ({"pumped_s": 104.5}, {}, "the pump stood 0.500 s after its grant"),
        ({}, {"drug_s": None}, "the record knows no grant"),
        ({"alone_ml": 1.001, "after_ml": 1.001}, {"drug_limit_ml": 1.0}, "1.0010 mL were pumped, expected at"),
        ({"after_J": 40.5}, {}, "0.500 J flowed after the recovery"),
        ({"after_ml": 1.005}, {}, "0.0050 mL moved after the recovery"),
        ({"at_once": True, "later_s": 105.1}, {}, "the pump still ran 5.100 s after the end, expected at most 5.0 s"),
        ({"at_once": True, "after_J": 41.0}, {}, "1.000 J flowed after the recovery"),
        ({}, {"states": ("ABORT", "HEATING")}, "was in ABORT HEATING, expected ABORT"),
        ({}, {"states": ()}, "was in no state, expected ABORT"),
    ],
)  # fmt: skip
def test_whatever_flows_too_long_or_again_is_named(
    plan: Plan, sound: None, truth: dict[str, float], found: dict[str, Any], says: str
) -> None:
    told = list(problems(attrs.evolve(FINE, **truth), attrs.evolve(FOUND, **found), HERE, plan, 1))
    assert len(told) == 1 and says in told[0]


def test_a_pump_that_is_found_running_at_once_may_have_moved(plan: Plan, sound: None) -> None:
    at_once = attrs.evolve(FINE, at_once=True, later_s=104.9, after_ml=1.005)
    assert list(problems(at_once, FOUND, HERE, plan, 1)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"restarts": 0}, "0 restarts are on record"),
        ({"lent": ("GrantLease",)}, "lent by itself: GrantLease"),
        ({"taken": frozenset({"EnergyOff"})}, "did not command HoldInfusion"),
        ({"looks": 0}, "no look at the devices"),
        ({"sounds": 1}, "of 60 looks at the devices 1 found output"),
        ({"runs": 2}, "2 a running pump"),
        ({"silent": 3}, "3 no answer"),
        ({"pumped_ml": 0.95}, "on record with 0.95 mL, it had moved 1.0040 mL"),
        ({"pumped_ml": None}, "on record with None mL"),
    ],
)
def test_whatever_a_session_does_after_its_recovery_is_judged(change: dict[str, Any], says: str) -> None:
    assert list(gone_on_problems(WENT_ON, 1.004, 0.01)) == []
    told = list(gone_on_problems(attrs.evolve(WENT_ON, **change), 1.004, 0.01))
    assert len(told) == 1 and says in told[0]


def resumed(folder: Path, drug: tuple[float, float], energy: tuple[float, float]) -> Path:
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    said = {"patient_ml": drug, "lent_J": energy}
    bounds = {name: {"lower": low, "upper": high} for name, (low, high) in said.items()}
    with AuditWriter(folder / "record.db", demonstration_key(1), create=True) as writer:
        writer.open_session(moment, 0.0, {})
        writer.resume_session(moment, 1.0, {"between": bounds})
    return folder / "record.db"


@pytest.mark.parametrize(
    ("drug", "energy", "says"),
    [
        ((0.8, 1.0), (0.0, 30.0), None),
        ((0.8, 0.89), (0.0, 30.0), "0.9000 mL reached the patient, recorded as 0.8000 to 0.8900 mL"),
        ((0.91, 1.0), (0.0, 30.0), "0.9000 mL reached the patient, recorded as 0.9100 to 1.0000 mL"),
        ((0.8, 1.0), (0.0, 29.0), "30.000 J flowed after the last entry, recorded as 0.000 to 29.000 J"),
    ],
)
def test_bounds_on_record_hold_the_truth(
    plan: Plan, tmp_path: Path, drug: tuple[float, float], energy: tuple[float, float], says: str | None
) -> None:
    told = list(verdict._bounds(FINE, resumed(tmp_path, drug, energy), plan))
    assert told == ([] if says is None else [says])


def test_a_record_that_was_not_resumed_has_no_bounds(plan: Plan, tmp_path: Path) -> None:
    assert "no bounds are on record" in next(verdict._bounds(FINE, tmp_path / "record.db", plan))


def test_a_campaign_in_which_nothing_flowed_on_shows_nothing() -> None:
    tally = Tally()
    tally.take(Ended("killed", "HEATING", 1.0, None, None, False, ()))
    assert not tally.holds
    tally.take(Ended("stopped", "HEATING", 1.0, -0.5, 1.25, True, ()))
    assert tally.holds
    assert tally.figure(3.0) == (
        "1 kills, 1 stops in 3 s: energy off within 0.000 s of the lease at most, pump within 1.250 s of the end,"
        " 0 problems"
    )
    tally.take(Ended("stopped", "HEATING", 1.0, 0.5, 1.0, True, ("energy was off late",)))
    assert not tally.holds and tally.bad == 1


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        kill_session(["--n", text])
