"""What both wires share: parts of known length, gathered in memory that is set aside once; words for strange bytes."""

from typing import Final, Protocol

import attrs

from syntherm.core.events import FatMapReceived, FrameReceived

_SHOWN: Final = 60
"""So many characters of what came from outside are shown."""


class StreamRefused(Exception):
    """The bytes cannot be read on: where the next message begins is not known. One line: what was found."""


class MessageRefused(Exception):
    """One message cannot be used; the stream goes on behind it. One line: what was found and what was expected."""


def shown(strange: bytes | str) -> str:
    """Text from outside, fit for one line: escaped and cut."""
    text = strange.decode("latin-1") if isinstance(strange, bytes) else strange
    return ascii(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")


@attrs.frozen(eq=False)
class Taken:
    """What some bytes led to. `whole`: a message ended; `answer`: bytes for the peer; `closed`: it said goodbye."""

    images: tuple[FrameReceived | FatMapReceived, ...] = ()
    whole: bool = False
    answer: bytes = b""
    closed: bool = False


class Source(Protocol):
    """One protocol's way from bytes to judged images. It holds no socket."""

    def begin(self) -> None:
        """Another peer: forget what the last one left unfinished, and all that it said of itself."""
        ...

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty."""
        ...

    def took(self, count: int) -> Taken:
        """`count` bytes were written into the room. Raises StreamRefused."""
        ...

    @property
    def midway(self) -> bool:
        """Whether a message has begun and is not whole."""
        ...


class Parts:
    """Gathers one part after the other, each of a length that is known before it comes. Takes no more memory later."""

    def __init__(self, largest: int) -> None:
        """`largest`: bytes of the longest part that is kept."""
        self._memory = memoryview(bytearray(largest))
        self._have, self._want, self._skips = 0, 0, False

    def want(self, length: int) -> None:
        """Keep the next `length` bytes. Raises StreamRefused if they are more than there is memory for."""
        if length > len(self._memory):
            raise StreamRefused(f"a part of {length} bytes; at most {len(self._memory)} are taken")
        self._have, self._want, self._skips = 0, length, False

    def skip(self, length: int) -> None:
        """Let the next `length` bytes pass."""
        self._have, self._want, self._skips = 0, length, True

    def room(self) -> memoryview:
        """Where the next bytes go: never more than the part still lacks."""
        if self._skips:
            return self._memory[: self._want - self._have]
        return self._memory[self._have : self._want]

    def took(self, count: int) -> None:
        """So many bytes were written into the room."""
        self._have += count

    @property
    def begun(self) -> bool:
        """Whether any byte of the part is there."""
        return self._have > 0

    @property
    def whole(self) -> bool:
        """Whether the part is complete."""
        return self._have == self._want

    @property
    def part(self) -> memoryview:
        """The part; overwritten by the next."""
        return self._memory[: self._want]
