"""Frames, replies and digits of the New Era pump."""

import binascii
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.adapters.pump import replies
from syntherm.adapters.pump.codec import (
    ETX,
    LONGEST_DATA,
    STX,
    BasicDecoder,
    NotSendable,
    Rejected,
    Rejection,
    SafeDecoder,
    encode_basic_command,
    encode_basic_reply,
    encode_safe,
)  # fmt: skip
from syntherm.adapters.pump.digits import NoNumber, exactly, last_digit, parse_number, rounded_down
from syntherm.adapters.pump.replies import Alarm, NoReply, Refusal, Status, parse_reply
from syntherm_sim.wire.new_era_frames import safe_frame

pytestmark = pytest.mark.verifies("SRS-901")

texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=LONGEST_DATA)
FRAMES = [encode_safe(data) for data in ("", "00S", "00A?S", "00II12.34W0.000ML", "00SAF2", "00RAT90.00MH")]


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(min(place, len(data)) for place in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def test_the_manuals_own_frame() -> None:
    """The packet that the manual gives for leaving safe mode, byte for byte."""
    assert encode_safe("SAF0") == bytes((0x02, 0x08)) + b"SAF0" + bytes((0x55, 0x43, 0x03))


@given(texts)
def test_both_sides_frame_alike(data: str) -> None:
    """The simulator's frames are written apart, with a checksum of its own."""
    assert encode_safe(data) == safe_frame(data)


@given(st.lists(texts, max_size=5), st.lists(st.integers(0, 300), max_size=12))
def test_frames_survive_any_split(data: list[str], cuts: list[int]) -> None:
    stream = b"".join(map(encode_safe, data))
    decoder = SafeDecoder()
    assert [one for piece in cut(stream, cuts) for one in decoder.feed(piece)] == data
    assert decoder.pending == 0


@given(st.lists(texts, max_size=5), st.lists(st.integers(0, 300), max_size=12))
def test_basic_replies_survive_any_split(data: list[str], cuts: list[int]) -> None:
    decoder = BasicDecoder()
    stream = b"".join(map(encode_basic_reply, data))
    assert [one for piece in cut(stream, cuts) for one in decoder.feed(piece)] == data


@settings(max_examples=200)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_give_the_same_however_they_are_cut_and_keep_memory_bounded(data: bytes, cuts: list[int]) -> None:
    for decode in (SafeDecoder, BasicDecoder):
        whole, pieces = decode(), decode()
        found = [one for one in whole.feed(data) if not isinstance(one, Rejected)]
        assert [one for each in cut(data, cuts) for one in pieces.feed(each) if not isinstance(one, Rejected)] == found
        assert len(pieces._kept) <= LONGEST_DATA + 5


@pytest.mark.parametrize("frame", FRAMES, ids=ascii)
def test_every_change_of_one_byte_is_rejected_and_the_next_frame_is_found(frame: bytes) -> None:
    good = encode_safe("00P")
    for place in range(len(frame)):
        for value in set(range(256)) - {frame[place]}:
            changed = frame[:place] + bytes((value,)) + frame[place + 1 :]
            decoder = SafeDecoder()
            found = decoder.feed(changed)
            assert [one for one in found if not isinstance(one, Rejected)] == []
            # Two good ones: what a wrong length still waits for is over by then, or is filled with nothing.
            found += decoder.feed(good + bytes(LONGEST_DATA) + good)
            assert [one for one in found if not isinstance(one, Rejected)] == ["00P", "00P"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"noise", Rejection.OUTSIDE),
        (bytes((STX, 3, ETX)), Rejection.SHORT),
        (bytes((STX, LONGEST_DATA + 5)), Rejection.LONG),
        (FRAMES[1][:-1] + b"\x04", Rejection.BAD_ETX),
        (FRAMES[1].replace(b"S", b"P"), Rejection.BAD_CRC),
        (bytes((STX, 5, 7)) + binascii.crc_hqx(b"\x07", 0).to_bytes(2, "big") + bytes((ETX,)), Rejection.NO_TEXT),
    ],
)
def test_rejections_have_names(data: bytes, why: Rejection) -> None:
    first = SafeDecoder().feed(data)[0]
    assert isinstance(first, Rejected) and first.why is why
    assert first.shown.isascii() and len(first.shown) < 120


def test_basic_rejections_have_names() -> None:
    decoder = BasicDecoder()
    assert [one.why for one in decoder.feed(b"xx") if isinstance(one, Rejected)] == [Rejection.OUTSIDE]
    assert {one.why for one in decoder.feed(bytes((STX, 200, ETX))) if isinstance(one, Rejected)} >= {Rejection.NO_TEXT}
    found = BasicDecoder().feed(bytes((STX,)) + b"x" * (LONGEST_DATA + 1))
    assert isinstance(found[0], Rejected) and found[0].why is Rejection.LONG


def test_an_incomplete_frame_can_be_dropped() -> None:
    decoder = SafeDecoder()
    decoder.feed(FRAMES[3][:5])
    assert decoder.pending == 5
    decoder.drop()
    assert decoder.feed(FRAMES[1]) == ("00S",)


