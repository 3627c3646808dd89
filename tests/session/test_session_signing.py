"""Electronic signatures: which acts need one, what is one, and what becomes of an act without."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from syntherm.audit.reader import AuditReader
from syntherm.audit.replay import replay
from syntherm.audit.verify import verify
from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import ACTS, FALLING_ACTS, Session, SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session import register
from syntherm.session.loop import SessionLoop
from syntherm.session.records import open_new
from syntherm.session.register import NotKnown, Register, enrol
from syntherm.session.signing import lacks, meaning, sign

pytestmark = pytest.mark.verifies("SRS-508", "RC-12")

SIGNED = {
    (Trigger.CONFIRM, SetupItem.PLAN), (Trigger.CONFIRM, SetupItem.IDENTITY), (Trigger.CONFIRM, SetupItem.PUMP),
    (Trigger.ACCEPT_CALIBRATION, None), (Trigger.RESET, None), (Trigger.SIGN, None),
}  # fmt: skip
EVERY = [*((act, None) for act in ACTS), *((Trigger.CONFIRM, item) for item in SetupItem)]


def acted(act: Trigger, item: SetupItem | None = None, person: str = "operator-a") -> OperatorActed:
    return OperatorActed(1.0, act, person, item, "checked")


def given(act: OperatorActed, **other: str) -> Signature:
    """The signature that a console would give for an act."""
    return attrs.evolve(Signature(act.person, "A", "radiographer", meaning(act) or "", "Sure?"), **other)


# ----------------------------------------------------------------------------------------------------------- which acts
@pytest.mark.parametrize(("act", "item"), EVERY, ids=str)
def test_which_acts_need_a_signature(act: Trigger, item: SetupItem | None) -> None:
    assert (meaning(acted(act, item)) is not None) is ((act, item) in SIGNED)
    assert lacks(acted(act, item), None) is ((act, item) in SIGNED)


def test_a_signature_says_for_each_act_something_else() -> None:
    meanings = [meaning(acted(*each)) for each in SIGNED]
    assert len(set(meanings)) == len(SIGNED) and all(str(each).startswith("I ") for each in meanings)


@pytest.mark.parametrize(("act", "item"), sorted(SIGNED, key=str), ids=str)
def test_a_signature_by_another_person_or_under_another_act_is_none(act: Trigger, item: SetupItem | None) -> None:
    done = acted(act, item)
    assert not lacks(done, given(done))
    assert lacks(done, given(done, person="physicist-b"))
    for other in SIGNED - {(act, item)}:
        assert lacks(done, given(done, meaning=str(meaning(acted(*other)))))


# ------------------------------------------------------------------------------------------------------------ who signs
@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setattr(register, "_COST", 2)  # the real cost is looked at with the register
    return Register({"operator-a": enrol("operator-a", "A", "radiographer", "correct horse")})


def test_a_person_signs_with_the_secret(people: Register) -> None:
    done = acted(Trigger.SIGN)
    says = Signature("operator-a", "A", "radiographer", "I have reviewed this session.", "Sign the session?")
    assert sign(people, done, "correct horse", "Sign the session?") == says
    assert not lacks(done, says)


@pytest.mark.parametrize(("person", "secret"), [("operator-a", "wrong secret"), ("nobody", "correct horse")])
def test_nobody_signs_without_it(people: Register, person: str, secret: str) -> None:
    with pytest.raises(NotKnown):
        sign(people, acted(Trigger.SIGN, None, person), secret, "Sign the session?")


def test_an_act_that_needs_none_asks_for_no_secret(people: Register) -> None:
    assert sign(people, acted(Trigger.STOP), "", "") is None
    assert sign(people, acted(Trigger.STOP, None, "nobody"), "wrong secret", "") is None


# ----------------------------------------------------------------------------------------------------- in the session
class Asked:
    """A console's `signature`: what it answers, and for which acts it was asked."""

    def __init__(self, answer: Callable[[OperatorActed], Signature | None]) -> None:
        self.answer, self.acts = answer, []

    def __call__(self, act: OperatorActed) -> Signature | None:
        self.acts.append(act.act)
        return self.answer(act)


def fails(_: OperatorActed) -> Signature | None:
    raise LookupError("the console's own defect")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, made: ModuleType) -> Callable[..., Asked]:
    def make(answer: Callable[[OperatorActed], Signature | None]) -> Asked:
        asked = Asked(answer)
        monkeypatch.setattr(made.ShamPeople, "signature", lambda _, act: asked(act))
        return asked

    return make


BAD: dict[str, Callable[[OperatorActed], Signature | None]] = {
    "none": lambda act: None,
    "another person's": lambda act: given(act, person="physicist-b"),
    "of another act": lambda act: given(act, meaning="I have eaten."),
}
STANDS_AT = {Trigger.CONFIRM: "begun", Trigger.ACCEPT_CALIBRATION: "review", Trigger.RESET: "aborted",
             Trigger.SIGN: "complete"}  # fmt: skip


