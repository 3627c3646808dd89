"""Frames of the OpenLIFU line: 0xAA, number, kind, command, address, reserved, length, data, CRC, 0xDD. No IO."""

import binascii
import struct
from typing import Final

import attrs

START: Final = 0xAA
END: Final = 0xDD
MAX_DATA: Final = 4096
_HEAD: Final = struct.Struct(">BHBBBBH")
_TAIL: Final = 3
_CRC_SEED: Final = 0xFFFF


@attrs.frozen
class Frame:
    """One frame. `number` ties a reply to its request; 0 is what nobody asked for. Raises ValueError."""

    number: int
    kind: int
    command: int
    address: int = 0
    reserved: int = 0
    data: bytes = b""

    def __attrs_post_init__(self) -> None:
        # By hand: attrs' validators would take as long as the rest of reading a frame, and a lease takes a hundred.
        for value in (self.kind, self.command, self.address, self.reserved):
            if not 0 <= value <= 0xFF:
                raise ValueError(f"{value} in a frame: expected a byte")
        if not 0 <= self.number <= 0xFFFF or len(self.data) > MAX_DATA:
            raise ValueError(f"frame {self.number} of {len(self.data)} bytes: at most {0xFFFF}, {MAX_DATA} bytes")


def encoded(frame: Frame) -> bytes:
    """The bytes of a frame."""
    head = _HEAD.pack(
        START, frame.number, frame.kind, frame.command, frame.address, frame.reserved, len(frame.data)
    )  # fmt: skip
    crc = binascii.crc_hqx(head[1:] + frame.data, _CRC_SEED)
    return head + frame.data + struct.pack(">HB", crc, END)


class FrameReader:
    """Bytes in, frames out; holds less than one frame. `rejected` says why the last bytes were thrown away."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.rejected: str | None = None

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """The frames that are now whole, oldest first."""
        self._held += data
        frames = []
        while self._held:
            if self._held[0] != START:
                self._skip_to_start()
                continue
            if len(self._held) < _HEAD.size:
                break
            length = _HEAD.unpack_from(self._held)[6]
            if length > MAX_DATA:
                self._reject(f"{length} bytes of data: at most {MAX_DATA}")
                continue
            if len(self._held) < _HEAD.size + length + _TAIL:
                break
            frame = self._taken(length)
            if frame is not None:
                frames.append(frame)
        return tuple(frames)

    def _taken(self, length: int) -> Frame | None:
        whole = bytes(self._held[: _HEAD.size + length + _TAIL])
        if whole[-1] != END:
            self._reject(f"ends with 0x{whole[-1]:02X}: expected 0x{END:02X}")
            return None
        crc = binascii.crc_hqx(whole[1:-_TAIL], _CRC_SEED)
        if crc != int.from_bytes(whole[-_TAIL:-1], "big"):
            self._reject(f"check sum 0x{whole[-_TAIL:-1].hex()}: expected 0x{crc:04x}")
            return None
        del self._held[: len(whole)]
        _, number, kind, command, address, reserved, _ = _HEAD.unpack_from(whole)
        return Frame(number, kind, command, address, reserved, whole[_HEAD.size : -_TAIL])

    def _reject(self, why: str) -> None:
        self.rejected = why
        del self._held[0]

    def _skip_to_start(self) -> None:
        at = self._held.find(START)
        self.rejected = f"0x{self._held[0]:02X} where a frame begins with 0x{START:02X}"
        del self._held[: at if at >= 0 else len(self._held)]
