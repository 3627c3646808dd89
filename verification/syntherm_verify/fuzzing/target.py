"""What is fuzzed: one reader of outside bytes, with what must hold for every input."""

from collections.abc import Callable, Iterable
from typing import Final

import attrs

_LONGEST_LINE: Final = 1000


class Broken(Exception):
    """Something that must hold for every input does not. One line."""


@attrs.frozen
class Target:
    """`run` takes one input and raises Broken, or whatever a reader should not have raised.

    `seeds` makes the inputs to begin with, from the project's own encoders and simulators. `longest`: bytes of an
    input at most. `peak_bytes`: what one input may take in memory while it is judged.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    longest: int = 4096
    peak_bytes: int = 8 << 20


def demand(holds: bool, otherwise: str) -> None:
    """Raises Broken unless it holds."""
    if not holds:
        raise Broken(otherwise)


def one_line(text: str) -> None:
    """A message for people is one line that can be shown, whatever bytes led to it. Raises Broken."""
    demand(text.isprintable() and 0 < len(text) <= _LONGEST_LINE, f"a message that is no line: {text!a:.200}")
