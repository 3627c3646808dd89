"""The receiver on its network: who may push, how much, in which form; and a session that is slow or gone."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import dicom_bench as bench
import pytest
import scanner_wire as wire
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import EnhancedMRColorImageStorage, MRImageStorage

from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.core.events import FrameReceived
from syntherm.dicom.facts import Status
from syntherm.dicom.outbox import SessionOutbox
from syntherm.dicom.process import Process, utc_now
from syntherm.dicom.values import Session
from syntherm_sim.wire.dicom_enhanced import enhanced
from syntherm_sim.wire.dicom_file import CALLED, receiver_text, receiver_values
from syntherm_sim.wire.dicom_scanner import DicomScanner, Pusher, PushRefused, as_file

FRAMES = {
    "number": "TemporalPositionIndex", "component": "ComplexImageComponent", "first_is": "REAL",
    "second_is": "IMAGINARY",
}  # fmt: skip
STORESCU = Path("/usr/bin/storescu")
"""DCMTK's; pynetdicom has one of the same name beside Python."""


def session_link() -> ScannerLink:
    return scanner(At("127.0.0.1", 0), LinkSettings(8 << 20, 2.0), bench.MRD, wire.EXPECTED, time.time, utc_now)


def frame(number: int, age_s: float = 2.0) -> FrameReceived:
    now_s = time.time()
    e = wire.EXPECTED
    return FrameReceived(
        now_s, number, now_s - age_s, e.field_T, e.echo_time_ms, wire.GEOMETRY, wire.volume(number)
    )  # fmt: skip


@attrs.frozen(eq=False)
class Running:
    process: Process
    link: ScannerLink
    lines: list[str]
    scanner: DicomScanner

    def until(self, remark: str) -> None:
        deadline_s = time.monotonic() + wire.PATIENCE_S
        while not any(remark in line for line in self.lines):
            assert time.monotonic() < deadline_s, self.lines
            self.process.look()
            time.sleep(0.005)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    link, lines = session_link(), []
    changes = getattr(request, "param", {})
    process = Process(bench.config(port=link.address[1], **changes), lines.append)
    yield Running(process, link, lines, DicomScanner(time.time, utc_now))
    process.close()
    link.close()


@pytest.mark.verifies("SRS-913")
def test_a_pushed_volume_reaches_the_session_and_a_lost_one_shows_as_a_gap(running: Running) -> None:
    pusher = Pusher(running.process.address, CALLED)
    frames = [frame(number, 3.0 - number / 2.0) for number in (1, 2, 3)]
    assert set(pusher.push(running.scanner.frame(frames[0]))) == {Status.STORED}
    pusher.push(running.scanner.frame(frames[1])[1:])
    pusher.push(running.scanner.frame(frames[2]))
    images, said = wire.until(running.link, images=2)
    assert bench.same(images[0], frames[0]) and bench.same(images[1], frames[2])
    running.until("image 2 is not passed on: image 3 is whole before it (reordered); gap: 1 of 6 objects")
    said += wire.until(running.link, remark="the scanner says 'image 2 is not passed on")[1]
    assert "gap: image 3 came after image 1" in said
    pusher.close()


@pytest.mark.parametrize("running", [{"frames": FRAMES}], indirect=True)
def test_an_object_with_many_frames_is_pushed_as_well(running: Running) -> None:
    pusher, sent = Pusher(running.process.address, CALLED), frame(1)
    assert pusher.push([enhanced(running.scanner.frame(sent))]) == [Status.STORED]
    (found,), _ = wire.until(running.link, images=1)
    assert bench.same(found, sent)
    pusher.close()


def test_who_offers_what_is_not_taken_is_told_what_to_set(running: Running) -> None:
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(MRImageStorage, [ExplicitVRLittleEndian])
    entity.add_requested_context(EnhancedMRColorImageStorage, [ExplicitVRLittleEndian])
    association = entity.associate(*running.process.address, ae_title=CALLED)
    assert association.is_established
    running.until("offers what is not taken ('1.2.840.10008.5.1.4.1.1.4.3'); set the scanner to send MR or Enhanced MR")
    association.release()


def test_who_is_not_named_may_not_push(running: Running) -> None:
    for called, title in ((CALLED, "STRANGER"), ("OTHER", "SCANNER")):
        with pytest.raises(PushRefused):
            Pusher(running.process.address, called, title)
    running.until("'STRANGER' at 127.0.0.1 was refused an association")


@pytest.mark.parametrize("running", [{"listen": {"largest_object_bytes": (4096, "1")}}], indirect=True)
@pytest.mark.parametrize("size", [8_000, 800_000], ids=["in one unit", "in many units"])
def test_an_object_that_is_too_large_ends_its_association(running: Running, size: int) -> None:
    pusher = Pusher(running.process.address, CALLED)
    (first, *_) = running.scanner.frame(frame(1))
    first.PixelData = bytes(size)
    assert pusher.push([first]) in ([-1], [Status.TOO_LARGE])
    running.until("refused a connection that sent an object of more than 4096 bytes")
    pusher.close()
    again = Pusher(running.process.address, CALLED)
    assert set(again.push(running.scanner.frame(frame(1)))) == {Status.STORED}
    again.close()


