"""A syringe pump with a watchdog and a volume limit of its own."""

from collections.abc import Callable

from syntherm.core.commands import GrantInfusion
from syntherm.core.events import PumpReport
from syntherm.ports.equipment import PortError

_SECONDS_PER_HOUR = 3600.0
_DIGITS = 3


class SyringePump:
    """Implements the Pump port. `occlude()` is what a blocked line does to it; `mute` is a cut cable."""

    def __init__(self, now_s: Callable[[], float], syringe_ml: float, watchdog_s: float) -> None:
        self._now_s = now_s
        self._syringe_ml = syringe_ml
        self._watchdog_s = watchdog_s
        self._grant: GrantInfusion | None = None
        self._pumped_ml = 0.0
        self._alarm: str | None = None
        self.mute = False

    @property
    def pumped_ml(self) -> float:
        """What has really left the syringe."""
        return self._pumped_ml

    def grant(self, infusion: GrantInfusion) -> None:
        """Run until the watchdog ends, unless it is fed again."""
        if self.mute or self._alarm is not None:
            raise PortError(f"infusion refused: {self._alarm or 'no answer'}")
        self._grant = infusion

    def hold(self) -> None:
        """Stop now."""
        if self.mute:
            raise PortError("hold not confirmed: no answer")
        self._grant = None

    def occlude(self) -> None:
        """The line is blocked: stop and alarm."""
        self._alarm, self._grant = "occlusion", None

    def report(self) -> PumpReport | None:
        """The pump's own words, to the digits of its display."""
        if self.mute:
            return None
        running = self._grant is not None and self._now_s() < self._grant.until_s and self._room_ml() > 0.0
        return PumpReport(
            infusing=running,
            pumped_ml=round(self._pumped_ml, _DIGITS),
            rate_ml_per_h=self._grant.rate_ml_per_h if self._grant is not None else 0.0,
            syringe_ml=round(self._syringe_ml - self._pumped_ml, _DIGITS),
            watchdog_s=self._watchdog_s,
            alarm=self._alarm,
        )

    def live(self, from_s: float, to_s: float) -> None:
        """Pass time: pump while granted, not past the watchdog nor the volume limit."""
        if self._grant is None:
            return
        running_s = max(0.0, min(to_s, self._grant.until_s) - from_s)
        wanted_ml = self._grant.rate_ml_per_h * running_s / _SECONDS_PER_HOUR
        self._pumped_ml += min(wanted_ml, self._room_ml())

    def _room_ml(self) -> float:
        limit = self._syringe_ml if self._grant is None else min(self._syringe_ml, self._grant.volume_limit_ml)
        return max(0.0, limit - self._pumped_ml)
