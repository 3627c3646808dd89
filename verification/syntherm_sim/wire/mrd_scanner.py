"""A scanner that speaks ISMRMRD (MRD version 1): dynamics and the fat map as the bytes of a stream. No IO.

Its geometry is in LPS, as the format's. It has code of its own for the format, so that a mistake shows as disagreement.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault, Troubled, centre_mm

TICK_s = 0.0025
FRAMES, FAT_MAP = 1, 2
"""The series of the dynamics, and of the fat map."""
LARMOR_Hz_per_T = 42_577_478.0
_AXES = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_XML = """<?xml version="1.0" encoding="UTF-8"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD">
 <experimentalConditions><H1resonanceFrequency_Hz>{hertz}</H1resonanceFrequency_Hz></experimentalConditions>
 <encoding>
  <encodedSpace><matrixSize><x>1</x><y>1</y><z>1</z></matrixSize>
   <fieldOfView_mm><x>1</x><y>1</y><z>1</z></fieldOfView_mm></encodedSpace>
  <reconSpace><matrixSize><x>1</x><y>1</y><z>1</z></matrixSize>
   <fieldOfView_mm><x>1</x><y>1</y><z>1</z></fieldOfView_mm></reconSpace>
  <encodingLimits/><trajectory>cartesian</trajectory>
 </encoding>
 <sequenceParameters><TE>{echo_ms}</TE></sequenceParameters>
</ismrmrdHeader>"""


def _u16(*numbers: int) -> bytes:
    return np.array(numbers, "<u2").tobytes()


def _u32(*numbers: int) -> bytes:
    return np.array(numbers, "<u4").tobytes()


def _u64(*numbers: int) -> bytes:
    return np.array(numbers, "<u8").tobytes()


def _f32(*numbers: float) -> bytes:
    return np.array(numbers, "<f4").tobytes()


class MrdScanner:
    """Bytes for a listening controller. `fault` is one of the wire, `frame_fault` one of the images."""

    def __init__(self, now_s: Callable[[], float], utc: Callable[[], datetime]) -> None:
        self._now_s, self._utc = now_s, utc
        self._troubled = Troubled()
        self.fault: WireFault | None = None
        self.terminated = True
        """Whether texts end in a zero: scanners send it, the reference package neither sends nor takes it."""

    @property
    def frame_fault(self) -> FrameFault | None:
        """What is wrong with the images."""
        return self._troubled.fault

    @frame_fault.setter
    def frame_fault(self, fault: FrameFault | None) -> None:
        self._troubled.fault = fault

    def hello(self, field_T: float, echo_time_ms: float) -> bytes:
        """What comes first: the name of a configuration, the header, and a free text."""
        xml = _XML.format(hertz=round(field_T * LARMOR_Hz_per_T), echo_ms=echo_time_ms)
        return _u16(1) + b"thermometry".ljust(1024, b"\0") + self._text(3, xml) + self._text(5, '{"version": "1.1.1"}')

    def frame(self, frame: FrameReceived) -> bytes:
        """A dynamic, as the faults that are set have it."""
        if self.fault is WireFault.STUCK:
            self.frame_fault = FrameFault.STUCK
        return b"".join(self._faulted(self._dynamic(sent)) for sent in self._troubled.sent(frame))

    def fat_map(self, fat_map: FatMapReceived) -> bytes:
        """The map from the anatomical scan."""
        values = np.asarray(fat_map.fat_fraction, "<f4")
        return self._faulted(self._image(fat_map.geometry, 5, 1, 0, FAT_MAP, self._now_s(), values))

    def bye(self) -> bytes:
        """What comes last."""
        return _u16(4)

    def _text(self, kind: int, text: str) -> bytes:
        raw = text.encode() + (b"\0" if self.terminated else b"")
        return _u16(kind) + _u32(len(raw)) + raw

    def _dynamic(self, frame: FrameReceived) -> bytes:
        values = np.asarray(frame.volume, "<c8")
        return self._image(frame.geometry, 7, 5, frame.sequence, FRAMES, frame.acquired_s, values)

    def _image(
        self, geometry: Geometry, data_type: int, image_type: int, number: int, series: int, at_s: float,
        values: np.ndarray,
    ) -> bytes:  # fmt: skip
        moment = self._utc() - timedelta(seconds=self._now_s() - at_s)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks = round((moment - midnight) / timedelta(seconds=TICK_s))
        view_mm = [count * size for count, size in zip(geometry.matrix, geometry.voxel_mm, strict=True)]
        attributes = b"<ismrmrdMeta/>"
        head = b"".join((
            _u16(1, data_type), _u64(0), _u32(1), _u16(*geometry.matrix), _f32(*view_mm), _u16(1),
            _f32(*centre_mm(geometry)), _f32(*_AXES), _f32(0, 0, 0),
            _u16(0, 0, 0, 0, number & 0xFFFF, 0), _u32(ticks, 0, 0, 0), _u16(image_type, number & 0xFFFF, series),
            bytes(32), bytes(32), _u32(len(attributes)),
        ))  # fmt: skip
        # x runs fastest on the wire, and z slowest.
        return _u16(1022) + head + _u64(len(attributes)) + attributes + values.tobytes(order="F")

    def _faulted(self, data: bytes) -> bytes:
        match self.fault:
            case WireFault.MUTE:
                return b""
            case WireFault.HALF:
                return data[: len(data) // 2]
            case WireFault.GARBLED:
                # In the header: a changed value among the voxels is nothing that this format can show.
                return bytes((data[0] ^ 0x10,)) + data[1:]
        return data
