"""The desk's link: what a desk says to the session, and what the session's words become on a desk."""

import json
from collections.abc import Iterable
from typing import Final

import attrs

from syntherm.core.vocabulary import ACTS, SetupItem
from syntherm.desk.client import _object
from syntherm.desk.picture import key, picture
from syntherm.link import door
from syntherm.link.messages import LONGEST, SECRET, TEXT, Act, Close, Hello, Message, NoMessage, read
from syntherm_verify.fuzzing import extremes
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Target, demand, one_line


class _Socket:
    """Gives what is put into it, as a socket that does not block."""

    def __init__(self) -> None:
        self.waiting = b""

    def recv(self, most: int) -> bytes:
        if not self.waiting:
            raise BlockingIOError
        data, self.waiting = self.waiting[:most], self.waiting[most:]
        return data


class _Desk:
    """One connection of the session's door, and the reader of messages behind it."""

    def __init__(self) -> None:
        self._socket = _Socket()
        self._connection = door._Connection(self._socket)  # type: ignore[arg-type]

    @property
    def held(self) -> int:
        return len(self._connection.read)

    def feed(self, piece: bytes) -> list[object]:
        found: list[object] = []
        if not self._connection.ended:
            self._socket.waiting = piece
        while True:
            lines = door._whole(self._connection)
            demand(self.held <= 2 * door._CHUNK, f"holds {self.held} bytes")
            found += [_message(line) for line in lines]
            if not lines and (self._connection.ended or not self._socket.waiting):
                return found


def _message(line: bytes | None) -> object:
    """The message, or why it is none; None for a line that is too long."""
    if line is None:
        return None
    try:
        found = read(line)
    except NoMessage as error:
        one_line(str(error))
        return str(error)
    written = _written(found)
    demand(len(written) > LONGEST or read(written) == found, f"{found!s:.300}: reads back as another")
    _bounded(found)
    return found


def _bounded(found: Message) -> None:
    if isinstance(found, Act):
        demand(max(len(found.person), len(found.reason)) <= TEXT, "a text that is too long")
        demand(len(found.secret or "") <= SECRET, "a secret that is too long")
        demand("secret" not in repr(attrs.evolve(found, person="", reason="")), "shows a secret")


def _written(message: Message) -> bytes:
    """A message as a desk writes it."""
    if isinstance(message, Hello):
        return json.dumps({"kind": "hello", "version": message.version}).encode("ascii")
    if isinstance(message, Close):
        return json.dumps({"kind": "close", "number": message.number, "person": message.person}).encode("ascii")
    fields: dict[str, object] = {
        "kind": "act", "number": message.number, "act": message.act.value, "person": message.person,
        "reason": message.reason,
    }  # fmt: skip
    if message.item is not None:
        fields["item"] = message.item.value
    if message.secret is not None:
        fields["secret"] = message.secret
    return json.dumps(fields).encode("ascii")


_LINK: Final = Kind(_Desk, LONGEST)


def _link(data: bytes) -> None:
    judge(_LINK, data)


def _picture(data: bytes) -> None:
    state = _object(data)
    if state is not None:
        for line in picture(state):
            demand(line.isprintable(), f"draws {line!a:.200}")
        key(state)


def _link_seeds() -> Iterable[bytes]:
    acts: list[dict[str, object]] = [{"kind": "hello", "version": 1}, {"kind": "close", "number": 9, "person": "a"}]
    acts += [{"kind": "act", "number": at, "act": act.value, "person": "operator-a"} for at, act in enumerate(ACTS)]
    confirmed = {"kind": "act", "number": 1, "act": "confirm", "person": "b", "reason": "seen", "secret": "x"}
    acts += [{**confirmed, "item": item.value} for item in SetupItem]
    lines = [json.dumps(act).encode("ascii") + b"\n" for act in acts]
    yield from lines
    yield b"".join(lines[:6])
    yield b"x" * (LONGEST + 5) + b"\n" + lines[0]
    yield b"x" * (3 * LONGEST)
    yield from extremes.swollen(lines[2], extremes.JSON)
    yield b'{"kind": "act", "number": 1e999, "act": NaN}\n{"kind": "hello", "version": 1, "version": 1}\n'


def _picture_seeds() -> Iterable[bytes]:
    bounds = [36.5, 37.0, 37.5]
    region = {"name": "skin", "seen": 1.0, "mean_degC": bounds, "hot10_degC": None, "cold90_degC": bounds}
    state = json.dumps({
        "kind": "state", "serial": 1, "head": "ab", "at_s": 3661.5, "title": "a", "patient": "b", "session": "heating",
        "calibration": "accepted", "energy": "heating", "infusion": "held", "lent_W": 12.0, "delivered_ml": 1.0,
        "guidance": {"text": "Wait.", "asks": {"act": "confirm", "item": "plan", "people": 2, "missing": 1}},
        "faults": [{"code": "E1", "text": "t", "priority": "high", "active": True, "since_s": 1.0, "detail": ""}],
        "target": region, "guards": [{**region, "hottest_degC": 38.0}], "prescribed_ml": 1.0, "in_range_min": 0.5,
        "prescribed_min": 30.0,
    }).encode("ascii")  # fmt: skip
    yield state
    yield from extremes.swollen(b"{" + state[state.index(b'"at_s"') :], extremes.JSON)
    yield b'{"kind": "state", "at_s": null, "guards": {}, "target": [], "faults": [1]}'


TARGETS: Final = {
    "desk-link": Target(_link, _link_seeds, longest=3 * LONGEST),
    "desk-picture": Target(_picture, _picture_seeds, longest=4096),
}
