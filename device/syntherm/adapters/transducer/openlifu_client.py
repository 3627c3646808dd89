"""OpenLIFU behind the Transducer port. A lease is a finite number of pulse trains, which the transmitter counts.

Off goes out on two ways that need nothing of each other: the transmitter's STOP and the console's HV_OFF.
"""

from collections.abc import Callable
from typing import Final

import attrs

from syntherm.adapters.line import Line
from syntherm.adapters.transducer.openlifu_lease import LeaseRefused, Programme, programmed
from syntherm.adapters.transducer.openlifu_link import Unanswered
from syntherm.adapters.transducer.openlifu_parts import Console, Transmitter
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.openlifu_trigger import Trigger
from syntherm.adapters.transducer.tx7332 import CHIPS_PER_MODULE
from syntherm.core.commands import GrantLease
from syntherm.core.events import TransducerReport
from syntherm.ports.equipment import PortError

_PROVING: Final = Trigger(rate_Hz=10, pulses=1, gate_us=20, trains=1)
_FIRMWARE: Final = "2."
_POLL_s: Final = 0.02
ROUNDING_s: Final = 1e-6
"""What sums of seconds may be wrong by."""


@attrs.frozen
class OpenLifuIdentity:
    """What was found at the two lines."""

    transmitter_id: str
    transmitter_version: str
    console_id: str
    console_version: str


class OpenLifu:
    """Implements the Transducer port over two lines."""

    def __init__(
        self, transmitter: Line, console: Line, settings: OpenLifuSettings, now_s: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:  # fmt: skip
        """`now_s` is the session's clock; `pause` lets that many seconds pass while high voltage settles."""
        self._transmitter, self._console = Transmitter(transmitter), Console(console)
        self._settings, self._now_s, self._pause = settings, now_s, pause
        self._lent: tuple[Trigger, float] | None = None
        self._begun = False

    def begin(self) -> OpenLifuIdentity:
        """Off, then who is there and whether it keeps finite trains. Raises PortError for any other device."""
        self._begun = False
        self.off()
        try:
            identity = OpenLifuIdentity(*self._transmitter.identity(), *self._console.identity())
            self._judge(identity)
            chips = self._transmitter.chips()
            if chips != self._settings.chips:
                raise PortError(f"{Transmitter.NAME}: {chips} chips, expected {self._settings.chips}")
            self._transmitter.quiet()
            self._transmitter.set_trigger(_PROVING)
        except Unanswered as error:
            raise PortError(f"OpenLIFU not begun: {error}") from error
        self._begun = True
        return identity

    def grant(self, lease: GrantLease) -> None:
        """Lend power; whatever fails on the way, the device is left off. Raises PortError."""
        if not self._begun:
            raise PortError("lease refused: OpenLIFU not begun")
        try:
            programme = programmed(lease, self._now_s(), self._settings)
        except LeaseRefused as error:
            raise PortError(f"lease refused: {error}") from error
        if programme is None:
            self.off()
            return
        try:
            self._lend(programme, lease.until_s)
        except (Unanswered, LeaseRefused) as error:
            raise PortError(f"lease refused: {error}{self._off_after_failure()}") from error

    def off(self) -> None:
        """End output on both ways. Raises PortError unless both read back as off."""
        failed = []
        numbers: list[int | None] = []
        for tell in (self._console.tell_off, self._transmitter.tell_stop):
            try:
                numbers.append(tell())
            except Unanswered as error:
                failed.append(str(error))
                numbers.append(None)
        for number, hear in zip(numbers, (self._console.hear_off, self._transmitter.hear_stopped), strict=True):
            try:
                hear(number)
            except Unanswered as error:
                failed.append(str(error))
        if failed:
            raise PortError(f"off not confirmed: {'; '.join(failed)}")
        self._lent = None

    def report(self) -> TransducerReport | None:
        """What both halves say; None if either does not answer."""
        try:
            state = self._transmitter.state()
            on = self._console.is_on()
            volts = self._console.measured_V()
        except Unanswered:
            return None
        ends = self._begun and state.trigger.finite
        if not state.running:
            return TransducerReport(ends, False, 0.0)
        # A trigger that is not ours: the most that this voltage can give.
        known = self._lent is not None and self._lent[0] == state.trigger
        highest_W = self._lent[1] if self._lent is not None and known else self._settings.full_W
        return TransducerReport(ends, on, highest_W * (volts / self._settings.highest_V) ** 2 if on else 0.0)

    def _judge(self, identity: OpenLifuIdentity) -> None:
        found = (identity.transmitter_id, identity.console_id)
        if found != (self._settings.transmitter_id, self._settings.console_id):
            raise PortError(
                f"OpenLIFU {found[0]} with console {found[1]}: expected {self._settings.transmitter_id}"
                f" with {self._settings.console_id}"
            )
        if not identity.transmitter_version.startswith(_FIRMWARE):
            raise PortError(f"{Transmitter.NAME}: firmware {identity.transmitter_version}, expected {_FIRMWARE}x")

    def _lend(self, programme: Programme, until_s: float) -> None:
        self._transmitter.hear_stopped(self._transmitter.tell_stop())
        self._lent = None
        self._raise_voltage()
        for chip, registers in enumerate(programme.registers()):
            self._transmitter.hold(chip, registers)
        trigger = programme.trigger(until_s - self._now_s() - self._settings.start_s)
        length_s = trigger.trains * trigger.pulses / trigger.rate_Hz
        self._transmitter.set_trigger(trigger)
        if len(programme.aims_mm) > 1:
            # After the trigger, which clears it; it cannot be read back, so its acknowledgement has to do.
            order, points = programme.order, len(programme.aims_mm)
            self._transmitter.set_cycle(order, points, self._settings.chips, CHIPS_PER_MODULE)
        self._lent = (trigger, programme.power_W)
        self._transmitter.start()
        over_s = self._now_s() + length_s - until_s
        if over_s > ROUNDING_s:
            raise LeaseRefused(f"started too late to end in time: {over_s:.6f} s over")
        if not self._transmitter.state().running:
            raise LeaseRefused("the transmitter acknowledged START and does not run (overheated?)")

    def _raise_voltage(self) -> None:
        set_V, tolerance_V = self._settings.voltage_V, self._settings.voltage_tolerance_V
        if not self._console.is_on():
            self._console.turn_on(set_V)
        waited_s = 0.0
        while abs((found_V := self._console.measured_V()) - set_V) > tolerance_V:
            if waited_s >= self._settings.settle_s:
                raise LeaseRefused(f"high voltage of {found_V:.1f} V, expected {set_V} V within {tolerance_V} V")
            self._pause(_POLL_s)
            waited_s += _POLL_s

    def _off_after_failure(self) -> str:
        try:
            self.off()
        except PortError as error:
            return f"; {error}"
        return ""
