"""A generator with steered focal points and a lease timer of its own."""

from collections.abc import Callable

from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.events import TransducerReport
from syntherm.ports.equipment import PortError


class Generator:
    """Implements the Transducer port. `deaf` and `runaway_W` are faults that a scenario may set."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lease: GrantLease | None = None
        self.deaf = False
        self.mute = False
        self.delivered_J = 0.0

    def grant(self, lease: GrantLease) -> None:
        """Take a lease; its end is kept by this device."""
        if self.deaf:
            raise PortError("lease refused: no answer")
        self._lease = lease

    def off(self) -> None:
        """End output now."""
        if self.deaf:
            raise PortError("off not confirmed: no answer")
        self._lease = None

    def report(self) -> TransducerReport | None:
        """Read-back, or None when mute."""
        if self.mute:
            return None
        lease = self._live_lease(self._now_s())
        return TransducerReport(True, lease is not None, 0.0 if lease is None else lease.power_W)

    def _live_lease(self, at_s: float) -> GrantLease | None:
        lease = self._lease
        return lease if lease is not None and at_s < lease.until_s and lease.points else None

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        """What sounds from `from_s`, and until when (at most `to_s`) that stays so."""
        lease = self._live_lease(from_s)
        if lease is None:
            return (), to_s
        return lease.points, min(to_s, lease.until_s)
