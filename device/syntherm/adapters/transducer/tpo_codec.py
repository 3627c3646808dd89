"""Lines of a four-channel TPO: one command, one reply, each ended by CR. No IO.

Only the words below can be written. ARM is not among them (the byte after it starts output), nor is ENFORCELIMITS.
There is no check sum: whoever sets a value reads it back.
"""

from enum import Enum, unique
from typing import Final

CR: Final = b"\r"
MAX_LINE: Final = 120
_IGNORED: Final = b"\n"
_PRINTABLE: Final = range(0x20, 0x7F)


@unique
class Setting(Enum):
    """Values that are set and read back; all whole numbers."""

    LOCAL = "LOCAL"
    FREQUENCY_Hz = "GLOBALFREQ"
    POWER_mW = "GLOBALPOWER"
    FOCUS_um = "FOCUS"
    BURST_us = "BURST"
    PERIOD_us = "PERIOD"
    TIMER = "TIMER"


@unique
class Order(Enum):
    """What is done at once."""

    START = "START"
    ABORT = "ABORT"


class ReplyRefused(Exception):
    """A reply that says no, or says something else. One line."""


def written(what: Setting, value: int) -> bytes:
    """Set a value, 0 or more. Raises ValueError."""
    if value < 0:
        raise ValueError(f"{what.value}={value}: expected 0 or more")
    return f"{what.value}={value:d}".encode("ascii") + CR


def asked(what: Setting) -> bytes:
    """Ask for a value."""
    return f"{what.value}?".encode("ascii") + CR


def ordered(what: Order) -> bytes:
    """Have something done."""
    return what.value.encode("ascii") + CR


def accepted(line: str) -> str:
    """A reply that is no error. Raises ReplyRefused for those that begin with E, and for empty ones."""
    if not line or line.upper().startswith("E"):
        raise ReplyRefused(f"answered {line!a}")
    return line


def value_of(what: Setting, line: str) -> int:
    """The number in a reply to a question: NAME=digits. Raises ReplyRefused."""
    name, equals, digits = accepted(line).partition("=")
    if name.strip() != what.value or not equals or not digits.strip().isdecimal():
        raise ReplyRefused(f"answered {line[:40]!a}, expected {what.value}=number")
    return int(digits)


class LineReader:
    """Bytes in, lines out; holds at most one line. `rejected` says why the last bytes were thrown away."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._spoilt = False
        self.rejected: str | None = None

    @property
    def held(self) -> int:
        """Bytes that wait for their CR."""
        return len(self._held)

    def feed(self, data: bytes) -> tuple[str, ...]:
        """The lines that are now whole, without their ends, oldest first. A line with any odd byte is dropped whole."""
        lines = []
        for byte in data:
            if byte == CR[0]:
                if not self._spoilt:
                    lines.append(self._held.decode("ascii"))
                self._held.clear()
                self._spoilt = False
            elif byte in _PRINTABLE and not self._spoilt and len(self._held) < MAX_LINE:
                self._held.append(byte)
            elif byte not in _IGNORED:
                self._spoil(byte)
        return tuple(lines)

    def _spoil(self, byte: int) -> None:
        if not self._spoilt:
            why = f"byte 0x{byte:02X}" if byte not in _PRINTABLE else f"more than {MAX_LINE} characters"
            self.rejected = f"{why} in a line"
        self._spoilt = True
        self._held.clear()
