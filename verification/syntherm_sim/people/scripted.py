"""A scripted crew: answers every guided question with yes, after the time that people take."""

from functools import partial

import numpy as np

from syntherm.core.events import OperatorActed
from syntherm.core.guards import people_for
from syntherm.core.guidance import Prompt, guide
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session, Trigger
from syntherm_sim.people.crew import CREW, hands_on
from syntherm_sim.people.queue import ActQueue
from syntherm_sim.room import Room

PREPARING_S = (50.0, 170.0)
"""Shortest and longest time for one answer in setup, with what the hands do meanwhile: an assumption."""
ANSWERING_S = (15.0, 60.0)
"""The same at the running treatment: an assumption."""
AFTER_ABORT_S = 240.0
"""How long the crew watches an aborted session before it leaves."""


class ScriptedCrew(ActQueue):
    """Implements the OperatorInbox port. `resets` says whether the crew treats on after an abort."""

    def __init__(self, room: Room, seed: int, *, resets: bool = False) -> None:
        super().__init__(room.timeline)
        self._room = room
        self._random = np.random.default_rng([seed, 23])
        self._resets = resets
        self._busy: Prompt | None = None
        self._aborted_s: float | None = None
        self._leaves = False
        self.refusals: list[str] = []

    def show(self, state: SessionState, head: str) -> None:
        """Look at the session and plan the next answer."""
        if self._busy is not None or self._leaving(state):
            return
        step = guide(state)
        if step.prompt is None or (step.prompt.act is Trigger.RESET and not self._resets):
            return
        prompt, missing = step.prompt, step.missing
        self._busy = prompt
        timeline = self._room.timeline
        span_s = PREPARING_S if state.phases.session is Session.SETUP else ANSWERING_S
        think_s = float(self._random.uniform(*span_s)) + hands_on(self._room, prompt)
        answering = CREW[prompt.people - missing : prompt.people]
        for number, person in enumerate(answering, start=1):
            timeline.at(timeline.now_s() + think_s * number, partial(self._answer, prompt, person))
        timeline.at(timeline.now_s() + think_s * len(answering) + 1.0, self._free)

    def refused(self, act: OperatorActed, because: str) -> None:
        """The table said no."""
        self.refusals.append(f"{act.act.value}: {because}")

    def closes(self) -> bool:
        """Whether the crew has left."""
        return self._leaves

    def _answer(self, prompt: Prompt, person: str) -> None:
        reason = "cause found and removed" if prompt.act is Trigger.RESET else ""
        self.act(prompt.act, person, reason, prompt.item)

    def _free(self) -> None:
        self._busy = None

    def _leaving(self, state: SessionState) -> bool:
        now_s, session = self._room.timeline.now_s(), state.phases.session
        if session is Session.COMPLETE:
            self._leaves = len(people_for(state, Trigger.SIGN.value)) >= len(CREW)
        if session is not Session.ABORT:
            self._aborted_s = None
        elif self._aborted_s is None:
            self._aborted_s = now_s
        elif not self._resets and now_s - self._aborted_s > AFTER_ABORT_S:
            self._leaves = True
        return self._leaves
