"""The rules: what people, images, equipment and the controller's own machine may do, at any time and in any order.

| rules                                  | what happens                                                                |
|----------------------------------------|-----------------------------------------------------------------------------|
| treat, reset                           | the day goes on as it should, with a willing crew; and again after an abort |
| follow, steer, act, confirm            | what people do, asked or not                                                |
| look, quiet                            | equipment is looked at; no image comes, for a moment or for long            |
| images, poor, wild, spoilt, late       | images in and out of range, unseen, drifted, hot, spoilt, overdue           |
| generator, pump, stop_loop, lose, mend | devices that are silent, lie, refuse, are deaf or run on; and are mended    |
| clock, crash                           | time jumps; the controller dies and is started again                        |
"""

from typing import ClassVar, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syntherm.core.events import Event
from syntherm.core.guidance import guide
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome
from syntherm.core.vocabulary import ACTS, Session, SetupItem, Trigger
from syntherm_sim.people.crew import CREW
from syntherm_sim.puppet.defects import Defect, NothingToRepeat, spoil
from syntherm_sim.puppet.images import GuardHeat, Heat, Shown
from syntherm_sim.story.values import Death
from syntherm_verify.model.conform import same_answer
from syntherm_verify.stateful.account import Account, holds
from syntherm_verify.stateful.bench import FRAME_S, PLACES, READING_S, WARM, Bench, places, short_plan
from syntherm_verify.stateful.faults import DRUG_LIES, GENERATOR, PUMP, mend
from syntherm_verify.stateful.tally import Tally

_ROUNDING_ML: Final = 1e-6
_FROM: Final = tuple(name for place in PLACES for name in (place, "infusing", "heating"))
"""Places to set out from in turn; from where most can go wrong more often than from others."""
_WHOLE_DAY: Final = 24
"""Image periods from a reset to infused drug."""


