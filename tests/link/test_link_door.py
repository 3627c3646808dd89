"""The session's socket: this user's alone, bounded in memory, never waiting."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.link.door import CONNECTIONS, LINES_AT_ONCE, UNSENT, Door, LinkFailed
from syntherm.link.messages import LONGEST

pytestmark = pytest.mark.verifies("SRS-911")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.socket"


@pytest.fixture
def door(path: Path) -> Iterator[Door]:
    made = Door(path)
    yield made
    made.close()
    assert not path.exists()


def dialled(path: Path) -> socket.socket:
    desk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    desk.connect(str(path))
    desk.settimeout(2.0)
    return desk


def datas(door: Door, looks: int = 1) -> list[bytes | None]:
    return [line.data for _ in range(looks) for line in door.lines()]


def test_the_socket_is_its_users_alone(door: Door, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.umask(0o022) != 0o177 and os.umask(0o022) == 0o022


@given(cuts=st.lists(st.integers(0, 40), max_size=6))
def test_lines_are_the_same_however_the_bytes_are_split(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    door = Door(path := tmp_path_factory.mktemp("d") / "s")
    with dialled(path) as desk:
        door.lines()
        found, data = [], b"first\nsecond one\n\nlast\n"
        for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
            desk.sendall(data[begin:end])
            found += datas(door)
        found += datas(door, 3)
    door.close()
    assert found == [b"first", b"second one", b"", b"last"]


def test_a_flood_is_taken_a_few_lines_at_a_time_and_in_order(door: Door, path: Path) -> None:
    with dialled(path) as desk:
        desk.sendall(b"".join(b"%d\n" % number for number in range(40)))
        first = datas(door)
        assert len(first) == LINES_AT_ONCE
        assert first + datas(door, 20) == [b"%d" % number for number in range(40)]


def test_what_was_sent_before_hanging_up_is_heard(door: Door, path: Path) -> None:
    with dialled(path) as desk:
        desk.sendall(b"stop\n")
    assert datas(door, 2) == [b"stop"]
    assert door.connections == ()


@pytest.mark.parametrize("data", [b"x" * (3 * LONGEST), b"x" * (LONGEST + 5) + b"\n"])
def test_a_line_without_an_end_is_not_waited_for(door: Door, path: Path, data: bytes) -> None:
    with dialled(path) as desk:
        desk.sendall(data)
        assert datas(door, 2) == [None]


def test_who_does_not_read_is_dropped_and_costs_nobody_time(door: Door, path: Path) -> None:
    with dialled(path), dialled(path) as other:
        door.lines()
        slow, quick = door.connections
        sent = 0
        while slow in door.connections:
            door.send(slow, b"x" * 65536)
            sent += 65536
            assert sent < 16 * UNSENT
        door.send(quick, b"hello\n")
        assert other.recv(10) == b"hello\n"


def test_there_is_room_for_so_many_and_no_more(door: Door, path: Path) -> None:
    desks = [dialled(path) for _ in range(CONNECTIONS)]
    door.lines()
    assert len(door.connections) == CONNECTIONS
    with dialled(path) as one_more:
        door.lines()
        assert one_more.recv(1) == b""
    for desk in desks:
        desk.close()


def test_other_users_are_not_let_in(door: Door, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syntherm.link.door.os.getuid", lambda: 12345)
    with dialled(path) as desk:
        assert datas(door) == []
        assert desk.recv(1) == b""


def test_a_dead_sessions_socket_is_taken_over_and_a_live_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with pytest.raises(LinkFailed, match="listens already"):
        try:
            first = Door(path)
            Door(path)
        finally:
            first.close()


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(LinkFailed, match="no socket"):
        Door(path)
    assert path.read_text() == "precious"
    with pytest.raises(LinkFailed):
        Door(tmp_path / ("x" * 200))
