"""A session around the still scanner: the shipped loop, from SETUP into CALIBRATION, where it learns and measures.

The whole loop is used, not the thermometry alone, so that each frame takes the way of a treatment: port, loop, step,
examination of the frame, baseline or temperature. Nobody asks for energy, since no tissue answers it: the heating is
in the images. The equipment beside the scanner is the virtual room's; the record is not kept.
"""

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from syntherm.core.decision import Record
from syntherm.core.events import Event, OperatorActed
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session.loop import Ports, SessionLoop
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.pump import SyringePump
from syntherm_sim.equipment.stop_loop import StopButton
from syntherm_sim.images.scanner import StillScanner
from syntherm_sim.people.crew import CREW
from syntherm_sim.people.signing import signature
from syntherm_sim.timeline import Timeline

PRESS_S, RELEASE_S, CONFIRM_S, SCAN_S = 2.0, 5.0, 8.0, 10.0
"""When the crew presses and releases the stop, confirms the setup, and starts calibration with the first dynamic."""


@frozen(eq=False)
class Seen:
    """What the session knows after a frame: no temperatures while it learns, or if drift cannot be fitted."""

    sequence: int
    learned: bool
    thermal: Thermal | None


class _Watcher:
    """Implements the OperatorInbox port: sets up, begins calibration, and leaves after the last frame."""

    def __init__(self, timeline: Timeline, last: int, look: Callable[[Seen], None]) -> None:
        self._timeline, self._last, self._look = timeline, last, look
        self._seen = 0
        self._acts: list[OperatorActed] = []
        self.refusals: list[str] = []

    def acts(self) -> tuple[OperatorActed, ...]:
        done, self._acts = tuple(self._acts), []
        return done

    def confirm(self) -> None:
        for item in SetupItem:
            self._acts += [self._act(Trigger.CONFIRM, person, item) for person in CREW[: item.people]]
        self._timeline.wake()

    def begin(self) -> None:
        self._acts.append(self._act(Trigger.BEGIN_CALIBRATION, CREW[0], None))
        self._timeline.wake()

    def show(self, state: SessionState, head: str) -> None:
        sequence = state.imaging.sequence or 0
        if sequence > self._seen:
            self._seen = sequence
            self._look(Seen(sequence, state.thermometry.baseline is not None, state.thermometry.thermal))

    def signature(self, act: OperatorActed) -> Signature | None:
        return signature(act)

    def refused(self, act: OperatorActed, because: str) -> None:
        self.refusals.append(f"{act.act.value}: {because}")

    def closes(self) -> bool:
        return self._seen >= self._last or bool(self.refusals)

    def _act(self, trigger: Trigger, person: str, item: SetupItem | None) -> OperatorActed:
        return OperatorActed(self._timeline.now_s(), trigger, person, item)


class _NoRecord:
    """Implements the AuditSink port and keeps nothing."""

    head = ""

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        pass

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        pass

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        pass

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        pass


def hold_session(
    plan: Plan, timeline: Timeline, scanner: StillScanner, last_frame: int, look: Callable[[Seen], None]
) -> SessionState:
    """Run the session over all frames and return its last state; `look` sees it after each accepted frame.

    Raises SessionFailed if the core fails on a frame, RuntimeError if the setup is refused: defects, not input.
    """
    people = _Watcher(timeline, last_frame, look)
    button = StopButton(timeline.wake)
    pump = SyringePump(timeline.now_s, plan.prescription.syringe_volume_ml, plan.pump.watchdog_s)
    for moment_s, happens in (
        (PRESS_S, button.press),
        (PRESS_S, scanner.send_fat_map),
        (RELEASE_S, button.release),
        (CONFIRM_S, people.confirm),
        (SCAN_S, people.begin),
        (SCAN_S, scanner.start_dynamics),
    ):
        timeline.at(moment_s, happens)
    ports = Ports(timeline, scanner, Generator(timeline.now_s), pump, button, people, _NoRecord())
    loop = SessionLoop(SessionState.begin(plan), ports)
    loop.run()
    if people.refusals:
        raise RuntimeError(f"the session refused its setup: {'; '.join(people.refusals)}")
    return loop.state
