"""Devices that do what they are told and end it themselves; each lie and each failure is a switch of its own."""

from collections.abc import Callable

from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.events import PumpReport, StopLoopReport, TransducerReport
from syntherm.ports.equipment import PortError

_SECONDS_PER_HOUR = 3600.0
_DIGITS = 3


class PuppetTransducer:
    """Implements the Transducer port. `loses` commands are neither confirmed nor carried out."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.lease: GrantLease | None = None
        self.told_s: float | None = None
        self.loses = 0
        self.deaf = self.refuses = self.silent = False
        self.ends_leases = True
        self.feigned_W: float | None = None
        """Reported as output, whatever is true."""

    def grant(self, lease: GrantLease) -> None:
        """Take a lease; its end is kept by this device."""
        self._hear("lease")
        if self.refuses:
            raise PortError("lease refused: not ready")
        self.lease = lease

    def off(self) -> None:
        """End output now."""
        self._hear("off")
        self.lease = None

    def _hear(self, what: str) -> None:
        self.told_s = self._now_s()
        if self.loses > 0:
            self.loses -= 1
            raise PortError(f"{what} not confirmed: lost on its way")
        if self.deaf:
            raise PortError(f"{what} not confirmed: no answer")

    @property
    def power_W(self) -> float:
        """What truly sounds now."""
        lease = self.lease
        return lease.power_W if lease is not None and self._now_s() < lease.until_s else 0.0

    def report(self) -> TransducerReport | None:
        """Read-back, or None when silent."""
        if self.silent:
            return None
        power_W = self.power_W if self.feigned_W is None else self.feigned_W
        return TransducerReport(self.ends_leases, power_W > 0.0, power_W)


class PuppetPump:
    """Implements the Pump port: a watchdog and a volume limit of its own, and a true count in `pumped_ml`."""

    def __init__(self, now_s: Callable[[], float], syringe_ml: float, watchdog_s: float, rate_ml_per_h: float) -> None:
        self._now_s = now_s
        self._syringe_ml, self._rate_ml_per_h = syringe_ml, rate_ml_per_h
        self.infusion: GrantInfusion | None = None
        self.told_s: float | None = None
        self.pumped_ml = 0.0
        self.loses = 0
        self.deaf = self.refuses = self.silent = False
        self.runs_unasked = self.feigns_running = False
        self.watchdog_s = watchdog_s
        self.alarm: str | None = None
        self.count_off_ml = 0.0
        """What the counter shows beside the truth."""
        self.missing_ml = 0.0
        """What the syringe lacks of its load."""

    def grant(self, infusion: GrantInfusion) -> None:
        """Run until the watchdog ends, unless it is fed again."""
        self._hear("infusion")
        if self.refuses or self.alarm is not None:
            raise PortError(f"infusion refused: {self.alarm or 'not ready'}")
        self.infusion = infusion

    def hold(self) -> None:
        """Stop now."""
        self._hear("hold")
        self.infusion = None

    def _hear(self, what: str) -> None:
        self.told_s = self._now_s()
        if self.loses > 0:
            self.loses -= 1
            raise PortError(f"{what} not confirmed: lost on its way")
        if self.deaf:
            raise PortError(f"{what} not confirmed: no answer")

    def set_alarm(self, alarm: str | None) -> None:
        """An alarm stops the pump; somebody who attends to it takes it away."""
        self.alarm = alarm
        if alarm is not None:
            self.infusion = None

    def report(self) -> PumpReport | None:
        """The pump's own words, to the digits of its display."""
        if self.silent:
            return None
        count_ml = round(max(0.0, self.pumped_ml + self.count_off_ml), _DIGITS)
        return PumpReport(
            infusing=self._running() or self.feigns_running,
            pumped_ml=count_ml,
            rate_ml_per_h=self._rate_ml_per_h,
            syringe_ml=round(self._syringe_ml - self.missing_ml - count_ml, _DIGITS),
            watchdog_s=self.watchdog_s,
            alarm=self.alarm,
        )

    def live(self, from_s: float, to_s: float) -> None:
        """Pass time: pump while granted, not past the watchdog nor the volume limit."""
        if self.runs_unasked:
            self.pumped_ml += self._rate_ml_per_h * (to_s - from_s) / _SECONDS_PER_HOUR
        elif self.infusion is not None:
            running_s = max(0.0, min(to_s, self.infusion.until_s) - from_s)
            self.pumped_ml += min(self.infusion.rate_ml_per_h * running_s / _SECONDS_PER_HOUR, self._room_ml())

    def _running(self) -> bool:
        granted = self.infusion is not None and self._now_s() < self.infusion.until_s
        return self.runs_unasked or (granted and self._room_ml() > 0.0)

    def _room_ml(self) -> float:
        limit_ml = self._syringe_ml if self.infusion is None else self.infusion.volume_limit_ml
        return max(0.0, min(limit_ml, self._syringe_ml) - self.pumped_ml)


class PuppetStopLoop:
    """Implements the StopLoop port."""

    def __init__(self) -> None:
        self.closed, self.unread = True, False

    def report(self) -> StopLoopReport | None:
        """The contact, or None when it cannot be read."""
        return None if self.unread else StopLoopReport(self.closed)
