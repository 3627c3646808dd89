"""The lines of both transducer drivers."""

import json
from collections.abc import Iterable
from typing import Final

from syntherm.adapters.transducer.openlifu_codec import MAX_DATA, Frame, FrameReader, encoded
from syntherm.adapters.transducer.openlifu_trigger import Trigger, TriggerRefused, read_trigger
from syntherm.adapters.transducer.openlifu_words import Command
from syntherm.adapters.transducer.openlifu_words import Kind as FrameKind
from syntherm.adapters.transducer.tpo_codec import (
    CR,
    MAX_LINE,
    LineReader,
    Order,
    ReplyRefused,
    Setting,
    accepted,
    asked,
    ordered,
    value_of,
    written,
)
from syntherm_verify.fuzzing import extremes
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Target, demand, one_line

_AROUND: Final = 12


class _Frames:
    def __init__(self) -> None:
        self._reader = FrameReader()

    @property
    def held(self) -> int:
        return self._reader.held

    def feed(self, piece: bytes) -> tuple[Frame, ...]:
        found = self._reader.feed(piece)
        if self._reader.rejected is not None:
            one_line(self._reader.rejected)
        return found


class _Lines:
    def __init__(self) -> None:
        self._reader = LineReader()

    @property
    def held(self) -> int:
        return self._reader.held

    def feed(self, piece: bytes) -> tuple[str, ...]:
        found = self._reader.feed(piece)
        if self._reader.rejected is not None:
            one_line(self._reader.rejected)
        return found


_OPENLIFU: Final = Kind(_Frames, MAX_DATA + _AROUND - 1)
_TPO: Final = Kind(_Lines, MAX_LINE)


def _openlifu(data: bytes) -> None:
    judge(_OPENLIFU, data)
    head = data[:6].ljust(6, b"\0")
    frame = Frame(head[0] << 8 | head[1], head[2], head[3], head[4], head[5], data[6 : 6 + MAX_DATA])
    # An end of noise could begin a frame of its own, which swallows ours; a whole reader is as after a drain.
    demand(FrameReader().feed(encoded(frame)) == (frame,), f"another frame comes back for {frame!s:.200}")


def _trigger(data: bytes) -> None:
    try:
        found = read_trigger(data)
    except TriggerRefused as error:
        one_line(str(error))
        return
    try:
        text = found.trigger.text
    except TriggerRefused as error:
        one_line(str(error))
        return
    again = read_trigger(_stated(text, found.running))
    demand(again == found, f"reads back as {again!s:.200}, was {found!s:.200}")


def _stated(text: bytes, running: bool) -> bytes:
    return json.dumps({**json.loads(text), "TriggerStatus": "RUNNING" if running else "STOPPED"}).encode("ascii")


def _tpo(data: bytes) -> None:
    for line in judge(_TPO, data).values:
        _line(str(line))
    value = int.from_bytes(data[:4], "big")
    for setting in Setting:
        (line,) = LineReader().feed(written(setting, value))
        demand(value_of(setting, line) == value, f"{line}: another value comes back")


def _line(line: str) -> None:
    demand(len(line) <= MAX_LINE and line.isascii() and line.isprintable(), f"gives {line!a:.200}")
    for setting in (None, *Setting):
        try:
            if setting is None:
                accepted(line)
            else:
                value_of(setting, line)
        except ReplyRefused as error:
            one_line(str(error))


def _frame_seeds() -> Iterable[bytes]:
    frames = [Frame(at + 1, FrameKind.REPLY, command, 1, 2, bytes(at % 9)) for at, command in enumerate(Command)]
    yield from (encoded(frame) for frame in frames)
    yield b"".join(map(encoded, frames))
    yield encoded(Frame(0, FrameKind.DATA, 0, data=b"STATUS:RUNNING,MODE:SEQUENCE,PULSE_TRAIN:[1/2],PULSE:[1/10]"))
    yield b"\xaa\xaa" + encoded(frames[0])[:-1] + b"\xdc" + encoded(frames[1])
    yield encoded(Frame(9, FrameKind.ERROR, Command.START, 0, 0xFD, bytes(300)))


def _trigger_seeds() -> Iterable[bytes]:
    for trigger in (Trigger(100, 50, 20, 2), Trigger(0, 0, 0, 0), Trigger(1000, 65535, 5000, 600, 1, 2)):
        yield _stated(trigger.text, True)
        yield _stated(trigger.text, False)
        yield trigger.text
    yield from extremes.swollen(_stated(Trigger(100, 50, 20, 2).text, True), extremes.JSON)


def _tpo_seeds() -> Iterable[bytes]:
    yield b"".join(written(setting, 12345) for setting in Setting)
    yield b"".join(asked(setting) for setting in Setting)
    yield b"".join(map(ordered, Order))
    yield b"TPO-203-035 4CH V5.2\r\nGLOBALPOWER=5000\rE1\rE2\r\rOK\r"
    yield b"x" * MAX_LINE + CR + b"y" * (MAX_LINE + 1) + CR


TARGETS: Final = {
    "openlifu": Target(_openlifu, _frame_seeds, longest=6000),
    "openlifu-trigger": Target(_trigger, _trigger_seeds, longest=4096),
    "tpo": Target(_tpo, _tpo_seeds, longest=1024),
}
