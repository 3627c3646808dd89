"""OpenIGTLink: what is sent arrives whatever the split; a changed byte in a body never does."""

import struct
from itertools import pairwise

import attrs
import numpy as np
import pyigtl
import pytest
import scanner_wire as bench
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.adapters.scanner.igtl_source import NumberByPeriod
from syntherm.adapters.scanner.moments import Axes
from syntherm.adapters.scanner.stream import StreamRefused

pytestmark = pytest.mark.verifies("SRS-901")

HEAD = 58


def made(version: int) -> bench.Wire:
    return bench.igtl_wire(bench.IGTL if version == 2 else bench.IGTL_1, version)


def stream(wire: bench.Wire) -> bytes:
    sender = wire.sender
    others = sender.status(1, "well") + sender.string("CMD_1", "START_SCAN") + sender.transform("PLANE_0")
    return others + sender.fat_map(bench.fat_map()) + sender.frame(wire.frame(1, 5.0)) + sender.frame(wire.frame(2))


@pytest.mark.parametrize("version", [1, 2])
@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=40))
def test_any_split_gives_the_same_images(version: int, cuts: list[int]) -> None:
    wire = made(version)
    data = stream(wire)
    edges = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    found = wire.feed(data[a:b] for a, b in pairwise(edges))
    for image, sent in zip(found, (bench.fat_map(), wire.frame(1, 5.0), wire.frame(2)), strict=True):
        assert bench.same(image, sent)
    assert wire.said.take() == () and not wire.source.midway


@pytest.mark.parametrize("version", [1, 2])
def test_bytes_one_by_one_give_the_same_images(version: int) -> None:
    wire = made(version)
    assert len(wire.feed(bytes((byte,)) for byte in stream(wire))) == 3


@pytest.mark.parametrize("ras", [False, True])
@pytest.mark.parametrize("short", [False, True])
def test_both_coordinate_systems_and_types_come_through(ras: bool, short: bool) -> None:
    wire = made(2)
    wire.sender.ras, wire.sender.short = ras, short
    (found,) = wire.feed([wire.sender.frame(wire.frame(3))])
    assert bench.same(found, wire.frame(3))


def test_the_plan_may_be_in_ras() -> None:
    wire = bench.igtl_wire(attrs.evolve(bench.IGTL, axes=Axes.RAS))
    assert wire.feed([wire.sender.frame(wire.frame())]) == []
    assert any("axis x along (-1" in line for line in wire.said.take())


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_of_a_body_is_refused(at: int, change: int) -> None:
    wire = made(2)
    data = bytearray(wire.sender.frame(wire.frame()))
    data[HEAD + at % (len(data) - HEAD)] ^= change
    assert wire.feed([bytes(data), wire.sender.frame(wire.frame(2))])[0].sequence == 2, "the stream goes on"
    assert any("CRC" in line for line in wire.said.take())


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_garbage_is_refused_or_waits_for_more(data: bytes) -> None:
    wire = made(2)
    try:
        assert wire.feed([data]) == []
    except StreamRefused as refused:
        assert str(refused).isascii() and "\n" not in str(refused) and len(str(refused)) < 200


@settings(deadline=None)
@given(st.sampled_from(["IMAGE", "STATUS", "STRING", "TRANSFORM", "OTHER"]), st.binary(max_size=200))
def test_a_body_of_garbage_under_a_right_crc_is_refused_by_name(kind: str, content: bytes) -> None:
    wire = made(1)
    data = wire.sender.message(kind, "MR", content)
    assert wire.feed([data, wire.sender.frame(wire.frame())])[-1].sequence == 1
    assert all(line.isascii() and "\n" not in line for line in wire.said.take())


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_an_extended_header_of_garbage_is_refused_by_name(content: bytes) -> None:
    wire = made(1)
    data = bytearray(wire.sender.message("STRING", "MR", content))
    data[1] = 2
    assert wire.feed([bytes(data), wire.sender.frame(wire.frame())])[-1].sequence == 1


