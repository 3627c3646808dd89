"""The latency of stops in a form so short that no bar is judged by it, and how one that is missed is told."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from syntherm_verify.latency import alone_trials, command, trials
from syntherm_verify.latency.alone_trials import KINDS, patient, stops_alone
from syntherm_verify.latency.command import Found, stop_latency
from syntherm_verify.latency.guardian_alone import GuardianAlone
from syntherm_verify.latency.guardian_process import RunFailed
from syntherm_verify.latency.loads import Load, Neighbours, Worker
from syntherm_verify.latency.room import Room
from syntherm_verify.latency.rows import Row, judged
from syntherm_verify.latency.trials import Path, Samples, watch

QUICK_S = 0.004
SLOW_S = 0.030


def samples(**slow: float) -> Samples:
    """Quick on every path but those named."""
    made = Samples()
    for path in Path:
        made.took_s[path] = [QUICK_S] * 9 + [slow.get(path.name.lower(), QUICK_S)]
    made.stops = 20
    return made


def given(monkeypatch: pytest.MonkeyPatch, *found: Samples) -> None:
    def measured(number: int, loads: Sequence[Load], within_s: float) -> Iterator[Found]:
        return (Found(load, each, 1.0, 0.5, True) for load, each in zip(loads, found, strict=False))

    monkeypatch.setattr(command, "measured", measured)


def test_ranks_are_of_what_was_measured() -> None:
    row = Row.of(Path.PATIENT_OFF, Load.IDLE, [0.001 * number for number in range(1000, 0, -1)])
    assert (row.median_ms, row.p99_ms, row.p999_ms, row.max_ms, row.n) == (500.0, 990.0, 999.0, 1000.0, 1000)
    lost = Row.of(Path.PATIENT_OFF, Load.IDLE, [0.001, math.inf])
    assert lost.median_ms == 1.0 and lost.values()["p999_ms"] is None


def test_a_stop_holds_by_its_better_way_in_its_worst_load() -> None:
    rows = [
        *Found(Load.IDLE, samples(patient_off=SLOW_S), 1.0, 0.0, True).rows(),
        *Found(Load.NUMPY, samples(patient_off=SLOW_S, operator_enable=0.012), 1.0, 0.0, True).rows(),
    ]
    stop_of_patient, stop_of_operator, heart = judged(rows)
    assert stop_of_patient.ms == pytest.approx(4.0) and "guardian, enable" in stop_of_patient.says
    assert stop_of_operator.ms == pytest.approx(4.0) and "session, generator off" in stop_of_operator.says
    assert heart.holds
    # Each way is quick under one load and slow under the other: no way is quick under both.
    crossed = [
        *Found(Load.IDLE, samples(patient_off=SLOW_S), 1.0, 0.0, True).rows(),
        *Found(Load.NUMPY, samples(patient_enable=SLOW_S), 1.0, 0.0, True).rows(),
    ]
    assert not judged(crossed)[0].holds
    assert not any(each.holds for each in judged([]))


def test_a_slow_path_is_told_as_missed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, samples(patient_off=SLOW_S))
    assert stop_latency(["--load", "idle"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("stop-latency under idle: patient's stop 4.0 ms p99.9 by guardian, enable (bar 20); ")
    given(monkeypatch, samples(patient_off=SLOW_S, patient_enable=SLOW_S))
    assert stop_latency(["--load", "idle"]) == 1
    assert "patient's stop 30.0 ms p99.9 by guardian, enable (bar 20) MISSED;" in capsys.readouterr().out
    given(monkeypatch, samples(silence=0.31))
    assert stop_latency(["--load", "idle", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is False and len(told["rows"]) == len(Path) and "heartbeat 310.0 ms" in told["figure"]


def test_a_run_that_fails_has_no_figure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measured(*_: object) -> Iterator[Found]:
        raise RunFailed("the session's side is gone")
        yield

    monkeypatch.setattr(command, "measured", measured)
    assert stop_latency([]) == 1
    assert capsys.readouterr().err == "stop-latency: the session's side is gone\n"


@pytest.mark.parametrize("arguments", [["--n", "0"], ["--n", "x"], ["--load", "moon"], ["more"]])
def test_bad_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        stop_latency(arguments)
    assert left.value.code == 2


def test_loads_begin_and_end() -> None:
    worker = Worker()
    for load in Load:
        worker.work(load)
    worker.work(Load.IDLE)
    neighbours = Neighbours(True)
    with neighbours:
        assert all(process.poll() is None for process in neighbours._processes)
    assert all(process.poll() is not None for process in neighbours._processes)


class Doomed:
    """A room whose guardians' enables are off before each stop."""

    def __init__(self) -> None:
        def nothing(*_: object) -> None:
            """Whatever it is asked."""

        relay = SimpleNamespace(on=False, fell_s=None)
        sending = SimpleNamespace(result=nothing, done=lambda: True)
        alone = SimpleNamespace(
            arm=nothing, relay=relay, in_image=False, button=SimpleNamespace(pressed=False), said="state",
            send_at=lambda _: sending, stop_door=SimpleNamespace(send=nothing),
        )  # fmt: skip
        self.alone = (alone, alone)
        self.camera, self.ask = SimpleNamespace(sent=0), lambda _: {"ready": True}
        self.image, self.send_at = nothing, lambda *_: sending


def test_enables_that_fall_by_themselves_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone_trials, "LOST_S", 0.0)
    monkeypatch.setattr(trials, "_LAST_S", 0.0)
    found = Samples()
    with pytest.raises(RunFailed, match="21 enables fell before the stop: state"):
        stops_alone(Doomed(), found, 5, math.inf)
    assert not any(found.took_s.values())


def test_a_process_that_did_not_run_looks_once_more() -> None:
    looks = iter((False, False, True))
    watch(lambda: next(looks), -1.0)
    assert next(looks), "it has waited, and its caller looks"


def test_a_stop_without_end_is_told_with_what_the_guardian_said() -> None:
    found = samples(patient_enable=math.inf)
    found.alone.lost.append("patient's contact, guardian, enable: state n=1")
    line = Found(Load.IDLE, found, 1.0, 0.5, True).line()
    assert "NEVER FELL: patient's contact, guardian, enable: state n=1" in line


@pytest.mark.system
def test_real_stops_are_measured_and_a_slowed_one_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(alone: GuardianAlone) -> float:
        began_s = time.monotonic()
        time.sleep(0.025)
        patient(alone)
        return began_s

    def slow_off(room: Room, number: int) -> dict[Path, float]:
        began_s = time.monotonic()
        time.sleep(0.025)
        return dict.fromkeys(trials.patient(room, number), began_s)

    monkeypatch.setattr(alone_trials, "KINDS", ((Path.PATIENT_ENABLE, slow), KINDS[1]))
    monkeypatch.setattr(command, "patient", slow_off)
    assert stop_latency(["--n", "2", "--load", "idle", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    rows = {row["path"]: row for row in told["rows"]}
    assert set(rows) == {path.value for path in Path}
    assert all(rows[path.value]["median_ms"] > 25.0 for path in (Path.PATIENT_ENABLE, Path.PATIENT_OFF))
    assert all(0.0 < row["median_ms"] < 2000.0 for row in rows.values())
    assert [rows[path.value]["n"] for path in (Path.PATIENT_ENABLE, Path.OPERATOR_ENABLE)] == [3, 3]
    assert told["figure"].startswith("stop-latency under idle: patient's stop ") and "MISSED" in told["figure"]
