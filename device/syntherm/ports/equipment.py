"""The doors to equipment. A call that takes energy or drug away returns only when the device has confirmed it."""

from typing import Protocol

from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.events import FatMapReceived, FrameReceived, PumpReport, StopLoopReport, TransducerReport


class PortError(Exception):
    """A device did not answer, or did not confirm. The message says what it was asked and what it said."""


class Scanner(Protocol):
    """Where images come from."""

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        """What has arrived whole since the last call, oldest first; never waits."""
        ...

    def remarks(self) -> tuple[str, ...]:
        """What was refused or odd since the last call, one line each; never waits."""
        ...


class Transducer(Protocol):
    """Where energy leaves. The device itself ends every lease."""

    def grant(self, lease: GrantLease) -> None:
        """Lend power. Raises PortError unless the device has taken the lease, with its end."""
        ...

    def off(self) -> None:
        """End all output now. Raises PortError unless the device reads back as off."""
        ...

    def report(self) -> TransducerReport | None:
        """What the device says of itself; None if it does not answer."""
        ...


class Pump(Protocol):
    """Where drug leaves. The device itself ends every grant, by watchdog and by volume."""

    def grant(self, infusion: GrantInfusion) -> None:
        """Let the pump run. Raises PortError unless it has taken rate, volume limit and watchdog."""
        ...

    def hold(self) -> None:
        """Stop the pump now. Raises PortError unless it reads back as stopped."""
        ...

    def report(self) -> PumpReport | None:
        """What the device says of itself; None if it does not answer, or if to ask would keep it running too long."""
        ...


class StopLoop(Protocol):
    """The patient's hand on the treatment."""

    def report(self) -> StopLoopReport | None:
        """The state of the loop; None if it cannot be read."""
        ...