@pytest.fixture(scope="module")
def stations(made: ModuleType):
    """Rigs at the moments at which the acts that are signed may happen."""
    rig = made.Rig.of(made.small_plan())
    reached = {"begun": rig.reaching()}
    rig.set_up()
    rig.act(Trigger.BEGIN_CALIBRATION)
    rig.live(rig.plan.calibration.baseline_frames)
    rig.act(Trigger.BEGIN_TEST)
    rig.live(rig.plan.calibration.test_frames + 1, 37.0, 2.5)
    reached["review"] = rig.reaching()
    stopped = rig.reaching()
    stopped.act(Trigger.STOP)
    reached["aborted"] = stopped.reaching()
    for person in made.CREW:
        rig.act(Trigger.ACCEPT_CALIBRATION, person)
    for leg in (rig.heat, rig.infuse):
        leg()
    rig.live(12, 41.2)
    rig.live(3, 37.0)
    assert rig.session is Session.COMPLETE
    reached["complete"] = rig.reaching()
    return reached


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("act", "item"), sorted(SIGNED, key=str), ids=str)
def test_an_act_without_its_signature_is_not_taken(
    stations, asked: Callable[..., Asked], act: Trigger, item: SetupItem | None, bad: str
) -> None:
    """It is on record as not taken, and its person is told."""
    rig = stations[STANDS_AT[act]].reaching()
    console, before = asked(BAD[bad]), rig.loop.state
    rig.act(act, "operator-a", item, "checked")
    assert rig.loop.state is before and console.acts == [act]
    assert rig.journal == ["record unsigned"] and not rig.loop._ports.record.records
    assert rig.people.refusals == [(act, "an electronic signature is needed")]
    console.answer = given
    rig.act(act, "operator-a", item, "checked")
    assert rig.loop.state is not before and rig.loop.state.agreements > before.agreements


@pytest.mark.verifies("SRS-105", "RC-05")
@pytest.mark.parametrize("answer", [fails, BAD["none"]], ids=["fails", "has none"])
@pytest.mark.parametrize("place", ["begun", "set-up", "accepted", "heating", "infusing"])
def test_a_stop_never_asks_for_a_signature(places, asked: Callable[..., Asked], place: str, answer) -> None:
    rig = places[place].reaching()
    console = asked(answer)
    rig.act(Trigger.STOP)
    assert rig.session is Session.ABORT and console.acts == []
    assert rig.journal[:2] == ["energy off", "hold infusion"]
    assert rig.transducer.lease is None and rig.pump.infusion is None


@pytest.mark.verifies("SRS-105", "RC-05")
@pytest.mark.parametrize("act", sorted(FALLING_ACTS, key=str), ids=str)
def test_nothing_that_takes_away_asks_for_a_signature(places, asked: Callable[..., Asked], act: Trigger) -> None:
    rig = places["infusing"].reaching()
    console, falls = asked(fails), {"energy off", "hold infusion"}
    rig.act(act)
    assert console.acts == [] and falls & set(rig.journal)


@pytest.mark.parametrize(("act", "item"), [each for each in EVERY if each not in SIGNED], ids=str)
def test_no_other_act_asks_for_one(places, asked: Callable[..., Asked], act: Trigger, item: SetupItem | None) -> None:
    rig = places["infusing"].reaching()
    console = asked(fails)
    rig.act(act, "operator-a", item, "checked")
    assert console.acts == [] and "record unsigned" not in rig.journal


@pytest.mark.verifies("SRS-204", "RC-01")
def test_a_console_that_fails_to_sign_ends_in_off(places, asked: Callable[..., Asked]) -> None:
    """As every door that fails in its own way."""
    rig = places["infusing"].reaching()
    asked(fails)
    rig.people.queue.append(acted(Trigger.SIGN))
    with pytest.raises(LookupError):
        rig.loop.run()
    assert rig.journal[-2:] == ["energy off", "hold infusion"]
    assert rig.transducer.lease is None and rig.pump.infusion is None


@pytest.mark.verifies("SRS-503")
def test_signatures_and_unsigned_acts_are_on_record(
    made: ModuleType, tmp_path: Path, asked: Callable[..., Asked]
) -> None:
    """In the record of the real writer: the signature in the act's own write, the act without it alone."""
    clock = made.ShamClock()
    with open_new(tmp_path / "record.db", made.small_plan(), made.small_text(), clock, made.KEY) as writer:
        rig = made.Rig.of(made.small_plan(), writer, clock)
        rig.poll()
        console = asked(BAD["none"])
        rig.act(Trigger.CONFIRM, "operator-a", SetupItem.PLAN)
        console.answer = given
        rig.act(Trigger.CONFIRM, "operator-a", SetupItem.PLAN)
        rig.act(Trigger.CONFIRM, "operator-a", SetupItem.REGIONS)
        writer.close_session(clock.utc(), clock.at_s, "SETUP")
    with AuditReader(tmp_path / "record.db") as reader:
        kinds = [entry.kind for entry in reader.entries()]
    assert kinds == [
        "opened", "checkpoint", "event", "decision", "unsigned", "event", "decision", "signature", "checkpoint",
        "event", "decision", "closed", "checkpoint",
    ]  # fmt: skip
    assert verify(tmp_path / "record.db").findings == ()
    assert replay(tmp_path / "record.db").difference is None


def test_a_signature_is_asked_for_each_act_anew(stations, asked: Callable[..., Asked]) -> None:
    rig = stations["begun"].reaching()
    console = asked(given)
    for item in (SetupItem.PLAN, SetupItem.PUMP, SetupItem.PLAN):
        rig.act(Trigger.CONFIRM, "operator-a", item)
    assert len(console.acts) == 3
    assert isinstance(rig.loop, SessionLoop)
