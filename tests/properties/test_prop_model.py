"""The shipped step is the model's step: whatever happens, on whole ticks, both come to the same.

Compared after every event: all variables of the controller, every command and for how long it lends, and refusals.

| rules                   | what happens                                                                    |
|-------------------------|---------------------------------------------------------------------------------|
| go_on, act, confirm     | two people do what leads on, or anything, also a while after they looked        |
| any_act, any_trouble    | what else could have come here: every act of each of them, every trouble        |
| image, poll, trouble    | images in and out of range; devices silent, open, alarming, sounding; new starts |
| silence                 | nothing happens for some ticks                                                  |

| what is broken in `step`              | what then differs, among others     |
|---------------------------------------|-------------------------------------|
| the event is answered before faults   | an act is not refused               |
| mild faults are answered before worse | a region                            |
| an overtaken act is carried out       | a region                            |
| effects are skipped                   | a command                           |
| a response is not asked for           | a region                            |
| faults do not come to stand           | what blocks a start                 |
"""

from collections.abc import Callable
from typing import ClassVar

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from model_bench import PICTURES, Conformance, Differs, Session, places
from model_troubles import TROUBLES

from syntherm.core import step as core
from syntherm.core.guidance import guide
from syntherm.core.table import TABLE, Kind
from syntherm.core.vocabulary import ACTS, REGIONS, Effect, SetupItem, Trigger
from syntherm.core.vocabulary import Session as Day
from syntherm_verify.model.conform import unreached
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.lens import PEOPLE

EXAMPLES = 25
LEAST_SHARE = 0.85
AFTER, DELAY = st.sampled_from((0, 1, 1, 2)), st.sampled_from((0, 0, 0, 1, 2, 3))


class Sessions(RuleBasedStateMachine):
    """One session after the other; a sub-class has the places to set out from."""

    places: ClassVar[dict[str, Session]]

    @initialize(turn=st.integers(0, 40), calm=st.integers(0, 12))
    def begin(self, turn: int, calm: int) -> None:
        self.turn, self.calm = turn, calm
        self.set_out()

    def set_out(self) -> None:
        names = tuple(self.places)
        self.turn, self.waited, self.done = self.turn + 7, 0, 0
        self.session = self.places[names[self.turn % len(names)]].copy()

    def after(self) -> None:
        over = self.session.state.phases.session in (Day.ABORT, Day.COMPLETE)
        self.done, self.waited = self.done + 1, self.waited + 1 if over else 0
        if self.waited > 3:
            self.set_out()

    def no_longer_calm(self) -> bool:
        return self.done > self.calm

    # ---- people
    @rule(ticks=st.integers(1, 3))
    def go_on(self, ticks: int) -> None:
        """Images come as they should, and people do what they are asked."""
        session = self.session
        for _ in range(ticks):
            session.tick(session.fitting())
            for person in range(len(PEOPLE)):
                prompt = guide(session.state).prompt
                if prompt is not None:
                    session.act(prompt.act, person, prompt.item)
        self.after()

    @rule(act=st.sampled_from(ACTS), person=st.integers(0, 1), late=st.sampled_from((0, 0, 1, 3)))
    def act(self, act: Trigger, person: int, late: int) -> None:
        if act not in (Trigger.STOP, Trigger.RESET) or self.no_longer_calm():
            self.session.at_s += late
            self.session.act(act, person)
            self.after()

    @rule(late=st.sampled_from((0, 0, 3)), reason=st.sampled_from(("", "checked")))
    def any_act(self, late: int, reason: str) -> None:
        """Whatever people could do here, asked or not."""
        for act in ACTS:
            for person in range(len(PEOPLE)):
                other = self.session.copy()
                other.at_s += late
                other.act(act, person, SetupItem.PLAN if act is Trigger.CONFIRM else None, reason)
        self.after()

    @rule(item=st.sampled_from(SetupItem))
    def confirm(self, item: SetupItem) -> None:
        for person in range(item.people):
            self.session.act(Trigger.CONFIRM, person, item)
        self.after()

    # ---- images and equipment
    @rule(picture=st.sampled_from(("cold", "warm", "spot")), after=AFTER, delay=DELAY)
    def image(self, picture: str, after: int, delay: int) -> None:
        self.session.image(PICTURES[picture], after, delay)
        self.after()

    @rule(after=AFTER)
    def poll(self, after: int) -> None:
        self.session.poll(after)
        self.after()

    @precondition(no_longer_calm)
    @rule(picture=st.sampled_from(tuple(PICTURES)))
    def hot(self, picture: str) -> None:
        self.session.image(PICTURES[picture])
        self.after()

    @precondition(no_longer_calm)
    @rule(name=st.sampled_from(tuple(TROUBLES)))
    def trouble(self, name: str) -> None:
        TROUBLES[name](self.session)
        self.after()

    @rule(late=st.sampled_from((0, 0, 2, 4)))
    def any_trouble(self, late: int) -> None:
        """Whatever could go wrong here."""
        for happens in TROUBLES.values():
            other = self.session.copy()
            other.at_s += late
            happens(other)
        self.after()

    @precondition(no_longer_calm)
    @rule(ticks=st.integers(1, 6))
    def silence(self, ticks: int) -> None:
        """Nothing happens; the next event tells."""
        self.session.at_s += ticks


