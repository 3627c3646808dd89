"""A scanner's wire on a bench: a small geometry, a clock that is moved by hand, and the two ends without a socket."""

import select
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import numpy as np

from syntherm.adapters.scanner.frames import Expected, Judge
from syntherm.adapters.scanner.igtl_source import IgtlSettings, IgtlSource, NumberInMetadata, NumberInString
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.moments import Axes, Clocks
from syntherm.adapters.scanner.mrd_source import MrdSettings, MrdSource, Numbered
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.ways import Listening, Way
from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm_sim.wire import igtl_scanner, mrd_scanner
from syntherm_sim.wire.igtl_scanner import IgtlScanner
from syntherm_sim.wire.mrd_scanner import MrdScanner

Image = FrameReceived | FatMapReceived
GEOMETRY: Final = Geometry((5, 4, 3), (2.0, 2.5, 6.0), (-4.3, -3.75, -6.1))
EXPECTED: Final = Expected(GEOMETRY, 1.5, 20.0, 9.0, (1.0, 32767.0))
MORNING: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PATIENCE_S: Final = 10.0
LARGEST: Final = 1 << 20
MRD: Final = MrdSettings(
    tick_s=0.0025, midnight_offset_s=0.0, stamp_to_centre_s=0.0, numbered=Numbered.IMAGE_INDEX,
    frame_series=mrd_scanner.FRAMES, fat_map_series=mrd_scanner.FAT_MAP, axes=Axes.LPS, largest_bytes=LARGEST,
)  # fmt: skip
IGTL: Final = IgtlSettings(
    frame_device=igtl_scanner.FRAMES, fat_map_device=igtl_scanner.FAT_MAP,
    numbering=NumberInMetadata(igtl_scanner.NUMBER), field_T="MagneticFieldStrength", echo_time_ms="EchoTime",
    stamp_to_centre_s=0.0, axes=Axes.LPS, largest_bytes=LARGEST,
)  # fmt: skip
IGTL_1: Final = attrs.evolve(
    IGTL, numbering=NumberInString(igtl_scanner.NUMBER), field_T=EXPECTED.field_T, echo_time_ms=EXPECTED.echo_time_ms
)
"""For a bridge of the first protocol, which has no metadata."""


@attrs.define(eq=False)
class Hands:
    """The session's clock, moved by hand, and the wall clock that goes with it."""

    at_s: float = 100.0

    def now_s(self) -> float:
        return self.at_s

    def utc(self) -> datetime:
        return MORNING + timedelta(seconds=self.at_s)


@attrs.frozen(eq=False)
class Wire:
    """Both ends without a socket."""

    hands: Hands
    source: Any
    sender: Any
    said: Remarks

    def feed(self, pieces: Iterable[bytes]) -> list[Image]:
        """Bytes as they come, piece by piece; what they led to."""
        images: list[Image] = []
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                room = self.source.room()
                assert len(room) > 0
                count = min(len(room), len(rest))
                room[:count] = rest[:count]
                images += self.source.took(count).images
                rest = rest[count:]
        return images

    def frame(self, sequence: int = 1, age_s: float = 2.0, seed: int = 1, **other: object) -> FrameReceived:
        """A dynamic that is as expected but for `other`."""
        frame = FrameReceived(
            self.hands.at_s, sequence, self.hands.at_s - age_s, EXPECTED.field_T, EXPECTED.echo_time_ms, GEOMETRY,
            volume(seed),
        )  # fmt: skip
        return attrs.evolve(frame, **other)

    def hello(self) -> bytes:
        """What a sender of this protocol says first."""
        return (
            self.sender.hello(EXPECTED.field_T, EXPECTED.echo_time_ms) if isinstance(self.sender, MrdScanner) else b""
        )


def volume(seed: int = 1) -> np.ndarray:
    parts = np.random.default_rng(seed).integers(-2000, 2000, (*GEOMETRY.matrix, 2))
    return parts.astype(np.float32).view(np.complex64)[..., 0]


def fat_map(at_s: float = 0.0) -> FatMapReceived:
    return FatMapReceived(at_s, GEOMETRY, np.random.default_rng(3).random(GEOMETRY.matrix, np.float32))


def mrd_wire(settings: MrdSettings = MRD, expected: Expected = EXPECTED) -> Wire:
    hands, said = Hands(), Remarks()
    source = MrdSource(settings, Judge(expected, said), Clocks(hands.now_s, hands.utc), said)
    return Wire(hands, source, MrdScanner(hands.now_s, hands.utc), said)


def igtl_wire(settings: IgtlSettings = IGTL, version: int = 2, expected: Expected = EXPECTED) -> Wire:
    hands, said = Hands(), Remarks()
    source = IgtlSource(settings, Judge(expected, said), Clocks(hands.now_s, hands.utc), said)
    return Wire(hands, source, IgtlScanner(hands.now_s, hands.utc, version), said)


def listen(wire: Wire, bytes_per_call: int = 8 << 20) -> ScannerLink:
    return join(wire, Listening("127.0.0.1", 0, wire.said), bytes_per_call)


def join(wire: Wire, way: Way, bytes_per_call: int = 8 << 20) -> ScannerLink:
    return ScannerLink(LinkSettings(bytes_per_call, 2.0), way, wire.source, wire.said, wire.hands.now_s)


def until(link: ScannerLink, images: int = 0, remark: str = "") -> tuple[list[Image], list[str]]:
    """Read until so many images are there and such a remark; all of them. Fails where they do not come."""
    seen: list[Image] = []
    said: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen += link.received()
        said += link.remarks()
        if len(seen) >= images and any(remark in line for line in said or [""]):
            return seen, said
        left_s = deadline - time.monotonic()
        assert left_s > 0.0, f"{len(seen)} images and {said}"
        select.select(link.filenos(), [], [], left_s)


def same(found: Image, sent: Image) -> bool:
    """Whether an image came through whole, but for the moment of its arrival and the rounding of the wire."""
    if isinstance(found, FatMapReceived):
        return found.geometry == GEOMETRY and np.array_equal(found.fat_fraction, sent.fat_fraction)
    near = abs(found.acquired_s - sent.acquired_s) < 2e-3 and abs(found.field_T - sent.field_T) < 1e-7
    told = (found.sequence, found.geometry, found.echo_time_ms) == (sent.sequence, GEOMETRY, sent.echo_time_ms)
    return near and told and np.array_equal(found.volume, sent.volume)
