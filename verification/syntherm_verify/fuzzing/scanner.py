"""Both wires of scanners: the codecs by themselves, and the whole way from bytes to judged images."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Final, Protocol

import numpy as np

from syntherm.adapters.scanner.crc64 import crc64
from syntherm.adapters.scanner.frames import Expected, Judge
from syntherm.adapters.scanner.igtl_codec import IgtlDecoder
from syntherm.adapters.scanner.igtl_source import IgtlSettings, IgtlSource, NumberInMetadata, NumberInString
from syntherm.adapters.scanner.moments import Axes, Clocks
from syntherm.adapters.scanner.mrd_codec import MrdDecoder
from syntherm.adapters.scanner.mrd_header import read_header
from syntherm.adapters.scanner.mrd_source import MrdSettings, MrdSource, Numbered
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused, Source, StreamRefused
from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm_verify.fuzzing import scanner_seeds
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Target, demand, one_line

LARGEST: Final = 1 << 14
GEOMETRY: Final = Geometry((4, 3, 2), (2.0, 2.5, 6.0), (-4.3, -3.75, -6.1))
EXPECTED: Final = Expected(GEOMETRY, 1.5, 20.0, 9.0, (1.0, 32767.0))
NOW_S: Final = 100.0
MORNING: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_MRD: Final = MrdSettings(
    tick_s=0.0025, midnight_offset_s=0.0, stamp_to_centre_s=0.0, numbered=Numbered.IMAGE_INDEX, frame_series=1,
    fat_map_series=2, axes=Axes.LPS, largest_bytes=LARGEST,
)  # fmt: skip
_IGTL: Final = IgtlSettings(
    frame_device="MR", fat_map_device="FAT", numbering=NumberInMetadata("IMAGE_NUMBER"),
    field_T="MagneticFieldStrength", echo_time_ms="EchoTime", stamp_to_centre_s=0.0, axes=Axes.LPS,
    largest_bytes=LARGEST,
)  # fmt: skip
_IGTL_1: Final = IgtlSettings(
    frame_device="MR", fat_map_device="FAT", numbering=NumberInString("IMAGE_NUMBER"), field_T=1.5,
    echo_time_ms=20.0, stamp_to_centre_s=0.0, axes=Axes.LPS, largest_bytes=LARGEST,
)  # fmt: skip
_HEAD_BYTES, _SIZE_AT, _CRC_AT = 58, 42, 50
"""Of an OpenIGTLink header: its length, and where length and check of the body stand."""


class _Decoder(Protocol):
    def room(self) -> memoryview: ...
    def took(self, count: int, /) -> Iterable[object]: ...
    @property
    def midway(self) -> bool: ...


def _written(decoder: "_Decoder | Source", piece: bytes) -> Iterable[int]:
    """Write a piece as a socket would; how many bytes fitted each time. Raises Broken if there is no room."""
    rest = memoryview(piece)
    while rest:
        room = decoder.room()
        demand(0 < len(room) <= LARGEST, f"room for {len(room)} bytes, expected 1 to {LARGEST}")
        count = min(len(room), len(rest))
        room[:count] = rest[:count]
        yield count
        rest = rest[count:]


class _Codec:
    """A decoder by itself. Its memory is set aside once, so that it holds no more later."""

    held = LARGEST

    def __init__(self, decoder: _Decoder) -> None:
        self._decoder = decoder

    def feed(self, piece: bytes) -> Iterator[object]:
        for count in _written(self._decoder, piece):
            yield from self._decoder.took(count)


class _Whole:
    """A source with the judge behind it: images, answers and remarks."""

    held = LARGEST

    def __init__(self, source: Source, remarks: Remarks) -> None:
        self._source, self._remarks = source, remarks

    def feed(self, piece: bytes) -> Iterator[object]:
        for count in _written(self._source, piece):
            taken = self._source.took(count)
            yield from (_sound(image) for image in taken.images)
            if taken.answer or taken.closed:
                yield (taken.answer, taken.closed)
            for remark in self._remarks.take():
                one_line(remark)
                yield remark


def _sound(image: FrameReceived | FatMapReceived) -> FrameReceived | FatMapReceived:
    """An image that went through is one that the plan asks for. Raises Broken."""
    if isinstance(image, FatMapReceived):
        fat = image.fat_fraction
        demand(fat.dtype == np.float32 and bool(((fat >= 0.0) & (fat <= 1.0)).all()), "a fat map of no fat")
    else:
        volume = image.volume
        demand(volume.dtype == np.complex64 and bool(np.isfinite(volume).all()), "a volume that is not finite")
        demand(0.0 <= NOW_S - image.acquired_s <= EXPECTED.age_s, f"an image acquired at {image.acquired_s!r}")
        demand(abs(image.field_T - EXPECTED.field_T) <= 2e-3 * EXPECTED.field_T, f"a field of {image.field_T!r} T")
    shape = image.fat_fraction.shape if isinstance(image, FatMapReceived) else image.volume.shape
    demand(shape == GEOMETRY.matrix and image.geometry == GEOMETRY, "an image in another place")
    return image


def _clocks() -> Clocks:
    return Clocks(lambda: NOW_S, lambda: MORNING)


def _mrd_source() -> _Whole:
    said = Remarks()
    return _Whole(MrdSource(_MRD, Judge(EXPECTED, said), _clocks(), said), said)


def _igtl_source(settings: IgtlSettings = _IGTL) -> _Whole:
    said = Remarks()
    return _Whole(IgtlSource(settings, Judge(EXPECTED, said), _clocks(), said), said)


_ENDS: Final = (StreamRefused,)
_MRD_CODEC: Final = Kind(lambda: _Codec(MrdDecoder(LARGEST)), LARGEST, _ENDS)
_IGTL_CODEC: Final = Kind(lambda: _Codec(IgtlDecoder(LARGEST)), LARGEST, _ENDS)
_MRD_WHOLE: Final = Kind(_mrd_source, LARGEST, _ENDS)
_IGTL_WHOLE: Final = (Kind(_igtl_source, LARGEST, _ENDS), Kind(lambda: _igtl_source(_IGTL_1), LARGEST, _ENDS))


def _mrd(data: bytes) -> None:
    judge(_MRD_CODEC, data)


def _mrd_whole(data: bytes) -> None:
    judge(_MRD_WHOLE, data)


def _igtl(data: bytes) -> None:
    judge(_IGTL_CODEC, data)


def _igtl_whole(data: bytes) -> None:
    # The first message's header version tells which bridge is meant.
    kind = _IGTL_WHOLE[1 if data[:2] == b"\0\1" else 0]
    judge(kind, repaired(data))


def _header(data: bytes) -> None:
    try:
        header = read_header(data)
    except MessageRefused as refused:
        one_line(str(refused))
        return
    numbers = (header.field_T, *header.echo_times_ms)
    demand(all(isfinite(number) and number > 0.0 for number in numbers), f"a header of {numbers!s:.200}")


def repaired(data: bytes) -> bytes:
    """The messages with the checks that their bodies have, so that changed bodies are looked into.

    A body that is said to be longer than what is there ends where the input does.
    """
    made, at = bytearray(data), 0
    while at + _HEAD_BYTES <= len(made):
        start = at + _HEAD_BYTES
        end = start + int.from_bytes(made[at + _SIZE_AT : at + _CRC_AT], "big")
        if end > len(made):
            end = len(made)
            made[at + _SIZE_AT : at + _CRC_AT] = (end - start).to_bytes(8, "big")
        made[at + _CRC_AT : start] = crc64(bytes(made[start:end])).to_bytes(8, "big")
        at = end
    return bytes(made)


def _igtl_seeds() -> Iterable[bytes]:
    for version in (1, 2):
        yield from scanner_seeds.igtl(version)


TARGETS: Final = {
    "mrd": Target(_mrd, scanner_seeds.mrd, longest=8192),
    "mrd-header": Target(_header, scanner_seeds.headers),
    "mrd-source": Target(_mrd_whole, scanner_seeds.mrd, longest=8192),
    "igtl": Target(_igtl, _igtl_seeds, longest=8192),
    "igtl-source": Target(_igtl_whole, _igtl_seeds, longest=8192),
}
