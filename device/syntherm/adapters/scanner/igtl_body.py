"""The bodies of OpenIGTLink messages that a scanner's bridge sends: IMAGE, STATUS, STRING, TRANSFORM, and metadata.

All raise MessageRefused where a body is not what its type says.
"""

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner.stream import MessageRefused, shown

_IMAGE: Final = struct.Struct(">H4B3H12f6H")
_STATUS: Final = struct.Struct(">Hq20s")
_STRING: Final = struct.Struct(">HH")
_TRANSFORM: Final = struct.Struct(">12f")
_ENTRY: Final = struct.Struct(">HHI")
_COUNT: Final = struct.Struct(">H")
_ASCII, _UTF8 = 3, 106
_SCALARS: Final = {2: "i1", 3: "u1", 4: "i2", 5: "u2", 6: "i4", 7: "u4", 10: "f4", 11: "f8"}
_BYTE_ORDERS: Final = {1: ">", 2: "<"}
_NO_METADATA: Final[Mapping[str, str]] = MappingProxyType({})
RAS, LPS = 1, 2

Triple = tuple[float, float, float]


@attrs.frozen
class Head:
    """What stands before every body: the device's name and time, seconds since 1970 and 2**-32 of a second."""

    version: int
    device: str
    seconds: int
    fraction: int
    metadata: Mapping[str, str] = _NO_METADATA


@attrs.frozen(eq=False)
class IgtlImage:
    """An image as sent; `columns_mm`: direction times spacing of i, j, k; `values` has shape (ni, nj, nk, components).

    `coordinates` is RAS or LPS; `centre_mm` is the centre of the image.
    """

    head: Head
    coordinates: int
    matrix: tuple[int, int, int]
    columns_mm: tuple[Triple, Triple, Triple]
    centre_mm: Triple
    values: NDArray[np.generic]


@attrs.frozen
class IgtlStatus:
    """What a device says of itself; code 1 is well."""

    head: Head
    code: int
    text: str


@attrs.frozen
class IgtlString:
    """A text."""

    head: Head
    text: str


@attrs.frozen
class IgtlTransform:
    """A transform: three columns of directions and a position, as sent."""

    head: Head
    numbers: tuple[float, ...]


IgtlMessage = IgtlImage | IgtlStatus | IgtlString | IgtlTransform


def image(head: Head, part: memoryview) -> IgtlImage:
    """The body of IMAGE: one whole volume."""
    if len(part) < _IMAGE.size:
        raise MessageRefused(f"{len(part)} bytes; an image's own header has {_IMAGE.size}")
    numbers = _IMAGE.unpack_from(part)
    version, components, scalar, order, coordinates, ni, nj, nk = numbers[:8]
    if version != 1 or scalar not in _SCALARS or order not in _BYTE_ORDERS or coordinates not in (RAS, LPS):
        said = f"version {version}, scalar {scalar}, endian {order}, coordinates {coordinates}"
        raise MessageRefused(f"{said}; expected version 1 and values of the protocol")
    if numbers[20:] != (0, 0, 0, ni, nj, nk):
        raise MessageRefused(f"a part of an image: {numbers[20:]} of {(ni, nj, nk)}; expected the whole")
    kind = np.dtype(_BYTE_ORDERS[order] + _SCALARS[scalar])
    expected = ni * nj * nk * components * kind.itemsize
    if len(part) - _IMAGE.size != expected:
        raise MessageRefused(f"{len(part) - _IMAGE.size} bytes of values; {(ni, nj, nk, components)} need {expected}")
    sent = np.frombuffer(part[_IMAGE.size :], kind).reshape(nk, nj, ni, components)
    columns = (numbers[8:11], numbers[11:14], numbers[14:17])
    # A copy of its own: the part is overwritten by the next message.
    values = np.array(sent.transpose(2, 1, 0, 3), kind.newbyteorder("="), order="C")
    return IgtlImage(head, coordinates, (ni, nj, nk), columns, numbers[17:20], values)


def status(head: Head, part: memoryview) -> IgtlStatus:
    """The body of STATUS."""
    if len(part) < _STATUS.size:
        raise MessageRefused(f"{len(part)} bytes; a status has {_STATUS.size} and its text")
    code, _, name = _STATUS.unpack_from(part)
    text = name.rstrip(b"\0") + b" " + bytes(part[_STATUS.size :])
    return IgtlStatus(head, code, text.strip(b"\0 ").decode("latin-1"))


def string(head: Head, part: memoryview) -> IgtlString:
    """The body of STRING."""
    if len(part) < _STRING.size:
        raise MessageRefused(f"{len(part)} bytes; a string has {_STRING.size} and its text")
    encoding, length = _STRING.unpack_from(part)
    text = part[_STRING.size :]
    if len(text) != length:
        raise MessageRefused(f"a text of {len(text)} bytes; its length says {length}")
    return IgtlString(head, _decoded(encoding, text))


def transform(head: Head, part: memoryview) -> IgtlTransform:
    """The body of TRANSFORM."""
    if len(part) != _TRANSFORM.size:
        raise MessageRefused(f"{len(part)} bytes; a transform has {_TRANSFORM.size}")
    return IgtlTransform(head, _TRANSFORM.unpack(part))


def metadata(index: memoryview, texts: memoryview) -> Mapping[str, str]:
    """Metadata by key: a list of lengths, then keys and values in turn."""
    if len(index) == 0 and len(texts) == 0:
        return _NO_METADATA
    count = _COUNT.unpack_from(index)[0] if len(index) >= _COUNT.size else -1
    if len(index) != _COUNT.size + max(count, 0) * _ENTRY.size:
        raise MessageRefused(f"metadata: a list of {len(index)} bytes for {count} entries")
    found: dict[str, str] = {}
    at = 0
    for number in range(count):
        key_size, encoding, value_size = _ENTRY.unpack_from(index, _COUNT.size + number * _ENTRY.size)
        if at + key_size + value_size > len(texts):
            raise MessageRefused(f"metadata: entry {number} goes beyond the message")
        key = _decoded(_UTF8, texts[at : at + key_size])
        if key in found:
            raise MessageRefused(f"metadata: {shown(key)} is there twice")
        found[key] = _decoded(encoding, texts[at + key_size : at + key_size + value_size])
        at += key_size + value_size
    return MappingProxyType(found)


def _decoded(encoding: int, text: memoryview) -> str:
    if encoding not in (_ASCII, _UTF8):
        raise MessageRefused(f"a text in encoding {encoding}; expected 3 (ASCII) or 106 (UTF-8)")
    try:
        return bytes(text).decode("ascii" if encoding == _ASCII else "utf-8")
    except UnicodeDecodeError as error:
        raise MessageRefused(f"a text that is not in its encoding {encoding}: {shown(bytes(text))}") from error
