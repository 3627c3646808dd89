"""Frames: what is written is read, however it is cut; what was changed on the way is not read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.adapters.transducer.openlifu_codec import MAX_DATA, Frame, FrameReader, encoded

pytestmark = pytest.mark.verifies("SRS-901")

byte = st.integers(0, 255)
frames = st.builds(Frame, st.integers(0, 65535), byte, byte, byte, byte, st.binary(max_size=40))


@given(st.lists(frames, max_size=5), st.data())
def test_what_is_written_is_read_however_it_is_cut(sent: list[Frame], data: st.DataObject) -> None:
    wire = b"".join(encoded(frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    reader = FrameReader()
    found = [f for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True) for f in reader.feed(wire[a:b])]
    assert found == sent and reader.held == 0


@given(frames)
def test_a_frame_may_be_split_at_every_byte(frame: Frame) -> None:
    wire = encoded(frame)
    for at in range(len(wire)):
        reader = FrameReader()
        assert reader.feed(wire[:at]) == ()
        assert reader.feed(wire[at:]) == (frame,)


@settings(max_examples=20, deadline=None)
@given(st.builds(Frame, st.integers(0, 65535), byte, byte, byte, byte, st.binary(max_size=8)), st.integers(1, 255))
def test_no_changed_byte_passes(frame: Frame, flip: int) -> None:
    wire = encoded(frame)
    for at in range(len(wire)):
        changed = wire[:at] + bytes((wire[at] ^ flip,)) + wire[at + 1 :]
        assert FrameReader().feed(changed) == ()


def test_a_known_frame_of_another_writer() -> None:
    """PING as openlifu_sdk 2.0.14 writes it."""
    from openlifu_sdk.io.uart_packet import OWUartPacket

    theirs = OWUartPacket(id=7, packet_type=0xE2, command=0x03, addr=1, reserved=2, data=b"hello").to_bytes()
    assert encoded(Frame(7, 0xE2, 0x03, 1, 2, b"hello")) == theirs


def test_a_good_frame_after_a_bad_one_is_read_and_the_reason_is_told() -> None:
    good, reader = Frame(1, 0xE3, 2, data=b"abc"), FrameReader()
    bad = bytearray(encoded(good))
    bad[-2] ^= 1
    assert reader.feed(bytes(bad) + encoded(good)) == (good,)
    assert reader.rejected is not None
    reader = FrameReader()
    reader.feed(bytes(bad))
    assert "where a frame begins" in str(reader.rejected) or "check sum" in str(reader.rejected)


@pytest.mark.parametrize("fill", [b"\x00", b"\xaa", b"\xaa\x00\x00\x00\x00\x00\x00\x10\x00", b"\xdd"])
def test_endless_garbage_is_held_in_bounded_memory(fill: bytes) -> None:
    reader = FrameReader()
    for _ in range(2000):
        reader.feed(fill * 16)
        assert reader.held <= MAX_DATA + 12


def test_too_long_a_length_is_refused() -> None:
    reader = FrameReader()
    assert reader.feed(b"\xaa\x00\x01\xe2\x00\x00\x00\x10\x01") == ()
    assert reader.rejected is not None and reader.held == 0
    with pytest.raises(ValueError):
        Frame(1, 2, 3, data=bytes(MAX_DATA + 1))
    with pytest.raises(ValueError):
        Frame(65536, 2, 3)
