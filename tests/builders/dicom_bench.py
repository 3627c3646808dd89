"""A receiver of pushed DICOM on a bench: a small geometry, a clock moved by hand, and objects without a network."""

from functools import cache
from io import BytesIO
from typing import Any

import attrs
import numpy as np
import scanner_wire as wire
from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset

from syntherm.adapters.scanner.frames import Judge
from syntherm.adapters.scanner.moments import Clocks
from syntherm.adapters.scanner.mrd_source import MrdSettings, MrdSource
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.core.events import FrameReceived
from syntherm.dicom import mrd_writer
from syntherm.dicom.config import Config, read_config
from syntherm.dicom.facts import Facts
from syntherm.dicom.library import read_facts, tag_of
from syntherm.dicom.receiver import Receiver
from syntherm_sim.wire.dicom_file import receiver_text, receiver_values
from syntherm_sim.wire.dicom_scanner import DicomScanner

MRD = attrs.evolve(wire.MRD, tick_s=1.0 / mrd_writer.TICKS_PER_s)
"""What a site file has to say of the receiver's stream."""


def config(*, phase: bool = False, port: int = 1, **changes: dict[str, object]) -> Config:
    """As the bench's geometry, but for `changes` by table."""
    values = receiver_values(wire.GEOMETRY, port, phase=phase)
    for table, keys in changes.items():
        values[table] |= keys
    return _read(receiver_text(values))


@cache
def _read(text: str) -> Config:
    return read_config(text, tag_of)


def encoded(made: Dataset, *, implicit: bool = False) -> bytes:
    """As it lies in a request."""
    buffer = BytesIO()
    copy = Dataset(made)
    writer: Any = DicomIO(buffer)
    writer.is_little_endian, writer.is_implicit_VR = True, implicit
    write_dataset(writer, copy)
    return buffer.getvalue()


def read(data: bytes, wanted: tuple[int, ...], implicit: bool, slices: int) -> tuple[Facts, ...]:
    return read_facts(data, wanted, implicit=implicit, slices=slices)


class Box:
    """Keeps what was put."""

    def __init__(self) -> None:
        self.put_: list[bytes] = []

    def put(self, data: bytes, name: str) -> str | None:
        self.put_.append(data)
        return None


@attrs.frozen(eq=False)
class Bench:
    """Scanner, receiver, and the session's reading of what it passes on."""

    hands: wire.Hands
    scanner: DicomScanner
    receiver: Receiver
    box: Box
    session: wire.Wire

    def push(self, objects: list[Dataset]) -> list[int]:
        return [self.receiver.store(encoded(each), implicit=False).status for each in objects]

    def frame(self, number: int, seed: int | None = None, age_s: float = 2.0, **other: object) -> FrameReceived:
        return self.session.frame(number, age_s, number if seed is None else seed, **other)

    def passed(self) -> list[wire.Image]:
        """What the session takes of all that was passed on since the last time."""
        images = self.session.feed(self.box.put_)
        self.box.put_.clear()
        return images

    def remarks(self) -> list[str]:
        return list(self.receiver.tick())


def bench(settings: MrdSettings = MRD, *, phase: bool = False, **changes: dict[str, object]) -> Bench:
    hands, said, box = wire.Hands(), Remarks(), Box()
    receiver = Receiver(config(phase=phase, **changes), read, box, said, hands.utc)
    judged = Remarks()
    source = MrdSource(settings, Judge(wire.EXPECTED, judged), Clocks(hands.now_s, hands.utc), judged)
    session = wire.Wire(hands, source, None, judged)
    made = Bench(hands, DicomScanner(hands.now_s, hands.utc, phase=phase), receiver, box, session)
    e = wire.EXPECTED
    session.feed([mrd_writer.hello(e.field_T, e.echo_time_ms, e.geometry.matrix, e.geometry.voxel_mm)])
    return made


def same(found: wire.Image, sent: FrameReceived, within: float = 0.0) -> bool:
    """Whether a dynamic came through, but for the rounding of moments and of phases."""
    near = abs(found.acquired_s - sent.acquired_s) < 2e-3
    told = (found.sequence, found.geometry, found.echo_time_ms) == (sent.sequence, wire.GEOMETRY, sent.echo_time_ms)
    return near and told and float(np.abs(found.volume - sent.volume).max()) <= within
