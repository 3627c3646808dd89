"""Checkpoints: over what, by whom, and when."""

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
import rig
from decided import IDENTITY, decided, utc

from syntherm.audit import checkpoint
from syntherm.audit.keys import SiteKey
from syntherm.audit.reader import AuditReader
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.decision import KeyMoment
from syntherm.core.events import OperatorActed, Restarted
from syntherm.core.vocabulary import Session, Trigger
from syntherm.ports.record import Signature

pytestmark = pytest.mark.verifies("SRS-506")

HEAD, UTC = "ab" * 32, "2026-01-05T08:00:00.000000+00:00"


def test_what_is_signed_is_as_the_format_says() -> None:
    text = f"syntherm checkpoint 2\n{rig.SESSION}\n17\n{HEAD}\n{UTC}\n".encode()
    assert checkpoint.text_of(rig.SESSION, 17, HEAD, UTC) == text
    made = checkpoint.made(rig.KEY, rig.SESSION, 17, HEAD, UTC)
    assert (made.covers, made.head, made.key) == (17, HEAD, rig.KEY.public.fingerprint)
    assert rig.KEY.public.signed(text, made.signature) and not SiteKey.made().public.signed(text, made.signature)


@pytest.mark.parametrize("place", range(4))
def test_a_signature_is_for_one_session_entry_head_and_time(place: int) -> None:
    signed = (rig.SESSION, 17, HEAD, UTC)
    other = ("0" * 32, 18, "cd" * 32, UTC.replace("08:", "09:"))
    made = checkpoint.made(rig.KEY, *signed)
    text = checkpoint.text_of(*signed[:place], other[place], *signed[place + 1 :])
    assert not rig.KEY.public.signed(text, made.signature)


@pytest.mark.parametrize("before", Session)
@pytest.mark.parametrize("after", Session)
def test_a_decision_turns_the_session_only_into_another_state(before: Session, after: Session) -> None:
    assert checkpoint.turns(decided(1.0, before, after)) is (before is not after)


def test_maps_turn_nothing() -> None:
    assert not checkpoint.turns(KeyMoment(1.0, "calibration to heating", *[None] * 4))  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------- when it is
SIGNATURE = Signature("operator-a", "A", "radiographer", "I have reviewed this session.", "Sign?")
ACT = OperatorActed(0.0, Trigger.SIGN, "operator-a")
Write = Callable[[AuditWriter, float], object]


def act(at_s: float) -> OperatorActed:
    return attrs.evolve(ACT, at_s=at_s)


def turn(writer: AuditWriter, at_s: float) -> None:
    writer.append(utc(at_s), act(at_s), (decided(at_s, Session.SETUP, Session.ABORT),), ())


def poll(writer: AuditWriter, at_s: float) -> None:
    writer.append(utc(at_s), Restarted(at_s, "x"), (decided(at_s),), ("a remark",))


ALWAYS: dict[str, Write] = {
    "a change of state": turn,
    "a signature": lambda writer, at_s: writer.append(utc(at_s), act(at_s), (decided(at_s),), (), SIGNATURE),
    "a crash": lambda writer, at_s: writer.append_crash(utc(at_s), act(at_s), "defect"),
    "closed": lambda writer, at_s: writer.close_session(utc(at_s), at_s, "ABORT"),
}
IN_TIME: dict[str, Write] = {
    "a decision": poll,
    "a refusal": lambda writer, at_s: writer.append_refusal(utc(at_s), act(at_s), "no"),
    "an unsigned act": lambda writer, at_s: writer.append_unsigned(utc(at_s), act(at_s)),
    "a moved clock": lambda writer, at_s: writer.append(utc(at_s + 9.0), act(at_s), (decided(at_s),), ()),
}


@pytest.fixture
def writer(tmp_path: Path) -> AuditWriter:
    writer = AuditWriter(tmp_path / "record.db", rig.KEY, create=True)
    writer.open_session(utc(0.0), 0.0, IDENTITY)
    return writer


def kinds(writer: AuditWriter) -> list[str]:
    with AuditReader(writer.path) as reader:
        return [entry.kind for entry in reader.entries()]


def ends_in_one(writer: AuditWriter) -> bool:
    found = kinds(writer)
    assert found[-2:] != ["checkpoint", "checkpoint"]
    return found[-1] == "checkpoint"


def test_entry_2_is_one(writer: AuditWriter) -> None:
    assert kinds(writer) == ["opened", "checkpoint"]


@pytest.mark.parametrize("what", ALWAYS)
def test_what_always_ends_in_one(writer: AuditWriter, what: str) -> None:
    ALWAYS[what](writer, 1.0)
    assert ends_in_one(writer)


@pytest.mark.parametrize("what", IN_TIME)
@pytest.mark.parametrize(("at_s", "due"), [(1.0, False), (59.999, False), (60.0, True), (3600.0, True)])
def test_what_ends_in_one_when_60_s_have_passed(writer: AuditWriter, what: str, at_s: float, due: bool) -> None:
    IN_TIME[what](writer, at_s)
    assert ends_in_one(writer) is due
    assert verify(writer.path).first_bad == len(kinds(writer)), "nothing is wrong but that it is not closed"


def test_the_60_s_count_from_the_last_one_and_not_from_the_last_entry(writer: AuditWriter) -> None:
    for at_s, due in ((30.0, False), (59.0, False), (60.0, True), (119.0, False), (119.5, False), (120.0, True)):
        poll(writer, at_s)
        assert ends_in_one(writer) is due, at_s
    turn(writer, 130.0)
    for at_s, due in ((180.0, False), (189.9, False), (190.0, True)):
        poll(writer, at_s)
        assert (kinds(writer)[-1] == "checkpoint") is due, at_s


def test_resumed_ends_in_one_and_the_60_s_count_anew(writer: AuditWriter) -> None:
    poll(writer, 59.0)
    writer.let_go()
    with AuditWriter(writer.path, rig.KEY, create=False) as again:
        again.resume_session(utc(59.0), 2.0, IDENTITY)
        assert kinds(again)[-2:] == ["resumed", "checkpoint"]
        for at_s, due in ((61.9, False), (62.0, True)):
            again.append(utc(57.0 + at_s), Restarted(at_s, "x"), (decided(at_s),), ())
            assert (kinds(again)[-1] == "checkpoint") is due
        again.close_session(utc(57.0 + 62.0), 62.0, "ABORT")
    assert verify(writer.path).findings == ()
