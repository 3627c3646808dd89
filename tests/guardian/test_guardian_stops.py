"""An operator's stop at the guardian's own door: it takes the enable away, and nothing said there gives it."""

import socket
import time

import guardian_bench as bench
import pytest

from syntherm.guardian.causes import Cause, Mode
from syntherm.guardian.facts import Limits, Seen
from syntherm.guardian.machine import Machine
from syntherm.guardian.selftest import SelfTestFailed, door_test
from syntherm.guardian.stops import CONNECTIONS, STOPPED, SUFFIX, StopDoor

LIMITS = Limits(heartbeat_s=2.5, frame_age_s=4.0, temperature_degC=44.0, proof_s=4.5)


def well() -> Machine:
    machine = Machine(LIMITS)
    machine.tested()
    machine.link(0.0, up=True)
    machine.contact(0.0, closed=True)
    machine.reads_back(0.0, well=True)
    machine.heartbeat(0.0, 1, 1.0)
    machine.frame(0.0, Seen(41.0))
    return machine


def enabled_for_a_treatment() -> Machine:
    machine = well()
    machine.enabled, machine.mode = True, Mode.ENABLED
    return machine


def test_a_stop_takes_the_enable_away_and_is_latched() -> None:
    machine = enabled_for_a_treatment()
    machine.stop(0.1)
    assert not machine.enabled
    assert (machine.mode, machine.dropped) == (Mode.DROPPED, Cause.OPERATOR)
    assert machine.arm(0.1) == "mode is dropped"
    assert machine.prove() is None and machine.arm(0.1) is None


def test_a_stop_before_the_enable_was_given_refuses_it_until_a_proof() -> None:
    machine = well()
    machine.mode = Mode.PROVEN
    machine.stop(0.1)
    assert machine.arm(0.1) == "failing: operator" and not machine.enabled


def test_a_stop_in_a_proof_ends_its_enable_and_refuses_the_next() -> None:
    machine = well()
    machine.prove()
    assert machine.arm(0.0) is None
    machine.stop(0.1)
    assert not machine.enabled and machine.dropped is Cause.OPERATOR
    assert machine.arm(0.1) == "failing: operator"
    assert "not proven" in str(machine.proven()) and not machine.enabled


def test_it_can_be_tried_without_being_kept() -> None:
    machine = well()
    machine.prove()
    machine.arm(0.0)
    machine.attempt(0.1, Cause.OPERATOR)
    assert not machine.enabled and machine.dropped is Cause.OPERATOR
    assert machine.arm(0.1) is None


def desk(made: bench.Bench) -> socket.socket:
    talk = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    talk.connect(made.path + SUFFIX)
    talk.settimeout(2.0)
    made.opened.append(talk)
    return talk


def test_a_desk_stops_a_guardian_whose_session_is_silent(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    talk = desk(made)
    raw.arm()
    assert bench.within(0.5, lambda: made.relay.on)
    began_s = time.monotonic()
    talk.send(b"stop")
    assert talk.recv(100) == STOPPED
    assert bench.within(0.1, lambda: not made.relay.on) and time.monotonic() - began_s < 0.5
    raw.beat()
    raw.link.send(b"arm")
    assert raw.until(1.0, lambda state: state["dropped"] == "operator" and b"failing: operator" in raw.refused)
    assert not made.relay.on


def test_nothing_else_said_there_does_anything(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    talk = desk(made)
    raw.arm()
    for data in (b"arm", b"prove", b"stop\n", b"STOP", b"heartbeat 999 999.0", b"\xff" * 400, b"stopstop"):
        talk.send(data)
        assert talk.recv(100).startswith(b"refused"), data
    assert raw.until(0.2, lambda state: state["enabled"] == "0") is False
    assert bench.within(0.5, lambda: made.relay.on)
    raw.link.send(b"disarm")
    assert bench.within(0.5, lambda: not made.relay.on)
    talk.send(b"arm")
    assert talk.recv(100).startswith(b"refused") and not made.relay.on


def test_desks_come_and_go_and_a_stop_is_heard_from_each(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    for _ in range(2 * CONNECTIONS):
        desk(made).close()
    talks = [desk(made) for _ in range(CONNECTIONS)]
    raw.arm()
    talks[-1].send(b"stop")
    talks[-1].close()
    assert bench.within(0.5, lambda: not made.relay.on)
    assert desk(made) is not None


def talk_to(path: str) -> socket.socket:
    talk = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    talk.settimeout(1.0)
    talk.connect(path)
    return talk


def test_whoever_comes_is_heard_and_the_oldest_makes_room(tmp_path) -> None:
    door = StopDoor(str(tmp_path / "link"))
    talks = []
    for _ in range(CONNECTIONS + 1):
        talks.append(talk_to(door.path))
        assert not door.stops()
    assert talks[0].recv(10) == b"", "the oldest is let go"
    talks[-1].send(b"stop")
    assert door.stops(), "a stop is heard however many hold the door"
    door.tell()
    assert talks[-1].recv(100) == STOPPED and not door.stops()
    talks[1].send(b"stop")
    talks.append(talk_to(door.path))
    assert door.stops(), "what the oldest said before it was let go counts"
    door.tell()
    door.close()
    for talk in talks:
        talk.close()
    assert not (tmp_path / ("link" + SUFFIX)).exists()


def test_its_own_door_is_tried_whoever_stands_there(tmp_path) -> None:
    door = StopDoor(str(tmp_path / "link"))
    talks = [talk_to(door.path) for _ in range(CONNECTIONS)]

    def turn() -> bool:
        heard = door.stops()
        door.tell()
        return heard

    door_test(door.path, turn)
    with pytest.raises(SelfTestFailed, match="stop at its own door: found no answer in"):
        door_test(door.path, lambda: turn() and False)
    door.close()
    for talk in talks:
        talk.close()


def test_a_guardian_that_has_just_begun_has_seen_a_stop(start) -> None:
    raw = bench.Raw(start().connect())
    assert raw.until(1.0, lambda state: "operator" in state["failing"].split(","))
    raw.link.send(b"prove")
    assert raw.until(1.0, lambda state: state["mode"] == "proving" and "operator" not in state["failing"].split(","))


def test_a_desk_that_floods_and_does_not_read_keeps_nobody_from_stopping(tmp_path) -> None:
    door = StopDoor(str(tmp_path / "link"))
    loud, quiet = (socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2))
    for talk in (loud, quiet):
        talk.connect(str(tmp_path / "link") + SUFFIX)
        talk.setblocking(False)
    assert not door.stops()
    with pytest.raises(BlockingIOError):
        while True:
            loud.send(b"nonsense")
    quiet.send(b"stop")
    assert door.stops()
    door.close()
    loud.close()
    quiet.close()
