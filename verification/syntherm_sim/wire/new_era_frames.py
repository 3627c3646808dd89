"""The pump's side of its frames, written apart from the driver's codec so that one error does not hide in both."""

from typing import Final

_STX: Final = 2
_ETX: Final = 3
_INTER_BYTE_S: Final = 0.5
BAD_FRAME: Final = "?COM"


def crc16(data: bytes) -> int:
    """CCITT, polynomial 0x1021, initial value 0, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value


def safe_frame(data: str) -> bytes:
    """STX length data CRC ETX."""
    text = data.encode("ascii")
    return bytes([_STX, len(text) + 4, *text, *crc16(text).to_bytes(2, "big"), _ETX])


def basic_frame(data: str) -> bytes:
    """STX data ETX."""
    return bytes([_STX]) + data.encode("ascii") + bytes([_ETX])


class Inbox:
    """Commands out of bytes. In safe mode only safe frames are taken; in basic mode, lines and safe frames."""

    def __init__(self) -> None:
        self._bytes = b""
        self._last_s = 0.0

    def take(self, data: bytes, at_s: float, safe: bool) -> list[tuple[str, bool]]:
        """Commands, each with whether it came in a safe frame; BAD_FRAME for a frame that does not add up."""
        if at_s - self._last_s >= _INTER_BYTE_S:
            self._bytes = b""
        self._last_s = at_s
        self._bytes += data
        found: list[tuple[str, bool]] = []
        while self._bytes:
            one = self._framed() if self._bytes[0] == _STX else self._line(safe)
            if one is None:
                break
            found += one
        return found

    def _framed(self) -> list[tuple[str, bool]] | None:
        if len(self._bytes) < 2 or len(self._bytes) <= self._bytes[1]:
            return None
        frame, self._bytes = self._bytes[: self._bytes[1] + 1], self._bytes[self._bytes[1] + 1 :]
        data = frame[2:-3]
        good = len(frame) > 4 and frame[-1] == _ETX and crc16(data).to_bytes(2, "big") == frame[-3:-1]
        return [(data.decode("latin-1") if good else BAD_FRAME, True)]

    def _line(self, safe: bool) -> list[tuple[str, bool]] | None:
        if safe:
            # Noise between frames.
            self._bytes = self._bytes[1:]
            return []
        line, end, rest = self._bytes.partition(b"\r")
        if not end:
            return None
        self._bytes = rest
        text = line.decode("latin-1")
        return [("".join(sign for sign in text if sign > " ").upper(), False)]
