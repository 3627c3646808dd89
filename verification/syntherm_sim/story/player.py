"""Plays a story: the shipped loop, core and record, event by event, in a puppet room."""

from functools import singledispatchmethod
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Channel, Event, FrameReceived, OperatorActed
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Energy
from syntherm.ports.record import AuditFailed
from syntherm.session.loop import SessionFailed, SessionLoop
from syntherm.session.records import open_new, recover
from syntherm_sim.puppet.defects import Defect, NothingToRepeat, spoil
from syntherm_sim.puppet.images import Heat, Shown
from syntherm_sim.puppet.room import PuppetRoom
from syntherm_sim.scenario import ControllerKilled
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_sim.story.mortal import MortalRecord
from syntherm_sim.story.provoke import OCCLUSION, NoSuchFault, provoke
from syntherm_sim.story.seen import unlike
from syntherm_sim.story.small_plan import bounds_lifted, small_plan, text_of
from syntherm_sim.story.values import (
    Act,
    Crash,
    FatMap,
    Frame,
    GeneratorWord,
    Happening,
    Lose,
    Poll,
    Provoke,
    PumpWord,
    Restart,
    Rise,
    Stop,
    Story,
    Wait,
)
from syntherm_sim.story.verdict import Seen, first_seen, of_failure

_FEIGNED: Final = 2.0
"""Output that is feigned, in units of the largest power that can be lent."""


class StoryFailed(Exception):
    """The story cannot go on as it says: a defect of the story or of the puppet room, not of the session."""


@attrs.frozen(eq=False)
class Played:
    """How a story went. `broken`: each property that was violated, and by which event. `failed`: why it ended early."""

    plan: Plan
    state: SessionState
    events: int
    notes: tuple[str, ...]
    broken: tuple[Seen, ...]
    failed: str | None
    simulated_s: float
    head: str


