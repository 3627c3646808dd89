"""A disk that the power may leave: what has not been synced may be there, lost, or torn, sector by sector.

A sector of 512 bytes is written whole or not at all, or torn: its first bytes are new, the rest is old. Sectors go to
the disk in any order. Names are kept in a journal: of those changes that no sync of the folder has made durable, the
disk holds the first ones, up to any point. A sync of a file makes its content durable, and not its name.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, unique
from typing import Final

import attrs

from syntherm_verify.crash.strace import (
    Acknowledge,
    Allocate,
    Create,
    Link,
    Operation,
    Rename,
    Sync,
    Truncate,
    Unlink,
    Write,
)

SECTOR: Final = 512


@unique
class Loss(Enum):
    """Which pieces that were not synced the disk holds."""

    NONE = "all got through"
    ALL = "all are lost"
    ONE = "one is lost"
    OTHERS = "one alone got through"
    SOME = "some are lost"
    TORN = "some are lost, some torn"


@attrs.frozen
class Piece:
    """A part of one write that lies in one sector, or, with `data` None, a new size; `grows`: it is no less then."""

    offset: int
    data: bytes | None
    grows: bool = False

    def put(self, content: bytearray, torn: int | None) -> None:
        """Into a file's content; `torn`: how many of its bytes got there."""
        if self.data is None:
            if not self.grows:
                del content[self.offset :]
            content.extend(bytes(max(0, self.offset - len(content))))
            return
        data = self.data if torn is None else self.data[:torn]
        content.extend(bytes(max(0, self.offset + len(data) - len(content))))
        content[self.offset : self.offset + len(data)] = data


@attrs.define(eq=False)
class _File:
    """One file: what of it is durable, and what may be."""

    number: int
    durable: bytearray = attrs.Factory(bytearray)
    pending: list[Piece] = attrs.Factory(list)
    syncs: int = 0


Names = dict[str, _File]
Image = Mapping[str, bytes]
"""What a disk holds after the power has failed: the content of each file by its name."""


class Disk:
    """Files and names as operations make them, with all that a power loss can leave of them."""

    def __init__(self) -> None:
        self._durable: Names = {}
        self._now: Names = {}
        self._changes: list[Names] = []
        self._made = 0
        self.said: list[str] = []

    def take(self, operation: Operation) -> None:
        """The next operation of the writer."""
        match operation:
            case Write(name, offset, data):
                self._now[name].pending += pieces(offset, data)
            case Truncate(name, size):
                self._now[name].pending.append(Piece(size, None))
            case Allocate(name, size):
                self._now[name].pending.append(Piece(size, None, grows=True))
            case Sync(""):
                self._durable, self._changes = dict(self._now), []
            case Sync(name):
                self._sync(self._now[name])
            case Acknowledge(said):
                self.said.append(said)
            case _:
                self._rename(operation)

    def _sync(self, file: _File) -> None:
        for piece in file.pending:
            piece.put(file.durable, None)
        file.pending, file.syncs = [], file.syncs + 1

    def _rename(self, operation: Create | Unlink | Rename | Link) -> None:
        match operation:
            case Create(name):
                self._made += 1
                self._now[name] = _File(self._made)
            case Unlink(name):
                del self._now[name]
            case Rename(name, to):
                self._now[to] = self._now.pop(name)
            case Link(name, to):
                self._now[to] = self._now[name]
        self._changes.append(dict(self._now))

    def image(self, rng: random.Random, loss: Loss) -> tuple[object, Image]:
        """A disk after the power has failed now, and what tells it from all others."""
        states = [self._durable, *self._changes]
        chosen = rng.randrange(len(states)) if loss not in (Loss.NONE, Loss.ALL) else -(loss is Loss.NONE)
        key: list[object] = []
        found = {}
        for name, file in sorted(states[chosen].items()):
            content = bytearray(file.durable)
            kept = _kept(rng, loss, file.pending)
            for number, torn in kept:
                file.pending[number].put(content, torn)
            key.append((name, file.number, file.syncs, tuple(kept)))
            found[name] = bytes(content)
        return tuple(key), found


def pieces(offset: int, data: bytes) -> Iterator[Piece]:
    """A write, cut at the borders of sectors."""
    begin = 0
    while begin < len(data):
        end = min(len(data), begin + SECTOR - (offset + begin) % SECTOR)
        yield Piece(offset + begin, data[begin:end])
        begin = end


def _kept(rng: random.Random, loss: Loss, pending: Sequence[Piece]) -> list[tuple[int, int | None]]:
    """Numbers of the pieces that the disk holds, with how many bytes of those that are torn."""
    numbers = range(len(pending))
    if not pending or loss is Loss.ALL:
        return []
    one = rng.choice(numbers)
    if loss in (Loss.ONE, Loss.OTHERS):
        return [(number, None) for number in numbers if (number == one) is (loss is Loss.OTHERS)]
    if loss is Loss.NONE:
        return [(number, None) for number in numbers]
    share = rng.random()
    some = [number for number in numbers if rng.random() < share]
    return [(number, _torn(rng, pending[number]) if loss is Loss.TORN else None) for number in some]


def _torn(rng: random.Random, piece: Piece) -> int | None:
    torn = piece.data is not None and len(piece.data) > 1 and rng.random() < 0.5
    return rng.randrange(1, len(piece.data)) if torn and piece.data is not None else None
