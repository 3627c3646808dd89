"""OpenIGTLink messages (header versions 1 and 2) from a stream of bytes: any split gives the same, in bounded memory.

Every body that is looked into has passed its CRC. The header itself carries none.
"""

import struct
from collections.abc import Callable
from typing import Final

import attrs

from syntherm.adapters.scanner import igtl_body as body
from syntherm.adapters.scanner.crc64 import crc64
from syntherm.adapters.scanner.igtl_body import Head, IgtlMessage
from syntherm.adapters.scanner.stream import MessageRefused, Parts, StreamRefused, shown

_HEAD: Final = struct.Struct(">H12s20sIIQQ")
_EXTENDED: Final = struct.Struct(">HHII")
_STATUS: Final = struct.Struct(">Hq20s")
_VERSIONS: Final = (1, 2)
_READ: Final[dict[bytes, Callable[[Head, memoryview], IgtlMessage]]] = {
    b"IMAGE": body.image, b"STATUS": body.status, b"STRING": body.string, b"TRANSFORM": body.transform,
}  # fmt: skip
_GET_STATUS: Final = b"GET_STATUS"


@attrs.frozen
class IgtlSkipped:
    """A message of a type that is not looked into."""

    type_name: str
    device: str
    version: int


@attrs.frozen
class IgtlRefused:
    """A message that cannot be used, and why."""

    because: str
    version: int


@attrs.frozen
class IgtlAsked:
    """The peer asks for our status."""

    version: int


IgtlAny = IgtlMessage | IgtlSkipped | IgtlRefused | IgtlAsked


class IgtlDecoder:
    """Bytes in, messages out. Write into `room`, then say how many with `took`."""

    def __init__(self, largest: int) -> None:
        """`largest`: bytes of the longest body that is taken."""
        self._parts = Parts(max(largest, _HEAD.size))
        self._head: Head | None = None
        self._type, self._crc = b"", 0
        self.begin()

    def begin(self) -> None:
        """A new stream: drop what was unfinished."""
        self._head = None
        self._parts.want(_HEAD.size)

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty."""
        return self._parts.room()

    @property
    def midway(self) -> bool:
        """Whether a message has begun and is not whole."""
        return self._head is not None or self._parts.begun

    def took(self, count: int) -> tuple[IgtlAny, ...]:
        """What is whole now. Raises StreamRefused where no message can be."""
        self._parts.took(count)
        messages: list[IgtlAny] = []
        while self._parts.whole:
            if self._head is None:
                self._begin_body(self._parts.part)
            else:
                messages.append(self._body(self._head, self._parts.part))
                self.begin()
        return tuple(messages)

    def _begin_body(self, part: memoryview) -> None:
        version, type_name, device, seconds, fraction, size, crc = _HEAD.unpack(part)
        if version not in _VERSIONS:
            raise StreamRefused(f"a header of version {version}; expected 1 or 2")
        self._type, self._crc = type_name.rstrip(b"\0 "), crc
        if not self._type or not all(0x20 < byte < 0x7F for byte in self._type):
            raise StreamRefused(f"a message of type {shown(type_name)}; expected a name in ASCII")
        self._head = Head(version, device.rstrip(b"\0 ").decode("latin-1"), seconds, fraction)
        self._parts.want(size)

    def _body(self, head: Head, part: memoryview) -> IgtlAny:
        if self._type == _GET_STATUS:
            return IgtlAsked(head.version)
        read = _READ.get(self._type)
        if read is None:
            return IgtlSkipped(self._type.decode("ascii"), head.device, head.version)
        try:
            found = crc64(part)
            if found != self._crc:
                raise MessageRefused(f"CRC {found:016x} over the body; its header says {self._crc:016x}")
            if head.version == 1:
                return read(head, part)
            return _second(read, head, part)
        except MessageRefused as refused:
            return IgtlRefused(f"{self._type.decode('ascii')} of {shown(head.device)}: {refused}", head.version)


def _second(read: Callable[[Head, memoryview], IgtlMessage], head: Head, part: memoryview) -> IgtlMessage:
    """A body of header version 2: an extended header in front, metadata behind."""
    if len(part) < _EXTENDED.size:
        raise MessageRefused(f"a body of {len(part)} bytes; an extended header has {_EXTENDED.size}")
    size, index_size, texts_size, _ = _EXTENDED.unpack_from(part)
    end = len(part) - index_size - texts_size
    if size < _EXTENDED.size or end < size:
        raise MessageRefused(f"parts of {size}, {index_size} and {texts_size} bytes in a body of {len(part)}")
    metadata = body.metadata(part[end : end + index_size], part[end + index_size :])
    return read(attrs.evolve(head, metadata=metadata), part[size:end])


def status_ok(version: int) -> bytes:
    """Our answer to who asks for our status; `version`: the header version that the peer speaks."""
    content = _STATUS.pack(1, 0, b"") + b"\0"
    if version > 1:
        content = _EXTENDED.pack(_EXTENDED.size, 2, 0, 0) + content + b"\0\0"
    return _HEAD.pack(version, b"STATUS", b"syntherm", 0, 0, len(content), crc64(content)) + content
