"""What the pump is set to before it may be granted anything; each setting is sent, read back and compared.

The pump keeps its settings without power, and from its last user: nothing is taken as found. Phase 2 of its program is
STP, since the program of its last user may go on after the volume of phase 1. PF0: after a power failure it must not go
on by itself.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol, TypeVar

import attrs

from syntherm.adapters.pump.digits import NoNumber, rounded_down
from syntherm.adapters.pump.lease import LeasedTalk, Refused
from syntherm.adapters.pump.replies import (
    ALARM_WORDS,
    Alarm,
    Firmware,
    Meaning,
    count,
    diameter_mm,
    dispensed,
    firmware,
    nothing,
    word,
)
from syntherm.adapters.pump.talk import AlarmStands, Answer, Unanswered

T = TypeVar("T")
_ENTERING: Final = 4
MODELS: Final = (500, 501, 1000, 1010, 1600, 1800, 4000)
"""The family with this command set. The label of each says: not for clinical use on humans."""


class NotSet(Exception):
    """The pump is not as it was to be set. One line."""


class Asks(Protocol):
    """One question to the pump; see Talk.ask."""

    def __call__(self, command: str, meaning: Callable[[str], T], /) -> Answer[T]:
        """Ask it. Raises what ends in no answer."""
        ...


@attrs.frozen
class Site:
    """The pump of a site: its network address, and the inner diameter of the syringe in it."""

    diameter_mm: float
    address: int = 0


@attrs.frozen
class _Setting:
    """How it is set, how it is read back, and what must be read."""

    sets: str
    asks: str
    means: Meaning
    expected: object
    clears: bool = False


def _settings(diameter: Decimal) -> tuple[_Setting, ...]:
    return (
        _Setting("PF0", "PF", count, 0),
        _Setting("PHN2", "PHN", count, 2),
        _Setting("FUNSTP", "FUN", word, "STP"),
        _Setting("PHN1", "PHN", count, 1),
        _Setting("FUNRAT", "FUN", word, "RAT"),
        _Setting("DIRINF", "DIR", word, "INF"),
        _Setting(f"DIA{diameter}", "DIA", diameter_mm, diameter, clears=True),
    )


def as_set(diameter: float) -> Decimal:
    """The diameter in the pump's digits. Raises NotSet for one that it cannot hold: volumes would be wrong by it."""
    try:
        digits = rounded_down(diameter)
    except NoNumber as error:
        raise NotSet(f"syringe diameter {error}") from error
    if digits <= 0 or float(digits) != diameter:
        raise NotSet(f"syringe diameter {diameter:g} mm: expected a number of at most four digits")
    return digits


def enter(pump: LeasedTalk, *, keep_count: bool) -> None:
    """Into safe mode with the watchdog, through the alarms by which a start is met.

    A time-out is the end of a former session; a reset that of no power, after which no count is kept. Any other alarm
    is refused once. Raises Refused, and what ended in no answer.
    """
    for left in reversed(range(_ENTERING)):
        try:
            pump.feed(f"SAF{pump.watchdog_s}", nothing)
            break
        except (AlarmStands, Unanswered):
            if left == 0:
                raise
    expected = (Alarm.TIMED_OUT,) if keep_count else (Alarm.TIMED_OUT, Alarm.RESET)
    if pump.latched is not None and pump.latched not in expected:
        raise Refused(f"alarm found: {ALARM_WORDS[pump.latched]}. Look at the pump, then set it up again")
    pump.latched = None


def identified(ask: Asks) -> Firmware:
    """Model and version. Raises NotSet for a model of another family."""
    found = ask("VER", firmware).value
    if found.model not in MODELS:
        raise NotSet(f"model NE-{found.model}: expected one of {', '.join(map(str, MODELS))}")
    return found


def set_all(ask: Asks, site: Site, *, keep_count: bool) -> None:
    """Set, read back and compare. `keep_count` sends nothing that clears the counter. Raises NotSet."""
    for setting in _settings(as_set(site.diameter_mm)):
        if not (setting.clears and keep_count):
            ask(setting.sets, nothing)
        found = ask(setting.asks, setting.means).value
        if found != setting.expected:
            raise NotSet(f"{setting.asks}: read back {found}, expected {setting.expected}")
    ask("VOLML", nothing)
    if keep_count:
        return
    ask("CLDINF", nothing)
    ask("CLDWDR", nothing)
    left = ask("DIS", dispensed).value
    if left.infused_ml or left.withdrawn_ml:
        raise NotSet(f"DIS: read back {left.infused_ml} mL and {left.withdrawn_ml} mL, expected 0 mL")
