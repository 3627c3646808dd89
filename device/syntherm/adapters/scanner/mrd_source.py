"""From an MRD stream to judged images. What the format leaves open is declared per scanner, never guessed."""

from enum import Enum, unique
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner import mrd_codec as mrd
from syntherm.adapters.scanner.frames import Judge, Place, Told
from syntherm.adapters.scanner.moments import Axes, Clocks, Triple, turned
from syntherm.adapters.scanner.mrd_header import MrdHeader, read_header
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused, Taken, shown
from syntherm.core.events import FatMapReceived, FrameReceived

_VERSION: Final = 1
_MAGNITUDE, _COMPLEX = 1, 5


@unique
class Numbered(Enum):
    """Which field counts the dynamics."""

    IMAGE_INDEX = "image_index"
    REPETITION = "repetition"


@attrs.frozen
class MrdSettings:
    """What is declared of one scanner.

    `tick_s`: unit of acquisition_time_stamp (2.5 ms reported of one vendor; unverified).
    `midnight_offset_s`: how far the scanner's time zone is ahead of UTC.
    `stamp_to_centre_s`: from the moment that the stamp means to the centre of k-space.
    """

    tick_s: float
    midnight_offset_s: float
    stamp_to_centre_s: float
    numbered: Numbered
    frame_series: int
    fat_map_series: int
    axes: Axes
    largest_bytes: int


class MrdSource:
    """Implements Source for MRD version 1."""

    def __init__(self, settings: MrdSettings, judge: Judge, clocks: Clocks, remarks: Remarks) -> None:
        self._settings, self._judge, self._clocks, self._remarks = settings, judge, clocks, remarks
        self._decoder = mrd.MrdDecoder(settings.largest_bytes)
        self._header: MrdHeader | None = None

    def begin(self) -> None:
        """Another peer."""
        self._decoder.begin()
        self._header = None

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
        messages = self._decoder.took(count)
        for message in messages:
            try:
                image = self._seen(message)
            except MessageRefused as refused:
                self._remarks.add(f"refused: {refused}")
                continue
            if image is not None:
                images.append(image)
        closed = any(isinstance(message, mrd.MrdClosed) for message in messages)
        return Taken(tuple(images), bool(messages), mrd.CLOSING if closed else b"", closed)

    def _seen(self, message: mrd.MrdMessage) -> FrameReceived | FatMapReceived | None:
        if isinstance(message, mrd.MrdImage):
            return self._image(message)
        if isinstance(message, mrd.MrdText) and message.kind == mrd.HEADER:
            # A header that cannot be read leaves none behind, least of all the one before.
            self._header = None
            self._header = read_header(message.text)
        elif isinstance(message, mrd.MrdText) and message.kind == mrd.TEXT:
            self._remarks.add(f"the scanner says {shown(message.text)}")
        elif isinstance(message, mrd.MrdSkipped):
            self._remarks.add(f"{message.what} came and is not used")
        return None

    def _image(self, image: mrd.MrdImage) -> FrameReceived | FatMapReceived | None:
        settings, head = self._settings, image.head
        if head.series not in (settings.frame_series, settings.fat_map_series):
            self._remarks.add(f"images of series {head.series} came and are not used")
            return None
        if head.version != _VERSION:
            raise MessageRefused(f"an image header of version {head.version}; expected {_VERSION}")
        if head.channels != 1:
            raise MessageRefused(f"an image of {head.channels} channels; expected 1")
        wanted = _COMPLEX if head.series == settings.frame_series else _MAGNITUDE
        if head.image_type != wanted:
            raise MessageRefused(f"an image of type {head.image_type} in series {head.series}; expected {wanted}")
        values = image.values[..., 0]
        if head.series == settings.fat_map_series:
            return self._judge.fat_map(self._place(head), values, self._clocks.now_s())
        return self._judge.frame(self._told(head, values), self._clocks.now_s())

    def _told(self, head: mrd.ImageHead, values: NDArray[np.generic]) -> Told:
        settings, header = self._settings, self._header
        number = head.image_index if settings.numbered is Numbered.IMAGE_INDEX else head.repetition
        if header is None:
            raise MessageRefused(f"image {number}: came before a header that could be read")
        if head.contrast >= len(header.echo_times_ms):
            told = f"is of contrast {head.contrast}; the header has {len(header.echo_times_ms)} echo times"
            raise MessageRefused(f"image {number}: {told}")
        stamp_s = head.acquisition_time_stamp * settings.tick_s + settings.stamp_to_centre_s
        return Told(
            number=number,
            acquired_s=self._clocks.of_day(stamp_s, settings.midnight_offset_s),
            field_T=header.field_T,
            echo_time_ms=header.echo_times_ms[head.contrast],
            place=self._place(head),
            values=values,
        )

    def _place(self, head: mrd.ImageHead) -> Place:
        x_mm, y_mm, z_mm = (
            size / max(count, 1) for size, count in zip(head.field_of_view_mm, head.matrix, strict=True)
        )

        def in_plan(vector: Triple) -> Triple:
            return turned(vector, Axes.LPS, self._settings.axes)

        return Place(
            matrix=head.matrix,
            voxel_mm=(x_mm, y_mm, z_mm),
            centre_mm=in_plan(head.centre_mm),
            directions=(in_plan(head.read_dir), in_plan(head.phase_dir), in_plan(head.slice_dir)),
        )
