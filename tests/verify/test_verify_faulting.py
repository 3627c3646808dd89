"""The judge of the campaign of faults fails on made-up bad outcomes; the table leaves nothing out; two trials run."""

import json

import attrs
import pytest

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.openlifu_transmitter import TransmitterPart
from syntherm_sim.wire.scanner_faults import FrameFault
from syntherm_sim.wire.tpo import TpoSimulator
from syntherm_verify.faulting.campaign import pairs, singles
from syntherm_verify.faulting.command import faults
from syntherm_verify.faulting.expected import Expected
from syntherm_verify.faulting.faults import CANNOT, FAULTS
from syntherm_verify.faulting.judging import TEXTS, Seen, problems, tells_what_to_do
from syntherm_verify.faulting.moments import Moment
from syntherm_verify.faulting.reading import Said
from syntherm_verify.faulting.room import Flow, Generator
from syntherm_verify.faulting.tally import Tally
from syntherm_verify.faulting.trial import Outcome, named

SILENT = frozenset({Code.TRANSDUCER_SILENT})
DEMAND = Expected(SILENT, off_s=3.0, held_s=5.0)
SAID = Said((103.0,), (106.0,), ("TRANSDUCER_SILENT",), (), ())
FINE = Seen((100.0,), 120.0, (Flow(99.0, 102.0, 9.0),), (Flow(100.0, 101.0, 0.1),), SAID, 42.0, 46.0)


def wrong(seen: Seen, *demands: Expected) -> str:
    return "; ".join(problems(seen, demands or (DEMAND,)))


def saying(
    named: tuple[str, ...] = SAID.named, leases: tuple[float, ...] = SAID.leases,
    grants: tuple[float, ...] = SAID.grants, blocked: tuple[str, ...] = (), refusals: tuple[str, ...] = (),
) -> Seen:  # fmt: skip
    return attrs.evolve(FINE, said=Said(leases, grants, named, blocked, refusals))


def test_a_good_end_has_no_problem() -> None:
    assert wrong(FINE) == ""


def test_energy_that_flows_on_is_found() -> None:
    assert "energy flowed until 103.500 s, expected at most" in wrong(
        attrs.evolve(FINE, energy=(Flow(102.0, 103.5, 9.0),), said=attrs.evolve(SAID, leases=(104.0,)))
    )


def test_drug_that_flows_on_is_found() -> None:
    late = attrs.evolve(FINE, drug=(Flow(105.0, 105.5, 0.1),))
    assert "drug flowed until 105.500 s, expected at most until 105.000 s" in wrong(late)


def test_who_acts_later_moves_only_what_begins_with_the_act() -> None:
    late = attrs.evolve(FINE, energy=(Flow(102.0, 103.5, 9.0),), said=attrs.evolve(SAID, leases=(104.0,)), later_s=1.0)
    assert "energy flowed until" in wrong(late) and wrong(late, attrs.evolve(DEMAND, acted=True)) == ""


def test_energy_beyond_its_lease_is_found_whatever_the_fault() -> None:
    harmless = Expected(harmless="made up")
    late = attrs.evolve(saying(leases=(101.0,), named=()), energy=(Flow(100.0, 101.5, 9.0),))
    assert "its last loan ended at 101.000 s" in wrong(late, harmless)
    assert "knows no loan" in wrong(attrs.evolve(late, said=attrs.evolve(late.said, leases=())), harmless)


def test_a_pump_that_runs_by_itself_has_no_loan_and_still_a_bound() -> None:
    by_itself = Expected(frozenset({Code.PUMP_UNASKED}), held_s=2.0, unlent=True)
    seen = attrs.evolve(saying(grants=(), named=("PUMP_UNASKED",)), drug=(Flow(100.0, 101.0, 0.1),))
    assert wrong(seen, by_itself) == ""
    assert "drug flowed until 103.000 s" in wrong(attrs.evolve(seen, drug=(Flow(100.0, 103.0, 0.1),)), by_itself)


def test_a_fault_without_a_name_or_with_a_wrong_one_is_found() -> None:
    assert "named nothing, expected one of TRANSDUCER_SILENT" in wrong(saying(named=()))
    found = wrong(saying(named=("PUMP_SILENT",)))
    assert "named PUMP_SILENT, expected one of TRANSDUCER_SILENT" in found and "which it is not" in found
    assert "named PUMP_SILENT, which it is not" in wrong(saying(named=("TRANSDUCER_SILENT", "PUMP_SILENT")))


def test_a_harmless_fault_that_is_named_is_found() -> None:
    assert "which it is not" in wrong(FINE, Expected(harmless="made up"))


def test_a_defect_of_the_software_is_never_right() -> None:
    assert "a defect of the software" in wrong(saying(named=("TRANSDUCER_SILENT", "PROPERTY_VIOLATED")))


def test_a_session_that_failed_is_found() -> None:
    assert "the session failed: made up" in wrong(attrs.evolve(FINE, failed="made up"))


def test_a_target_too_hot_is_found_where_only_that_tells() -> None:
    cooler = attrs.evolve(DEMAND, cooler=True)
    assert "the target was 47.00 degC" in wrong(attrs.evolve(FINE, hottest_degC=47.0), cooler)


def test_empty_and_idle_texts_are_found() -> None:
    assert "is empty" in "; ".join(problems(FINE, (DEMAND,), {**TEXTS, "TRANSDUCER_SILENT": " "}))
    told = {**TEXTS, "TRANSDUCER_SILENT": "The generator does not answer. Energy is off."}
    assert "does not say what to do" in "; ".join(problems(FINE, (DEMAND,), told))


