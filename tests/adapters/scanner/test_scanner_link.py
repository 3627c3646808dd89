"""The socket's end: one peer at a time, never waiting, with bounds; whoever vanishes is noticed."""

import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import attrs
import numpy as np
import pyigtl
import pytest
import scanner_wire as bench

from syntherm.adapters.scanner.link import ScannerLink
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.ways import Dialling, Listening
from syntherm.ports.equipment import PortError
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_socket import ScannerSocket

pytestmark = pytest.mark.verifies("SRS-905", "RC-09")

WIRES: dict[str, Callable[[], bench.Wire]] = {"mrd": bench.mrd_wire, "igtl": bench.igtl_wire}


@attrs.frozen(eq=False)
class Joined:
    """A link and whoever connects to it."""

    wire: bench.Wire
    link: ScannerLink
    peers: list[ScannerSocket]

    def connect(self) -> ScannerSocket:
        peer = ScannerSocket(self.link.address)
        self.peers.append(peer)
        bench.until(self.link, remark="onnect")
        peer.send(self.wire.hello())
        return peer

    def dynamic(self, number: int, age_s: float = 2.0) -> bytes:
        return self.wire.sender.frame(self.wire.frame(number, age_s))


@pytest.fixture(params=WIRES)
def joined(request: pytest.FixtureRequest) -> Iterator[Joined]:
    wire = WIRES[request.param]()
    with closing(bench.listen(wire)) as link:
        bench_ = Joined(wire, link, [])
        yield bench_
        for peer in bench_.peers:
            peer.close()


def test_images_arrive_over_a_socket(joined: Joined) -> None:
    assert joined.link.received() == ()
    peer = joined.connect()
    peer.send(joined.dynamic(1, 5.0) + joined.dynamic(2))
    images, _ = bench.until(joined.link, 2)
    assert [image.sequence for image in images] == [1, 2]
    assert joined.link.received() == ()


def test_nothing_waits_where_nothing_comes(joined: Joined) -> None:
    joined.connect()
    before = time.perf_counter()
    for _ in range(100):
        joined.link.received()
    assert time.perf_counter() - before < 1.0


def test_a_second_peer_is_refused_and_named(joined: Joined) -> None:
    first = joined.connect()
    second = ScannerSocket(joined.link.address)
    joined.peers.append(second)
    _, said = bench.until(joined.link, remark="refused a connection")
    assert "127.0.0.1" in said[-1] and "is connected" in said[-1]
    first.send(joined.dynamic(1))
    assert len(bench.until(joined.link, 1)[0]) == 1


def test_a_peer_that_hangs_up_is_noticed_and_another_let_in(joined: Joined) -> None:
    peer = joined.connect()
    peer.send(joined.dynamic(1))
    bench.until(joined.link, 1)
    peer.close()
    assert "hung up" in bench.until(joined.link, remark="hung up")[1][-1]
    joined.connect().send(joined.dynamic(2, 1.0))
    (image,), _ = bench.until(joined.link, 1)
    assert image.sequence == 2


def test_a_peer_that_hangs_up_and_comes_again_at_once_is_let_in(joined: Joined) -> None:
    joined.connect().close()
    again = ScannerSocket(joined.link.address)
    joined.peers.append(again)
    again.send(joined.wire.hello() + joined.dynamic(1))
    assert len(bench.until(joined.link, 1)[0]) == 1


def test_half_a_message_and_no_more_is_dropped_after_a_while(joined: Joined) -> None:
    peer = joined.connect()
    joined.wire.sender.fault = WireFault.HALF
    peer.send(joined.dynamic(1))
    settle(joined)
    joined.link.remarks()
    joined.wire.hands.at_s += 1.9
    assert joined.link.received() == () and joined.link.remarks() == ()
    joined.wire.hands.at_s += 0.2
    joined.wire.sender.fault = None
    peer.send(joined.dynamic(2))
    images, said = bench.until(joined.link, remark="in the middle of a message")
    assert images == [] and "more than 2 s" in said[-1]


def settle(joined: Joined) -> None:
    """Read until part of a message is there."""
    deadline = time.monotonic() + bench.PATIENCE_S
    while not joined.wire.source.midway:
        assert time.monotonic() < deadline
        select.select(joined.link.filenos(), [], [], 1.0)
        joined.link.received()


def test_half_an_image_with_another_behind_it_is_no_image(joined: Joined) -> None:
    """Without a check over an image, it may have swallowed the begin of the next."""
    peer = joined.connect()
    first, second = joined.dynamic(1, 5.0), joined.dynamic(2)
    # The first bytes of a message of MRD are two numbers next to zero: the image looks well, but for its last voxel.
    peer.send(first[:-8] + second)
    images, said = bench.until(joined.link, remark="cannot be read")
    assert images == [], said


def test_hanging_up_in_the_middle_is_named(joined: Joined) -> None:
    peer = joined.connect()
    peer.send(joined.dynamic(1)[:-1])
    settle(joined)
    peer.close()
    images, _ = bench.until(joined.link, remark="hung up in the middle")
    assert images == []


def test_bytes_that_cannot_be_read_end_the_connection(joined: Joined) -> None:
    peer = joined.connect()
    peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nUser-Agent: something\r\n\r\n" * 3)
    _, said = bench.until(joined.link, remark="cannot be read")
    assert all(line.isascii() and "\n" not in line for line in said)
    assert len(joined.link.filenos()) == 1


def test_a_message_larger_than_any_expected_ends_the_connection(joined: Joined) -> None:
    peer = joined.connect()
    if joined.wire.hello():
        peer.send(struct.pack("<HI", 5, 1 << 31))
    else:
        data = bytearray(joined.dynamic(1))
        struct.pack_into(">Q", data, 42, 1 << 31)
        peer.send(bytes(data))
    assert f"a part of {1 << 31} bytes" in bench.until(joined.link, remark="a part of")[1][-1]


