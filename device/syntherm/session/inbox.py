"""The operators' inbox over the link: acts from desks, signed by the notary, and the session shown to all desks."""

from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

import attrs

from syntherm.core.events import OperatorActed
from syntherm.core.guidance import PROMPTS
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import FALLING_ACTS, Session
from syntherm.link import view
from syntherm.link.door import Door
from syntherm.link.messages import VERSION, Act, Close, Hello, NoMessage, read
from syntherm.ports.record import Signature
from syntherm.session.signing import meaning

SHOWN_EVERY_S: Final = 0.25
REJECTED: Final = 8
"""After so many lines that are no messages a connection is ended."""
CLOSES_IN: Final = frozenset({Session.SETUP, Session.COMPLETE, Session.ABORT})


class Notary(Protocol):
    """Proves that a secret is a person's, without ever waiting."""

    def ask(self, number: int, act: OperatorActed, secret: str, shown: str) -> bool:
        """Ask whether a secret is the person's; false if that cannot be asked now."""
        ...

    def answers(self) -> tuple[tuple[int, Signature | None], ...]:
        """What has been answered since the last call, by number; None where no signature is given."""
        ...


@attrs.frozen
class _Waiting:
    """An act, and whom to answer."""

    connection: int
    number: int
    act: OperatorActed


@attrs.define
class _Manners:
    greeted: bool = False
    rejected: int = 0


class DeskInbox:
    """Implements the OperatorInbox port. An act with a secret waits here until the notary has answered; a stop never
    waits for that.
    """

    def __init__(
        self, door: Door, notary: Notary, now_s: Callable[[], float], guardian: Callable[[], str] = str
    ) -> None:
        """`guardian`: why it holds the enable off, for people to read; empty if it does not."""
        self._door, self._notary, self._now_s, self._guardian = door, notary, now_s, guardian
        self._manners: dict[int, _Manners] = {}
        self._questions = count(1)
        self._asked: dict[int, _Waiting] = {}
        self._given: list[_Waiting] = []
        self._signed: dict[tuple[object, ...], Signature] = {}
        self._state: SessionState | None = None
        self._head = ""
        self._serial = 0
        self._due_s = now_s()
        self._closes = False

    def acts(self) -> tuple[OperatorActed, ...]:
        """What was done at the desks since the last call; what takes away comes first."""
        # All that was handed over last time has been answered by now: what was not refused was taken.
        for taken in self._given:
            self._tell(taken, view.answer(taken.number, True, ""))
        self._given.clear()
        self._signed.clear()
        for line in self._door.lines():
            self._hear(line.connection, line.data)
        for number, signature in self._notary.answers():
            waiting = self._asked.pop(number, None)
            if waiting is not None:
                if signature is not None:
                    self._signed[_same(waiting.act)] = signature
                self._given.append(waiting)
        self._given.sort(key=lambda waiting: waiting.act.act not in FALLING_ACTS)
        self._manners = {number: self._manners.get(number, _Manners()) for number in self._door.connections}
        self._show()
        return tuple(waiting.act for waiting in self._given)

    def show(self, state: SessionState, head: str) -> None:
        """Remember what to show; the desks are told at the next look."""
        self._state, self._head = state, head

    def signature(self, act: OperatorActed) -> Signature | None:
        """The signature under an act of the last look, used once; None without one; never waits."""
        return self._signed.pop(_same(act), None)

    def refused(self, act: OperatorActed, because: str) -> None:
        """Tell the desk that its act was not taken."""
        for waiting in self._given:
            if _same(waiting.act) == _same(act):
                self._given.remove(waiting)
                self._tell(waiting, view.answer(waiting.number, False, because))
                return

    def closes(self) -> bool:
        """Whether somebody has closed the session."""
        return self._closes

    def _hear(self, connection: int, data: bytes | None) -> None:
        manners = self._manners.setdefault(connection, _Manners())
        try:
            if data is None:
                raise NoMessage("found a line that is too long")
            message = read(data)
            if not manners.greeted and not (isinstance(message, Hello) and message.version == VERSION):
                raise NoMessage(f"expected hello with version {VERSION} first")
        except NoMessage as error:
            manners.rejected += 1
            self._door.send(connection, view.line(view.rejected(str(error))))
            if manners.rejected >= REJECTED:
                self._door.drop(connection)
            return
        if isinstance(message, Hello):
            manners.greeted = True
            self._door.send(connection, view.line(view.welcome()))
            self._due_s = self._now_s()
        elif isinstance(message, Close):
            self._close(connection, message)
        else:
            self._act(connection, message)

    def _act(self, connection: int, message: Act) -> None:
        act = OperatorActed(self._now_s(), message.act, message.person, message.item, message.reason)
        waiting = _Waiting(connection, message.number, act)
        if meaning(act) is None or message.secret is None:
            # Without a secret the session itself refuses, and records, what needs one.
            self._given.append(waiting)
            return
        if any(other.connection == connection for other in self._asked.values()):
            self._tell(
                waiting, view.answer(message.number, False, "the signature before this one is still being proven")
            )
            return
        number = next(self._questions)
        if self._notary.ask(number, act, message.secret, _question(act)):
            self._asked[number] = waiting
        else:
            self._tell(waiting, view.answer(message.number, False, "signatures cannot be proven now"))

    def _close(self, connection: int, message: Close) -> None:
        session = None if self._state is None else self._state.phases.session
        if session in CLOSES_IN:
            self._closes = True
            self._door.send(connection, view.line(view.answer(message.number, True, "")))
            return
        because = f"a session is not closed in {'its first moment' if session is None else session.value}"
        self._door.send(connection, view.line(view.answer(message.number, False, because)))

    def _tell(self, waiting: _Waiting, message: view.Json) -> None:
        self._door.send(waiting.connection, view.line(message))

    def _show(self) -> None:
        state, now_s = self._state, self._now_s()
        if state is None or now_s < self._due_s:
            return
        self._due_s = now_s + SHOWN_EVERY_S
        listeners = [number for number, manners in self._manners.items() if manners.greeted]
        if listeners:
            self._serial += 1
            data = view.line({**view.view(state, self._head, self._serial), "guardian": self._guardian()})
            for number in listeners:
                # Who is behind gets the next one: an old state helps nobody.
                if not self._door.behind(number):
                    self._door.send(number, data)


def _same(act: OperatorActed) -> tuple[object, ...]:
    """What an act is, whenever it is answered."""
    return (act.act, act.person, act.item, act.reason)


def _question(act: OperatorActed) -> str:
    """The question that desks show with an act: what the person has seen is the session's to say, not the desk's."""
    asked = (prompt for prompts in PROMPTS.values() for prompt in prompts)
    return next(
        (prompt.question for prompt in asked if (prompt.act, prompt.item) == (act.act, act.item)), act.act.value
    )
