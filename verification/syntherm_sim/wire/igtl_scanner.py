"""A bridge that speaks OpenIGTLink for a scanner: dynamics and the fat map as messages. No IO.

It has code of its own for the protocol, so that a mistake shows as disagreement. Its images are in LPS or RAS; its
dynamics are numbered in metadata (version 2) or in a STRING in front of each (version 1).
"""

from collections.abc import Callable
from datetime import datetime

import numpy as np

from syntherm.core.events import FatMapReceived, FrameReceived, Geometry
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault, Troubled, centre_mm

FRAMES, FAT_MAP, NUMBER = "MR", "FAT", "IMAGE_NUMBER"
_POLYNOMIAL = 0x42F0E1EBA9EA3693
_TOP, _ALL = 1 << 63, (1 << 64) - 1


def _table() -> list[int]:
    table = []
    for value in range(256):
        check = value << 56
        for _ in range(8):
            check = ((check << 1) ^ (_POLYNOMIAL if check & _TOP else 0)) & _ALL
        table.append(check)
    return table


_TABLE = _table()


def check_of(body: bytes) -> int:
    """CRC-64, byte by byte as it is defined."""
    check = 0
    for byte in body:
        check = _TABLE[(check >> 56) ^ byte] ^ (check << 8) & _ALL
    return check


def _be(kind: str, *numbers: float) -> bytes:
    return np.array(numbers, ">" + kind).tobytes()


class IgtlScanner:
    """Bytes for a listening controller. `fault` is one of the wire, `frame_fault` one of the images."""

    def __init__(self, now_s: Callable[[], float], utc: Callable[[], datetime], version: int = 2) -> None:
        self._now_s, self._utc, self.version = now_s, utc, version
        self._troubled = Troubled()
        self.fault: WireFault | None = None
        self.ras = False
        self.short = False
        """Whether values go as 16-bit numbers."""

    @property
    def frame_fault(self) -> FrameFault | None:
        """What is wrong with the images."""
        return self._troubled.fault

    @frame_fault.setter
    def frame_fault(self, fault: FrameFault | None) -> None:
        self._troubled.fault = fault

    def frame(self, frame: FrameReceived) -> bytes:
        """A dynamic, as the faults that are set have it."""
        if self.fault is WireFault.STUCK:
            self.frame_fault = FrameFault.STUCK
        return b"".join(self._faulted(self._dynamic(sent)) for sent in self._troubled.sent(frame))

    def fat_map(self, fat_map: FatMapReceived) -> bytes:
        """The map from the anatomical scan."""
        body = self._volume(fat_map.geometry, np.asarray(fat_map.fat_fraction, np.float32)[..., None])
        return self._faulted(self.message("IMAGE", FAT_MAP, body, self._now_s()))

    def status(self, code: int, text: str) -> bytes:
        """How the scanner is."""
        return self.message("STATUS", FRAMES, _be("u2", code) + bytes(8) + bytes(20) + text.encode() + b"\0")

    def string(self, device: str, text: str) -> bytes:
        """A text."""
        raw = text.encode()
        return self.message("STRING", device, _be("u2", 3, len(raw)) + raw)

    def transform(self, device: str) -> bytes:
        """A plane: no turn, no shift."""
        return self.message("TRANSFORM", device, _be("f4", 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0))

    def message(
        self, kind: str, device: str, content: bytes, at_s: float | None = None, metadata: dict[str, str] | None = None
    ) -> bytes:
        """A whole message; `at_s`: the moment on the session's clock that its timestamp means."""
        body = content
        if self.version == 2:
            pairs = [(key.encode(), value.encode()) for key, value in (metadata or {}).items()]
            index = _be("u2", len(pairs)) + b"".join(_be("u2", len(k), 106) + _be("u4", len(v)) for k, v in pairs)
            texts = b"".join(k + v for k, v in pairs)
            body = _be("u2", 12, len(index)) + _be("u4", len(texts), 0) + content + index + texts
        moment = self._utc().timestamp() - (self._now_s() - (self._now_s() if at_s is None else at_s))
        stamp = _be("u4", int(moment), int(moment % 1.0 * 2.0**32))
        names = kind.encode().ljust(12, b"\0") + device.encode().ljust(20, b"\0")
        return _be("u2", self.version) + names + stamp + _be("u8", len(body)) + _be("u8", check_of(body)) + body

    def _dynamic(self, frame: FrameReceived) -> bytes:
        parts = np.stack([frame.volume.real, frame.volume.imag], axis=-1)
        content = self._volume(frame.geometry, np.rint(parts).astype(np.int16) if self.short else parts)
        numbers = {
            NUMBER: str(frame.sequence),
            "MagneticFieldStrength": repr(frame.field_T),
            "EchoTime": repr(frame.echo_time_ms),
        }
        front = self.string(NUMBER, str(frame.sequence)) if self.version == 1 else b""
        return front + self.message("IMAGE", FRAMES, content, frame.acquired_s, numbers)

    def _volume(self, geometry: Geometry, values: np.ndarray) -> bytes:
        dx, dy, dz = geometry.voxel_mm
        sign = -1.0 if self.ras else 1.0
        middle = centre_mm(geometry)
        columns = (sign * dx, 0, 0, 0, sign * dy, 0, 0, 0, dz)
        centre = (sign * middle[0], sign * middle[1], middle[2])
        scalar = {np.dtype(np.int16): 4, np.dtype(np.float32): 10}[values.dtype]
        head = _be("u2", 1) + bytes((values.shape[3], scalar, 2, 1 if self.ras else 2))
        place = _be("f4", *columns, *centre) + _be("u2", 0, 0, 0, *geometry.matrix)
        # i runs fastest on the wire, with its components together.
        return head + _be("u2", *geometry.matrix) + place + np.moveaxis(values, 3, 0).tobytes(order="F")

    def _faulted(self, data: bytes) -> bytes:
        match self.fault:
            case WireFault.MUTE:
                return b""
            case WireFault.HALF:
                return data[: len(data) // 2]
            case WireFault.GARBLED:
                return data[:-5] + bytes((data[-5] ^ 0x01,)) + data[-4:]
        return data
