"""The guardian's own reading of an MRD v1 stream: finds images of complex numbers, passes over the rest.

Facts: little-endian; u16 message id; an image is a packed header of 198 bytes, u64 length of the attributes, the
attributes, the data in the order channel, z, y, x.
"""

import struct
from dataclasses import dataclass
from typing import Final

_ID: Final = struct.Struct("<H")
_LENGTH: Final = struct.Struct("<I")
_ATTRIBUTES: Final = struct.Struct("<Q")
_HEADER_BYTES: Final = 198
_SHAPE: Final = struct.Struct("<HHQI3H12xH")
_SLICE: Final = struct.Struct("<H")
_SLICE_AT: Final = 2 + 2 + 8 + 4 + 6 + 12 + 2 + 12 * 5 + 2
CONFIG_FILE, CONFIG_TEXT, HEADER_XML, CLOSE, TEXT, RAW, IMAGE, WAVEFORM = 1, 2, 3, 4, 5, 1008, 1022, 1026
_RAW: Final = struct.Struct("<34xHxxH136xH162x")
_WAVEFORM: Final = struct.Struct("<28xHH8x")
_CONFIG_FILE_BYTES: Final = 1024
_COMPLEX64: Final = 7
_BYTES_OF: Final = {1: 2, 2: 2, 3: 4, 4: 4, 5: 4, 6: 8, 7: 8, 8: 16}
LONGEST: Final = 256 * 1024 * 1024
LONGEST_TEXT: Final = 4 * 1024 * 1024


class StreamLost(Exception):
    """What follows cannot be read: where the next message begins is not known. Says what was found."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image of complex numbers: its matrix x, y, z, channels, slice number, and its data as sent."""

    matrix: tuple[int, int, int]
    channels: int
    slice_number: int
    data: bytes


class Reader:
    """Takes bytes as they come. Holds at most one message of at most LONGEST bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Image]:
        """The images that are whole now. Raises StreamLost; the reader is of no use then."""
        self._buffer += data
        images: list[Image] = []
        while True:
            taken = self._message(images)
            if not taken:
                return images
            del self._buffer[:taken]

    def _message(self, images: list[Image]) -> int:
        """How many bytes the first message takes; 0 if it is not whole."""
        if len(self._buffer) < _ID.size:
            return 0
        (kind,) = _ID.unpack_from(self._buffer)
        if kind == IMAGE:
            return self._image(images)
        if kind == CLOSE:
            return _ID.size
        if kind == CONFIG_FILE:
            return self._whole(_ID.size + _CONFIG_FILE_BYTES)
        if kind in (CONFIG_TEXT, HEADER_XML, TEXT):
            if len(self._buffer) < _ID.size + _LENGTH.size:
                return 0
            (length,) = _LENGTH.unpack_from(self._buffer, _ID.size)
            if length > LONGEST_TEXT:
                raise StreamLost(f"a text of {length} bytes, expected at most {LONGEST_TEXT}")
            return self._whole(_ID.size + _LENGTH.size + int(length))
        if kind in (RAW, WAVEFORM):
            return self._passed_over(kind)
        raise StreamLost(f"message id {kind}, expected 1 to 5, 1008, 1022 or 1026")

    def _passed_over(self, kind: int) -> int:
        header = _RAW if kind == RAW else _WAVEFORM
        start = _ID.size + header.size
        if len(self._buffer) < start:
            return 0
        if kind == WAVEFORM:
            samples, channels = header.unpack_from(self._buffer, _ID.size)
            size = 4 * samples * channels
        else:
            samples, channels, dimensions = header.unpack_from(self._buffer, _ID.size)
            size = samples * (4 * dimensions + 8 * channels)
        if size > LONGEST:
            what = "a waveform" if kind == WAVEFORM else "raw data"
            raise StreamLost(f"{what} of {size} bytes, expected at most {LONGEST}")
        return self._whole(start + size)

    def _image(self, images: list[Image]) -> int:
        at = _ID.size + _HEADER_BYTES
        if len(self._buffer) < at + _ATTRIBUTES.size:
            return 0
        _, data_type, _, _, nx, ny, nz, channels = _SHAPE.unpack_from(self._buffer, _ID.size)
        (slice_number,) = _SLICE.unpack_from(self._buffer, _ID.size + _SLICE_AT)
        (attributes,) = _ATTRIBUTES.unpack_from(self._buffer, at)
        if data_type not in _BYTES_OF:
            raise StreamLost(f"image data type {data_type}, expected 1 to 8")
        size = nx * ny * nz * channels * _BYTES_OF[data_type]
        if size > LONGEST or attributes > LONGEST_TEXT:
            raise StreamLost(f"an image of {size} bytes and {attributes} of attributes, expected at most {LONGEST}")
        start = at + _ATTRIBUTES.size + int(attributes)
        whole = self._whole(start + size)
        if whole and data_type == _COMPLEX64:
            images.append(Image((nx, ny, nz), channels, slice_number, bytes(self._buffer[start:whole])))
        return whole

    def _whole(self, size: int) -> int:
        return size if len(self._buffer) >= size else 0
