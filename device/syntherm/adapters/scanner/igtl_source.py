"""From an OpenIGTLink stream to judged images. What the protocol leaves open is declared per bridge, never guessed."""

from math import isfinite
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner import igtl_codec as codec
from syntherm.adapters.scanner.frames import Judge, Place, Told
from syntherm.adapters.scanner.igtl_body import RAS, Head, IgtlImage, IgtlStatus, IgtlString
from syntherm.adapters.scanner.moments import Axes, Clocks, turned
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused, Taken, shown
from syntherm.core.events import FatMapReceived, FrameReceived

_OK: Final = 1
_LONGEST_NUMBER: Final = 9
_UNTIMED: Final = (0, 0)


@attrs.frozen
class NumberInMetadata:
    """The number of a dynamic is the metadata entry with this key; header version 2 only."""

    key: str


@attrs.frozen
class NumberInString:
    """The number of a dynamic comes in a STRING of this device, directly before the image; used once."""

    device: str


@attrs.frozen
class NumberByPeriod:
    """Nothing numbers the dynamics: each whole period between two device timestamps counts one."""

    period_s: float


Numbering = NumberInMetadata | NumberInString | NumberByPeriod


@attrs.frozen
class IgtlSettings:
    """What is declared of one bridge.

    `field_T`, `echo_time_ms`: the key of the metadata entry that says it, or, where the bridge does not say it, the
    value that the site declares for the sequence. `stamp_to_centre_s`: from the moment that the device timestamp means
    to the centre of k-space.
    """

    frame_device: str
    fat_map_device: str
    numbering: Numbering
    field_T: str | float
    echo_time_ms: str | float
    stamp_to_centre_s: float
    axes: Axes
    largest_bytes: int


class IgtlSource:
    """Implements Source for OpenIGTLink."""

    def __init__(self, settings: IgtlSettings, judge: Judge, clocks: Clocks, remarks: Remarks) -> None:
        self._settings, self._judge, self._clocks, self._remarks = settings, judge, clocks, remarks
        self._decoder = codec.IgtlDecoder(settings.largest_bytes)
        self._announced: str | None = None
        self._counted: tuple[int, float] | None = None
        self._speaks = 1

    def begin(self) -> None:
        """Another peer. The count by periods goes on: a gap is a gap, whoever sends."""
        self._decoder.begin()
        self._announced, self._speaks = None, 1

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty."""
        return self._decoder.room()

    @property
    def midway(self) -> bool:
        """Whether a message has begun and is not whole."""
        return self._decoder.midway

    def took(self, count: int) -> Taken:
        """What the bytes led to. Raises StreamRefused."""
        images: list[FrameReceived | FatMapReceived] = []
        answer = b""
        messages = self._decoder.took(count)
        for message in messages:
            # A library of the first protocol loses the stream on version 2: it is spoken to who has spoken it.
            self._speaks = max(self._speaks, _version(message))
            if isinstance(message, codec.IgtlAsked):
                answer += codec.status_ok(self._speaks)
                continue
            try:
                image = self._seen(message)
            except MessageRefused as refused:
                self._remarks.add(f"refused: {refused}")
                continue
            if image is not None:
                images.append(image)
        return Taken(tuple(images), bool(messages), answer)

    def _seen(self, message: codec.IgtlAny) -> FrameReceived | FatMapReceived | None:
        # A number counts for the message directly behind it, whatever that is.
        announced, self._announced = self._announced, None
        if isinstance(message, codec.IgtlRefused):
            raise MessageRefused(message.because)
        if isinstance(message, IgtlImage):
            return self._image(message, announced)
        if isinstance(message, codec.IgtlSkipped):
            self._remarks.add(f"{message.type_name} of {shown(message.device)} came and is not used")
        elif isinstance(message, IgtlString):
            numbering = self._settings.numbering
            if isinstance(numbering, NumberInString) and message.head.device == numbering.device:
                self._announced = message.text
        elif isinstance(message, IgtlStatus) and message.code != _OK:
            self._remarks.add(f"{shown(message.head.device)} reports status {message.code}: {shown(message.text)}")
        return None

    def _image(self, image: IgtlImage, announced: str | None) -> FrameReceived | FatMapReceived | None:
        device, settings = image.head.device, self._settings
        if device == settings.fat_map_device:
            return self._judge.fat_map(self._place(image), _single(image.values), self._clocks.now_s())
        if device != settings.frame_device:
            self._remarks.add(f"images of {shown(device)} came and are not used")
            return None
        if (image.head.seconds, image.head.fraction) == _UNTIMED:
            raise MessageRefused("an image without a device timestamp")
        stamp_s = image.head.seconds + image.head.fraction / 2.0**32 + settings.stamp_to_centre_s
        number = self._number(image.head, announced, stamp_s)
        told = Told(
            number=number,
            acquired_s=self._clocks.of_epoch(stamp_s),
            field_T=_said(image.head, settings.field_T),
            echo_time_ms=_said(image.head, settings.echo_time_ms),
            place=self._place(image),
            values=_complex(image.values),
        )
        frame = self._judge.frame(told, self._clocks.now_s())
        self._counted = (number, stamp_s)
        return frame

    def _number(self, head: Head, announced: str | None, stamp_s: float) -> int:
        numbering = self._settings.numbering
        if isinstance(numbering, NumberByPeriod):
            if self._counted is None:
                return 1
            number, before_s = self._counted
            return number + round((stamp_s - before_s) / numbering.period_s)
        if isinstance(numbering, NumberInMetadata):
            text, where = head.metadata.get(numbering.key), f"metadata {shown(numbering.key)}"
        else:
            text, where = announced, f"a STRING of {shown(numbering.device)} directly before it"
        if text is None or not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise MessageRefused(f"an image without a number: {where} is {shown(text) if text else 'missing'}")
        return int(text)

    def _place(self, image: IgtlImage) -> Place:
        said_in = Axes.RAS if image.coordinates == RAS else Axes.LPS
        columns_mm = tuple(turned(column, said_in, self._settings.axes) for column in image.columns_mm)
        return Place.of_columns(image.matrix, columns_mm, turned(image.centre_mm, said_in, self._settings.axes))


def _version(message: codec.IgtlAny) -> int:
    if isinstance(message, codec.IgtlAsked | codec.IgtlSkipped | codec.IgtlRefused):
        return message.version
    return message.head.version


def _said(head: Head, declared: str | float) -> float:
    """The value of a metadata entry, or the declared one."""
    if isinstance(declared, float):
        return declared
    text = head.metadata.get(declared)
    try:
        value = float(text) if text is not None else float("nan")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        said = "missing" if text is None else shown(text)
        raise MessageRefused(f"an image whose metadata {shown(declared)} is {said}; expected a number")
    return value


def _single(values: NDArray[np.generic]) -> NDArray[np.generic]:
    if values.shape[3] != 1:
        raise MessageRefused(f"fat map: {values.shape[3]} components; expected 1")
    return values[..., 0]


def _complex(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Real and imaginary part as one number. A phase alone says nothing of noise, so it is not taken."""
    if values.shape[3] != 2 or values.dtype not in (np.float32, np.int16):
        found = f"{values.shape[3]} components of type {values.dtype}"
        raise MessageRefused(f"an image of {found}; expected 2 (real, imaginary) of float32 or int16")
    return np.ascontiguousarray(values, np.float32).view(np.complex64)[..., 0]
