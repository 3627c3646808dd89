"""CRC-64 of OpenIGTLink (ECMA-182: polynomial 42F0E1EBA9EA3693, nothing reflected, begins and ends with 0), in numpy.

The check is linear, so each block of 64 bytes is checked by itself with a table for each place in the block, and the
checks of neighbours are joined in pairs. Zeros in front change nothing, which lets every body be padded there.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_POLYNOMIAL: Final = 0x42F0E1EBA9EA3693
_BLOCK: Final = 64
_AT_ONCE: Final = 1024
"""So many blocks at a time stay in the processor's cache."""
_OFFSETS: Final = np.arange(_BLOCK) * 256


def _of_bytes() -> Words:
    """The check of each single byte."""
    checks = np.arange(256, dtype=np.uint64) << np.uint64(56)
    for _ in range(8):
        top = checks >> np.uint64(63)
        checks = (checks << np.uint64(1)) ^ (top * np.uint64(_POLYNOMIAL))
    return checks


_BYTE: Final = _of_bytes()


def _behind_a_zero(checks: Words) -> Words:
    """The checks after one more byte that is zero."""
    return np.asarray((checks << np.uint64(8)) ^ _BYTE[(checks >> np.uint64(56)).astype(np.intp)])


def _by_place() -> Words:
    """The check of a block that holds one byte, by its place and value; flat."""
    rows = [_BYTE]
    for _ in range(_BLOCK - 1):
        rows.append(_behind_a_zero(rows[-1]))
    return np.concatenate(rows[::-1])


_PLACED: Final = _by_place()


@cache
def _farther(level: int) -> Words:
    """What 2**level blocks of zeros make of the check before them, by its byte (0 lowest) and value; shape (8, 256)."""
    if level == 0:
        values = np.arange(256, dtype=np.uint64)
        checks = np.stack([values << np.uint64(8 * place) for place in range(8)])
        for _ in range(_BLOCK):
            checks = _behind_a_zero(checks)
        return checks
    half = _farther(level - 1)
    return _moved(half, half)


def _moved(table: Words, checks: Words) -> Words:
    """The checks with the zeros of `table` behind them."""
    moved = np.zeros_like(checks)
    for place in range(8):
        index = ((checks >> np.uint64(8 * place)) & np.uint64(0xFF)).astype(np.intp)
        moved ^= table[place].take(index)
    return moved


def crc64(body: bytes | bytearray | memoryview) -> int:
    """The check of a body of any length; 0 for an empty one."""
    data = np.frombuffer(body, np.uint8)
    first = len(data) % _BLOCK
    front = np.zeros((1, _BLOCK), np.uint8)
    if first:
        front[0, _BLOCK - first :] = data[:first]
    blocks = data[first:].reshape(-1, _BLOCK)
    pieces = [front, *(blocks[start : start + _AT_ONCE] for start in range(0, len(blocks), _AT_ONCE))]
    checks = np.concatenate([np.bitwise_xor.reduce(_PLACED.take(piece + _OFFSETS), axis=1) for piece in pieces])
    level = 0
    while len(checks) > 1:
        if len(checks) % 2:
            checks = np.concatenate([np.zeros(1, np.uint64), checks])
        checks = _moved(_farther(level), checks[0::2]) ^ checks[1::2]
        level += 1
    return int(checks[0])
