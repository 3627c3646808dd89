"""Readers of streams: the same for every split of the bytes, and never holding more than they say."""

import random
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, Protocol

import attrs

from syntherm_verify.fuzzing.plain import Plain, plain
from syntherm_verify.fuzzing.target import demand, one_line

_MOST_CUTS: Final = 12
_BYTEWISE: Final = 48
"""Inputs of at most so many bytes are also fed byte by byte."""
_FLOODS: Final = (b"\x00", b"\xff", b"0123456789abcdef")
_BLOCKS: Final = 4


class Stream(Protocol):
    """One reader of a stream."""

    @property
    def held(self) -> int:
        """Bytes that it keeps for later."""
        ...

    def feed(self, piece: bytes) -> Iterable[object]:
        """The values and refusals that the piece leads to."""
        ...


def _as_they_are(values: Sequence[Plain]) -> Sequence[Plain]:
    return values


@attrs.frozen
class Kind:
    """How a stream is read: `holds`, the most bytes that it may keep between pieces; `ends`, what it may raise.

    `told` brings values that a split may cut differently, such as runs of noise, to one form. `values_before_end`:
    whether values that came in the piece which ends the stream are still given.
    """

    opens: Callable[[], Stream]
    holds: int
    ends: tuple[type[Exception], ...] = ()
    told: Callable[[Sequence[Plain]], Sequence[Plain]] = _as_they_are
    values_before_end: bool = True


@attrs.frozen
class Heard:
    """What a stream led to: its values, and the refusal that ended it."""

    values: tuple[Plain, ...]
    end: str | None


def pieces(data: bytes, rng: random.Random) -> list[bytes]:
    """The bytes cut at random places."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randint(1, _MOST_CUTS)))
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def judge(kind: Kind, data: bytes) -> Heard:
    """Whole, in two random splits and byte by byte all the same; then flooded.

    Raises Broken, or what the reader should not have raised.
    """
    rng = random.Random(zlib.crc32(data))
    whole = _heard(kind, [data])
    splits = [pieces(data, rng), pieces(data, rng)]
    if len(data) <= _BYTEWISE:
        splits.append([bytes((byte,)) for byte in data])
    for split in splits:
        _same(kind, whole, _heard(kind, split), [len(piece) for piece in split])
    _flooded(kind, data, rng.choice(_FLOODS))
    return whole


def _heard(kind: Kind, split: Iterable[bytes]) -> Heard:
    stream = kind.opens()
    values: list[Plain] = []
    end: str | None = None
    for piece in split:
        try:
            # One by one: those before a refusal count, too.
            for each in stream.feed(piece):
                values.append(plain(each))
        except kind.ends as refused:
            end = f"{type(refused).__name__}: {refused}"
            one_line(end)
            break
        _bounded(kind, stream)
    return Heard(tuple(kind.told(values)), end)


def _bounded(kind: Kind, stream: Stream) -> None:
    demand(stream.held <= kind.holds, f"holds {stream.held} bytes after a piece, at most {kind.holds} are stated")


def _same(kind: Kind, whole: Heard, split: Heard, sizes: list[int]) -> None:
    demand(whole.end == split.end, f"pieces of {sizes}: ended by {split.end}, whole by {whole.end}")
    expected, found = whole.values, split.values
    if whole.end is not None and not kind.values_before_end:
        short = min(len(expected), len(found))
        expected, found = expected[:short], found[:short]
    demand(expected == found, f"pieces of {sizes}: gave {found!s:.300}, whole {expected!s:.300}")


def _flooded(kind: Kind, data: bytes, filler: bytes) -> None:
    """Whatever stands in the input, what follows it without end does not gather."""
    stream = kind.opens()
    block = (filler * (kind.holds // 2 // len(filler) + 1))[: kind.holds // 2 + 1]
    try:
        for piece in (data, *[block] * _BLOCKS):
            for _ in stream.feed(piece):
                pass
            _bounded(kind, stream)
    except kind.ends:
        return