@pytest.mark.parametrize("running", [{"listen": {"stalled_s": (0.5, "s")}}], indirect=True)
@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">BBL", 1, 0, 0xFFFFFFFF),
        struct.pack(">BBL", 1, 0, 68) + bytes(68),
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">BBL", 4, 0, 20) + bytes(20),
    ],
    ids=["unit of 4 GiB", "empty request", "another protocol", "data before a request"],
)
def test_hostile_bytes_end_their_connection_and_nothing_else(running: Running, sent: bytes) -> None:
    with socket.create_connection(running.process.address, timeout=wire.PATIENCE_S) as hostile:
        hostile.sendall(sent)
        try:
            while hostile.recv(4096):
                pass
        except ConnectionResetError:
            pass
    pusher = Pusher(running.process.address, CALLED)
    pusher.push(running.scanner.frame(frame(1)))
    assert len(wire.until(running.link, images=1)[0]) == 1
    pusher.close()


@pytest.mark.parametrize("running", [{"listen": {"stalled_s": (0.5, "s")}}], indirect=True)
def test_a_unit_that_does_not_end_is_not_waited_for(running: Running) -> None:
    with socket.create_connection(running.process.address, timeout=wire.PATIENCE_S) as slow:
        slow.sendall(struct.pack(">BBL", 1, 0, 200) + bytes(8))
        assert slow.recv(4096) == b""


@pytest.mark.skipif(not STORESCU.exists(), reason="DCMTK's storescu is not installed (apt package dcmtk)")
def test_dcmtk_pushes_files(running: Running, tmp_path: Path) -> None:
    sent = frame(1)
    for number, each in enumerate(running.scanner.frame(sent)):
        (tmp_path / f"{number}.dcm").write_bytes(as_file(each))
    host, port = running.process.address
    subprocess.run(
        [STORESCU, "-aet", "SCANNER", "-aec", CALLED, host, str(port), *sorted(tmp_path.iterdir())],
        check=True, timeout=30, env=os.environ | {"TCP_NODELAY": "1"},
    )  # fmt: skip
    (found,), _ = wire.until(running.link, images=1)
    assert bench.same(found, sent)


def test_the_process_runs_and_ends_when_told(tmp_path: Path) -> None:
    link = session_link()
    file = tmp_path / "dicom.toml"
    file.write_text(receiver_text(receiver_values(wire.GEOMETRY, link.address[1])))
    file.chmod(0o600)
    process = subprocess.Popen(
        [sys.executable, "-m", "syntherm.dicom", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        port = int(first.split(";")[0].rsplit(":", 1)[1])
        assert first.startswith("dicom: SYNTHERM at 127.0.0.1:") and "not cleared for clinical use" in first
        pusher = Pusher(("127.0.0.1", port), CALLED)
        pusher.push(DicomScanner(time.time, utc_now).frame(frame(1)))
        assert len(wire.until(link, images=1)[0]) == 1
        pusher.close()
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=wire.PATIENCE_S)
        link.close()
    assert process.returncode == 0 and "dicom: connected to the session at 127.0.0.1" in said


def outbox(port: int, said: list[str], **other: object) -> SessionOutbox:
    settings = attrs.evolve(Session("127.0.0.1", port, 0.05, 0.3, 2), **other)
    made = SessionOutbox(settings, b"hello", said.append)
    made.start()
    return made


def wait_for(happened: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + wire.PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def test_without_a_session_few_volumes_wait_and_the_oldest_go() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    box = outbox(port, said)
    assert [box.put(b"%d" % n, f"image {n}") for n in (1, 2, 3, 4)] == [None, None, "image 1", "image 2"]
    wait_for(lambda: said)
    assert said[0].startswith(f"cannot reach the session at 127.0.0.1:{port}")
    with socket.create_server(("127.0.0.1", port)) as door:
        door.settimeout(wire.PATIENCE_S)
        peer, _ = door.accept()
        peer.settimeout(wire.PATIENCE_S)
        data = b""
        while len(data) < 7:
            data += peer.recv(100)
        assert data == b"hello34"
        peer.close()
        wait_for(lambda: (box.tell("are you there?"), "the session hung up" in said)[1])
        door.accept()[0].close()
    box.close()


def test_a_session_that_does_not_read_is_given_up_and_named() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(wire.PATIENCE_S)
        box = outbox(door.getsockname()[1], said)
        peer, _ = door.accept()
        box.put(bytes(32 << 20), "image 1")
        wait_for(lambda: "image 1 is not passed on, at least not whole" in said)
        assert any(line.startswith("the session does not take what is sent") for line in said)
        peer.close()
        box.close()
