"""The trigger of an OpenLIFU transmitter: how many pulses, how often. It ends by itself: that is the lease."""

import json
from typing import Final

import attrs

SEQUENCE: Final = 0
"""Trains of pulses, then an end; the other modes repeat for ever (1) or fire one train (2)."""
_NAMES: Final = (
    "TriggerFrequencyHz",
    "TriggerPulseCount",
    "TriggerPulseWidthUsec",
    "TriggerPulseTrainInterval",
    "TriggerPulseTrainCount",
    "TriggerMode",
    "ProfileIndex",
    "ProfileIncrement",
)
_MAX_TEXT: Final = 254
"""The firmware copies the text into 255 bytes without looking."""
_STATES: Final = {"RUNNING": True, "STOPPED": False}


class TriggerRefused(Exception):
    """A text that is no trigger. One line: what was found, what was expected."""


@attrs.frozen
class Trigger:
    """A finite number of trains, back to back. The gate is the edge that starts a pulse, not the pulse."""

    rate_Hz: int
    pulses: int
    gate_us: int
    trains: int
    interval_us: int = 0
    mode: int = SEQUENCE

    @property
    def finite(self) -> bool:
        """Whether the device ends it by itself."""
        return self.mode == SEQUENCE and min(self.rate_Hz, self.pulses, self.trains) > 0

    @property
    def text(self) -> bytes:
        """As the device takes it."""
        values = (self.rate_Hz, self.pulses, self.gate_us, self.interval_us, self.trains, self.mode, 0, 0)
        data = json.dumps(dict(zip(_NAMES, values, strict=True)), separators=(",", ":")).encode("ascii")
        if len(data) > _MAX_TEXT:
            raise TriggerRefused(f"a trigger of {len(data)} bytes: at most {_MAX_TEXT}")
        return data


@attrs.frozen
class TriggerState:
    """What the device says of its trigger."""

    trigger: Trigger
    running: bool


def read_trigger(data: bytes) -> TriggerState:
    """What a device answered. Raises TriggerRefused."""
    shown = ascii(data[:60])
    try:
        found = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise TriggerRefused(f"no JSON: {shown}") from error
    if not isinstance(found, dict):
        raise TriggerRefused(f"no JSON object: {shown}")
    numbers = []
    for name in _NAMES[:6]:
        value = found.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TriggerRefused(f"{name} is {ascii(value)[:30]}: expected a whole number, 0 or more")
        numbers.append(value)
    state = found.get("TriggerStatus")
    if not isinstance(state, str) or state not in _STATES:
        raise TriggerRefused(f"TriggerStatus is {ascii(state)[:30]}: expected one of {', '.join(_STATES)}")
    rate, pulses, gate, interval, trains, mode = numbers
    return TriggerState(Trigger(rate, pulses, gate, trains, interval, mode), _STATES[state])
