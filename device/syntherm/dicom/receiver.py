"""From the bytes of one object to its answer, and from whole volumes to the bytes for the session. No sockets.

Called from several threads, one at a time: it has a lock.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Final, Protocol

import attrs

from syntherm.adapters.scanner.frames import Expected, Judge
from syntherm.adapters.scanner.moments import Axes
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused
from syntherm.core.events import Geometry
from syntherm.dicom import mrd_writer as mrd
from syntherm.dicom.assembler import Assembler, Bounds
from syntherm.dicom.config import Config
from syntherm.dicom.facts import Facts, ObjectRefused, Status
from syntherm.dicom.slices import Slice, slice_of, wanted
from syntherm.dicom.volumes import volume_of

_COMMENT: Final = 64
"""The longest comment in an answer."""

Reader = Callable[[bytes, tuple[int, ...], bool, int], tuple[Facts, ...]]
"""Bytes of a data set, the attributes that are wanted, whether types are implicit, slices of an image; the frames.

Raises ObjectRefused.
"""


class Outbox(Protocol):
    """Where volumes for the session go."""

    def put(self, data: bytes, name: str) -> str | None:
        """One whole volume, at once; the name of an older one that still waited and was dropped for it."""
        ...


@attrs.frozen
class Answer:
    """A C-STORE's status, and a comment for whoever looks at the scanner."""

    status: int
    comment: str = ""


class Receiver:
    """Implements what a store does."""

    def __init__(
        self, config: Config, read: Reader, outbox: Outbox, remarks: Remarks, utc: Callable[[], datetime]
    ) -> None:
        images = config.images
        self._config, self._read, self._outbox, self._remarks, self._utc = config, read, outbox, remarks, utc
        self._lock = Lock()
        geometry = Geometry(images.matrix, images.voxel_mm, images.first_voxel_mm)
        brightest = config.frames.brightest_low, config.frames.brightest_high
        self._judge = Judge(Expected(geometry, images.field_T, images.echo_time_ms, images.age_s, brightest), remarks)
        bounds = Bounds(2, images.matrix[2], images.volumes_open, images.whole_within_s, images.spread_s)
        self._frames = Assembler("image", bounds)
        # An anatomical scan may take longer from slice to slice than a dynamic.
        self._fat_maps = Assembler("fat map", attrs.evolve(bounds, components=1, spread_s=float("inf")))
        self._wanted = wanted(config)
        self._origin: tuple[str, str] | None = None

    def store(self, data: bytes, *, implicit: bool) -> Answer:
        """One object. Never raises for what is in it."""
        with self._lock:
            try:
                return self._stored(data, implicit=implicit)
            except (ObjectRefused, MessageRefused) as refused:
                status = refused.status if isinstance(refused, ObjectRefused) else Status.DOES_NOT_MATCH
                self._remarks.add(f"refused: {refused}")
                return Answer(status, str(refused)[:_COMMENT])

    def remark(self, line: str) -> None:
        """Something that the network's side has to say."""
        with self._lock:
            self._remarks.add(line)

    def tick(self) -> tuple[str, ...]:
        """Give up what has waited too long; all remarks since the last time."""
        with self._lock:
            now_s = self._utc().timestamp()
            for line in (*self._frames.tick(now_s), *self._fat_maps.tick(now_s)):
                self._remarks.add(line)
            return self._remarks.take()

    def _stored(self, data: bytes, *, implicit: bool) -> Answer:
        frames = self._read(data, self._wanted, implicit, self._config.images.matrix[2])
        # All frames of an object are judged before any of them is taken.
        pieces = [piece for piece in (slice_of(facts, self._config) for facts in frames) if piece is not None]
        if not pieces:
            self._remarks.add("objects that are neither dynamics nor fat map came and are not used")
            return Answer(Status.STORED)
        if len({_called(piece) for piece in pieces}) > 1:
            both = " and ".join(sorted({_called(piece) for piece in pieces})[:2])
            raise ObjectRefused(f"one object has {both}; set the scanner to send each as an object of its own")
        answers = [self._taken(piece) for piece in pieces]
        return next((each for each in answers if each.status != Status.STORED), answers[-1])

    def _taken(self, piece: Slice) -> Answer:
        if self._origin is not None and piece.same[:2] != self._origin:
            raise ObjectRefused(f"{_called(piece)}: another study or frame of reference than the first volume's")
        gathered = (self._fat_maps if piece.fat_map else self._frames).take(piece, self._utc().timestamp())
        for line in gathered.lost:
            self._remarks.add(line)
        if gathered.volume is not None:
            self._pass_on(gathered.volume)
        elif gathered.spoilt:
            return Answer(Status.DOES_NOT_MATCH, gathered.lost[-1][:_COMMENT])
        return Answer(Status.STORED)

    def _pass_on(self, slices: tuple[Slice, ...]) -> None:
        volume = volume_of(slices, self._config)
        now_s = self._utc().timestamp()
        _, _, field_T, echo_time_ms = slices[0].same
        if volume.fat_map:
            self._judge.fat_map(volume.place, volume.values, now_s)
        else:
            self._judge.frame(volume.told(field_T, echo_time_ms), now_s)
        self._origin = slices[0].same[:2]
        dropped = self._outbox.put(mrd.image(volume, Axes(self._config.images.axes)), _called(slices[0]))
        if dropped is not None:
            self._remarks.add(f"{dropped} is not passed on: the session did not take it in time")


def _called(piece: Slice) -> str:
    return f"{'fat map' if piece.fat_map else 'image'} {piece.number}"