def test_a_refusal_that_does_not_say_what_to_do_is_found() -> None:
    seen = saying(named=(), blocked=("TRANSDUCER_SILENT",), refusals=("a check does not allow it",))
    assert "operators were told only: a check does not allow it" in wrong(seen)
    assert wrong(attrs.evolve(seen, said=attrs.evolve(seen.said, refusals=("Check the generator.",)))) == ""
    assert wrong(attrs.evolve(seen, guided=("Not ready: pump silent. Look at the pump.",))) == ""


@pytest.mark.parametrize("text", ["Energy is off.", "The patient stop cannot be read.", "Look", ""])
def test_instructions_stand_at_the_begin_of_a_clause(text: str) -> None:
    assert tells_what_to_do(text) is (text == "Look")


def test_of_a_pair_one_name_is_enough_and_the_later_bound_holds() -> None:
    other = Expected(frozenset({Code.PUMP_SILENT}), off_s=3.0)
    seen = attrs.evolve(FINE, began_s=(100.0, 104.0), said=attrs.evolve(SAID, leases=(108.0,)))
    assert wrong(attrs.evolve(seen, energy=(Flow(100.0, 106.9, 9.0),)), DEMAND, other) == ""
    assert "until 107.000 s" in wrong(attrs.evolve(seen, energy=(Flow(100.0, 107.5, 9.0),)), DEMAND, other)


def test_every_fault_that_a_wire_may_have_is_tried_or_declared() -> None:
    labels = {fault.label for fault in FAULTS}
    assert len(labels) == len(FAULTS)
    for device in ("transmitter", "console", "tpo", "pump", "scanner-mrd", "scanner-igtl", "stop"):
        kinds = [*WireFault, *(FrameFault if device.startswith("scanner") else ())]
        for kind in kinds:
            name = kind.name.lower().replace("_", "-")
            assert {f"{device}/{name}", f"{device.split('-')[0]}-*/{name}"} & (labels | CANNOT.keys()) or (
                f"{device}/{name}" in CANNOT
            ), f"{device}/{name}"
    assert not labels & CANNOT.keys()


def test_every_fault_is_tried_at_every_moment_and_found_again_by_its_name() -> None:
    trials = [*singles(), *pairs(20, 1)]
    assert len(trials) == len(FAULTS) * len(Moment) + 20
    assert all(named(trial.name) == trial for trial in trials)
    assert pairs(20, 1) == pairs(20, 1) != pairs(20, 2)
    assert all(len({f.generator for f in trial.faults} - {None}) < 2 for trial in pairs(200, 2))
    assert named("tpo/mute@test").generator is Generator.TPO  # type: ignore[union-attr]
    assert named("pump/mute@test").generator is Generator.OPENLIFU  # type: ignore[union-attr]
    assert named("pump/no-such@infusing") is None and named("pump/mute@nowhere") is None


def test_the_tally_tells_how_to_repeat_a_miss() -> None:
    tally = Tally()
    tally.take(Outcome("pump/mute@held", "infusion held", 7, ("PUMP_SILENT",), (), None, 1.0, False, ()))
    assert tally.holds
    tally.take(Outcome("pump/mute@infusing", "infusing", 7, (), (), None, None, False, ("made up",)))
    assert not tally.holds and "--only pump/mute@infusing --seed 7: made up" in tally.lines()
    assert "2 single faults, 0 pairs in 3 s: 1 named" in tally.figure(3.0)


def test_nothing_seen_is_no_evidence() -> None:
    tally = Tally()
    tally.take(Outcome("pump/mute@test", "test sonication", 1, (), (), None, None, True, ()))
    assert not tally.holds


def test_what_is_not_in_the_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(["--only", "pump/no-such"]) == 2
    assert "expected a trial, a fault or a device" in capsys.readouterr().err


@pytest.mark.system
def test_a_mute_transmitter_is_named_and_its_lease_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(["--only", "transmitter/mute@test", "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)["outcomes"]
    assert "OFF_NOT_CONFIRMED" in outcome["named"] and 0.0 < outcome["off_s"] <= 3.0


@pytest.mark.system
@pytest.mark.verifies("SRS-418", "RC-09")
def test_a_scanner_that_falls_silent_in_the_test_sonication_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(["--only", "scanner-mrd/mute@test", "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)["outcomes"]
    assert "SONICATION_NOT_SEEN" in outcome["named"] and 0.0 < outcome["off_s"] <= 3.0


@pytest.mark.system
def test_a_transmitter_whose_trains_never_end_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_s = vars(TransmitterPart)["ends_s"].fget
    later = property(lambda part: None if ends_s(part) is None else ends_s(part) + 20.0)
    monkeypatch.setattr(TransmitterPart, "ends_s", later)
    assert faults(["--only", "generator/mute@test"]) == 1
    assert "energy flowed until" in capsys.readouterr().out


@pytest.mark.system
def test_a_tpo_that_is_reset_is_named_and_sounds_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(["--only", "tpo/reset@test", "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)["outcomes"]
    assert "TRANSDUCER_REFUSED" in outcome["named"] and (outcome["off_s"] or 0.0) <= 3.0


@pytest.mark.system
def test_a_tpo_whose_timer_ends_late_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = TpoSimulator._start

    def later(tpo: TpoSimulator) -> None:
        start(tpo)
        tpo._sounds_as["TIMER"] *= 5

    monkeypatch.setattr(TpoSimulator, "_start", later)
    assert faults(["--only", "tpo/mute@test"]) == 1
    assert "energy flowed until" in capsys.readouterr().out
