"""The guardian's reading of an MRD stream, against the library that others use, and cut anywhere."""

import struct
from itertools import pairwise

import guardian_bench as bench
import ismrmrd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.guardian.mrd import LONGEST, Reader, StreamLost

pytestmark = pytest.mark.verifies("SRS-907")


def text(kind: int, body: bytes) -> bytes:
    return struct.pack("<HI", kind, len(body)) + body


STREAM = b"".join((
    struct.pack("<H", 1) + b"config".ljust(1024, b"\0"),
    text(3, b"<xml/>\0"),
    bench.message(bench.volume(seed=1)),
    bench.message(np.zeros((2, 3, 4), "<f4"), data_type=5),
    text(5, b"{}"),
    bench.message(bench.volume(seed=2)[:1], slice_number=7),
    struct.pack("<H", 4),
))  # fmt: skip


def test_it_finds_the_images_of_complex_numbers() -> None:
    first, second = Reader().feed(STREAM)
    assert (first.matrix, first.channels, first.slice_number) == (bench.MATRIX, 1, 0)
    assert first.data == bench.volume(seed=1).tobytes()
    assert (second.matrix, second.slice_number) == ((8, 6, 1), 7)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    reader, found = Reader(), []
    at = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(at):
        found += reader.feed(STREAM[start:end])
    assert found == Reader().feed(STREAM)


def test_it_reads_what_ismrmrd_writes() -> None:
    data = bench.volume(3.0, seed=4)
    made = ismrmrd.Image.from_array(data, transpose=False)
    made.slice = 5
    made.attribute_string = "<ismrmrdMeta/>"
    written = bytearray(struct.pack("<H", 1022))
    made.serialize_into(written.extend)
    (image,) = Reader().feed(bytes(written))
    assert image.matrix == bench.MATRIX
    assert image.slice_number == 5
    assert image.data == data.tobytes()


def test_it_passes_over_raw_data_and_waveforms() -> None:
    raw = ismrmrd.Acquisition()
    raw.resize(16, 2, 3)
    raw.data[:] = 1.0
    wave = ismrmrd.Waveform.from_array(np.ones((2, 5), np.uint32))
    written = bytearray()
    for kind, made in ((1008, raw), (1026, wave)):
        written += struct.pack("<H", kind)
        made.serialize_into(written.extend)
    (image,) = Reader().feed(bytes(written) + bench.message(bench.volume()))
    assert image.matrix == bench.MATRIX


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<H", 1009) + bytes(400),
        struct.pack("<H", 1008) + b"\xff" * 340,
        text(3, b"")[:2] + struct.pack("<I", 2**31),
        bench.message(np.zeros((1, 1, 1), "<c8"), data_type=9),
        struct.pack("<HHHQI3H3fH", 1022, 1, 7, 0, 0, 65535, 65535, 65535, 0, 0, 0, 1).ljust(208, b"\0"),
        struct.pack("<H", 1022) + bytes(2) + b"\x07\0" + bytes(194) + struct.pack("<Q", 2**60),
    ],
)
def test_what_has_no_known_end_is_refused(data: bytes) -> None:
    with pytest.raises(StreamLost):
        Reader().feed(data)
    assert LONGEST >= 8 * 128 * 128 * 64
