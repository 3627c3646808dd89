"""Lines of a TPO: however they are cut they are the same; odd bytes spoil a line whole; two words cannot be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.adapters.transducer.tpo_codec import (
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

pytestmark = pytest.mark.verifies("SRS-901")

line = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=MAX_LINE)


@given(st.lists(line, max_size=6), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[str], data: st.DataObject) -> None:
    wire = "".join(f"{text}\r\n" for text in lines).encode("ascii")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    reader = LineReader()
    found = [f for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True) for f in reader.feed(wire[a:b])]
    assert found == lines and reader.held == 0


def test_a_line_may_be_split_at_every_byte() -> None:
    wire = written(Setting.TIMER, 400_000)
    for at in range(len(wire)):
        reader = LineReader()
        assert reader.feed(wire[:at]) + reader.feed(wire[at:]) == ("TIMER=400000",)


@given(st.sampled_from(Setting), st.integers(0, 10**9))
def test_a_value_is_read_as_it_was_written(what: Setting, value: int) -> None:
    (text,) = LineReader().feed(written(what, value))
    assert value_of(what, text) == value


@pytest.mark.parametrize(
    "text", ["", "E1", "e2", "TIMER", "TIMER=", "TIMER=x", "TIMER=-1", "PERIOD=5", "5", "TIMER=1.5", "=5", "Error"]
)
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ReplyRefused):
        value_of(Setting.TIMER, text)


def test_a_reply_that_begins_with_E_is_an_error() -> None:
    assert accepted("OK") == "OK"
    with pytest.raises(ReplyRefused, match="answered 'E1'"):
        accepted("E1")


@pytest.mark.parametrize("odd", [0x00, 0x07, 0x80, 0xFF])
def test_an_odd_byte_spoils_its_line_and_no_other(odd: int) -> None:
    reader = LineReader()
    assert reader.feed(b"TIM" + bytes((odd,)) + b"ER=5\rTIMER=6\r") == ("TIMER=6",)
    assert reader.rejected == f"byte 0x{odd:02X} in a line"


@pytest.mark.parametrize("fill", [b"A", b"\xff", b"\n"])
def test_endless_garbage_is_held_in_bounded_memory(fill: bytes) -> None:
    reader = LineReader()
    for _ in range(1000):
        reader.feed(fill * 100)
        assert reader.held <= MAX_LINE
    assert reader.feed(b"\rOK\r")[-1] == "OK"


def test_the_dangerous_words_are_not_among_those_that_can_be_written() -> None:
    words = {what.value for what in Setting} | {what.value for what in Order}
    assert not words & {"ARM", "ENFORCELIMITS", "TRIGGERMODE"}
    assert ordered(Order.ABORT) == b"ABORT\r" and asked(Setting.TIMER) == b"TIMER?\r"
    with pytest.raises(ValueError, match="0 or more"):
        written(Setting.TIMER, -1)