class Sessions(RuleBasedStateMachine):
    """One session per example. `tally` is shared by all of a run."""

    tally: ClassVar[Tally] = Tally()

    @initialize(turn=st.integers(0, 2 * len(PLACES)), calm=st.integers(0, 30), patience=st.integers(0, 6))
    def begin(self, turn: int, calm: int, patience: int) -> None:
        """Set out from somewhere.

        `calm`: for so many rules nothing happens that ends a session, so that it gets somewhere. `patience`: for so
        many rules a session that is over is stayed with before the next one begins; else most of all would be over.
        """
        self._turn, self._calm, self._patience, self._done = turn, calm, patience, 0
        self._set_out()

    def _set_out(self) -> None:
        plan, start = short_plan(), places()[_FROM[self._turn % len(_FROM)]]
        self._turn += 1
        self._waited = 0
        self._lied = self._lost_off = False
        self.account = Account(plan, start, len(CREW), self.tally.codes)
        self.bench = Bench(plan, 1, self._judged, start)

    def _over(self) -> bool:
        return self.bench.state.phases.session in (Session.ABORT, Session.COMPLETE)

    @precondition(_over)
    @rule(again=st.booleans())
    def reset(self, again: bool) -> None:
        """Everything is repaired, and two people reset; then perhaps all of the day comes again."""
        self.mend()
        self.bench.look()
        for person in CREW:
            self.bench.act(Trigger.RESET, person, None, "checked")
        if again:
            self.stop_loop(open_loop=True, seconds=1)
            self.treat(_WHOLE_DAY)

    def compare(self, before: SessionState, event: Event, outcome: Outcome | None) -> None:
        """The rows of the table answer each step again, in the prescribed order; None: the table refused the event."""
        differs = same_answer(before, event, outcome)
        holds(differs is None, f"the step and the table differ upon {type(event).__name__} {differs}")

    def _judged(self, before: SessionState, event: Event, outcome: Outcome | None) -> None:
        self.tally.steps += 1
        self.account.judge(before, event, outcome)
        self.compare(before, event, outcome)

    def _no_longer_calm(self) -> bool:
        return self._done > self._calm

    # ------------------------------------------------------------------------------------------------ people
    @rule(periods=st.integers(1, 4))
    def treat(self, periods: int) -> None:
        """Images come as they should, and the crew does what it is asked."""
        bench = self.bench
        for _ in range(periods):
            bench.live(bench.fitting(), 1)
            for person in CREW:
                self._answer(person)

    @rule(person=st.sampled_from(CREW))
    def follow(self, person: str) -> None:
        """One person does what is asked."""
        self._answer(person)

    def _answer(self, person: str) -> None:
        prompt = guide(self.bench.state).prompt
        if prompt is not None:
            if prompt.item is SetupItem.REGIONS:
                self.bench.feed(self.bench.room.fat_map())
            self.bench.act(prompt.act, person, prompt.item, "asked")

    @rule(act=st.sampled_from((Trigger.PAUSE, Trigger.RESUME, Trigger.RELEASE_INFUSION, Trigger.HOLD_INFUSION)))
    def steer(self, act: Trigger) -> None:
        """A person steers heating and infusion."""
        self.bench.act(act)

    @precondition(_no_longer_calm)
    @rule(
        act=st.sampled_from(ACTS), person=st.sampled_from(CREW), reason=st.sampled_from(("", "checked")),
        after_s=st.sampled_from((0.0, 0.0, 7.0)),
    )  # fmt: skip
    def act(self, act: Trigger, person: str, reason: str, after_s: float) -> None:
        """A person does anything at all, perhaps upon what is no longer so."""
        self.bench.room.pass_s(after_s)
        self.bench.act(act, person, None, reason)

    @precondition(_no_longer_calm)
    @rule(item=st.sampled_from(SetupItem), person=st.sampled_from(("", " Operator-A", *CREW)))
    def confirm(self, item: SetupItem, person: str) -> None:
        """Somebody confirms a setup item, or nobody does."""
        self.bench.act(Trigger.CONFIRM, person, item)

    # ------------------------------------------------------------------------------------------------ time and images
    @rule(after_s=st.sampled_from((1.0, 0.3, 2.4)))
    def look(self, after_s: float) -> None:
        """Equipment is looked at."""
        self.bench.look(after_s)

    @rule(seconds=st.sampled_from((3, 9, 9, 22)))
    def quiet(self, seconds: int) -> None:
        """No image comes."""
        for _ in range(seconds):
            self.bench.look()

    @rule(shown=st.sampled_from((Shown(Heat.COLD), WARM, Shown(Heat.COLD, spot=True))), images=st.integers(1, 4))
    def images(self, shown: Shown, images: int) -> None:
        """The target is cold, or warm, for a while."""
        self.bench.live(shown, images)

    @rule(
        shown=st.sampled_from(
            (
                Shown(Heat.UNSEEN),
                Shown(Heat.UNKNOWN),
                attrs.evolve(WARM, drift_degC=25.0),
                attrs.evolve(WARM, guards=GuardHeat.UNSEEN),
                attrs.evolve(WARM, guards=GuardHeat.HOT),
            )
        )
    )
    def poor(self, shown: Shown) -> None:
        """An image that pauses."""
        self.bench.image(shown, READING_S)

    @precondition(_no_longer_calm)
    @rule(shown=st.sampled_from((Shown(Heat.HOT), attrs.evolve(WARM, guards=GuardHeat.DOSED))))
    def wild(self, shown: Shown) -> None:
        """An image that ends the heating."""
        self.bench.image(shown, FRAME_S)

    @precondition(_no_longer_calm)
    @rule(defect=st.sampled_from(Defect))
    def spoilt(self, defect: Defect) -> None:
        """An image that cannot be used."""
        bench = self.bench
        bench.room.pass_s(READING_S)
        frame = bench.room.frame(bench.fitting(), READING_S)
        try:
            bench.feed(spoil(frame, defect, bench.state.imaging))
        except NothingToRepeat:
            bench.feed(frame)

    @rule(late_s=st.sampled_from((2.0, 7.0, 8.0)))
    def late(self, late_s: float) -> None:
        """An image comes long after it was acquired."""
        self.bench.room.pass_s(READING_S)
        self.bench.feed(self.bench.room.frame(self.bench.fitting(), late_s))

    # ------------------------------------------------------------------------------------------------ equipment
    @precondition(_no_longer_calm)
    @rule(fault=st.sampled_from(tuple(GENERATOR)), seconds=st.sampled_from((1, 4)))
    def generator(self, fault: str, seconds: int) -> None:
        """The generator goes wrong, and is looked at."""
        GENERATOR[fault](self.bench.room.transducer)
        self._lost_off |= fault == "deaf"
        self.bench.room.later_than_commands()
        self._seen_for(seconds)

    @precondition(_no_longer_calm)
    @rule(fault=st.sampled_from(tuple(PUMP)), seconds=st.sampled_from((1, 4)))
    def pump(self, fault: str, seconds: int) -> None:
        """The pump goes wrong, and is looked at."""
        PUMP[fault](self.bench.room.pump)
        self._lied |= fault in DRUG_LIES
        self.bench.room.later_than_commands()
        self._seen_for(seconds)

    def _seen_for(self, seconds: int) -> None:
        for _ in range(seconds):
            self.bench.look()
        self.bench.image(self.bench.fitting(), READING_S)

    @precondition(_no_longer_calm)
    @rule(open_loop=st.booleans(), seconds=st.sampled_from((1, 4)))
    def stop_loop(self, open_loop: bool, seconds: int) -> None:
        """The patient presses the stop, or its cable breaks."""
        loop = self.bench.room.stop_loop
        loop.closed, loop.unread = not open_loop, not open_loop
        for _ in range(seconds):
            self.bench.look()
        loop.closed, loop.unread = True, False

    @precondition(_no_longer_calm)
    @rule(pump=st.booleans(), act=st.sampled_from((Trigger.PAUSE, Trigger.STOP, Trigger.RELEASE_INFUSION)))
    def lose(self, pump: bool, act: Trigger) -> None:
        """A command is lost."""
        room = self.bench.room
        (room.pump if pump else room.transducer).loses = 1
        self._lied |= pump
        self._lost_off |= not pump
        self.bench.act(act)

    @rule()
    def mend(self) -> None:
        """Everything is repaired."""
        mend(self.bench.room, self.bench.plan)

    # ------------------------------------------------------------------------------------------------ the controller
    @precondition(_no_longer_calm)
    @rule(jump_s=st.sampled_from((-1.0, 6.0, 500.0)))
    def clock(self, jump_s: float) -> None:
        """Time goes back, or jumps ahead."""
        if jump_s > 0.0:
            self.bench.look(jump_s)
        else:
            self.bench.feed(attrs.evolve(self.bench.room.look(), at_s=self.bench.now_s + jump_s))

    @precondition(_no_longer_calm)
    @rule(death=st.sampled_from(Death), by_image=st.booleans(), away_s=st.sampled_from((0.5, 3.0, 45.0)))
    def crash(self, death: Death, by_image: bool, away_s: float) -> None:
        """The controller dies; what was lent ends by itself; it is started again."""
        bench, room = self.bench, self.bench.room
        room.pass_s(READING_S)
        event = room.frame(bench.fitting(), READING_S) if by_image else room.look()
        bench.die(event, death)
        room.pass_s(away_s)
        self._ended_alone(away_s)
        bench.restart()

    def _ended_alone(self, away_s: float) -> None:
        plan, room = self.bench.plan, self.bench.room
        if away_s >= plan.sonication.lease_s:
            holds(room.transducer.power_W == 0.0, "energy outlived its lease without a controller")
        if away_s >= plan.pump.watchdog_s and not self._lied:
            report = room.pump.report()
            holds(report is None or not report.infusing, "drug outlived the watchdog without a controller")

    # ------------------------------------------------------------------------------------------------ after each rule
    @invariant()
    def after_each_rule(self) -> None:
        """What the room itself shows."""
        self._done += 1
        self._room_is_as_it_should_be()
        tally, state = self.tally, self.bench.state
        tally.rules += 1
        tally.states.update(f"{type(phase).__name__} {phase.name}" for phase in state.phases.all())
        self._waited = self._waited + 1 if self._over() else 0
        if self._waited > self._patience:
            self._set_out()

    def _room_is_as_it_should_be(self) -> None:
        room, state, plan = self.bench.room, self.bench.state, self.bench.plan
        silent = state.phases.session in (Session.SETUP, Session.COOLING, Session.COMPLETE, Session.ABORT)
        if silent and not self._lost_off:
            holds(room.transducer.power_W == 0.0, f"the generator sounds in {state.phases.session.value}")
        if not self._lied:
            limit_ml = plan.prescription.volume_ml + plan.prescription.line_dead_volume_ml
            holds(room.pump.pumped_ml <= limit_ml + _ROUNDING_ML, f"{room.pump.pumped_ml} mL were pumped")
            patient_ml = max(0.0, room.pump.pumped_ml - plan.prescription.line_dead_volume_ml)
            known_ml = state.ledger.patient_ml
            holds(known_ml <= patient_ml + 0.001, f"{known_ml} mL on account, {patient_ml} mL in the patient")
