"""What a scanner pushes as DICOM objects, up to the volumes that are passed on; and the receiver's configuration."""

import logging
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any, Final

import numpy as np

from syntherm.adapters.scanner.mrd_codec import MrdDecoder, MrdImage, MrdMessage
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm.dicom.config import Config, ConfigRefused, read_config
from syntherm.dicom.facts import Facts, Status
from syntherm.dicom.library import read_facts, tag_of
from syntherm.dicom.receiver import Receiver
from syntherm_verify.fuzzing import extremes
from syntherm_verify.fuzzing.target import Target, demand, one_line

_GEOMETRY: Final = Geometry((4, 3, 2), (2.0, 2.5, 6.0), (-4.3, -3.75, -6.1))
_NOW_S: Final = 100.0
_MORNING: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_LARGEST: Final = 1 << 16
_LENGTH_BYTES: Final = 2
_COMMENT: Final = 64
_STATUSES: Final = frozenset(int(status) for status in Status)


@cache
def _settings() -> Config:
    from syntherm_sim.wire.dicom_file import receiver_text, receiver_values

    # As the receiver's own command has it.
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    return read_config(receiver_text(receiver_values(_GEOMETRY, 9002)), tag_of)


def _facts(data: bytes, wanted: tuple[int, ...], implicit: bool, slices: int) -> tuple[Facts, ...]:
    return read_facts(data, wanted, implicit=implicit, slices=slices)


class _Box:
    """Takes volumes for the session: each is one whole image. Raises Broken."""

    def put(self, data: bytes, name: str) -> str | None:
        decoder, rest = MrdDecoder(_LARGEST), memoryview(data)
        found: list[MrdMessage] = []
        while rest:
            room = decoder.room()
            count = min(len(room), len(rest))
            room[:count] = rest[:count]
            found += decoder.took(count)
            rest = rest[count:]
        (image,) = found
        demand(isinstance(image, MrdImage) and not decoder.midway, f"{name}: is passed on as {found!s:.200}")
        return None


def _objects(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The objects of an input, each behind its length, whose highest bit says that types are implicit."""
    while len(data) > _LENGTH_BYTES:
        length = int.from_bytes(data[:_LENGTH_BYTES], "big")
        size = _LENGTH_BYTES + (length & 0x7FFF)
        yield data[_LENGTH_BYTES:size], length > 0x7FFF
        data = data[size:]


def _object(data: bytes) -> None:
    receiver = Receiver(_settings(), _facts, _Box(), Remarks(), lambda: _MORNING)
    for content, implicit in _objects(data):
        answer = receiver.store(content, implicit=implicit)
        demand(answer.status in _STATUSES and len(answer.comment) <= _COMMENT, f"answers {answer!s:.200}")
        if answer.comment:
            one_line(answer.comment)
        for remark in receiver.tick():
            one_line(remark)


def _config(data: bytes) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    try:
        read_config(text, tag_of)
    except ConfigRefused as refused:
        for line in str(refused).split("\n"):
            one_line(line)


def _laid(contents: Iterable[bytes], implicit: bool) -> bytes:
    bit = 0x8000 if implicit else 0
    return b"".join((len(each) | bit).to_bytes(_LENGTH_BYTES, "big") + each for each in contents)


def _encoded(made: Any, implicit: bool) -> bytes:
    from pydicom.filebase import DicomIO
    from pydicom.filewriter import write_dataset

    buffer = BytesIO()
    writer: Any = DicomIO(buffer)
    writer.is_little_endian, writer.is_implicit_VR = True, implicit
    write_dataset(writer, made)
    return buffer.getvalue()


def _object_seeds() -> Iterable[bytes]:
    from syntherm_sim.wire.dicom_enhanced import enhanced
    from syntherm_sim.wire.dicom_scanner import DicomScanner, ObjectFault

    parts = np.random.default_rng(1).integers(-2000, 2000, (*_GEOMETRY.matrix, 2)).astype(np.float32)
    frame = FrameReceived(_NOW_S, 1, _NOW_S - 2.0, 1.5, 20.0, _GEOMETRY, parts.view(np.complex64)[..., 0])
    fat = FatMapReceived(_NOW_S, _GEOMETRY, np.random.default_rng(3).random(_GEOMETRY.matrix, np.float32))
    for fault in (None, *ObjectFault):
        scanner = DicomScanner(lambda: _NOW_S, lambda: _MORNING)
        scanner.object_fault = fault
        yield _laid((_encoded(each, False) for each in scanner.frame(frame)), False)
    scanner = DicomScanner(lambda: _NOW_S, lambda: _MORNING)
    objects = scanner.frame(frame)
    yield _laid((_encoded(each, True) for each in scanner.fat_map(fat) + objects), True)
    yield _laid([_encoded(objects[0], True)], False)
    yield _laid([_encoded(enhanced(objects), False)], False)
    yield _laid([_encoded(enhanced(objects), True)], True)
    for moment in ("00010101000000+0500", "99991231235959-2359", "20260105080060", "20260105"):
        objects[0].AcquisitionDateTime = moment
        yield _laid([_encoded(objects[0], False)], False)


def _config_seeds() -> Iterable[bytes]:
    from syntherm_sim.wire.dicom_file import receiver_text, receiver_values

    for phase in (False, True):
        yield receiver_text(receiver_values(_GEOMETRY, 9002, phase=phase)).encode("utf-8")
    text = receiver_text(receiver_values(_GEOMETRY, 9002)).encode("utf-8")
    yield from extremes.swollen(text, extremes.TOML)


TARGETS: Final = {
    "dicom-object": Target(_object, _object_seeds, longest=8192, peak_bytes=16 << 20),
    "dicom-config": Target(_config, _config_seeds, longest=8192, peak_bytes=64 << 20),
}
