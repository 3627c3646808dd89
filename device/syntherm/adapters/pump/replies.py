"""What the pump's replies mean: address, status or alarm, error, data. Whatever is not understood is no reply."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, unique
from typing import Final

import attrs

from syntherm.adapters.pump.digits import NoNumber, parse_number


class NoReply(ValueError):
    """Data that is no reply, or no reply to what was asked. One line."""


@unique
class Status(Enum):
    """What the pump is doing, by its prompt."""

    INFUSING = "I"
    WITHDRAWING = "W"
    STOPPED = "S"
    PAUSED = "P"
    PAUSE_PHASE = "T"
    WAITING = "U"
    PURGING = "X"


STILL: Final = (Status.STOPPED, Status.PAUSED)
"""The motor stands, and nothing but a start will move it. A pause phase or a wait for a trigger goes on by itself."""


@unique
class Alarm(Enum):
    """Why the pump stopped itself."""

    RESET = "R"
    STALLED = "S"
    TIMED_OUT = "T"
    PROGRAM = "E"
    PHASE_RANGE = "O"


ALARM_WORDS: Final = {
    Alarm.RESET: "reset: power was interrupted",
    Alarm.STALLED: "occlusion: motor stalled",
    Alarm.TIMED_OUT: "communication time-out before its time",
    Alarm.PROGRAM: "error in the pumping program",
    Alarm.PHASE_RANGE: "phase of the pumping program out of range",
}


@unique
class Refusal(Enum):
    """Why a command was not carried out."""

    UNKNOWN = ""
    NOT_APPLICABLE = "NA"
    OUT_OF_RANGE = "OOR"
    BAD_FRAME = "COM"
    IGNORED = "IGN"


@attrs.frozen
class Reply:
    """One reply. Exactly one of `status` and `alarm` is there; `data` is empty beside an alarm or a refusal."""

    address: int
    status: Status | None
    alarm: Alarm | None
    refusal: Refusal | None
    data: str


_REPLY: Final = re.compile(r"([0-9]{2})(?:A\?([RSTEO])|([IWSPTUX])(?:\?(NA|OOR|COM|IGN|)|([^?]*)))")


def parse_reply(data: str) -> Reply:
    """A frame's data as a reply. Raises NoReply."""
    match = _REPLY.fullmatch(data)
    if match is None:
        raise NoReply(f"{data[:24]!a}: expected address, status and data")
    address, alarm, status, refusal, value = match.groups()
    return Reply(
        int(address),
        None if status is None else Status(status),
        None if alarm is None else Alarm(alarm),
        None if refusal is None else Refusal(refusal),
        value or "",
    )


@attrs.frozen
class Dispensed:
    """The pump's counters, in mL."""

    infused_ml: Decimal
    withdrawn_ml: Decimal


@attrs.frozen
class Firmware:
    """What VER says, such as NE1000V3.928."""

    model: int
    version: str


def _matched(pattern: str, data: str, expected: str) -> tuple[str, ...]:
    match = re.fullmatch(pattern, data)
    if match is None:
        raise NoReply(f"{data[:24]!a}: expected {expected}")
    return match.groups("")


def _number(text: str) -> Decimal:
    try:
        return parse_number(text)
    except NoNumber as error:
        raise NoReply(str(error)) from error


def nothing(data: str) -> None:
    """The data of a reply that carries none. Raises NoReply."""
    _matched("", data, "a status alone")


def dispensed(data: str) -> Dispensed:
    """DIS. Raises NoReply; volumes in microlitres are not taken, as they are not what was set up."""
    infused, withdrawn = _matched(r"I([0-9.]+)W([0-9.]+)ML", data, "dispensed volumes in mL")
    return Dispensed(_number(infused), _number(withdrawn))


def rate_ml_per_h(data: str) -> Decimal:
    """RAT, in mL/h. Raises NoReply."""
    return _number(_matched(r"([0-9.]+)MH", data, "a rate in mL/h")[0])


def volume_ml(data: str) -> Decimal:
    """VOL, in mL. Raises NoReply."""
    return _number(_matched(r"([0-9.]+)ML", data, "a volume in mL")[0])


def diameter_mm(data: str) -> Decimal:
    """DIA, in mm. Raises NoReply. Always with a point, so that it is not taken for a count."""
    return _number(_matched(r"([0-9]+\.[0-9]*)", data, "a diameter in mm")[0])


def count(data: str) -> int:
    """SAF, PHN, PF: a whole number. Raises NoReply."""
    return int(_matched(r"([0-9]{1,3})", data, "a whole number")[0])


def word(data: str) -> str:
    """DIR, FUN: a word of capitals. Raises NoReply."""
    return _matched(r"([A-Z]{2,3})", data, "a word")[0]


def firmware(data: str) -> Firmware:
    """VER. Raises NoReply."""
    model, version = _matched(
        r"NE([0-9]{3,4})(?:X[0-9]*)?V([0-9]+\.[0-9]+)", data, "model and version of a New Era pump"
    )
    return Firmware(int(model), version)


Meaning = Callable[[str], object]
