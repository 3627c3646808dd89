"""One question and its answer at a time, over a line. Alarms are understood whenever they come.

Replies carry no number and no word of the command that they answer, so an answer is taken only if its data has the
form that was asked for, and callers never ask two questions of one form in a row: a pump that answers one behind is
found by the form of what it says. What came before a question was sent is no answer to it.
"""

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from syntherm.adapters.line import Line, LineFailed
from syntherm.adapters.pump.codec import Rejected, SafeDecoder, encode_safe
from syntherm.adapters.pump.replies import Alarm, NoReply, Reply, Status, parse_reply

T = TypeVar("T")
ANSWER_S: Final = 0.3
"""Real seconds for one answer; the longest reply takes 0.02 s at 19200 Bd."""
_MOST_STALE: Final = 64


class Unanswered(Exception):
    """Nothing came that can be taken for the answer. One line: what was asked, what came."""


class Declined(Exception):
    """The pump understood, and did not do it. One line."""


class AlarmStands(Exception):
    """The pump answered with an alarm, and did not do what it was told. One line."""


@attrs.frozen
class Answer(Generic[T]):
    """What the pump said, and what it was doing then."""

    status: Status
    value: T


class Talk:
    """Asks over one line. `heard` is told each alarm, asked for or not, before anything else happens."""

    def __init__(
        self, line: Line, address: int, heard: Callable[[Alarm], None], wall_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`wall_s` is real time, for deadlines of answers only."""
        self._line = line
        self._address = address
        self._heard = heard
        self._wall_s = wall_s
        self._decoder = SafeDecoder()

    def listen(self) -> None:
        """Take what has come unasked: alarms are told, the rest answers nothing. Raises Unanswered: no line."""
        try:
            for _ in range(_MOST_STALE):
                data = self._line.receive(0.0)
                if not data:
                    break
                for found in self._decoder.feed(data):
                    self._overheard(found)
        except LineFailed as error:
            raise Unanswered(str(error)) from error
        self._decoder.drop()

    def ask(self, command: str, meaning: Callable[[str], T]) -> Answer[T]:
        """Ask, and wait for the answer. Raises Unanswered, Declined, AlarmStands."""
        name = command or "status"
        self.listen()
        sent = f"{self._address:02d}{command}"
        try:
            self._line.send(encode_safe(sent), ANSWER_S)
            reply = self._reply(name, sent)
        except LineFailed as error:
            raise Unanswered(f"{name}: {error}") from error
        if reply.alarm is not None or reply.status is None:
            raise AlarmStands(f"{name}: answered by an alarm")
        if reply.refusal is not None:
            raise Declined(f"{name}: answered ?{reply.refusal.value} while {reply.status.name.lower()}")
        try:
            return Answer(reply.status, meaning(reply.data))
        except NoReply as error:
            raise Unanswered(f"{name}: answered {error}") from error

    def _reply(self, name: str, sent: str) -> Reply:
        until_s = self._wall_s() + ANSWER_S
        came = "nothing"
        while (left_s := until_s - self._wall_s()) > 0.0:
            data = self._line.receive(left_s)
            if not data:
                break
            for found in self._decoder.feed(data):
                if isinstance(found, Rejected):
                    came = f"{found.why.value}: {found.shown}"
                else:
                    return self._understood(name, sent, found)
        raise Unanswered(f"{name}: no answer in {ANSWER_S:g} s, but {came}")

    def _understood(self, name: str, sent: str, data: str) -> Reply:
        if data == sent:
            raise Unanswered(f"{name}: the line echoes what is sent")
        try:
            reply = parse_reply(data)
        except NoReply as error:
            raise Unanswered(f"{name}: answered {error}") from error
        if reply.address != self._address:
            raise Unanswered(f"{name}: answered by address {reply.address}, asked {self._address}")
        if reply.alarm is not None:
            self._heard(reply.alarm)
        return reply

    def _overheard(self, found: str | Rejected) -> None:
        if isinstance(found, Rejected):
            return
        try:
            reply = parse_reply(found)
        except NoReply:
            return
        if reply.alarm is not None and reply.address == self._address:
            self._heard(reply.alarm)
