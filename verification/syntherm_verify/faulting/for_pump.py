"""What is demanded of a pump's faults. They matter from the release of the infusion to its end."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_verify.faulting.expected import DRIVERS_S, MEASURED_S, POLL_S, Expected, Times, codes
from syntherm_verify.faulting.moments import ACTS_AFTER_S, TAKES_AWAY_S, Moment

W: Final = WireFault
_NO_INFUSION: Final = (Moment.TEST, Moment.AFTER)
_NOT_ASKED: Final = (*_NO_INFUSION, Moment.PAUSED, Moment.PAUSED_INFUSION)
"""Moments at which nobody releases afterwards."""
_IDLE: Final = "the pump stands, and no drug is released: it is looked at before it is"
_RELEASED: Final = (Moment.BEFORE, Moment.HELD)
_SILENT: Final = codes(Code.PUMP_SILENT, Code.OFF_NOT_CONFIRMED, Code.PUMP_REFUSED)


def _released_s(moment: Moment) -> float:
    return ACTS_AFTER_S if moment in _RELEASED else 0.0


def _unanswered(moment: Moment, times: Times) -> Expected:
    """It answers nothing that can be taken: its watchdog ends it at the latest."""
    if moment in (*_NO_INFUSION, Moment.PAUSED):
        # Another fault may have it told to stand, which it then does not confirm.
        return Expected(also=codes(Code.OFF_NOT_CONFIRMED), harmless=_IDLE)
    return Expected(_SILENT, held_s=_released_s(moment) + times.watchdog_s, acted=moment in _RELEASED)


def _slow(moment: Moment, times: Times) -> Expected:
    """While it is waited for nobody else is asked, and what they last said grows old: they may be named besides."""
    known = _unanswered(moment, times)
    others = codes(Code.TRANSDUCER_SILENT, Code.STOP_LOOP_UNKNOWN)
    return known if known.harmless else attrs.evolve(known, also=known.also | others)


def unplugged(moment: Moment, times: Times) -> Expected:
    """As one that does not answer."""
    return _unanswered(moment, times)


def alarm(moment: Moment, times: Times) -> Expected:
    """It says why it stopped."""
    if moment in _NO_INFUSION:
        return Expected(harmless=_IDLE)
    return Expected(
        codes(Code.PUMP_ALARM), codes(Code.PUMP_REFUSED), held_s=_released_s(moment), acted=moment in _RELEASED
    )


def _reset(moment: Moment, times: Times) -> Expected:
    """It stands, alarms, and counts from zero."""
    named = codes(Code.PUMP_ALARM, Code.PUMP_UNASKED)
    if moment in _NO_INFUSION:
        return Expected(named, harmless=_IDLE)
    return Expected(named, codes(Code.PUMP_REFUSED), held_s=_released_s(moment), acted=moment in _RELEASED)


def _stuck(moment: Moment, times: Times) -> Expected:
    """A counter that does not move while it says that it runs is a wrong rate; old settings do not read back."""
    named = _SILENT | codes(Code.PUMP_UNASKED)
    if moment in _NOT_ASKED:
        return Expected(harmless=_IDLE)
    return Expected(named, held_s=_released_s(moment) + MEASURED_S + POLL_S + DRIVERS_S, acted=moment in _RELEASED)


def _lies(moment: Moment, times: Times) -> Expected:
    """A third faster than told: measured at its own counter."""
    if moment in _NOT_ASKED:
        return Expected(harmless=_IDLE)
    return Expected(
        codes(Code.PUMP_UNASKED),
        held_s=_released_s(moment) + MEASURED_S + POLL_S + DRIVERS_S,
        acted=moment in _RELEASED,
    )


def _ignores_off(moment: Moment, times: Times) -> Expected:
    """It shows when it is told to stop; then it is left alone, and its watchdog ends it."""
    if moment in _NOT_ASKED:
        return Expected(harmless=_IDLE)
    held_s = TAKES_AWAY_S + times.watchdog_s
    if moment is Moment.HELD:
        # A start is from stopped only, which a pump that ignores its stop does not reach from paused.
        return Expected(codes(Code.PUMP_REFUSED, Code.OFF_NOT_CONFIRMED), held_s=held_s, acted=True)
    return Expected(codes(Code.OFF_NOT_CONFIRMED), held_s=held_s, acted=True)


def key(moment: Moment, times: Times) -> Expected:
    """A hand stops a pump that runs; one that stands, as behind another fault, begins to run, and is stopped."""
    if moment is Moment.INFUSING:
        return Expected(codes(Code.PUMP_REFUSED, Code.PUMP_UNASKED), held_s=POLL_S + DRIVERS_S, unlent=True)
    return Expected(
        codes(Code.PUMP_UNASKED),
        held_s=_released_s(moment) + POLL_S + DRIVERS_S,
        unlent=True,
        acted=moment in _RELEASED,
    )


Demand = Callable[[Moment, Times], Expected]
DEMANDS: Final[Mapping[WireFault, Demand]] = {
    **dict.fromkeys((W.MUTE, W.GARBLED, W.HALF, W.WRONG_REPLY, W.OTHERS_REPLY), _unanswered),
    W.SLOW: _slow, W.STUCK: _stuck, W.ALARM: alarm, W.RESET: _reset, W.LIES: _lies, W.IGNORES_OFF: _ignores_off,
}  # fmt: skip
