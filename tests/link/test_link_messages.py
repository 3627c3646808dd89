"""Lines from a desk: read as one of three messages, or rejected with a reason; nothing else ever happens."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.vocabulary import ACTS, SetupItem, Trigger
from syntherm.link.messages import LONGEST, SECRET, TEXT, Act, Close, Hello, NoMessage, read

pytestmark = pytest.mark.verifies("SRS-911")

printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=TEXT)


@given(
    st.integers(0, 2**31 - 1), st.sampled_from(ACTS), printable, st.none() | st.sampled_from(SetupItem), printable,
    st.none() | st.text(max_size=50),
)  # fmt: skip
def test_an_act_is_read_as_it_was_written(
    number: int, act: Trigger, person: str, item: SetupItem | None, reason: str, secret: str | None
) -> None:
    fields = {"kind": "act", "number": number, "act": act.value, "person": person, "reason": reason}
    fields |= {} if item is None else {"item": item.value}
    fields |= {} if secret is None else {"secret": secret}
    assert read(json.dumps(fields).encode()) == Act(number, act, person, item, reason, secret)


def test_the_others() -> None:
    assert read(b'{"kind":"hello","version":1}\n') == Hello(1)
    assert read(b'{"number":3,"kind":"close","person":"operator-a"}') == Close(3, "operator-a")


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"[]", b"{}", b"{", b"\xff", b"[" * 4000, b'{"kind":"act"}', b'{"kind":"halt"}', b'{"kind":[]}',
        b'{"kind":"hello","version":1,"version":1}', b'{"kind":"hello","version":NaN}',
        b'{"kind":"hello","version":1.0}',
        b'{"kind":"hello","version":true}', b'{"kind":"hello","version":-1}', b'{"kind":"hello","version":1,"x":0}',
        b'{"kind":"hello","version":' + b"9" * 4000 + b"}",
        b'{"kind":"act","number":1,"act":"frame","person":"a"}',
        b'{"kind":"act","number":1,"act":"stop","person":"\\u001b[2J"}',
        b'{"kind":"act","number":1,"act":"stop","person":"' + b"a" * (TEXT + 1) + b'"}',
        b'{"kind":"act","number":1,"act":"confirm","person":"a","item":"everything"}',
        b'{"kind":"act","number":1,"act":"confirm","person":"a","item":null}',
        b'{"kind":"act","number":1,"act":"sign","person":"a","secret":"' + b"a" * (SECRET + 1) + b'"}',
        b'{"kind":"close","number":1,"person":""}',
        b" " * LONGEST + b"{}",
    ],
)  # fmt: skip
def test_what_is_no_message_is_rejected_in_one_printable_line(line: bytes) -> None:
    with pytest.raises(NoMessage) as refused:
        read(line)
    assert str(refused.value).isprintable() and "found" in str(refused.value) and len(str(refused.value)) < 400


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_whatever_bytes_come_nothing_else_happens(line: bytes) -> None:
    with pytest.raises(NoMessage):
        read(line)


def test_a_secret_is_never_shown() -> None:
    act = read(b'{"kind":"act","number":1,"act":"sign","person":"a","secret":"correct horse"}')
    assert "correct horse" not in repr(act)
    with pytest.raises(NoMessage) as refused:
        read(b'{"kind":"act","number":1,"act":"sign","person":"a","secret":["correct horse"]}')
    assert "correct horse" not in str(refused.value)
