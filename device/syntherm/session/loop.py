"""The session loop, one thread: event -> step -> take away -> record -> lend.

What takes energy or drug away leaves first, on every channel, each in its own try. What lends it leaves only
after its record is durable. Whatever fails here ends in both channels being told to stop.
"""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

import attrs

from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.events import Channel, ChannelFailed, EquipmentPolled, Event, OperatorActed, StopLoopReport
from syntherm.core.machine import IllegalEvent
from syntherm.core.state import SessionState
from syntherm.core.step import step
from syntherm.core.vocabulary import Energy, Infusion
from syntherm.ports.equipment import PortError, Pump, Scanner, StopLoop, Transducer
from syntherm.ports.people import OperatorInbox
from syntherm.ports.record import AuditFailed, AuditSink
from syntherm.ports.time import Clock
from syntherm.session.signing import lacks, meaning

R = TypeVar("R")
POLL_S: Final = 1.0
ALL_OFF: Final[tuple[Command, ...]] = (EnergyOff(), HoldInfusion())


class SessionFailed(Exception):
    """The session cannot go on. Energy and drug were taken away before this was raised."""


@attrs.frozen(eq=False)
class Ports:
    """All doors of a session."""

    clock: Clock
    scanner: Scanner
    transducer: Transducer
    pump: Pump
    stop_loop: StopLoop
    people: OperatorInbox
    record: AuditSink


def _asked(report: Callable[[], R | None]) -> R | None:
    # A driver that fails to read has read nothing, and what is not known is not safe.
    try:
        return report()
    except Exception:
        return None


class SessionLoop:
    """Runs one session over its ports until the operators close it."""

    def __init__(self, state: SessionState, ports: Ports) -> None:
        self.state = state
        self._ports = ports

    def run(self) -> None:
        """Poll and answer until closed. Raises SessionFailed; energy and drug are off then."""
        next_poll_s = self._ports.clock.now_s()
        # The cyclic collector can stop this thread for half a second; nothing in the loop makes cycles.
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            while not self._closed():
                self._ports.clock.wait_until(next_poll_s)
                # Read at every waking, so that a stop never waits for the next poll; read once, so that none is lost.
                stop_loop = _asked(self._ports.stop_loop.report)
                due = self._ports.clock.now_s() >= next_poll_s
                if due:
                    next_poll_s += POLL_S
                looks = due or stop_loop is None or not stop_loop.closed
                for make in self._pending(partial(self._poll, stop_loop) if looks else None):
                    self.handle(make())
        finally:
            # Also on the way out of a failure that nobody foresaw.
            try:
                self._take_away(ALL_OFF)
            finally:
                gc.enable()
                gc.unfreeze()

    def handle(self, event: Event) -> None:
        """Answer one event, and what its commands led to."""
        waiting = [event]
        while waiting:
            waiting.extend(self._answer(waiting.pop(0)))

    def _closed(self) -> bool:
        phases = self.state.phases
        safe = phases.energy is Energy.OFF and phases.infusion is not Infusion.INFUSING
        return safe and self._ports.people.closes()

    def _pending(self, poll: Callable[[], Event] | None) -> Iterator[Callable[[], Event]]:
        # Stops come first: people and the stop loop before images.
        for act in self._ports.people.acts():
            yield partial(self._stamped, act)
        if poll is not None:
            yield poll
        for image in self._ports.scanner.received():
            yield partial(self._stamped, image)

    def _stamped(self, event: Event) -> Event:
        # The time at which it is answered: so time never goes back between two events.
        return attrs.evolve(event, at_s=self._ports.clock.now_s())

    def _poll(self, stop_loop: StopLoopReport | None) -> EquipmentPolled:
        ports = self._ports
        transducer, pump = _asked(ports.transducer.report), _asked(ports.pump.report)
        return EquipmentPolled(ports.clock.now_s(), transducer, pump, stop_loop)

    def _answer(self, event: Event) -> list[Event]:
        ports = self._ports
        signature = None
        if isinstance(event, OperatorActed) and meaning(event) is not None:
            signature = ports.people.signature(event)
            if lacks(event, signature):
                self._record(partial(ports.record.append_unsigned, ports.clock.utc(), event))
                ports.people.refused(event, "an electronic signature is needed")
                return []
        try:
            outcome = step(self.state, event)
        except IllegalEvent as refusal:
            self._record(partial(ports.record.append_refusal, ports.clock.utc(), event, refusal.because))
            if isinstance(event, OperatorActed):
                ports.people.refused(event, refusal.because)
            return []
        except Exception as error:
            # The one broad handler: whatever the defect is, the beam and the drug stop before it is looked at.
            self._take_away(ALL_OFF)
            text = f"{type(error).__name__}: {error}"
            self._record(partial(ports.record.append_crash, ports.clock.utc(), event, text))
            raise SessionFailed(f"the core failed on {type(event).__name__}: {text}") from error

        failures = self._take_away(outcome.commands)
        remarks = (*(f"{failure.channel.value}: {failure.detail}" for failure in failures), *self._scanner_remarks())
        self._record(partial(ports.record.append, ports.clock.utc(), event, outcome.records, remarks, signature))
        self.state = outcome.state
        if not failures:
            # Where something did not fall, nothing rises; the failure is answered next.
            failures = self._lend(outcome.commands)
        if outcome.refused is not None and isinstance(event, OperatorActed):
            ports.people.refused(event, outcome.refused)
        ports.people.show(self.state, ports.record.head)
        # A channel that fails again while its failure is answered is latched already; each poll asks it again.
        again = isinstance(event, ChannelFailed) and event.falling
        return [] if again else list(failures)

    def _scanner_remarks(self) -> tuple[str, ...]:
        remarks = _asked(self._ports.scanner.remarks)
        if remarks is None:
            remarks = ("cannot say what it refused",)
        return tuple(f"scanner: {remark}" for remark in remarks)

    def _record(self, append: Callable[[], None]) -> None:
        try:
            append()
        except AuditFailed as error:
            self._take_away(ALL_OFF)
            raise SessionFailed(f"the record cannot be kept: {error}") from error

    def _take_away(self, commands: tuple[Command, ...]) -> list[ChannelFailed]:
        failures = []
        for number, command in enumerate(commands, start=1):
            try:
                if isinstance(command, EnergyOff):
                    failures += self._try(Channel.TRANSDUCER, self._ports.transducer.off)
                elif isinstance(command, HoldInfusion):
                    failures += self._try(Channel.PUMP, self._ports.pump.hold)
            except BaseException:
                # An interrupt: the other channel is told before it takes its way.
                self._take_away(commands[number:])
                raise
        return failures

    def _lend(self, commands: tuple[Command, ...]) -> list[ChannelFailed]:
        failures = []
        for command in commands:
            if isinstance(command, GrantLease):
                failures += self._try(Channel.TRANSDUCER, partial(self._ports.transducer.grant, command), falling=False)
            elif isinstance(command, GrantInfusion):
                failures += self._try(Channel.PUMP, partial(self._ports.pump.grant, command), falling=False)
        return failures

    def _try(self, channel: Channel, call: Callable[[], None], *, falling: bool = True) -> list[ChannelFailed]:
        try:
            call()
        except PortError as error:
            detail = str(error)
        except Exception as error:
            # A driver's own defect must not keep the other channel from being told.
            detail = f"{type(error).__name__}: {error}"
        else:
            return []
        return [ChannelFailed(self._ports.clock.now_s(), channel, detail, falling)]
