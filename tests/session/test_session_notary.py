"""The notary: proves secrets in a process of its own."""

import select
from pathlib import Path

import pytest

from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session import register
from syntherm.session.notary import REFUSED_S, answer, answered, question
from syntherm.session.notary_client import WAITING, NotaryFailed, NotaryProcess
from syntherm.session.register import Register, add, enrol

ACT = OperatorActed(3.0, Trigger.CONFIRM, "operator-a", SetupItem.PLAN)
SECRET = "correct horse"  # noqa: S105


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setattr(register, "_COST", 2)
    return Register({"operator-a": enrol("operator-a", "A", "radiographer", SECRET)})


@pytest.mark.verifies("SRS-508", "SRS-912")
def test_a_right_secret_signs_and_a_wrong_one_costs_time(people: Register) -> None:
    rests: list[float] = []
    number, signature = answered(answer(people, question(5, ACT, SECRET, "the question"), rests.append))
    assert (number, rests) == (5, [])
    assert signature is not None and (signature.person, signature.shown) == ("operator-a", "the question")
    assert answered(answer(people, question(6, ACT, "wrong", "the question"), rests.append)) == (6, None)
    assert rests == [REFUSED_S]


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b'[1,"frames","a",null,"x","y"]', b'[1,"sign","a","wall","x","y"]']
)
def test_what_is_no_question_ends_the_notary(people: Register, line: bytes) -> None:
    with pytest.raises(ValueError):
        answer(people, line, lambda _: None)


def drained(notary: NotaryProcess, count: int) -> list[tuple[int, Signature | None]]:
    found: list[tuple[int, Signature | None]] = []
    while len(found) < count:
        ready, _, _ = select.select(notary.filenos(), [], [], 10.0)
        assert ready, "no answer"
        found += notary.answers()
    return found


@pytest.mark.verifies("SRS-508", "SRS-912")
def test_the_process_answers_without_being_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    add(path, enrol("operator-a", "A", "radiographer", SECRET))
    notary = NotaryProcess(path)
    try:
        assert notary.ask(1, ACT, SECRET, "shown") and notary.answers() == ()
        ((number, signature),) = drained(notary, 1)
        assert number == 1 and signature is not None and signature.role == "radiographer"
        assert all(notary.ask(number, ACT, "wrong", "shown") for number in range(2, 2 + WAITING))
        assert not notary.ask(99, ACT, SECRET, "shown"), "only so many may wait"
        notary._process.kill()
        notary._process.wait()
        assert sorted(drained(notary, WAITING)) == [(number, None) for number in range(2, 2 + WAITING)]
        assert not notary.ask(100, ACT, SECRET, "shown")
        assert notary.filenos() == ()
    finally:
        notary.close()


def test_without_a_register_there_is_no_notary(tmp_path: Path) -> None:
    with pytest.raises(NotaryFailed, match=r"nobody\.toml"):
        NotaryProcess(tmp_path / "nobody.toml")
