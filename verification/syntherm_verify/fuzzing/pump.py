"""The syringe pump's line."""

import struct
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from syntherm.adapters.pump import replies
from syntherm.adapters.pump.codec import (
    ETX,
    LONGEST_DATA,
    BasicDecoder,
    NotSendable,
    Rejected,
    Rejection,
    SafeDecoder,
    encode_basic_reply,
    encode_safe,
)
from syntherm.adapters.pump.digits import NoNumber, exactly, parse_number, rounded_down
from syntherm_verify.fuzzing.plain import Plain
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Target, demand, one_line

_AROUND: Final = 5
_SHOWN: Final = 24 * 4 + 8
_NOISE: Final = ("rejected", Rejection.OUTSIDE.name)
_MEANINGS: Final[tuple[replies.Meaning, ...]] = (
    replies.nothing, replies.dispensed, replies.rate_ml_per_h, replies.volume_ml, replies.diameter_mm, replies.count,
    replies.word, replies.firmware,
)  # fmt: skip


def _values(found: Iterable[str | Rejected]) -> list[Plain]:
    """Data as it is; of a rejection the reason alone: the bytes shown with it are those that had come by then."""
    values: list[Plain] = []
    for each in found:
        if isinstance(each, Rejected):
            demand(each.shown.isprintable() and len(each.shown) <= _SHOWN, f"shows {each.shown!a:.200}")
            values.append(("rejected", each.why.name))
        else:
            demand(len(each) <= LONGEST_DATA and each.isascii() and each.isprintable(), f"gives {each!a:.200}")
            values.append(each)
    return values


class _Safe:
    def __init__(self) -> None:
        self._decoder = SafeDecoder()

    @property
    def held(self) -> int:
        return self._decoder.pending

    def feed(self, piece: bytes) -> list[Plain]:
        return _values(self._decoder.feed(piece))


class _Basic:
    def __init__(self) -> None:
        self._decoder = BasicDecoder()

    @property
    def held(self) -> int:
        return len(self._decoder._kept)

    def feed(self, piece: bytes) -> list[Plain]:
        return _values(self._decoder.feed(piece))


def _noise_once(values: Sequence[Plain]) -> Sequence[Plain]:
    """A run of bytes outside frames is rejected once for each piece that it comes in."""
    return [each for at, each in enumerate(values) if each != _NOISE or at == 0 or values[at - 1] != _NOISE]


_SAFE: Final = Kind(_Safe, LONGEST_DATA + _AROUND - 1, told=_noise_once)
_BASIC: Final = Kind(_Basic, LONGEST_DATA + 1, told=_noise_once)


def _frames(data: bytes) -> None:
    judge(_SAFE, data)
    judge(_BASIC, data)
    text = data.decode("latin-1")
    try:
        frame = encode_safe(text)
    except NotSendable as error:
        one_line(str(error))
        return
    demand(SafeDecoder().feed(frame) == (text,), f"{text!a}: another text behind its own safe frame")
    demand(BasicDecoder().feed(encode_basic_reply(text)) == (text,), f"{text!a}: another text behind its basic frame")


def _replies(data: bytes) -> None:
    text = data.decode("latin-1")
    try:
        reply = replies.parse_reply(text)
    except replies.NoReply as error:
        one_line(str(error))
    else:
        _reply(reply)
        text = reply.data
    for meaning in _MEANINGS:
        try:
            meaning(text)
        except replies.NoReply as error:
            one_line(str(error))
    if len(data) >= 8:
        _number(struct.unpack_from("<d", data)[0])


def _reply(reply: replies.Reply) -> None:
    demand((reply.status is None) != (reply.alarm is None), "not exactly one of status and alarm")
    demand(not reply.data or (reply.alarm is None and reply.refusal is None), "data beside an alarm or a refusal")
    demand(0 <= reply.address <= 99, f"address {reply.address}")


def _number(value: float) -> None:
    try:
        digits = rounded_down(value)
    except NoNumber as error:
        one_line(str(error))
        return
    demand(Decimal(0) <= digits <= exactly(value), f"{value!r} is rounded to {digits}")
    demand(parse_number(str(digits)) == digits, f"{digits} reads back as another number")


def _seeds() -> Iterable[bytes]:
    texts = [
        "00S", "00I", "01P", "00A?R", "00A?S", "00S?", "00S?NA", "00S?OOR", "00I?COM", "00SI12.50W0.000ML",
        "00S300.0MH", "00S5.000ML", "00S26.59", "00S02", "00SINF", "00SNE1000V3.928", "00SNE4000X2V3.61",
    ]  # fmt: skip
    yield from (encode_safe(text) for text in texts)
    yield from (encode_basic_reply(text) for text in texts)
    yield b"".join(encode_safe(text) for text in texts)
    yield b"noise\x02\x05" + encode_safe("00S") + b"\x02\xff" + encode_safe("00I")[:-1] + bytes((ETX + 1,))


def _reply_seeds() -> Iterable[bytes]:
    for frame in _seeds():
        yield from (each.encode("ascii") for each in SafeDecoder().feed(frame) if isinstance(each, str))
    yield from (b"I0.000W0.000ML", b"1234", b".001", b"12.5", b"NE1000V3.928", b"INF", b"26.59MH")
    yield from (struct.pack("<d", value) for value in (0.0, 47.97 + 3.0, 9999.0, 0.1 + 0.2, 1e-9, 1e300))


TARGETS: Final = {
    "pump-frames": Target(_frames, _seeds, longest=256),
    "pump-replies": Target(_replies, _reply_seeds, longest=128),
}
