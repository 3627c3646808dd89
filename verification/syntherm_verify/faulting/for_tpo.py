"""What is demanded of the faults of a TPO. Its TIMER ends each lease: no fault of its answers outlasts one.

It cannot be asked whether it sounds, so what it does against its own words shows in no answer.
"""

from collections.abc import Mapping
from typing import Final

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_verify.faulting.expected import DRIVERS_S, Expected, Times, codes
from syntherm_verify.faulting.for_generator import Demand, refused, unanswered
from syntherm_verify.faulting.moments import TAKES_AWAY_S, Moment

W: Final = WireFault
_HOT: Final = codes(Code.TARGET_HOT, Code.GUARD_HOT, Code.GUARD_DOSE)


def _stuck(moment: Moment, times: Times) -> Expected:
    """The next value that is set does not read back."""
    known = refused(moment, times)
    named = codes(Code.TRANSDUCER_REFUSED, Code.OFF_NOT_CONFIRMED, Code.TRANSDUCER_UNASKED)
    return Expected(named, off_s=known.off_s, acted=known.acted)


def _lies(moment: Moment, times: Times) -> Expected:
    """Its TIMER reads back and ends nothing: each lease begins with an ABORT, which ends the one before."""
    return Expected(
        _HOT,
        harmless="each lease, and whoever takes heat away, begins with an ABORT, which it obeys",
        off_s=TAKES_AWAY_S + DRIVERS_S,
        cooler=True,
        acted=True,
    )


def _ignores_off(moment: Moment, times: Times) -> Expected:
    """It says OK to ABORT, takes a power of zero for its next START, and sounds until its TIMER ends."""
    return Expected(
        harmless="nobody can ask it whether it sounds; its TIMER ends each lease",
        off_s=TAKES_AWAY_S + times.lease_s,
        acted=True,
    )


DEMANDS: Final[Mapping[WireFault, Demand]] = {
    **dict.fromkeys((W.MUTE, W.SLOW, W.GARBLED, W.HALF, W.WRONG_REPLY, W.OTHERS_REPLY), unanswered),
    W.STUCK: _stuck, W.RESET: refused, W.LIES: _lies, W.IGNORES_OFF: _ignores_off,
}  # fmt: skip
