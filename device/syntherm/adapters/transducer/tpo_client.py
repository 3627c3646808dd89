"""A four-channel TPO behind the Transducer port. A lease is its TIMER, set and read back before each START.

The device cannot be asked whether it sounds. Off is therefore ABORT and, on top, a power of zero that reads back.
"""

import time
from collections.abc import Callable
from typing import Final

from syntherm.adapters.line import Line, LineFailed
from syntherm.adapters.transducer.drain import drain
from syntherm.adapters.transducer.tpo_codec import (
    LineReader,
    Order,
    ReplyRefused,
    Setting,
    accepted,
    asked,
    ordered,
    value_of,
    written,
)
from syntherm.adapters.transducer.tpo_lease import LeaseRefused, TpoLease, programmed, timer_counts
from syntherm.adapters.transducer.tpo_settings import US_PER_S, TpoSettings
from syntherm.core.commands import GrantLease
from syntherm.core.events import TransducerReport
from syntherm.ports.equipment import PortError

ANSWER_s: Final = 0.15
ROUNDING_s: Final = 1e-6
"""What sums of seconds may be wrong by."""


class Unanswered(Exception):
    """No reply, or not the one that was asked for. One line."""


class Tpo:
    """Implements the Transducer port over one line."""

    def __init__(self, line: Line, settings: TpoSettings, now_s: Callable[[], float]) -> None:
        self._line, self._settings, self._now_s = line, settings, now_s
        self._reader = LineReader()
        self._ends_s: float | None = None
        self._begun = False
        self._keeps_timer = False

    def begin(self) -> str:
        """Hear the greeting that follows the port's opening, switch off, set what stays. Raises PortError."""
        self._begun = False
        try:
            greeting = self._line_within(self._settings.greeting_s, "greeting")
            if greeting.startswith("E") or self._settings.greeting not in greeting:
                raise PortError(f"TPO: greeted with {greeting[:60]!a}, expected {self._settings.greeting!r}")
            self.off()
            self._set(Setting.LOCAL, 0)
            self._set(Setting.FREQUENCY_Hz, self._settings.frequency_Hz)
            self._set_pulses()
        except (Unanswered, ReplyRefused) as error:
            raise PortError(f"TPO not begun: {error}") from error
        self._keeps_timer = self._proves_timer()
        self._begun = True
        return greeting

    def grant(self, lease: GrantLease) -> None:
        """Lend power; whatever fails on the way, the device is left off. Raises PortError."""
        if not self._begun:
            raise PortError("lease refused: TPO not begun")
        if not self._keeps_timer:
            raise PortError("lease refused: this TPO does not read back its TIMER")
        try:
            programme = programmed(lease, self._now_s(), self._settings)
        except LeaseRefused as error:
            raise PortError(f"lease refused: {error}") from error
        try:
            self.off()
            if programme is not None:
                self._lend(programme, lease.until_s)
        except (Unanswered, ReplyRefused, LeaseRefused, PortError) as error:
            raise PortError(f"lease refused: {error}{self._off_after_failure()}") from error

    def off(self) -> None:
        """End output now, and let no START of anybody's sound. Raises PortError unless the power reads back as 0."""
        failed = []
        for step in (self._abort, lambda: self._set(Setting.POWER_mW, 0)):
            try:
                step()
            except (Unanswered, ReplyRefused) as error:
                failed.append(str(error))
        if failed:
            raise PortError(f"off not confirmed: {'; '.join(failed)}")
        self._ends_s = None

    def report(self) -> TransducerReport | None:
        """The power that is set, as output only while a lease of ours lasts; None if the device does not answer."""
        try:
            power_mW = self._ask(Setting.POWER_mW)
            timer = self._ask(Setting.TIMER)
        except (Unanswered, ReplyRefused):
            return None
        ends = self._begun and self._keeps_timer and timer > 0
        live = self._ends_s is not None and self._now_s() < self._ends_s and power_mW > 0
        return TransducerReport(ends, live, power_mW * self._settings.acoustic_W_per_mW if live else 0.0)

    def _lend(self, programme: TpoLease, until_s: float) -> None:
        for what, value in (
            # A device that was reset listens to its own front panel.
            (Setting.LOCAL, 0),
            (Setting.FREQUENCY_Hz, self._settings.frequency_Hz),
            (Setting.PERIOD_us, self._settings.period_us),
            (Setting.BURST_us, self._settings.burst_us),
        ):
            self._expect(what, value)
        self._set(Setting.FOCUS_um, programme.focus_um)
        self._set(Setting.POWER_mW, programme.power_mW)
        counts = timer_counts(until_s - self._now_s() - self._settings.start_s, self._settings)
        self._set(Setting.TIMER, counts)
        self._exchange(ordered(Order.START), Order.START.value)
        self._ends_s = self._now_s() + counts * self._settings.timer_unit_us / US_PER_S
        if self._ends_s > until_s + ROUNDING_s:
            raise LeaseRefused(f"started too late to end in time: {self._ends_s - until_s:.6f} s over")

    def _set_pulses(self) -> None:
        """A burst may at no time be longer than its period, so the order of the two depends on what stands there."""
        burst = (Setting.BURST_us, self._settings.burst_us)
        period = (Setting.PERIOD_us, self._settings.period_us)
        fits = self._settings.burst_us <= self._ask(Setting.PERIOD_us)
        for what, value in (burst, period) if fits else (period, burst):
            self._set(what, value)

    def _proves_timer(self) -> bool:
        try:
            for counts in (US_PER_S // self._settings.timer_unit_us, 1):
                self._set(Setting.TIMER, counts)
        except (Unanswered, ReplyRefused):
            return False
        return True

    def _abort(self) -> None:
        self._exchange(ordered(Order.ABORT), Order.ABORT.value)

    def _set(self, what: Setting, value: int) -> None:
        self._exchange(written(what, value), what.value)
        self._expect(what, value)

    def _expect(self, what: Setting, value: int) -> None:
        found = self._ask(what)
        if found != value:
            raise ReplyRefused(f"{what.value}={value} reads back as {found}")

    def _ask(self, what: Setting) -> int:
        return value_of(what, self._exchange(asked(what), f"{what.value}?"))

    def _exchange(self, request: bytes, name: str) -> str:
        try:
            drain(self._line)
            self._reader = LineReader()
            self._line.send(request, ANSWER_s)
        except LineFailed as error:
            raise Unanswered(f"TPO: {name} not sent: {error}") from error
        try:
            return accepted(self._line_within(ANSWER_s, name))
        except ReplyRefused as error:
            raise ReplyRefused(f"TPO: {name} {error}") from error

    def _line_within(self, within_s: float, name: str) -> str:
        until_s = time.monotonic() + within_s
        while (left_s := until_s - time.monotonic()) > 0.0:
            try:
                data = self._line.receive(left_s)
            except LineFailed as error:
                raise Unanswered(f"TPO: {name}: {error}") from error
            if not data:
                break
            for line in self._reader.feed(data):
                return line
        why = f" ({self._reader.rejected})" if self._reader.rejected else ""
        raise Unanswered(f"TPO: {name} not answered within {within_s} s{why}")

    def _off_after_failure(self) -> str:
        try:
            self.off()
        except PortError as error:
            return f"; {error}"
        return ""
