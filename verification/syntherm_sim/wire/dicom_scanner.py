"""A scanner that pushes DICOM: each volume as classic MR images, two for each slice, and a user of the storage service.

Real and imaginary part as they are, or magnitude and phase in the units of one vendor: 0 to 4095, slope 2, intercept
-4096. It makes objects by the standard's own words and knows nothing of who receives them.
"""

import socket
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from enum import Enum, unique
from io import BytesIO
from math import pi
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    EnhancedMRImageStorage,
    MRImageStorage,
)

from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault, Troubled

FRAMES, FAT_MAP = "thermometry", "fat fraction"
"""The protocol's name of the dynamics, and of the fat map."""
TITLE: Final = "SCANNER"
UNITS_PER_TURN: Final = 8192.0
PERMILLE: Final = 1000.0
_SETTLE_s: Final = 0.002


@unique
class ObjectFault(Enum):
    """What is wrong with single objects; the value says it for a reader."""

    LOST = "one slice of each volume never comes"
    TWICE = "one slice of each volume comes twice"
    CHANGED = "one slice of each volume comes twice, and differs"
    SHUFFLED = "the slices come in another order"
    TURNED = "slices lie across the planned ones"
    SLOPE = "one slice says another slope"
    OTHER_STUDY = "one slice is of another study"
    NO_MOMENT = "no slice says when it was acquired"
    SHORT = "one slice has fewer pixels than it says"
    FRAMES_OF_MANY = "one slice says that it has many frames"