class Player:
    """One playing of one story."""

    def __init__(self, story: Story, plan: Plan, record: Path, seed: int) -> None:
        self._story, self._record = story, record
        self.plan = small_plan(plan, story.tick_s, story.plan)
        self.room = PuppetRoom(self.plan, seed)
        self._ticks = 0
        self._shown = Shown()
        self._key = demonstration_key(seed)
        session = demonstration_session(seed)
        self._writer: AuditWriter = open_new(
            record, self.plan, text_of(self.plan), self.room.timeline, self._key, session
        )
        self._begin(SessionState.begin(self.plan))
        self._at = 0
        self._alive = True
        self.notes: list[str] = []
        self.broken: list[Seen] = []

    @property
    def state(self) -> SessionState:
        """The session now."""
        return self._loop.state

    def _begin(self, state: SessionState) -> None:
        self._sink = MortalRecord(self._writer)
        self._loop = SessionLoop(state, self.room.ports(self._sink))

    def play(self) -> Played:
        """From the first event to the last, or to the one on which the session failed; the record is closed then.

        Raises StoryFailed, and AuditFailed where the record cannot be made.
        """
        failed = None
        for happening in self._story.events:
            self._at += 1
            try:
                self.happens(happening)
            except SessionFailed as error:
                failed = str(error)
                self.note(failed)
                self._judge(of_failure(failed, self._at))
                break
            except (StoryFailed, AuditFailed):
                self._writer.let_go()
                raise
        return self._close(failed)

    def _close(self, failed: str | None) -> Played:
        timeline = self.room.timeline
        if failed is None and self._alive:
            head = self._writer.close_session(timeline.utc(), timeline.now_s(), self.state.phases.session.name)
        else:
            head = self._writer.head
            self._writer.let_go()
        return Played(
            plan=self.plan,
            state=self.state,
            events=self._at,
            notes=tuple(self.notes),
            broken=tuple(self.broken),
            failed=failed,
            simulated_s=timeline.now_s(),
            head=head,
        )

    def note(self, text: str) -> None:
        """Keep a line about the event at hand."""
        self.notes.append(f"event {self._at}: {text}")

    def handle(self, event: Event) -> None:
        """Hand one event to the session; it may die of it, as the story says."""
        if not self._alive:
            raise StoryFailed(f"event {self._at}: the controller is dead")
        people = self.room.people
        known, standing = len(people.refusals), {fault.code for fault in self.state.faults}
        try:
            self._loop.handle(event)
        except ControllerKilled:
            self._alive = False
            self._writer.let_go()  # as the system does with the files of a dead process
            self.note("the controller is dead")
        for act, because in people.refusals[known:]:
            self.note(f"{act.act.value} refused: {because}")
        for fault in self.state.faults:
            if fault.code not in standing:
                self.note(f"{fault.code.value.code}: {fault.detail}")
        self._judge(first_seen(self.state, self._at))

    def _judge(self, found: tuple[Seen, ...]) -> None:
        known = {each.property for each in self.broken}
        self.broken += [each for each in found if each.property not in known]

    @singledispatchmethod
    def happens(self, happening: Happening) -> None:
        """Let one event of the story happen; each kind has its own method."""
        raise TypeError(f"nothing plays {type(happening).__name__}")

    @happens.register
    def wait(self, event: Wait) -> None:
        """Let whole ticks pass, from one tick's begin to another's."""
        self._ticks += event.ticks
        self.room.pass_to(self._ticks * self._story.tick_s)

    @happens.register
    def poll(self, event: Poll) -> None:
        """Let all devices speak, truly or as the story says."""
        room = self.room
        room.stop_loop.closed, room.stop_loop.unread = event.stop is not Stop.OPEN, event.stop is Stop.UNREAD
        sounds = event.generator is GeneratorWord.SOUNDING
        room.transducer.silent = event.generator is GeneratorWord.UNREAD
        room.transducer.feigned_W = _FEIGNED * self.plan.sonication.max_power_W if sounds else None
        room.pump.silent = event.pump is PumpWord.UNREAD
        if event.pump is not PumpWord.UNREAD:
            room.pump.set_alarm(OCCLUSION if event.pump is PumpWord.ALARM else None)
        if sounds:
            room.later_than_commands()
        self.handle(room.look())
        room.transducer.feigned_W = None

    @happens.register
    def frame(self, event: Frame) -> None:
        """Let an image come, and see that the session saw in it what it shows."""
        before = self.state
        self._shown, rise = self._picture(event, before)
        frame = self.room.frame(self._shown, event.delay_ticks * self._story.tick_s)
        if event.defect is not None:
            frame = self._spoilt(frame, event.defect)
        if event.delay_ticks == 0 and event.defect is None:
            self._seen_by(frame, self._shown, rise)
        else:
            self.handle(frame)

    def _picture(self, event: Frame, before: SessionState) -> tuple[Shown, Rise | None]:
        rise = event.rise
        if rise is None and event.target is Heat.COLD:
            rise = Rise.GOOD
        heated = before.phases.energy is Energy.TEST and before.beam.test_since_s is not None
        spot = rise is Rise.GOOD and heated
        return Shown(event.target, event.guards, spot, event.precision), rise

    def _spoilt(self, frame: FrameReceived, defect: Defect) -> FrameReceived:
        try:
            return spoil(frame, defect, self.state.imaging)
        except NothingToRepeat:
            raise StoryFailed(f"event {self._at}: no image has been accepted that could come again") from None

    def _seen_by(self, frame: FrameReceived, shown: Shown, rise: Rise | None) -> None:
        before = self.state
        self.handle(frame)
        after = self.state
        accepted = after.imaging.defect is None and after.imaging.sequence == frame.sequence
        if not self._alive or not accepted or self.broken:
            return
        wrong = unlike(shown, rise, before, after)
        if wrong is not None:
            raise StoryFailed(f"event {self._at}: the image does not show what it should: {wrong}")

    @happens.register
    def fat_map(self, _: FatMap) -> None:
        """Let the fat map come."""
        self.handle(self.room.fat_map())

    @happens.register
    def act(self, event: Act) -> None:
        """Let a person act."""
        self.handle(OperatorActed(self.room.timeline.now_s(), event.act, event.person, event.item, event.reason))

    @happens.register
    def provoke(self, event: Provoke) -> None:
        """Raise a fault of a response."""
        try:
            code, raised = provoke(self.room, self.state, attrs.evolve(self._shown, spot=False), event.response)
        except NoSuchFault as error:
            raise StoryFailed(f"event {self._at}: {error}") from None
        self.note(f"chosen: {code.value.code} by {type(raised).__name__}")
        self.handle(raised)

    @happens.register
    def lose(self, event: Lose) -> None:
        """Lose the next commands on a channel."""
        if event.channel is Channel.PUMP:
            self.room.pump.loses = event.times
        else:
            self.room.transducer.loses = event.times

    @happens.register
    def crash(self, event: Crash) -> None:
        """Let the next event kill the controller."""
        self._sink.dies = event.after

    @happens.register
    def restart(self, _: Restart) -> None:
        """Start the controller again on its record; one that lives is killed first."""
        if self._alive:
            self._writer.let_go()
        with bounds_lifted():
            self._writer, state, restarted = recover(self._record, self.room.timeline, self._key)
        self._alive = True
        self._begin(state)
        self.handle(restarted)


def play(story: Story, plan: Plan, record: Path, seed: int = 1) -> Played:
    """Play a story; its record lies at `record`.

    Raises StoryRefused for a plan that the story cannot have, StoryFailed where the story cannot go on as it says, and
    AuditFailed where the record cannot be made or gone on with.
    """
    return Player(story, plan, record, seed).play()
