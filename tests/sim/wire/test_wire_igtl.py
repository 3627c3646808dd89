"""The bridge that speaks OpenIGTLink: its bytes by the protocol's own layout, and its faults."""

import struct

import pytest
import scanner_wire as bench
from pyigtl.messages import CRC64

from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.igtl_scanner import check_of

HEAD = struct.Struct(">H12s20sIIQQ")


def test_the_check_is_that_of_the_protocol() -> None:
    # The check value of CRC-64/ECMA-182 in the catalogue of checks.
    assert check_of(b"123456789") == 0x6C40DF5F0B497347 == CRC64(b"123456789")


def test_an_image_of_version_2_has_the_protocols_layout() -> None:
    wire = bench.igtl_wire()
    data = wire.sender.frame(wire.frame(9, 2.25))
    version, kind, device, seconds, fraction, size, crc = HEAD.unpack_from(data)
    assert (version, kind.rstrip(b"\0"), device.rstrip(b"\0"), size) == (2, b"IMAGE", b"MR", len(data) - 58)
    assert crc == CRC64(data[58:])
    assert seconds + fraction / 2**32 == pytest.approx(wire.hands.utc().timestamp() - 2.25, abs=1e-6)
    content = data[58 + 12 :]
    assert struct.unpack_from(">H4B3H", content) == (1, 2, 10, 2, 2, 5, 4, 3)
    place = struct.unpack_from(">12f6H", content, 12)
    assert place == pytest.approx((2, 0, 0, 0, 2.5, 0, 0, 0, 6, -0.3, 0, -0.1, 0, 0, 0, 5, 4, 3), abs=1e-6)
    # Real and imaginary part together, i fastest: as complex numbers in k, j, i order.
    assert content[72 : 72 + 480] == bench.volume().transpose(2, 1, 0).tobytes()
    assert b"IMAGE_NUMBER9" in content[72 + 480 :]


def test_version_1_sends_the_number_in_front() -> None:
    wire = bench.igtl_wire(bench.IGTL_1, 1)
    data = wire.sender.frame(wire.frame(9))
    first, second = data[: 58 + 5], data[58 + 5 :]
    assert HEAD.unpack_from(first)[1].startswith(b"STRING") and first[58:] == b"\x00\x03\x00\x019"
    assert HEAD.unpack_from(second)[1].startswith(b"IMAGE") and len(second) == 58 + 72 + 480


@pytest.mark.parametrize("fault", [WireFault.MUTE, WireFault.HALF, WireFault.GARBLED, WireFault.STUCK])
def test_each_fault_of_the_wire_shows(fault: WireFault) -> None:
    wire = bench.igtl_wire(bench.IGTL_1, 1)
    well = wire.sender.frame(wire.frame(1))
    wire.sender.fault = fault
    data = wire.sender.frame(wire.frame(2, seed=2))
    expected = {WireFault.MUTE: 0, WireFault.HALF: len(well) // 2}.get(fault, len(well))
    assert len(data) == expected
    if fault is WireFault.GARBLED:
        assert HEAD.unpack_from(data, 63)[-1] != CRC64(data[63 + 58 :])
    if fault is WireFault.STUCK:
        assert data[-480:] == well[-480:] and data != well
