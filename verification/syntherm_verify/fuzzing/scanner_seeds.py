"""Streams of the simulated scanners to begin with. The simulators are imported only when seeds are made."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from syntherm.core.events import FatMapReceived, FrameReceived, Geometry

_GEOMETRY = Geometry((4, 3, 2), (2.0, 2.5, 6.0), (-4.3, -3.75, -6.1))
_NOW_S = 100.0
_MORNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def _frame(sequence: int, age_s: float) -> FrameReceived:
    parts = np.random.default_rng(sequence).integers(-2000, 2000, (*_GEOMETRY.matrix, 2))
    volume = parts.astype(np.float32).view(np.complex64)[..., 0]
    return FrameReceived(_NOW_S, sequence, _NOW_S - age_s, 1.5, 20.0, _GEOMETRY, volume)


def _fat_map() -> FatMapReceived:
    return FatMapReceived(_NOW_S, _GEOMETRY, np.random.default_rng(3).random(_GEOMETRY.matrix, np.float32))


def mrd() -> Iterable[bytes]:
    """Sound streams, and the faults that the simulated scanner has."""
    from syntherm_sim.wire.mrd_scanner import MrdScanner
    from syntherm_sim.wire.scanner_faults import FrameFault

    def sender() -> MrdScanner:
        return MrdScanner(lambda: _NOW_S, lambda: _MORNING)

    hello, images = sender().hello(1.5, 20.0), sender().fat_map(_fat_map()) + sender().frame(_frame(1, 5.0))
    yield hello + images + sender().frame(_frame(2, 2.0)) + sender().bye()
    yield hello
    yield images
    for fault in FrameFault:
        faulty = sender()
        faulty.frame_fault = fault
        yield hello + faulty.frame(_frame(1, 5.0)) + faulty.frame(_frame(2, 2.0))
    yield struct.pack("<HI", 2, 3) + b"abc" + struct.pack("<HI", 5, 4) + b"text" + struct.pack("<H", 4)
    yield struct.pack("<H34xHxxH", 1008, 2, 1).ljust(342, b"\0") + bytes(16) + hello
    yield struct.pack("<H28xHH", 1026, 2, 2).ljust(42, b"\0") + bytes(16) + hello
    yield struct.pack("<H", 1) + b"config.xml".ljust(1024, b"\0") + hello


def headers() -> Iterable[bytes]:
    """XML headers."""
    from syntherm_sim.wire.mrd_scanner import MrdScanner

    hello = MrdScanner(lambda: _NOW_S, lambda: _MORNING).hello(1.5, 20.0)
    text = hello[hello.index(b"<?xml") : hello.rindex(b">") + 1]
    yield text
    yield text.replace(b"<TE>", b"<TE>10</TE><TE>")
    yield text.replace(b"UTF-8", b"ISO-8859-1")
    yield text.replace(b'encoding="UTF-8"', b"")
    yield text.replace(b"<ismrmrdHeader", b'<!DOCTYPE a [<!ENTITY b "c">]><ismrmrdHeader')


def igtl(version: int) -> Iterable[bytes]:
    """Sound streams of a bridge, and the faults that the simulated one has."""
    from syntherm_sim.wire.igtl_scanner import IgtlScanner
    from syntherm_sim.wire.scanner_faults import FrameFault

    def sender() -> IgtlScanner:
        return IgtlScanner(lambda: _NOW_S, lambda: _MORNING, version)

    others = sender().status(1, "well") + sender().string("CMD_1", "START_SCAN") + sender().transform("PLANE_0")
    yield others + sender().message("GET_STATUS", "", b"") + sender().message("POSITION", "TRACKER", bytes(12))
    yield sender().fat_map(_fat_map()) + sender().frame(_frame(1, 5.0)) + sender().frame(_frame(2, 2.0))
    for ras, short in ((True, False), (False, True)):
        other = sender()
        other.ras, other.short = ras, short
        yield other.frame(_frame(1, 5.0))
    for fault in FrameFault:
        faulty = sender()
        faulty.frame_fault = fault
        yield faulty.frame(_frame(1, 5.0)) + faulty.frame(_frame(2, 2.0))
