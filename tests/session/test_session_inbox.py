"""Desks at the session's inbox: signatures are proven beside it, and a stop waits for nothing."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from syntherm.core.events import OperatorActed
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session, SetupItem, Trigger
from syntherm.link.door import Door
from syntherm.ports.record import Signature
from syntherm.session.inbox import REJECTED, DeskInbox
from syntherm.session.signing import lacks, meaning

GIVEN = "correct horse"
PLAN = Path(__file__).parents[2] / "verification" / "plans" / "igo-breast.toml"


class SlowNotary:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, OperatorActed, str, str]] = []
        self.answered: list[tuple[int, Signature | None]] = []
        self.there = True

    def ask(self, number: int, act: OperatorActed, secret: str, shown: str) -> bool:
        if self.there:
            self.asked.append((number, act, secret, shown))
        return self.there

    def answers(self) -> tuple[tuple[int, Signature | None], ...]:
        answered, self.answered = tuple(self.answered), []
        return answered

    def answer(self, good: bool = True) -> None:
        number, act, _, shown = self.asked.pop(0)
        signature = Signature(act.person, "A", "radiographer", str(meaning(act)), shown)
        self.answered.append((number, signature if good else None))


class Desk:
    """A hostile or friendly peer."""

    def __init__(self, path: Path) -> None:
        self.stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.stream.connect(str(path))
        self.stream.setblocking(False)
        self.say(kind="hello", version=1)

    def say(self, **fields: object) -> None:
        self.stream.sendall(json.dumps(fields).encode() + b"\n")

    def act(self, act: Trigger, person: str = "operator-a", number: int = 1, **more: object) -> None:
        self.say(kind="act", number=number, act=act.value, person=person, **more)

    def heard(self, kind: str) -> list[dict[str, object]]:
        try:
            data = self.stream.recv(1 << 20)
        except BlockingIOError:
            return []
        return [message for line in data.splitlines() if (message := json.loads(line))["kind"] == kind]


@attrs.frozen
class Bench:
    inbox: DeskInbox
    notary: SlowNotary
    dial: Callable[[], Desk]
    state: SessionState


@pytest.fixture(scope="module")
def state() -> SessionState:
    return SessionState.begin(read_plan(PLAN.read_text(encoding="utf-8")))


@pytest.fixture
def bench(tmp_path: Path, state: SessionState) -> Iterator[Bench]:
    door, notary = Door(tmp_path / "s"), SlowNotary()
    times = iter(range(10_000))
    desks: list[Desk] = []

    def dial() -> Desk:
        desks.append(Desk(tmp_path / "s"))
        return desks[-1]

    yield Bench(DeskInbox(door, notary, lambda: float(next(times))), notary, dial, state)
    for desk in desks:
        desk.stream.close()
    door.close()


def acts(bench: Bench, looks: int = 2) -> list[tuple[Trigger, str]]:
    return [(act.act, act.person) for _ in range(looks) for act in bench.inbox.acts()]


def test_an_act_that_needs_no_signature_comes_at_once(bench: Bench) -> None:
    desk = bench.dial()
    desk.act(Trigger.CONFIRM, item="devices", reason="looked")
    (act,) = bench.inbox.acts()
    assert (act.act, act.person, act.item, act.reason) == (Trigger.CONFIRM, "operator-a", SetupItem.DEVICES, "looked")
    assert bench.inbox.signature(act) is None and not lacks(act, None)
    bench.inbox.acts()
    assert desk.heard("answer") == [{"kind": "answer", "number": 1, "taken": True, "because": ""}]


@pytest.mark.verifies("SRS-508")
def test_a_signed_act_comes_with_its_signature_once_the_notary_has_answered(bench: Bench) -> None:
    desk = bench.dial()
    desk.act(Trigger.CONFIRM, item="plan", secret=GIVEN)
    assert acts(bench, 5) == []
    assert bench.notary.asked[0][2:] == (
        GIVEN, "Is this the approved plan for today? Compare title, patient and fingerprint.",
    )  # fmt: skip
    bench.notary.answer()
    (act,) = bench.inbox.acts()
    later = attrs.evolve(act, at_s=1e6)
    signature = bench.inbox.signature(later)
    assert not lacks(later, signature)
    assert bench.inbox.signature(later) is None, "one signature under one act"


@pytest.mark.verifies("SRS-508")
@pytest.mark.parametrize("secret", [None, "wrong"])
def test_without_the_right_secret_the_act_comes_unsigned_so_that_its_refusal_is_recorded(
    bench: Bench, secret: str | None
) -> None:
    desk = bench.dial()
    desk.act(Trigger.SIGN, **({} if secret is None else {"secret": secret}))
    found = list(bench.inbox.acts())
    if secret is not None:
        bench.notary.answer(good=False)
        found += bench.inbox.acts()
    (act,) = found
    assert lacks(act, bench.inbox.signature(act))


def test_a_signature_is_good_for_one_look_only(bench: Bench) -> None:
    desk = bench.dial()
    desk.act(Trigger.SIGN, secret=GIVEN)
    bench.inbox.acts()
    bench.notary.answer()
    (act,) = bench.inbox.acts()
    bench.inbox.acts()
    assert bench.inbox.signature(act) is None


@pytest.mark.verifies("SRS-105", "RC-05")
def test_a_stop_overtakes_everything_and_needs_nobody(bench: Bench) -> None:
    flood, desk = bench.dial(), bench.dial()
    flood.act(Trigger.SIGN, secret=GIVEN)
    for number in range(50):
        flood.act(Trigger.RESUME, number=number)
    desk.act(Trigger.STOP, person="")
    first = acts(bench, 1)
    assert first[0] == (Trigger.STOP, "")
    assert len(first) <= 8


def test_one_proof_at_a_time_and_none_without_a_notary(bench: Bench) -> None:
    desk, other = bench.dial(), bench.dial()
    desk.act(Trigger.SIGN, number=1, secret=GIVEN)
    desk.act(Trigger.SIGN, number=2, secret=GIVEN)
    acts(bench, 1)
    assert [(m["number"], m["taken"]) for m in desk.heard("answer")] == [(2, False)]
    bench.notary.there = False
    other.act(Trigger.SIGN, number=7, secret=GIVEN)
    assert acts(bench) == []
    assert "cannot be proven" in str(other.heard("answer")[0]["because"])


def test_a_refusal_reaches_the_desk_that_asked(bench: Bench) -> None:
    desk, other = bench.dial(), bench.dial()
    desk.act(Trigger.RESUME, number=4)
    (act,) = bench.inbox.acts()
    bench.inbox.refused(act, "not now")
    bench.inbox.acts()
    assert desk.heard("answer") == [{"kind": "answer", "number": 4, "taken": False, "because": "not now"}]
    assert other.heard("answer") == []


def test_what_is_no_message_is_rejected_and_who_goes_on_is_dropped(bench: Bench) -> None:
    desk = bench.dial()
    for _ in range(REJECTED - 1):
        desk.stream.sendall(b"\x1b[2J nonsense\n")
    desk.act(Trigger.PAUSE)
    found = acts(bench, 6)
    assert found == [(Trigger.PAUSE, "operator-a")]
    rejected = desk.heard("rejected")
    assert len(rejected) == REJECTED - 1 and "\x1b" not in str(rejected)
    desk.stream.sendall(b"more nonsense\n")
    acts(bench)
    desk.stream.setblocking(True)
    desk.stream.settimeout(2.0)
    while data := desk.stream.recv(4096):
        assert b'"state"' not in data


def test_nothing_is_heard_before_a_greeting(bench: Bench, tmp_path: Path) -> None:
    rude = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    rude.connect(str(tmp_path / "s"))
    rude.sendall(b'{"kind":"act","number":1,"act":"pause","person":"a"}\n')
    assert acts(bench) == []
    rude.close()


@pytest.mark.parametrize("session", list(Session))
def test_a_session_is_closed_only_before_or_after_a_treatment(bench: Bench, session: Session) -> None:
    state = attrs.evolve(bench.state, phases=attrs.evolve(bench.state.phases, session=session))
    bench.inbox.show(state, "00")
    desk = bench.dial()
    desk.say(kind="close", number=1, person="operator-a")
    acts(bench)
    assert bench.inbox.closes() is (session in (Session.SETUP, Session.COMPLETE, Session.ABORT))
    assert [m["taken"] for m in desk.heard("answer")] == [bench.inbox.closes()]


@pytest.mark.verifies("SRS-701")
def test_every_desk_is_told_why_there_is_no_enable(tmp_path: Path, state: SessionState) -> None:
    door = Door(tmp_path / "s")
    inbox = DeskInbox(door, SlowNotary(), lambda: 0.0, lambda: "the guardian is gone")
    desk = Desk(tmp_path / "s")
    inbox.show(state, "")
    for _ in range(2):
        inbox.acts()
    assert desk.heard("state")[0]["guardian"] == "the guardian is gone"
    desk.stream.close()
    door.close()


def test_every_desk_is_shown_the_session_and_what_to_do(bench: Bench) -> None:
    desks = bench.dial(), bench.dial()
    bench.inbox.show(bench.state, "ab" * 32)
    acts(bench, 3)
    for desk in desks:
        states = desk.heard("state")
        assert states[-1]["guidance"] == {
            "text": "Is this the approved plan for today? Compare title, patient and fingerprint.",
            "asks": {"act": "confirm", "item": "plan", "people": 2, "missing": 2},
        }
        assert (states[-1]["head"], states[-1]["target"], states[-1]["session"]) == ("ab" * 32, None, "setup")
        assert [state["serial"] for state in states] == sorted({state["serial"] for state in states})
