"""What is demanded of a scanner's faults: without a good image nothing more is lent, and the pump is held."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault
from syntherm_verify.faulting.expected import DRIVERS_S, POLL_S, Expected, Times, codes
from syntherm_verify.faulting.moments import Moment

W, F = WireFault, FrameFault
_LATE: Final = codes(Code.FRAME_LATE, Code.FRAMES_LOST, Code.FRAME_REFUSED, Code.SONICATION_NOT_SEEN)
_SECOND: Final = "the second of two equal images is refused by its number; the first is a good one"
_EVERY_OTHER: Final = "an image every other period is younger than the plan's age at nearly all times"


def none_comes(moment: Moment, times: Times) -> Expected:
    """No image can be used from now on."""
    held_s = max(times.watchdog_s, times.frame_age_s + POLL_S) + DRIVERS_S
    return Expected(_LATE, off_s=times.lease_s, held_s=held_s)


def last_comes(moment: Moment, times: Times) -> Expected:
    """An image that was already acquired still comes."""
    known = none_comes(moment, times)
    later_s = times.frame_period_s
    return Expected(_LATE, off_s=times.lease_s + later_s, held_s=(known.held_s or 0.0) + later_s)


def _every_other(moment: Moment, times: Times) -> Expected:
    """Half of the images are used, each for one lease."""
    return Expected(_LATE, harmless=_EVERY_OTHER)


def _twice(moment: Moment, times: Times) -> Expected:
    """Each image comes twice."""
    return Expected(harmless=_SECOND)


def _frozen(moment: Moment, times: Times) -> Expected:
    """The first one is true, and the next the same; or it is of before the heat, which then is not seen."""
    off_s = 2.0 * times.frame_period_s + POLL_S
    return Expected(codes(Code.FRAME_FROZEN, Code.HEAT_MISSING), off_s=off_s, held_s=off_s + DRIVERS_S)


Demand = Callable[[Moment, Times], Expected]
WIRE: Final[Mapping[WireFault, Demand]] = {
    W.MUTE: none_comes, W.HALF: none_comes, W.GARBLED: none_comes, W.STUCK: _frozen,
}  # fmt: skip
FRAMES: Final[Mapping[FrameFault, Demand]] = {
    **dict.fromkeys(
        (F.LATE, F.FUTURE, F.SHIFTED, F.CROPPED, F.WRONG_SCALE, F.NOT_A_NUMBER, F.ALL_ZERO), none_comes
    ),
    F.DUPLICATE: _twice, F.REORDERED: _every_other, F.GAPPED: _every_other, F.STUCK: _frozen,
}  # fmt: skip
