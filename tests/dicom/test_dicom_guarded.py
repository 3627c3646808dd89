"""Receiver, guardian and session, one behind the other as at a site: images arrive, and both see what is missing."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import dicom_bench
import guardian_bench
import numpy as np
import pytest
import scanner_wire as wire

from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.core.events import FrameReceived
from syntherm.dicom.facts import Status
from syntherm.dicom.process import Process, utc_now
from syntherm_sim.wire.dicom_file import CALLED
from syntherm_sim.wire.dicom_scanner import DicomScanner, Pusher

SMALL = {
    "images__matrix": "[5, 4, 3]", "times__frame_age_s": "1.5",
    "temperature__target_first": "[0, 0, 0]", "temperature__target_last": "[1, 1, 1]",
    "temperature__reference_first": "[3, 2, 0]", "temperature__reference_last": "[4, 3, 2]",
}  # fmt: skip
"""The guardian's configuration for the bench's images."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def session(port: int) -> ScannerLink:
    return scanner(
        At("127.0.0.1", port), LinkSettings(8 << 20, 2.0), dicom_bench.MRD, wire.EXPECTED, time.time, utc_now
    )


def frame(number: int) -> FrameReceived:
    """Bright tissue."""
    now_s, e = time.time(), wire.EXPECTED
    volume = np.rint(2000.0 + wire.volume(number) / 200.0).astype(np.complex64)
    return FrameReceived(now_s, number, now_s - 3.0 + 0.1 * number, e.field_T, e.echo_time_ms, wire.GEOMETRY, volume)


@attrs.frozen(eq=False)
class Chain:
    """All that stands between a scanner and a session."""

    guardian: guardian_bench.Bench
    raw: guardian_bench.Raw
    receiver: Process
    lines: list[str]
    scanner: DicomScanner
    pusher: Pusher
    session_port: int

    def push(self, image: FrameReceived) -> None:
        assert set(self.pusher.push(self.scanner.frame(image))) == {Status.STORED}

    def until_said(self, what: str) -> None:
        deadline_s = time.monotonic() + wire.PATIENCE_S
        while not any(what in line for line in self.lines):
            assert time.monotonic() < deadline_s, self.lines
            self.receiver.look()
            time.sleep(0.005)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    session_port = free_port()
    guardian = guardian_bench.Bench(tmp_path, images__session_port=str(session_port), **SMALL)
    lines: list[str] = []
    receiver = Process(dicom_bench.config(port=guardian.scanner_port), lines.append)
    pusher = Pusher(receiver.address, CALLED)
    yield Chain(
        guardian, guardian_bench.Raw(guardian.connect()), receiver, lines, DicomScanner(time.time, utc_now), pusher,
        session_port,
    )  # fmt: skip
    pusher.close()
    receiver.close()
    guardian.close()


@pytest.mark.verifies("SRS-913")
def test_pushed_images_reach_the_session_by_way_of_the_guardian_and_both_see_them(chain: Chain) -> None:
    link = session(chain.session_port)
    chain.until_said("connected to the session")
    sent = [frame(number) for number in (1, 2, 3, 4)]
    for each in sent:
        chain.push(each)
    found, _ = wire.until(link, images=4)
    assert all(dicom_bench.same(a, b) for a, b in zip(found, sent, strict=True))
    assert chain.raw.until(1.0, lambda state: not {"frame-age", "unreadable"} & set(state["failing"].split(",")))
    # A fat map is no dynamic: it reaches the session, and the guardian passes over it.
    map_ = wire.fat_map()
    chain.pusher.push(chain.scanner.fat_map(map_))
    ((received,), _) = wire.until(link, images=1)
    assert np.abs(received.fat_fraction - map_.fat_fraction).max() <= 5.01e-4
    assert "unreadable" not in chain.raw.read()["failing"]
    # What the receiver refuses is on the session's record, and is nothing to the guardian but an image less.
    chain.pusher.push(chain.scanner.frame(frame(5))[1:])
    chain.push(frame(6))
    chain.until_said("image 5 is not passed on")
    _, said = wire.until(link, images=1, remark="the scanner says 'image 5 is not passed on")
    assert "gap: image 6 came after image 4" in said
    assert "unreadable" not in chain.raw.read()["failing"]
    # The target turns by far more than its limit: the guardian judges what was pushed.
    chain.push(attrs.evolve(frame(7), volume=_hot(frame(7).volume)))
    assert chain.raw.until(1.0, lambda state: "temperature" in state["failing"].split(","))
    link.close()


def _hot(volume: np.ndarray) -> np.ndarray:
    made = volume.copy()
    made[:2, :2, :2] *= np.exp(1j * 12.0 / guardian_bench.PER_RADIAN_degC)
    return np.rint(made).astype(np.complex64)


def test_a_receiver_that_ends_takes_the_images_from_both(chain: Chain) -> None:
    link = session(chain.session_port)
    chain.until_said("connected to the session")
    for number in (1, 2, 3, 4):
        chain.push(frame(number))
    wire.until(link, images=4)
    assert chain.raw.until(1.0, lambda state: "frame-age" not in state["failing"].split(","))
    chain.receiver.close()
    wire.until(link, remark="said goodbye")
    assert chain.raw.until(3.0, lambda state: "frame-age" in state["failing"].split(","))
    link.close()


def test_what_was_pushed_before_the_session_is_there_waits_for_it(chain: Chain) -> None:
    """A guardian without a session takes the receiver's call and hangs up: nothing may be sent to it meanwhile."""
    chain.until_said("is a session there, and no other scanner?")
    sent = [frame(number) for number in (1, 2)]
    for each in sent:
        chain.push(each)
    time.sleep(0.5)
    chain.receiver.look()
    assert not any("not passed on" in line or "connected to the session" in line for line in chain.lines), chain.lines
    assert sum("is a session there" in line for line in chain.lines) == 1
    link = session(chain.session_port)
    found, said = wire.until(link, images=2)
    assert all(dicom_bench.same(a, b) for a, b in zip(found, sent, strict=True)) and not any("gap" in s for s in said)
    link.close()