@pytest.mark.parametrize(
    ("form", "sizes", "named"),
    [
        (">HHII", (11, 0, 0, 0), "parts of 11, 0 and 0 bytes in a body of 12"),
        (">HHII", (12, 1, 0, 0), "parts of 12, 1 and 0 bytes in a body of 12"),
        (">HHII", (12, 0, 2**32 - 1, 0), "parts of 12, 0 and 4294967295 bytes"),
        (">HHI", (12, 0, 0), "a body of 8 bytes; an extended header has 12"),
        (">HHIIH", (12, 2, 0, 0, 1), "metadata: a list of 2 bytes for 1 entries"),
        (">HHIIHHHI", (12, 10, 0, 0, 1, 1, 3, 0), "metadata: entry 0 goes beyond the message"),
        (">HHIIHHHI2s", (12, 10, 2, 0, 1, 1, 7, 1, b"ab"), "a text in encoding 7"),
        (">HHIIHHHI2s", (12, 10, 2, 0, 1, 1, 3, 1, b"a\xff"), "a text that is not in its encoding 3"),
        (">HHIIHHHIHHI2s", (12, 18, 2, 0, 2, 1, 3, 0, 1, 3, 0, b"aa"), "'a' is there twice"),
    ],
)
def test_parts_of_version_2_that_do_not_fit_are_named(form: str, sizes: tuple[int, ...], named: str) -> None:
    wire = made(1)
    data = bytearray(wire.sender.message("STRING", "MR", struct.pack(form, *sizes)))
    data[1] = 2
    wire.feed([bytes(data)])
    (line,) = wire.said.take()
    assert named in line


@pytest.mark.parametrize("change", [-1, 1, -480])
def test_values_that_are_not_as_many_as_announced_are_named(change: int) -> None:
    wire = made(1)
    content = wire.sender.frame(wire.frame())[HEAD + 5 + HEAD :]
    wire.feed([wire.sender.message("IMAGE", "MR", (content + b"\0")[: len(content) + change])])
    (line,) = wire.said.take()
    assert f"{480 + change} bytes of values; (5, 4, 3, 2) need 480" in line


@pytest.mark.parametrize(
    ("offset", "form", "value", "named"),
    [(0, ">H", 3, "version 3"), (2, ">B", 200, "a message of type"), (42, ">Q", 2**40, f"a part of {2**40} bytes")],
)
def test_what_cannot_be_a_header_ends_the_stream(offset: int, form: str, value: int, named: str) -> None:
    wire = made(2)
    data = bytearray(wire.sender.frame(wire.frame()))
    struct.pack_into(form, data, offset, value)
    with pytest.raises(StreamRefused, match=named):
        wire.feed([bytes(data)])


# ------------------------------------------------------------------------------------------------------------- numbers
def test_an_image_without_its_number_is_refused() -> None:
    wire = made(1)
    data = wire.sender.frame(wire.frame())
    image = data[HEAD + 5 :]
    assert wire.feed([image]) == []
    assert any("a STRING of 'IMAGE_NUMBER' directly before it is missing" in line for line in wire.said.take())
    assert len(wire.feed([data, image])) == 1
    assert any("directly before it is missing" in line for line in wire.said.take()), "a number is used once"


def test_a_number_counts_for_the_message_directly_behind_it() -> None:
    wire = made(1)
    image = wire.sender.frame(wire.frame())[HEAD + 5 :]
    assert wire.feed([wire.sender.string("IMAGE_NUMBER", "1"), wire.sender.transform("PLANE_0"), image]) == []
    assert any("directly before it is missing" in line for line in wire.said.take())


@pytest.mark.parametrize("number", ["", "-1", "1.0", "x", "1" * 10, "\u0661"])
def test_what_is_no_number_is_refused(number: str) -> None:
    wire = made(1)
    data = wire.sender.frame(wire.frame())
    assert wire.feed([wire.sender.string("IMAGE_NUMBER", number), data[HEAD + 5 :]]) == []


def test_periods_between_timestamps_can_number_the_dynamics() -> None:
    settings_ = attrs.evolve(bench.IGTL_1, numbering=NumberByPeriod(3.0))
    wire = bench.igtl_wire(settings_, 1)
    found = []
    for at_s in (100.0, 103.01, 106.02, 112.0, 112.3):
        wire.hands.at_s = at_s
        found += wire.feed([wire.sender.frame(wire.frame(99))])
    assert [image.sequence for image in found] == [1, 2, 3, 5]
    said = wire.said.take()
    assert any("gap: image 5 came after image 3" in line for line in said)
    assert any("duplicate" in line for line in said)


