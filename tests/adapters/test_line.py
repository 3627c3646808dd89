"""Lines of bytes: what arrives is given at once, silence ends at its deadline, a lost line is named."""

import os
import socket
import tty
from collections.abc import Iterator
from threading import Thread

import pytest
import serial

from syntherm.adapters.line import LineFailed, SerialLine


@pytest.fixture
def ends() -> Iterator[tuple[SerialLine, int]]:
    """A line on a pty, and the device's end of it."""
    device, host = os.openpty()
    tty.setraw(device)
    line = SerialLine(os.ttyname(host), 19200)
    yield line, device
    line.close()
    for end in (device, host):
        try:
            os.close(end)
        except OSError:
            continue


def test_what_is_sent_arrives_and_what_came_is_given_at_once(ends: tuple[SerialLine, int]) -> None:
    line, device = ends
    line.send(b"VER\r", 0.1)
    assert os.read(device, 10) == b"VER\r"
    os.write(device, b"\x0200S\x03\x02")
    assert line.receive(5.0) == b"\x0200S\x03\x02"


def test_silence_is_nothing(ends: tuple[SerialLine, int]) -> None:
    assert ends[0].receive(0.0) == b""
    assert ends[0].receive(0.01) == b""


def test_a_device_that_takes_no_bytes_is_named_in_time(ends: tuple[SerialLine, int]) -> None:
    line, _ = ends
    with pytest.raises(LineFailed, match=r"^/dev/pts/\d+: .*timeout"):
        line.send(bytes(1 << 20), 0.02)


def test_a_line_that_is_gone_is_named(ends: tuple[SerialLine, int]) -> None:
    line, device = ends
    os.close(device)
    with pytest.raises(LineFailed, match=r"^/dev/pts/"):
        for _ in range(2):
            line.receive(0.1)
    with pytest.raises(LineFailed, match=r"^/dev/pts/"):
        line.send(b"x", 0.1)


def test_deadlines_that_change_leave_the_port_as_it_was_set_up(
    ends: tuple[SerialLine, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, device = ends

    def again(_: serial.Serial, *__: object, **___: object) -> None:
        raise AssertionError("set up anew")

    monkeypatch.setattr(serial.Serial, "_reconfigure_port", again)
    for within_s in (0.0, 0.001, 0.002):
        assert line.receive(within_s) == b""
        line.send(b"x", within_s + 0.1)
    came = b""
    while len(came) < 3:
        came += os.read(device, 10)
    assert came == b"xxx"


def test_more_than_a_terminal_holds_goes_out_as_the_device_takes_it(ends: tuple[SerialLine, int]) -> None:
    line, device = ends
    data = bytes(range(256)) * 400
    came = bytearray()

    def take() -> None:
        while len(came) < len(data):
            came.extend(os.read(device, 1000))

    taker = Thread(target=take)
    taker.start()
    line.send(data, 20.0)
    taker.join(20.0)
    assert came == data


def test_a_line_that_was_closed_is_named(ends: tuple[SerialLine, int]) -> None:
    line, _ = ends
    line.close()
    for call in (lambda: line.receive(0.1), lambda: line.send(b"x", 0.1)):
        with pytest.raises(LineFailed, match=r"^/dev/pts/\d+: closed"):
            call()


def test_a_line_behind_a_socket_is_the_same_to_its_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = SerialLine(f"socket://127.0.0.1:{door.getsockname()[1]}", 9600)
        device, _ = door.accept()
        with device:
            assert line.receive(0.0) == b"" and line.receive(0.01) == b""
            line.send(b"VER\r", 1.0)
            assert device.recv(10) == b"VER\r"
            device.sendall(b"\x0200S\x03")
            came = b""
            while len(came) < 5:
                more = line.receive(5.0)
                assert more
                came += more
            assert came == b"\x0200S\x03"
        with pytest.raises(LineFailed, match=r"^socket://"):
            line.receive(1.0)
        line.close()


@pytest.mark.parametrize("url", ["/dev/none-such", "nothing://here", "rfc2217://127.0.0.1:1"])
def test_what_cannot_be_opened_is_named(url: str) -> None:
    with pytest.raises(LineFailed, match=f"^{url}: "):
        SerialLine(url, 9600)
