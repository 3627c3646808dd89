"""The words between session and guardian: one short ASCII line for each message. docs/guardian.md lists them."""

import re
from dataclasses import dataclass
from typing import Final

from syntherm.guardian.causes import Cause

LONGEST: Final = 128
_HEARTBEAT: Final = re.compile(rb"heartbeat ([0-9]{1,15}) ([0-9]{1,12}\.[0-9]{1,9})")
_TRY: Final = re.compile(rb"try ([a-z-]{1,20})")
ORDERS: Final = frozenset({"prove", "proven", "arm", "disarm", "baseline"})
_CAUSES: Final = {cause.value: cause for cause in Cause}


class NoMessage(Exception):
    """The bytes are no message of the session; says what was found."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`verdict_s`: the moment of the session's own verdict, by its clock."""

    counter: int
    verdict_s: float


@dataclass(frozen=True, slots=True)
class Try:
    """Feed a test value for this cause."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Order:
    """One of ORDERS."""

    word: str


def read(data: bytes) -> Heartbeat | Try | Order:
    """The message that `data` is. Raises NoMessage."""
    if len(data) <= LONGEST:
        beat = _HEARTBEAT.fullmatch(data)
        if beat:
            return Heartbeat(int(beat[1]), float(beat[2]))
        tried = _TRY.fullmatch(data)
        if tried and tried[1].decode("ascii") in _CAUSES:
            return Try(_CAUSES[tried[1].decode("ascii")])
        word = data.decode("ascii", "replace")
        if word in ORDERS:
            return Order(word)
    raise NoMessage(f"found {data[:40]!a}, expected heartbeat, try or one of {', '.join(sorted(ORDERS))}")


def state(number: int, mode: str, enabled: bool, dropped: str, tripped: list[str], failing: list[str]) -> bytes:
    """The guardian's state, as it tells it; `-` stands for nothing."""
    lists = f"tripped={','.join(tripped) or '-'} failing={','.join(failing) or '-'}"
    return f"state n={number} mode={mode} enabled={int(enabled)} dropped={dropped or '-'} {lists}".encode("ascii")


def refusal(word: str, because: str) -> bytes:
    """An order that was not followed."""
    return f"refused {word}: {because}".encode("ascii", "backslashreplace")[:400]
