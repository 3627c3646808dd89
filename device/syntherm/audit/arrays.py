"""Arrays beside the entries, by content hash, packed without loss.

A complex image whose parts are whole numbers within 16 bits, as scanners send them, is packed as such; bytes
are shuffled so that the slow ones lie together, then deflated.
"""

import hashlib
import json
import math
import re
import zlib
from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_LEVEL: Final = 1
"""Deflate at its fastest: image noise does not get smaller with more effort."""
_RAW: Final = -zlib.MAX_WBITS
_ZLIB_HEAD: Final = b"\x78\x01"
"""RFC 1950: deflated in a window of 32 KiB, at its fastest."""
_DTYPE: Final = re.compile(r"[<>|][biufc]\d{1,2}", re.ASCII)
"""Plain numbers. Not everything that numpy would parse is a type, and its parser answers some of it in odd ways."""

_SHAPE: Final = re.compile(r"\[(\d{1,10}(, \d{1,10}){0,63})?\]", re.ASCII)


@attrs.frozen
class Packed:
    """An array as stored."""

    digest: str
    dtype: str
    shape: str
    packing: str
    data: bytes


def digest_of(array: Array) -> str:
    """SHA-256 over dtype, shape and little-endian C-order content."""
    plain = np.ascontiguousarray(array)
    head = f"{plain.dtype.str}\n{json.dumps(list(array.shape))}\n"
    hasher = hashlib.sha256(head.encode())
    hasher.update(plain.data)
    return hasher.hexdigest()


def _shuffled(array: Array) -> bytes:
    width = array.dtype.itemsize
    return np.ascontiguousarray(array.reshape(-1).view(np.uint8).reshape(-1, width).T).tobytes()


def _unshuffled(data: bytes, dtype: np.dtype[Any]) -> Array:
    planes = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype)


def _deflated_halves(data: bytes) -> bytes:
    """One zlib stream of low bytes and high bytes. Noise has no repeats but of one byte: nothing else is sought there.

    That takes half the time of deflating both alike, and the stream gets no longer.
    """
    low = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    high = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    middle = len(data) // 2
    # A full flush ends on a whole byte, and what follows refers to nothing before it.
    blocks = low.compress(data[:middle]) + low.flush(zlib.Z_FULL_FLUSH) + high.compress(data[middle:]) + high.flush()
    return _ZLIB_HEAD + blocks + zlib.adler32(data).to_bytes(4, "big")


def pack(array: Array, digest: str) -> Packed:
    """Pack an array whose digest is known."""
    plain = np.ascontiguousarray(array)
    dtype, shape = plain.dtype.str, json.dumps(list(array.shape))
    if plain.dtype == np.complex64:
        parts = plain.view(np.float32)
        with np.errstate(invalid="ignore"):
            # What becomes of numbers beyond 16 bits does not matter: none comes back as it was.
            whole = parts.astype(np.int16)
        # Bit for bit: minus zero is not a whole number that 16 bits can hold.
        if np.array_equal(whole.astype(np.float32).view(np.uint32), parts.view(np.uint32)):
            return Packed(digest, dtype, shape, "i2-shuffle-zlib", _deflated_halves(_shuffled(whole)))
    return Packed(digest, dtype, shape, "shuffle-zlib", zlib.compress(_shuffled(plain), _LEVEL))


def _inflated(data: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    content = stream.decompress(data, size + 1)  # never more than the shape asks for
    if len(content) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"the packed data is not that of {size} bytes")
    return content


def unpack(packed: Packed) -> Array:
    """The array again. Raises ValueError if what is stored cannot be one."""
    if not _DTYPE.fullmatch(packed.dtype) or not _SHAPE.fullmatch(packed.shape):
        raise ValueError(f"no dtype {packed.dtype!a:.40} of shape {packed.shape!a:.40}")
    try:
        shape, dtype = json.loads(packed.shape), np.dtype(packed.dtype)
        items = math.prod(shape)
        if packed.packing == "i2-shuffle-zlib" and packed.dtype == "<c8":
            parts = _unshuffled(_inflated(packed.data, items * 4), np.dtype("<i2"))
            return parts.astype(np.float32).view(dtype).reshape(shape)
        if packed.packing == "shuffle-zlib":
            return _unshuffled(_inflated(packed.data, items * dtype.itemsize), dtype).reshape(shape)
    except (zlib.error, TypeError, OverflowError, MemoryError) as error:
        raise ValueError(f"cannot be unpacked: {error}") from error
    raise ValueError(f"unknown packing {packed.packing!a:.40} of {packed.dtype}")