def test_a_reset_connection_is_noticed(joined: Joined) -> None:
    peer = joined.connect()
    peer._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    bench.until(joined.link, remark="is gone")


def test_one_call_reads_no_more_than_its_bound(joined: Joined) -> None:
    wire = joined.wire
    slow = bench.listen(wire, bytes_per_call=1)
    with closing(slow), closing(ScannerSocket(slow.address)) as peer:
        peer.send(wire.hello() + b"".join(joined.dynamic(number, 8.0 - number) for number in (1, 2, 3)))
        calls = 0
        found: list[bench.Image] = []
        deadline = time.monotonic() + bench.PATIENCE_S
        while len(found) < 3:
            assert time.monotonic() < deadline
            select.select(slow.filenos(), [], [], 1.0)
            new = slow.received()
            assert len(new) <= 1
            found += new
            calls += 1
        assert calls >= 6


def test_an_address_in_use_is_named(joined: Joined) -> None:
    with pytest.raises(PortError, match="cannot listen for a scanner on"):
        Listening(*joined.link.address, joined.wire.said)


def test_goodbye_is_answered_with_goodbye() -> None:
    wire = bench.mrd_wire()
    with closing(bench.listen(wire)) as link, closing(ScannerSocket(link.address)) as peer:
        peer.send(wire.hello() + wire.sender.bye())
        bench.until(link, remark="said goodbye")
        select.select([peer._socket], [], [], bench.PATIENCE_S)
        assert peer.answered() == wire.sender.bye()


# --------------------------------------------------------------------------------------------------------- we connect
def dialling(wire: bench.Wire, port: int) -> ScannerLink:
    return bench.join(wire, Dialling("127.0.0.1", port, 5.0, wire.hands.now_s, wire.said))


def test_we_connect_where_the_bridge_listens_and_again_when_it_hung_up() -> None:
    wire = bench.igtl_wire()
    with closing(socket.create_server(("127.0.0.1", 0))) as bridge:
        bridge.settimeout(bench.PATIENCE_S)
        with closing(dialling(wire, bridge.getsockname()[1])) as link:
            meet(link)
            with closing(bridge.accept()[0]) as peer:
                peer.sendall(wire.sender.frame(wire.frame(1)))
                assert len(bench.until(link, 1)[0]) == 1
            bench.until(link, remark="hung up")
            assert link.received() == () and link.filenos() == (), "not before its time"
            wire.hands.at_s += 5.0
            meet(link)
            with closing(bridge.accept()[0]) as peer:
                peer.sendall(wire.sender.frame(wire.frame(2)))
                assert len(bench.until(link, 1)[0]) == 1


def meet(link: ScannerLink) -> None:
    deadline = time.monotonic() + bench.PATIENCE_S
    while not link.filenos():
        assert time.monotonic() < deadline
        link.received()


def test_a_bridge_that_is_not_there_is_named_and_asked_again_in_its_time() -> None:
    wire = bench.igtl_wire()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with closing(dialling(wire, port)) as link:
        for _ in range(3):
            link.received()
        assert link.remarks() == (f"cannot connect to 127.0.0.1:{port}: Connection refused",)
        wire.hands.at_s += 5.0
        link.received()
        link.received()
        assert len(link.remarks()) == 1


def test_only_an_address_in_numbers_is_called() -> None:
    with pytest.raises(PortError, match="expected an address in numbers"):
        Dialling("scanner.local", 18944, 5.0, lambda: 0.0, Remarks())


# ------------------------------------------------------------------------------------------- against pyigtl, by sockets
def their_image(wire: bench.Wire, number: int, age_s: float) -> pyigtl.ImageMessage:
    values = bench.volume(number)
    parts = np.ascontiguousarray(np.stack([values.real, values.imag], axis=-1).transpose(2, 1, 0, 3))
    matrix = np.diag([*bench.GEOMETRY.voxel_mm, 1.0])
    matrix[:3, 3] = bench.GEOMETRY.first_voxel_mm
    stamp = wire.hands.utc().timestamp() - age_s
    image = pyigtl.ImageMessage(parts, matrix, timestamp=stamp, device_name="MR")
    image.header_version = 2
    image.metadata = {"IMAGE_NUMBER": str(number), "EchoTime": "20.0", "MagneticFieldStrength": "1.5"}
    return image


def test_the_other_package_as_a_client_sends_to_us() -> None:
    wire = bench.igtl_wire()
    with closing(bench.listen(wire)) as link:
        client = pyigtl.OpenIGTLinkClient(*link.address)
        try:
            client.send_message(pyigtl.StringMessage("START_SCAN", device_name="CMD_1"), wait=False)
            client.send_message(their_image(wire, 1, 5.0), wait=False)
            client.send_message(their_image(wire, 2, 2.0), wait=False)
            images, _ = bench.until(link, 2)
        finally:
            client.stop()
    assert bench.same(images[0], wire.frame(1, 5.0, 1)) and bench.same(images[1], wire.frame(2, 2.0, 2))


def test_the_other_package_as_a_server_receives_what_our_bridge_sends() -> None:
    wire = bench.igtl_wire()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = pyigtl.OpenIGTLinkServer(port=port)
    try:
        with closing(ScannerSocket(("127.0.0.1", port))) as peer:
            peer.send(wire.sender.frame(wire.frame(7)))
            message = server.wait_for_message("MR", timeout=bench.PATIENCE_S)
    finally:
        server.stop()
    assert message is not None and message.metadata["IMAGE_NUMBER"] == "7"
    assert np.array_equal(message.image.transpose(2, 1, 0, 3).copy().view(np.complex64)[..., 0], bench.volume())
