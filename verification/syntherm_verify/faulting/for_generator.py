"""What is demanded of the faults of an OpenLIFU system. Its leases end by themselves: no fault outlasts one.

Any fault of its answers ends in a loan that is refused, or in an off that is not confirmed.
"""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_verify.faulting.expected import DRIVERS_S, Expected, Times, codes
from syntherm_verify.faulting.moments import ACTS_AFTER_S, TAKES_AWAY_S, Moment

W: Final = WireFault
_REFUSED: Final = codes(Code.TRANSDUCER_REFUSED)
_UNANSWERED: Final = codes(Code.TRANSDUCER_SILENT, Code.OFF_NOT_CONFIRMED)
_PAUSED: Final = (Moment.PAUSED, Moment.PAUSED_INFUSION)
_SET_ANEW: Final = "it lost what it was told and is silent; the next lease sets all of it anew"


def unanswered(moment: Moment, times: Times) -> Expected:
    """It answers nothing that can be taken: what was lent ends by itself, and nothing more is lent."""
    return Expected(_UNANSWERED, _REFUSED, off_s=times.lease_s)


def refused(moment: Moment, times: Times) -> Expected:
    """It does not take the next loan."""
    if moment in _PAUSED:
        return Expected(_REFUSED, codes(Code.OFF_NOT_CONFIRMED), off_s=ACTS_AFTER_S + times.lease_s, acted=True)
    return Expected(_REFUSED, codes(Code.OFF_NOT_CONFIRMED), off_s=times.lease_s)


def _stuck(moment: Moment, times: Times) -> Expected:
    """Old registers, an old trigger, an old state: something of it does not read back as set."""
    named = codes(Code.TRANSDUCER_REFUSED, Code.OFF_NOT_CONFIRMED, Code.TRANSDUCER_UNASKED)
    return Expected(named, off_s=times.lease_s)


def _reset(moment: Moment, times: Times) -> Expected:
    """All its registers are gone, and with them what it sounded."""
    named = codes(Code.TRANSDUCER_WITHOUT_LEASE, Code.TRANSDUCER_REFUSED)
    return Expected(named, harmless=_SET_ANEW)


def _ignores_off(moment: Moment, times: Times) -> Expected:
    """Each lease has ended when the next one begins with a stop: so it shows when a person takes heat away.

    High voltage goes off besides.
    """
    return Expected(codes(Code.OFF_NOT_CONFIRMED), _REFUSED, off_s=TAKES_AWAY_S + DRIVERS_S, acted=True)


def _console_stuck(moment: Moment, times: Times) -> Expected:
    """While high voltage stays on, what it repeats is true. It shows when something is taken away."""
    named = codes(Code.OFF_NOT_CONFIRMED, Code.TRANSDUCER_REFUSED)
    return Expected(named, off_s=TAKES_AWAY_S + DRIVERS_S, acted=True)


def _console_lies(moment: Moment, times: Times) -> Expected:
    """A voltage that is higher than it reads: only images tell."""
    named = codes(Code.TARGET_HOT, Code.GUARD_HOT, Code.GUARD_DOSE)
    return Expected(named, harmless="the images show the heat, and the controller asks for less", cooler=True)


def _both_ignore_off(moment: Moment, times: Times) -> Expected:
    """Nothing is left but the end of the lease."""
    also = codes(Code.TRANSDUCER_REFUSED, Code.TRANSDUCER_UNASKED)
    return Expected(codes(Code.OFF_NOT_CONFIRMED), also, off_s=TAKES_AWAY_S + times.lease_s, acted=True)


Demand = Callable[[Moment, Times], Expected]
_BY_ANSWERS: Final[Mapping[WireFault, Demand]] = dict.fromkeys(
    (W.MUTE, W.SLOW, W.GARBLED, W.HALF, W.WRONG_REPLY, W.OTHERS_REPLY), unanswered
)
DEMANDS: Final[Mapping[str, Mapping[WireFault, Demand]]] = {
    "transmitter": {
        **_BY_ANSWERS, W.STUCK: _stuck, W.RESET: _reset, W.LIES: refused, W.IGNORES_OFF: _ignores_off,
    },
    "console": {
        **_BY_ANSWERS, W.STUCK: _console_stuck, W.RESET: _reset, W.LIES: _console_lies,
        W.IGNORES_OFF: _ignores_off,
    },
    "generator": {W.MUTE: unanswered, W.RESET: _reset, W.IGNORES_OFF: _both_ignore_off},
}  # fmt: skip