@pytest.mark.parametrize("data", ["\x02", "mL \u00b5", "x" * (LONGEST_DATA + 1)])
def test_what_no_frame_can_carry_is_not_sent(data: str) -> None:
    for encode in (encode_safe, encode_basic_command, encode_basic_reply):
        with pytest.raises(NotSendable, match="frame data"):
            encode(data)


@pytest.mark.parametrize(
    ("data", "status", "alarm", "refusal", "value"),
    [
        ("00S", Status.STOPPED, None, None, ""),
        ("07I12.34MH", Status.INFUSING, None, None, "12.34MH"),
        ("00A?S", None, Alarm.STALLED, None, ""),
        ("00P?", Status.PAUSED, None, Refusal.UNKNOWN, ""),
        ("00S?OOR", Status.STOPPED, None, Refusal.OUT_OF_RANGE, ""),
        ("00I?IGN", Status.INFUSING, None, Refusal.IGNORED, ""),
    ],
)
def test_replies_are_understood(data, status, alarm, refusal, value) -> None:
    reply = parse_reply(data)
    assert (reply.status, reply.alarm, reply.refusal, reply.data) == (status, alarm, refusal, value)
    assert reply.address == int(data[:2])


@pytest.mark.parametrize(
    "data", ["", "0S", "00", "00Q", "00A?X", "00A?", "00S?XYZ", "00S1?2", "00A?SS", "xxS", "00DIS"]
)
def test_what_is_no_reply_is_not_taken_for_one(data: str) -> None:
    with pytest.raises(NoReply, match="expected"):
        parse_reply(data)


@given(st.text(max_size=12))
def test_no_text_has_two_meanings(data: str) -> None:
    """Whatever the pump says: of the meanings that callers tell apart, at most one takes it."""
    taken = []
    meanings = (
        replies.nothing, replies.dispensed, replies.rate_ml_per_h, replies.volume_ml, replies.diameter_mm,
        replies.count, replies.word, replies.firmware,
    )  # fmt: skip
    for meaning in meanings:
        try:
            meaning(data)
        except NoReply:
            continue
        taken.append(meaning)
    assert len(taken) <= 1


def test_meanings() -> None:
    assert replies.dispensed("I12.34W0.000ML") == replies.Dispensed(Decimal("12.34"), Decimal(0))
    assert replies.rate_ml_per_h("90.00MH") == 90 and replies.volume_ml("48.00ML") == 48
    assert replies.diameter_mm("26.59") == Decimal("26.59") and replies.count("02") == 2
    assert replies.word("INF") == "INF"
    assert replies.firmware("NE1000V3.928") == replies.Firmware(1000, "3.928")
    assert replies.firmware("NE1010X2V3.9") == replies.Firmware(1010, "3.9")


@pytest.mark.parametrize(
    ("meaning", "data"),
    [
        (replies.dispensed, "I12.34W0.000UL"), (replies.dispensed, "I12.345W0.000ML"),
        (replies.rate_ml_per_h, "90.00MM"),
        (replies.volume_ml, "..ML"), (replies.volume_ml, "ML"), (replies.diameter_mm, "26"), (replies.count, "2.0"),
        (replies.count, ""), (replies.word, "inf"), (replies.firmware, "XX1000V3.9"),
    ],
)  # fmt: skip
def test_other_units_and_other_forms_are_no_answer(meaning, data: str) -> None:
    with pytest.raises(NoReply, match="expected"):
        meaning(data)


@given(st.floats(0.0, 9999.0))
def test_numbers_are_rounded_down_and_read_back(value: float) -> None:
    digits = rounded_down(value)
    assert float(digits) <= value * (1 + 1e-12) and value - float(digits) < float(last_digit(digits)) * 1.0000001
    text = str(digits)
    assert parse_number(text) == digits
    assert sum(sign.isdigit() for sign in text) <= 4 and len(text.partition(".")[2]) <= 3


@pytest.mark.parametrize(
    ("value", "text"),
    [(47.97 + 3.0, "50.97"), (0.1 + 0.2, "0.300"), (90.0, "90.00"), (9.9999, "9.999"), (1234.9, "1234"),
     (0.0009, "0.000"),     (99.999, "99.99"), (100.0, "100.0"), (9999.9, "9999")],
)  # fmt: skip
def test_digits(value: float, text: str) -> None:
    assert str(rounded_down(value)) == text


@pytest.mark.parametrize("value", [-0.1, 10000.0, float("nan"), float("inf"), 9999.9999999999999])
def test_numbers_that_the_pump_cannot_hold(value: float) -> None:
    with pytest.raises(NoNumber, match="expected"):
        rounded_down(value)


def test_exact_numbers_are_finite() -> None:
    assert exactly(47.97 + 3.0) == Decimal("50.97")
    with pytest.raises(NoNumber, match="finite"):
        exactly(float("nan"))


@pytest.mark.parametrize("text", ["", ".", "1.2345", "12345", "123.45", "1.2.3", "-1", "1e3", "\u0661", " 1"])
def test_texts_that_are_no_numbers(text: str) -> None:
    with pytest.raises(NoNumber, match="expected"):
        parse_number(text)


@pytest.mark.parametrize(("text", "step"), [("0.000", "0.001"), ("9.999", "0.001"), ("10.0", "0.01"), ("100.0", "0.1")])
def test_a_step_of_the_last_digit(text: str, step: str) -> None:
    assert last_digit(Decimal(text)) == Decimal(step)
