"""A person at the terminal plays the crew: the same guided questions, answered by hand."""

from functools import partial

from rich.console import Console

from syntherm.core.events import OperatorActed
from syntherm.core.guidance import Prompt, Step, guide
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session, Trigger
from syntherm_sim.people.crew import CREW, hands_on
from syntherm_sim.people.queue import ActQueue
from syntherm_sim.room import Room
from syntherm_sim.view import picture

ANSWER_S = 5.0
"""Virtual time that one answer takes."""
LATER_S = 60.0
"""Virtual time until a question that was put off is asked again."""
STOP_WORDS = ("stop", "s")
ANSWERS = "yes, no (ask again later), stop (abort the session)"


class PersonAtTerminal(ActQueue):
    """Implements the OperatorInbox port on a terminal. Virtual time stands still while a question is open."""

    def __init__(self, room: Room, console: Console) -> None:
        super().__init__(room.timeline)
        self._room, self._console = room, console
        self._quiet_until_s = 0.0
        self._leaves = False

    def show(self, state: SessionState, head: str) -> None:
        """Ask the next question, if there is one."""
        if self._leaves or self._room.timeline.now_s() < self._quiet_until_s:
            return
        step = guide(state)
        if step.prompt is not None:
            self._console.print(picture(state, head))
            self._ask(step, step.prompt)
        elif state.phases.session is Session.COMPLETE:
            self._leaves = True

    def refused(self, act: OperatorActed, because: str) -> None:
        """Say why an act is not allowed now."""
        self._console.print(f"[bold red]not now:[/] {act.act.value}: {because}")

    def closes(self) -> bool:
        """Whether the person has left."""
        return self._leaves

    def _ask(self, step: Step, prompt: Prompt) -> None:
        timeline = self._room.timeline
        person = CREW[prompt.people - step.missing]
        answer = self._read(f"[bold]{person}:[/] {prompt.question} [dim]({ANSWERS})[/] ")
        if answer in STOP_WORDS and prompt.act is not Trigger.RESET:
            self.act(Trigger.STOP, person)
        elif answer in ("y", "yes"):
            self._agree(prompt, person)
        elif prompt.act is Trigger.RESET:
            self._leaves = True
        else:
            self._quiet_until_s = timeline.now_s() + LATER_S

    def _agree(self, prompt: Prompt, person: str) -> None:
        timeline = self._room.timeline
        reason = self._read("reason: ") if prompt.act is Trigger.RESET else ""
        self._quiet_until_s = timeline.now_s() + ANSWER_S + hands_on(self._room, prompt) + 1.0
        moment_s = self._quiet_until_s - 1.0
        timeline.at(moment_s, partial(self.act, prompt.act, person, reason, prompt.item))

    def _read(self, question: str) -> str:
        try:
            return self._console.input(question).strip().lower()
        except EOFError:
            # Nobody is there any more: that is a stop, not a yes.
            return STOP_WORDS[0]