class DicomScanner:
    """Objects for a receiver. `fault` is one of the wire, `frame_fault` of images, `object_fault` of their parts."""

    def __init__(
        self, now_s: Callable[[], float], utc: Callable[[], datetime], *, phase: bool = False, seed: int = 1
    ) -> None:
        self._now_s, self._utc, self._phase = now_s, utc, phase
        self._troubled = Troubled()
        self._shuffle = np.random.default_rng(seed)
        self._study, self._space = generate_uid(), generate_uid()
        self.fault: WireFault | None = None
        self.object_fault: ObjectFault | None = None

    @property
    def frame_fault(self) -> FrameFault | None:
        """What is wrong with the images."""
        return self._troubled.fault

    @frame_fault.setter
    def frame_fault(self, fault: FrameFault | None) -> None:
        if fault is FrameFault.NOT_A_NUMBER:
            raise ValueError("whole numbers of 16 bits hold nothing that is no number")
        self._troubled.fault = fault

    def frame(self, frame: FrameReceived) -> list[Dataset]:
        """A dynamic, as the faults that are set have it."""
        if self.fault is WireFault.STUCK:
            self.frame_fault = FrameFault.STUCK
        return self._faulted([each for sent in self._troubled.sent(frame) for each in self._dynamic(sent)])

    def fat_map(self, fat_map: FatMapReceived) -> list[Dataset]:
        """The map from the anatomical scan, in permille."""
        permille = np.rint(fat_map.fat_fraction * PERMILLE)
        plain = self._planes(fat_map.geometry, permille, FAT_MAP, ("DERIVED", "PRIMARY", "FF"), 1, self._now_s())
        return self._faulted(plain)

    def _dynamic(self, frame: FrameReceived) -> list[Dataset]:
        values, slope = frame.volume, 1.0
        if self.frame_fault is FrameFault.WRONG_SCALE:
            # The numbers fit in 16 bits as before; it is their scale that says a million times as much.
            values, slope = values / np.float32(1e6), 1e6
        if self._phase:
            turns = np.angle(values) / (2.0 * pi)
            phase = np.clip(np.rint((turns * UNITS_PER_TURN + 4096.0) / 2.0), 0, 4095)
            pair = [("M", np.rint(np.abs(values)), slope, 0.0), ("P", phase, 2.0, -4096.0)]
        else:
            pair = [("R", values.real, slope, 0.0), ("I", values.imag, slope, 0.0)]
        parts = [
            self._planes(
                frame.geometry, stored, FRAMES, ("ORIGINAL", "PRIMARY", letter), frame.sequence, frame.acquired_s,
                slope, intercept, frame.field_T, frame.echo_time_ms,
            )
            for letter, stored, slope, intercept in pair
        ]  # fmt: skip
        # Slice by slice, both parts of each.
        return [each for both in zip(*parts, strict=True) for each in both]

    def _planes(
        self, geometry: Geometry, stored: np.ndarray, name: str, kind: tuple[str, ...], number: int, at_s: float,
        slope: float = 1.0, intercept: float = 0.0, field_T: float = 1.5, echo_ms: float = 4.6,
    ) -> list[Dataset]:  # fmt: skip
        moment = self._utc() - timedelta(seconds=self._now_s() - at_s)
        x_mm, y_mm, z_mm = geometry.first_voxel_mm
        dx_mm, dy_mm, dz_mm = geometry.voxel_mm
        planes = []
        for index in range(geometry.matrix[2]):
            plane = _object(self._study, self._space)
            plane.ProtocolName, plane.ImageType = name, list(kind)
            plane.TemporalPositionIdentifier = plane.SeriesNumber = number
            plane.InstanceNumber = index + 1
            plane.AcquisitionDateTime = moment.strftime("%Y%m%d%H%M%S.%f")
            plane.MagneticFieldStrength, plane.EchoTime = field_T, echo_ms
            plane.ImagePositionPatient = [_decimal(each) for each in (x_mm, y_mm, z_mm + index * dz_mm)]
            plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            plane.PixelSpacing = [_decimal(dy_mm), _decimal(dx_mm)]
            plane.RescaleSlope, plane.RescaleIntercept = _decimal(slope), _decimal(intercept)
            signed = bool((stored < 0.0).any()) or kind[-1] in "RI"
            plane.PixelRepresentation = int(signed)
            # Rows run along x.
            values = np.rint(stored[:, :, index]).T.astype("<i2" if signed else "<u2")
            plane.Rows, plane.Columns = values.shape
            plane.PixelData = values.tobytes()
            planes.append(plane)
        return planes

    def _faulted(self, objects: list[Dataset]) -> list[Dataset]:
        match self.fault:
            case WireFault.MUTE:
                return []
            case WireFault.HALF:
                return objects[: len(objects) // 2]
        if not objects or self.object_fault is None:
            return objects
        return self._spoilt(objects, self.object_fault)

    def _spoilt(self, objects: list[Dataset], fault: ObjectFault) -> list[Dataset]:
        first, *others = objects
        match fault:
            case ObjectFault.LOST:
                return others
            case ObjectFault.TWICE:
                return [first, *objects]
            case ObjectFault.CHANGED:
                changed = bytes((first.PixelData[0] ^ 1,)) + first.PixelData[1:]
                return [first, _copy(first, PixelData=changed), *others]
            case ObjectFault.SHUFFLED:
                return [objects[at] for at in self._shuffle.permutation(len(objects))]
            case ObjectFault.TURNED:
                return [_copy(each, ImageOrientationPatient=[0, 1, 0, 1, 0, 0]) for each in objects]
            case ObjectFault.NO_MOMENT:
                return [_copy(each, AcquisitionDateTime=None) for each in objects]
        changes = {
            ObjectFault.SLOPE: ("RescaleSlope", "4"), ObjectFault.OTHER_STUDY: ("StudyInstanceUID", generate_uid()),
            ObjectFault.SHORT: ("PixelData", first.PixelData[:-2]), ObjectFault.FRAMES_OF_MANY: ("NumberOfFrames", 9),
        }  # fmt: skip
        name, value = changes[fault]
        return [_copy(first, **{name: value}), *others]


def _object(study: str, space: str) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = MRImageStorage, generate_uid()
    made.StudyInstanceUID, made.FrameOfReferenceUID, made.SeriesInstanceUID = study, space, generate_uid()
    made.Modality, made.PatientName, made.PatientID, made.StudyID = "MR", "Phantom", "phantom", "1"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit = 15
    return made


def _copy(original: Dataset, **changes: object) -> Dataset:
    copy = deepcopy(original)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def _decimal(number: float) -> str:
    """As a decimal string of at most 16 characters."""
    return f"{number:.9g}"[:16]


def as_file(made: Dataset) -> bytes:
    """As other senders read it from a disk."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    copy = Dataset(made)
    copy.file_meta = meta
    buffer = BytesIO()
    copy.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


class PushRefused(Exception):
    """No association came about."""


class Pusher:
    """One association with a store."""

    def __init__(
        self, address: tuple[str, int], called: str, title: str = TITLE, sent: Callable[[], None] | None = None
    ) -> None:
        """Raises PushRefused where there is none. `sent` is called when some bytes were handed to the system."""
        handlers: list[evt.EventHandlerType] = [(evt.EVT_CONN_OPEN, self._opened)]
        if sent is not None:
            handlers.append((evt.EVT_DATA_SENT, lambda _: sent()))
        entity = AE(ae_title=title)
        for kind in (MRImageStorage, EnhancedMRImageStorage):
            entity.add_requested_context(kind, [ExplicitVRLittleEndian])
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = 10.0
        self._sockets: list[socket.socket] = []
        self._association = entity.associate(*address, ae_title=called, evt_handlers=handlers)
        if not self._association.is_established:
            self._hang_up()
            raise PushRefused(f"{called} at {address}: no association")

    def push(self, objects: Sequence[Dataset]) -> list[int]:
        """The answers: a status for each object, 0 where there was none."""
        statuses = []
        for each in objects:
            prepared = Dataset(each)
            prepared.file_meta = FileMetaDataset()
            prepared.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            if not self._association.is_established:
                statuses.append(-1)
                continue
            # Else the library's own thread may take the answer before the one that waits for it (seen once in 700).
            self._association._reactor_checkpoint.clear()
            time.sleep(_SETTLE_s)
            answer = self._association.send_c_store(prepared)
            statuses.append(int(answer.get("Status", -1)))
        return statuses

    def close(self) -> None:
        """Release the association."""
        self._association.release()
        self._hang_up()

    def _hang_up(self) -> None:
        # Where the peer went first, the library forgets its socket without closing it.
        for each in self._sockets:
            each.close()

    def _opened(self, event: evt.Event) -> None:
        """Nagle's algorithm and delayed acknowledgements together cost 40 ms an object."""
        transport = event.assoc.dul.socket
        if transport is not None and transport.socket is not None:
            transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(transport.socket)
