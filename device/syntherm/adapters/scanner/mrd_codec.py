"""ISMRMRD (MRD version 1) messages from the bytes of a stream: any split gives the same messages, in bounded memory.

Nothing in this format tells a changed byte from a true one. What cannot be what it says it is ends the stream.
"""

import struct
from enum import Enum, unique
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner.stream import Parts, StreamRefused

CONFIG_FILE: Final = 1
CONFIG_TEXT: Final = 2
HEADER: Final = 3
CLOSE: Final = 4
TEXT: Final = 5
ACQUISITION: Final = 1008
IMAGE: Final = 1022
WAVEFORM: Final = 1026
CLOSING: Final = struct.pack("<H", CLOSE)
"""What both sides send last."""

_WORD: Final = struct.Struct("<H")
_LENGTH: Final = struct.Struct("<I")
_IMAGE_HEAD: Final = struct.Struct("<HHQI3H3fH3f3f3f3f3f6HI3I3H8i8fIQ")
"""The packed header of 198 bytes and the length of the attributes behind it."""
_CONFIG_FILE_BYTES: Final = 1024
_ACQUISITION_BYTES: Final = 340
_SAMPLES, _CHANNELS, _DIMENSIONS = 34, 38, 176
"""Where an acquisition's header says how many samples, active channels and trajectory dimensions follow."""
_WAVEFORM_SAMPLES, _WAVEFORM_CHANNELS = 28, 30
_WAVEFORM_BYTES: Final = 40
_TYPES: Final[dict[int, np.dtype[np.generic]]] = {
    1: np.dtype("<u2"), 2: np.dtype("<i2"), 3: np.dtype("<u4"), 4: np.dtype("<i4"),
    5: np.dtype("<f4"), 6: np.dtype("<f8"), 7: np.dtype("<c8"), 8: np.dtype("<c16"),
}  # fmt: skip

Triple = tuple[float, float, float]


@attrs.frozen
class MrdText:
    """A text: the name or the text of a configuration, the XML header, or a free text, by its message number."""

    kind: int
    text: bytes


@attrs.frozen
class ImageHead:
    """The header of an image as sent: lengths in mm, in the patient's LPS axes."""

    version: int
    data_type: int
    matrix: tuple[int, int, int]
    field_of_view_mm: Triple
    channels: int
    centre_mm: Triple
    read_dir: Triple
    phase_dir: Triple
    slice_dir: Triple
    contrast: int
    repetition: int
    acquisition_time_stamp: int
    image_type: int
    image_index: int
    series: int
    attribute_bytes: int

    @property
    def value_bytes(self) -> int:
        """How many bytes of values follow. Raises StreamRefused if the type has no size."""
        if self.data_type not in _TYPES:
            raise StreamRefused(f"an image of data type {self.data_type}; expected 1 to 8")
        nx, ny, nz = self.matrix
        return nx * ny * nz * self.channels * _TYPES[self.data_type].itemsize


@attrs.frozen(eq=False)
class MrdImage:
    """An image; `values` has shape (nx, ny, nz, channels)."""

    head: ImageHead
    values: NDArray[np.generic]


@attrs.frozen
class MrdSkipped:
    """Something that is understood and not used."""

    what: str


@attrs.frozen
class MrdClosed:
    """The peer says that nothing more comes."""


MrdMessage = MrdText | MrdImage | MrdSkipped | MrdClosed


@unique
class _Stage(Enum):
    ID = "message number"
    FILE = "name of a configuration"
    LENGTH = "length of a text"
    TEXT = "text"
    IMAGE_HEAD = "header of an image"
    ATTRIBUTES = "attributes of an image"
    VALUES = "values of an image"
    ACQUISITION_HEAD = "header of raw data"
    WAVEFORM_HEAD = "header of a waveform"
    SKIPPED = "what is not used"


_BEGINS: Final = {
    CONFIG_FILE: (_Stage.FILE, _CONFIG_FILE_BYTES),
    CONFIG_TEXT: (_Stage.LENGTH, _LENGTH.size),
    HEADER: (_Stage.LENGTH, _LENGTH.size),
    TEXT: (_Stage.LENGTH, _LENGTH.size),
    IMAGE: (_Stage.IMAGE_HEAD, _IMAGE_HEAD.size),
    ACQUISITION: (_Stage.ACQUISITION_HEAD, _ACQUISITION_BYTES),
    WAVEFORM: (_Stage.WAVEFORM_HEAD, _WAVEFORM_BYTES),
}


