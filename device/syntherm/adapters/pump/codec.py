"""Frames of the NE-1000: safe (STX length data CRC-16 ETX) and basic. Bytes in, data or named rejections out; no IO.

The length counts itself and all that follows it: data and 4. The CRC is CCITT's with initial value 0 over the data.
"""

import binascii
import re
from enum import Enum, unique
from typing import Final

import attrs

STX: Final = 0x02
ETX: Final = 0x03
_AROUND: Final = 4
"""Length, two bytes of CRC and ETX."""
LONGEST_DATA: Final = 64
"""Far more than any reply or command that is used; bounds the memory of a decoder."""
_SHOWN: Final = 24
_TEXT: Final = re.compile(rb"[\x20-\x7e]*", re.DOTALL)


class NotSendable(ValueError):
    """Data that no frame can carry. One line."""


@unique
class Rejection(Enum):
    """Why bytes were no frame; the value says it for a reader."""

    OUTSIDE = "bytes outside a frame"
    SHORT = "length below that of an empty frame"
    LONG = "frame longer than any that is used"
    BAD_ETX = "no ETX at the end"
    BAD_CRC = "wrong checksum"
    NO_TEXT = "bytes that are no text"


@attrs.frozen
class Rejected:
    """Bytes that were dropped: the reason, and the first of them, escaped."""

    why: Rejection
    shown: str


def shown(data: bytes) -> str:
    """Foreign bytes for a message: escaped, and cut."""
    return ascii(data[:_SHOWN]) + ("..." if len(data) > _SHOWN else "")


def _checked(data: str) -> bytes:
    if not (data.isascii() and data.isprintable() and len(data) <= LONGEST_DATA):
        raise NotSendable(f"frame data {data[:_SHOWN]!a}: expected at most {LONGEST_DATA} printable ASCII")
    return data.encode("ascii")


def encode_safe(data: str) -> bytes:
    """A safe frame. Raises NotSendable."""
    text = _checked(data)
    return bytes((STX, len(text) + _AROUND)) + text + binascii.crc_hqx(text, 0).to_bytes(2, "big") + bytes((ETX,))


def encode_basic_command(data: str) -> bytes:
    """A command in basic mode. Raises NotSendable."""
    return _checked(data) + b"\r"


def encode_basic_reply(data: str) -> bytes:
    """A reply in basic mode. Raises NotSendable."""
    return bytes((STX,)) + _checked(data) + bytes((ETX,))


class SafeDecoder:
    """Takes any pieces of a stream; gives whole frames' data, and what it rejected, in the order of the bytes.

    After a rejection it looks for the next STX behind the one that deceived it, so a good frame within what a wrong
    length had claimed is still found.
    """

    def __init__(self) -> None:
        self._kept = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._kept)

    def drop(self) -> None:
        """Forget an incomplete frame: the pump's inter-byte time-out."""
        self._kept.clear()

    def feed(self, data: bytes) -> tuple[str | Rejected, ...]:
        """What the stream holds with `data` added."""
        self._kept += data
        found: list[str | Rejected] = []
        while (one := self._next()) is not None:
            found.append(one)
        return tuple(found)

    def _next(self) -> str | Rejected | None:
        kept = self._kept
        start = kept.find(STX)
        if start != 0 and kept:
            return self._reject(Rejection.OUTSIDE, len(kept) if start < 0 else start)
        if len(kept) < 2:
            return None
        size = kept[1] + 1
        if size < _AROUND + 1:
            return self._reject(Rejection.SHORT, 1)
        if size > LONGEST_DATA + _AROUND + 1:
            return self._reject(Rejection.LONG, 1)
        return self._whole(size) if len(kept) >= size else None

    def _whole(self, size: int) -> str | Rejected:
        kept = self._kept
        data = bytes(kept[2 : size - 3])
        if kept[size - 1] != ETX:
            return self._reject(Rejection.BAD_ETX, 1)
        if binascii.crc_hqx(data, 0) != int.from_bytes(kept[size - 3 : size - 1], "big"):
            return self._reject(Rejection.BAD_CRC, 1)
        if not _TEXT.fullmatch(data):
            return self._reject(Rejection.NO_TEXT, size)
        del kept[:size]
        return data.decode("ascii")

    def _reject(self, why: Rejection, drop: int) -> Rejected:
        # No more is copied than is shown: noise leads to a rejection for nearly each of its bytes.
        rejected = Rejected(why, shown(bytes(self._kept[: _SHOWN + 1])))
        del self._kept[:drop]
        return rejected


class BasicDecoder:
    """Replies in basic mode, where nothing but STX and ETX marks them. For looking at a pump, not for treating."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> tuple[str | Rejected, ...]:
        """What the stream holds with `data` added."""
        self._kept += data
        found: list[str | Rejected] = []
        while (one := self._next()) is not None:
            found.append(one)
        return tuple(found)

    def _next(self) -> str | Rejected | None:
        kept = self._kept
        start, end = kept.find(STX), kept.find(ETX)
        if start != 0 and kept:
            return self._cut(Rejection.OUTSIDE, len(kept) if start < 0 else start)
        if end < 0:
            return self._cut(Rejection.LONG, 1) if len(kept) > LONGEST_DATA + 1 else None
        data = bytes(kept[1:end])
        if len(data) > LONGEST_DATA:
            return self._cut(Rejection.LONG, 1)
        if not _TEXT.fullmatch(data):
            return self._cut(Rejection.NO_TEXT, 1)
        del kept[: end + 1]
        return data.decode("ascii")

    def _cut(self, why: Rejection, drop: int) -> Rejected:
        # No more is copied than is shown: noise leads to a rejection for nearly each of its bytes.
        rejected = Rejected(why, shown(bytes(self._kept[: _SHOWN + 1])))
        del self._kept[:drop]
        return rejected