def run(examples: int, machine: type[Sessions]) -> None:
    how = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=how)


@pytest.fixture(scope="module")
def started() -> dict[str, Session]:
    return places(Conformance(SMALL))


@pytest.mark.verifies("SRS-101")
def test_the_step_is_the_models(started: dict[str, Session]) -> None:
    conformance = started["begun"].conformance
    sweep(started)
    run(EXAMPLES, type("Counted", (Sessions,), {"places": started}))
    live = {number for number, row in enumerate(TABLE) if row.kind is not Kind.NEVER}
    missed = live & set(unreached(conformance))
    assert len(missed) <= (1.0 - LEAST_SHARE) * len(live)
    assert started["begun"].reached == {state for region in REGIONS for state in region}


def sweep(started: dict[str, Session], lates: tuple[int, ...] = (0, 2, 4, 9)) -> None:
    """Whatever people could do and whatever could go wrong at every place, at once and after a while."""
    for session in started.values():
        for late in lates:
            for act in ACTS:
                for person in range(len(PEOPLE)):
                    other = session.copy()
                    other.at_s += late
                    other.act(act, person, SetupItem.DEVICES if act is Trigger.CONFIRM else None, "checked" * person)
            for happens in TROUBLES.values():
                other = session.copy()
                other.at_s += late
                happens(other)


# ---------------------------------------------------------------------------------------------- does it compare?
Break = Callable[[pytest.MonkeyPatch], None]
MOVE, CARRY_OUT, ASKED_FOR, OBSERVE = core._move, core.carry_out, core.asked_for, core.observe


def _own_first(at, triggers):
    faults = tuple(trigger for trigger in triggers if trigger.name.startswith("FAULT"))
    own = tuple(trigger for trigger in triggers if trigger not in faults)
    return MOVE(at, own + faults)


def _without(effect: Effect):
    return lambda state, event, effects: CARRY_OUT(state, event, tuple(e for e in effects if e is not effect))


def _unasked(response: Trigger):
    return lambda *seen: tuple(trigger for trigger in ASKED_FOR(*seen) if trigger is not response)


def _patch(name: str, value: object) -> Break:
    return lambda patch: patch.setattr(core, name, value)


def _one_tick_late(state, event):
    seen = OBSERVE(state, event)
    return attrs.evolve(seen, beam=attrs.evolve(seen.beam, heating_s=max(seen.beam.heating_s - 1.0, 0.0)))


BROKEN: dict[str, tuple[Break, str, str]] = {
    "own trigger first": (_patch("_move", _own_first), "learned", "refused: model 1, step 0"),
    "mild first": (_patch("asked_for", lambda *seen: ASKED_FOR(*seen)[::-1]), "infusing", "infusion: model "),
    "overtaken": (_patch("_RESTING", frozenset()), "learned", "refused: model 1, step 0"),
    "no energy-off": (_patch("carry_out", _without(Effect.ENERGY_OFF)), "heating", "command off: model 1, step 0"),
    "no hold": (_patch("carry_out", _without(Effect.HOLD_INFUSION)), "infusing", "command hold: model 1, step 0"),
    "no lease": (_patch("carry_out", _without(Effect.GRANT_LEASE)), "heating", "command lends: model 1, step 0"),
    "people kept": (_patch("carry_out", _without(Effect.FORGET_PEOPLE)), "held, half reset", "resets: model 0, step 1"),
    "calibration kept": (
        _patch("carry_out", _without(Effect.FORGET_CALIBRATION)), "held, half reset", "learned: model 0, step 1"
    ),
    "not remembered": (_patch("carry_out", _without(Effect.REMEMBER)), "begun", "one: model 1, step 0"),
    "no fault-abort": (_patch("asked_for", _unasked(Trigger.FAULT_ABORT)), "heating", "session: model "),
    "no fault-cool": (_patch("asked_for", _unasked(Trigger.FAULT_COOL)), "heating", "session: model "),
    "no fault-pause": (_patch("asked_for", _unasked(Trigger.FAULT_PAUSE)), "heating", "energy: model "),
    "no fault-infusion": (_patch("asked_for", _unasked(Trigger.FAULT_INFUSION)), "infusing", "infusion: model "),
    "no fault-hold": (_patch("asked_for", _unasked(Trigger.FAULT_HOLD)), "infusing", "infusion: model "),
    "nothing stands": (_patch("latch", lambda standing, *_: standing), "heating", "by_reset: model 1, step 0"),
    "heating miscounted": (_patch("observe", _one_tick_late), "heating", "heat: model "),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_another_step_is_told_from_the_models(
    name: str, started: dict[str, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the session's own monitors off, so that they do not answer in its place."""
    break_it, place, words = BROKEN[name]
    sweep({place: started[place]})
    monkeypatch.setattr(core, "judge", lambda was, *_: (was, ()))
    monkeypatch.setattr(core, "judge_refusal", lambda *_: ())
    break_it(monkeypatch)
    with pytest.raises(Differs, match=words):
        sweep({place: started[place]})