class MrdDecoder:
    """Bytes in, messages out. Write into `room`, then say how many with `took`."""

    def __init__(self, largest: int) -> None:
        """`largest`: bytes of the longest text or image that is taken."""
        self._largest = max(largest, _CONFIG_FILE_BYTES)
        self._parts = Parts(self._largest)
        self._stage, self._kind = _Stage.ID, 0
        self._head: ImageHead | None = None
        self.begin()

    def begin(self) -> None:
        """A new stream: drop what was unfinished."""
        self._next(_Stage.ID, _WORD.size)

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty."""
        return self._parts.room()

    @property
    def midway(self) -> bool:
        """Whether a message has begun and is not whole."""
        return self._stage is not _Stage.ID or self._parts.begun

    def took(self, count: int) -> tuple[MrdMessage, ...]:
        """What is whole now. Raises StreamRefused where no message can be."""
        self._parts.took(count)
        messages: list[MrdMessage] = []
        while self._parts.whole:
            message = self._advance(self._parts.part if self._stage is not _Stage.SKIPPED else memoryview(b""))
            if message is not None:
                messages.append(message)
        return tuple(messages)

    def _next(self, stage: _Stage, length: int) -> None:
        self._stage = stage
        if stage is _Stage.SKIPPED:
            self._parts.skip(length)
        else:
            self._parts.want(length)

    def _advance(self, part: memoryview) -> MrdMessage | None:
        match self._stage:
            case _Stage.ID:
                return self._open(_WORD.unpack(part)[0])
            case _Stage.LENGTH:
                self._next(_Stage.TEXT, _LENGTH.unpack(part)[0])
            case _Stage.IMAGE_HEAD:
                self._head = _image_head(part)
                # Before anything else is read: what is too large, or of no known size, ends the stream here.
                if self._head.value_bytes > self._largest:
                    raise StreamRefused(
                        f"an image of {self._head.value_bytes} bytes; at most {self._largest} are taken"
                    )
                self._next(_Stage.ATTRIBUTES, self._head.attribute_bytes)
            case _Stage.ATTRIBUTES if self._head is not None:
                self._next(_Stage.VALUES, self._head.value_bytes)
            case _Stage.ACQUISITION_HEAD | _Stage.WAVEFORM_HEAD:
                self._next(_Stage.SKIPPED, _behind(part, waveform=self._stage is _Stage.WAVEFORM_HEAD))
            case _:
                return self._ended(part)
        return None

    def _open(self, kind: int) -> MrdMessage | None:
        self._kind = kind
        if kind == CLOSE:
            self.begin()
            return MrdClosed()
        if kind not in _BEGINS:
            raise StreamRefused(f"message number {kind}; expected one of {sorted((*_BEGINS, CLOSE))}")
        self._next(*_BEGINS[kind])
        return None

    def _ended(self, part: memoryview) -> MrdMessage:
        message: MrdMessage
        if self._stage is _Stage.VALUES and self._head is not None:
            message = MrdImage(self._head, _values(self._head, part))
        elif self._stage is _Stage.SKIPPED:
            message = MrdSkipped("raw data" if self._kind == ACQUISITION else "waveform")
        else:
            message = MrdText(self._kind, bytes(part).rstrip(b"\0"))
        self.begin()
        return message


def _behind(head: memoryview, *, waveform: bool) -> int:
    """How many bytes follow the header of raw data or of a waveform."""

    def count(offset: int) -> int:
        return int.from_bytes(head[offset : offset + 2], "little")

    if waveform:
        return count(_WAVEFORM_SAMPLES) * count(_WAVEFORM_CHANNELS) * 4
    return count(_SAMPLES) * (4 * count(_DIMENSIONS) + 8 * count(_CHANNELS))


def _image_head(part: memoryview) -> ImageHead:
    numbers = _IMAGE_HEAD.unpack(part)
    return ImageHead(
        version=numbers[0],
        data_type=numbers[1],
        matrix=numbers[4:7],
        field_of_view_mm=numbers[7:10],
        channels=numbers[10],
        centre_mm=numbers[11:14],
        read_dir=numbers[14:17],
        phase_dir=numbers[17:20],
        slice_dir=numbers[20:23],
        contrast=numbers[28],
        repetition=numbers[30],
        acquisition_time_stamp=numbers[32],
        image_type=numbers[36],
        image_index=numbers[37],
        series=numbers[38],
        attribute_bytes=numbers[-1],
    )


def _values(head: ImageHead, part: memoryview) -> NDArray[np.generic]:
    nx, ny, nz = head.matrix
    sent = np.frombuffer(part, _TYPES[head.data_type]).reshape(head.channels, nz, ny, nx)
    # A copy of its own: the part is overwritten by the next message.
    return np.array(sent.transpose(3, 2, 1, 0), order="C")
