"""Lines of bytes: what arrives is given at once, silence ends at its deadline, a lost line is named."""

import os
import tty
from collections.abc import Iterator

import pytest

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


@pytest.mark.parametrize("url", ["/dev/none-such", "nothing://here", "rfc2217://127.0.0.1:1"])
def test_what_cannot_be_opened_is_named(url: str) -> None:
    with pytest.raises(LineFailed, match=f"^{url}: "):
        SerialLine(url, 9600)
