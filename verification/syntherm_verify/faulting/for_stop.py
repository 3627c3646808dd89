"""What is demanded of the faults of the patient's stop: whatever is not known to be closed is open."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.faults import Code
from syntherm_sim.faults.wire import WireFault
from syntherm_verify.faulting.expected import DRIVERS_S, LOOKS_S, PULSED_S, Expected, Times, codes
from syntherm_verify.faulting.moments import Moment

_STOPPED: Final = codes(Code.PATIENT_STOP, Code.STOP_LOOP_UNKNOWN)


def seen(moment: Moment, times: Times) -> Expected:
    """It is open at the next look."""
    return Expected(_STOPPED, off_s=LOOKS_S, held_s=LOOKS_S + DRIVERS_S)


def pulsed(moment: Moment, times: Times) -> Expected:
    """It looks closed, and does not follow the pulses."""
    return Expected(_STOPPED, off_s=PULSED_S, held_s=PULSED_S + DRIVERS_S)


Demand = Callable[[Moment, Times], Expected]
DEMANDS: Final[Mapping[WireFault, Demand]] = {
    WireFault.MUTE: seen, WireFault.RESET: seen, WireFault.STUCK: pulsed,
}  # fmt: skip