@pytest.mark.parametrize(("key", "value"), [("EchoTime", "x"), ("EchoTime", "nan"), ("MagneticFieldStrength", None)])
def test_field_and_echo_time_are_never_guessed(key: str, value: str | None) -> None:
    wire = made(2)
    frame = wire.frame()
    said = {"IMAGE_NUMBER": "1", "EchoTime": "20.0", "MagneticFieldStrength": "1.5", key: value}
    data = wire.sender.frame(frame)
    content = data[HEAD + 12 : HEAD + 12 + 72 + frame.volume.nbytes]
    kept = {name: text for name, text in said.items() if text is not None}
    assert wire.feed([wire.sender.message("IMAGE", "MR", content, frame.acquired_s, kept)]) == []
    assert any(f"metadata '{key}'" in line for line in wire.said.take())


def test_a_phase_alone_is_not_taken() -> None:
    wire = made(1)
    phase = wire.sender._volume(bench.GEOMETRY, np.zeros((*bench.GEOMETRY.matrix, 1), np.float32))
    assert wire.feed([wire.sender.string("IMAGE_NUMBER", "1"), wire.sender.message("IMAGE", "MR", phase)]) == []
    assert any("1 components of type float32" in line for line in wire.said.take())


# --------------------------------------------------------------------------------------------------- status and answer
def test_a_bad_status_and_strange_messages_are_named() -> None:
    wire = made(2)
    sender = wire.sender
    wire.feed([sender.status(13, "no\nsuch"), sender.message("POINT", "x", b""), sender.message("POINT", "x", b"")])
    assert wire.said.take() == ("'MR' reports status 13: 'no\\nsuch'", "POINT of 'x' came and is not used (2 times)")


@pytest.mark.parametrize("version", [1, 2])
def test_who_asks_is_answered_in_the_version_that_it_speaks(version: int) -> None:
    wire = made(version)
    asked = wire.sender.message("GET_STATUS", "", b"")
    answers = b""
    for byte in asked:
        wire.source.room()[:1] = bytes((byte,))
        answers += wire.source.took(1).answer
    head = pyigtl.messages.MessageBase.parse_header(answers[:HEAD])
    assert (head["header_version"], head["message_type"], head["body_size"]) == (version, "STATUS", len(answers) - HEAD)
    assert pyigtl.messages.CRC64(answers[HEAD:]) == int.from_bytes(answers[50:HEAD], "big")
    content = answers[HEAD:] if version == 1 else answers[HEAD + 12 : -2]
    assert int.from_bytes(content[:2], "big") == 1 and len(content) == 31


# --------------------------------------------------------------------------------------------- against pyigtl, by bytes
def their_matrix() -> np.ndarray:
    matrix = np.diag([*bench.GEOMETRY.voxel_mm, 1.0])
    matrix[:3, 3] = bench.GEOMETRY.first_voxel_mm
    return matrix


def their_image(wire: bench.Wire, number: int, age_s: float) -> pyigtl.ImageMessage:
    values = bench.volume(number)
    parts = np.stack([values.real, values.imag], axis=-1).transpose(2, 1, 0, 3)
    stamp = wire.hands.utc().timestamp() - age_s
    image = pyigtl.ImageMessage(np.ascontiguousarray(parts), their_matrix(), timestamp=stamp, device_name="MR")
    image.header_version = 2
    image.metadata = {"IMAGE_NUMBER": str(number), "EchoTime": "20.0", "MagneticFieldStrength": "1.5"}
    return image


def test_what_the_other_package_packs_is_understood() -> None:
    wire = made(2)
    first, second = wire.feed([their_image(wire, 1, 5.0).pack(), their_image(wire, 2, 2.0).pack()])
    assert bench.same(first, wire.frame(1, 5.0, 1)) and bench.same(second, wire.frame(2, 2.0, 2))


@pytest.mark.parametrize("version", [1, 2])
def test_the_other_package_understands_what_our_bridge_sends(version: int) -> None:
    wire = made(version)
    data = wire.sender.fat_map(bench.fat_map())
    head = pyigtl.messages.MessageBase.parse_header(data[:HEAD])
    message = pyigtl.messages.MessageBase.create_message(head["message_type"])
    message.unpack(head, data[HEAD:])
    assert np.array_equal(message.image.T, bench.fat_map().fat_fraction)
    assert message.ijk_to_world_matrix == pytest.approx(their_matrix(), abs=1e-5)
