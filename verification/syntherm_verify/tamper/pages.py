"""Which entry each byte of a database file belongs to, read from SQLite's file format and by nothing of SQLite."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

_INTERIOR, _LEAF = 0x05, 0x0D
_HEADER: Final = 100
_LEAF_HEADER, _INTERIOR_HEADER = 8, 12


def owners(data: bytes, root: int) -> NDArray[np.int32]:
    """The rowid that each byte belongs to, of the table whose tree begins at page `root`; 0 for all other bytes."""
    size = int.from_bytes(data[16:18], "big")
    found = np.zeros(len(data), dtype=np.int32)
    for start, end, rowid in _cells(data, size, root):
        found[start:end] = rowid
    return found


def _cells(data: bytes, size: int, number: int) -> Iterator[tuple[int, int, int]]:
    begin = (number - 1) * size
    page = data[begin : begin + size]
    head = _HEADER if number == 1 else 0
    kind, count = page[head], int.from_bytes(page[head + 3 : head + 5], "big")
    pointers = head + (_LEAF_HEADER if kind == _LEAF else _INTERIOR_HEADER)
    for i in range(count):
        place = int.from_bytes(page[pointers + 2 * i : pointers + 2 * i + 2], "big")
        if kind == _INTERIOR:
            yield from _cells(data, size, int.from_bytes(page[place : place + 4], "big"))
        else:
            yield from _cell(data, size, begin, place)
    if kind == _INTERIOR:
        yield from _cells(data, size, int.from_bytes(page[head + 8 : head + 12], "big"))


def _cell(data: bytes, size: int, begin: int, place: int) -> Iterator[tuple[int, int, int]]:
    length, after = _varint(data, begin + place)
    rowid, after = _varint(data, after)
    local = _local(length, size)
    end = after + local + (4 if local < length else 0)
    yield begin + place, end, rowid
    left = length - local
    following = int.from_bytes(data[end - 4 : end], "big") if left else 0
    while left > 0:
        start = (following - 1) * size
        some = min(left, size - 4)
        yield start, start + 4 + some, rowid
        following, left = int.from_bytes(data[start : start + 4], "big"), left - some


def _local(length: int, size: int) -> int:
    """How many bytes of a row lie in its leaf; the rest lies in pages of its own."""
    if length <= size - 35:
        return length
    least = (size - 12) * 32 // 255 - 23
    some = least + (length - least) % (size - 4)
    return some if some <= size - 35 else least


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for i in range(8):
        value = value << 7 | data[place + i] & 0x7F
        if not data[place + i] & 0x80:
            return value, place + i + 1
    return value << 8 | data[place + 8], place + 9
