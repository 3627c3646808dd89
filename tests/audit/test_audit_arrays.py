"""Arrays come out of the record as they went in, to the bit; what cannot be one is refused."""

import zlib

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.audit.arrays import Packed, digest_of, pack, unpack

SHAPES = st.lists(st.integers(0, 4), min_size=0, max_size=4).map(tuple)
DTYPES = ("<c8", "<f4", "|u1", "<f8", "<i4")


@st.composite
def any_array(draw: st.DrawFn) -> np.ndarray:
    """Any bits in any shape, also none."""
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(SHAPES)
    size = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
    return np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)


def back(array: np.ndarray) -> np.ndarray:
    return unpack(pack(array, digest_of(array)))


def assert_same(one: np.ndarray, other: np.ndarray) -> None:
    assert one.dtype == other.dtype and one.shape == other.shape
    assert one.tobytes() == other.tobytes()


@pytest.mark.verifies("SRS-504")
@given(any_array())
def test_any_array_is_unpacked_bit_for_bit(array: np.ndarray) -> None:
    assert_same(back(array), array)
    assert digest_of(back(array)) == digest_of(array)


PARTS = [0.0, -0.0, 1.0, -1.0, 32767.0, -32768.0, 32768.0, -32769.0, 0.5, 1e-30, 3.4e38, np.inf, -np.inf, np.nan]
PAYLOAD = np.array([0x7FC00001, 0xFFC12345, 0x7F800001], np.uint32).view(np.float32)


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize("part", [*PARTS, *PAYLOAD], ids=lambda part: f"{np.float32(part).view(np.uint32):08x}")
def test_each_part_of_a_complex_image_survives(part: float) -> None:
    """Among whole numbers that 16 bits can hold, so that one odd part decides about the packing."""
    parts = np.arange(-10, 10, dtype=np.float32)
    parts[7] = part
    image = parts.view(np.complex64).reshape(2, 5, 1)
    assert_same(back(image), image)


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize(("part", "packing"), [(-32768.0, "i2-shuffle-zlib"), (32767.0, "i2-shuffle-zlib")] + [
    (part, "shuffle-zlib") for part in (-0.0, 0.5, 32768.0, -32769.0, np.inf, np.nan)
])  # fmt: skip
def test_only_whole_numbers_of_16_bits_are_packed_as_such(part: float, packing: str) -> None:
    image = np.full((3, 1, 1), part, np.float32).astype(np.complex64)
    assert pack(image, "").packing == packing


def test_a_scanner_image_takes_less_room_than_its_numbers() -> None:
    parts = np.rint(np.random.default_rng(1).normal(0, 300, (16, 16, 4, 2))).astype(np.float32) + np.float32(0.0)
    image = parts.view(np.complex64)[..., 0]
    assert len(pack(image, "").data) < image.nbytes / 2.5


@pytest.mark.parametrize("noise", [0.0, 3.0, 3000.0])
def test_an_image_is_one_stream_as_any_reader_inflates_it_and_no_longer_than_deflated_whole(noise: float) -> None:
    parts = np.rint(np.random.default_rng(1).normal(5.0, noise, (64, 32, 4, 2))).astype(np.float32) + np.float32(0.0)
    image = parts.view(np.complex64)[..., 0]
    packed = pack(image, "")
    content = parts.astype("<i2").reshape(-1).view(np.uint8).reshape(-1, 2).T.tobytes()
    assert packed.packing == "i2-shuffle-zlib" and zlib.decompress(packed.data) == content
    assert len(packed.data) <= 1.01 * len(zlib.compress(content, 1))


@pytest.mark.verifies("SRS-502")
def test_the_digest_tells_type_and_shape_apart() -> None:
    flat = np.zeros(4, np.float32)
    others = [flat.reshape(2, 2), flat.view(np.int32), flat.reshape(4, 1), np.zeros(4, np.float64), flat.view(">f4")]
    assert len({digest_of(array) for array in [flat, *others]}) == 6


def test_order_in_memory_makes_no_difference() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    columns = np.asfortranarray(array)
    assert digest_of(columns) == digest_of(array)
    assert_same(back(columns), array)
    assert_same(back(array[:, ::2, ::-1]), np.ascontiguousarray(array[:, ::2, ::-1]))


GOOD = pack(np.arange(6, dtype=np.complex64).reshape(1, 2, 3), "0" * 64)
REAL = pack(np.arange(6, dtype=np.float32).reshape(1, 2, 3) + 0.5, "0" * 64)
BAD = [
    {"data": GOOD.data + b"\0"}, {"data": REAL.data * 2},
    {"data": b""}, {"data": b"no deflate"}, {"data": GOOD.data[:-3]}, {"data": REAL.data[:9]},
    {"shape": "[1, 2]"}, {"shape": "[7]"}, {"shape": "{}"}, {"shape": "null"}, {"shape": "6"}, {"shape": ""},
    {"shape": "[1, 2, 3.0]"}, {"shape": '["a"]'}, {"shape": "[-1]"}, {"shape": "[9e99]"}, {"shape": "[true, 2, 3]"},
    {"packing": "zip"}, {"packing": ""}, {"dtype": "nothing"}, {"dtype": ""}, {"dtype": "<f3"}, {"dtype": "O"},
    {"dtype": "V0"}, {"dtype": "a,,"}, {"dtype": "<f8"}, {"dtype": "U"}, {"dtype": "(2,"},
]  # fmt: skip


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("packed", [GOOD, REAL], ids=["whole", "fractional"])
@pytest.mark.parametrize("change", BAD, ids=str)
def test_what_cannot_be_an_array_is_refused(packed: Packed, change: dict[str, object]) -> None:
    """Or it gives an array of another digest: nothing else can happen."""
    damaged = attrs.evolve(packed, **change)
    try:
        array = unpack(damaged)
    except ValueError:
        return
    assert digest_of(array) != digest_of(unpack(packed))


@pytest.mark.verifies("SRS-502")
@given(st.data())
def test_damaged_data_is_refused_or_gives_another_digest(data: st.DataObject) -> None:
    packed = data.draw(st.sampled_from([GOOD, REAL]))
    raw = bytearray(packed.data)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        array = unpack(attrs.evolve(packed, data=bytes(raw)))
    except ValueError:
        return
    # Some bits of a deflate stream mean nothing (the level in its head): then the content is the same.
    same = array.tobytes() == unpack(packed).tobytes()
    assert (digest_of(array) == digest_of(unpack(packed))) is same
