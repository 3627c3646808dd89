"""The scanner that speaks MRD: its bytes by the format's own layout, and its faults."""

import struct

import numpy as np
import pytest
import scanner_wire as bench

from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault


def test_an_image_has_the_formats_layout() -> None:
    wire = bench.mrd_wire()
    data = wire.sender.frame(wire.frame(9, 2.0))
    head = struct.unpack_from("<HHQI3H3fH3f3f3f3f3f6HI3I3H8i8fIQ", data, 2)
    assert data[:2] == struct.pack("<H", 1022)
    assert head[0:2] == (1, 7) and head[4:7] == (5, 4, 3) and head[7:10] == (10.0, 10.0, 18.0) and head[10] == 1
    assert head[11:14] == pytest.approx((-0.3, 0.0, -0.1), abs=1e-6)
    assert head[32] == round((8 * 3600 + 98.0) / 0.0025)
    assert head[36:39] == (5, 9, 1) and head[-1] == head[-2] == 14
    assert data[2 + 206 + 14 :] == bench.volume().transpose(2, 1, 0).tobytes()


def test_a_session_opens_with_a_configuration_and_a_header_and_ends_with_goodbye() -> None:
    wire = bench.mrd_wire()
    hello = wire.hello()
    assert hello[:2] == b"\x01\x00" and hello[2 + 1024 : 2 + 1026] == b"\x03\x00"
    assert b"<H1resonanceFrequency_Hz>63866217<" in hello and b"<TE>20.0<" in hello
    assert wire.sender.bye() == b"\x04\x00"


@pytest.mark.parametrize("fault", [WireFault.MUTE, WireFault.HALF, WireFault.GARBLED, WireFault.STUCK])
def test_each_fault_of_the_wire_shows(fault: WireFault) -> None:
    wire = bench.mrd_wire()
    well = wire.sender.frame(wire.frame(1))
    wire.sender.fault = fault
    data = wire.sender.frame(wire.frame(2, seed=2))
    expected = {WireFault.MUTE: 0, WireFault.HALF: len(well) // 2}.get(fault, len(well))
    assert len(data) == expected
    if fault is WireFault.STUCK:
        values = 2 + 206 + 14
        assert data[values:] == well[values:] and data[:values] != well[:values]


@pytest.mark.parametrize("fault", FrameFault)
def test_each_fault_of_the_images_changes_what_is_sent(fault: FrameFault) -> None:
    frames = [bench.mrd_wire().frame(number, seed=number) for number in (1, 2, 3, 4)]

    def sent(frame_fault: FrameFault | None) -> bytes:
        wire = bench.mrd_wire()
        wire.sender.frame_fault = frame_fault
        return b"".join(wire.sender.frame(frame) for frame in frames)

    assert sent(fault) != sent(None)
    assert np.array_equal(frames[0].volume, bench.volume(1)), "the frames themselves are left as they were"
