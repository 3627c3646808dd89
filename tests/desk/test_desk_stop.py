"""A desk's stop to the guardian: told at once, never waited for in vain."""

from pathlib import Path

import pytest

from syntherm.desk.command import Desk
from syntherm.desk.stop import GuardianStop
from syntherm.guardian.sockets import listen
from syntherm.guardian.stops import StopDoor


def test_the_guardian_is_told_and_its_answer_is_shown(tmp_path: Path) -> None:
    door = StopDoor(str(tmp_path / "guardian"))
    sent = GuardianStop.sent(tmp_path / "guardian")
    assert door.stops()
    door.tell()
    assert sent.said() == "guardian: enable taken away"
    door.close()


def test_a_guardian_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    assert GuardianStop.sent(tmp_path / "none").said() == "guardian: NOT REACHED (No such file or directory)"


def test_a_guardian_that_goes_without_an_answer_is_said(tmp_path: Path) -> None:
    listener = listen(str(tmp_path / "guardian.stop"), 1)
    sent = GuardianStop.sent(tmp_path / "guardian")
    accepted, _ = listener.accept()
    assert accepted.recv(64) == b"stop"
    accepted.close()
    listener.close()
    assert sent.said() == "guardian: told, NO ANSWER"


class Client:
    """Keeps what it was asked to do."""

    def __init__(self) -> None:
        self.acts: list[tuple[object, ...]] = []

    def act(self, *act: object) -> int:
        self.acts.append(act)
        return len(self.acts)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_typed_stop_goes_both_ways_whatever_becomes_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], guarded: bool
) -> None:
    door = StopDoor(str(tmp_path / "guardian")) if guarded else None
    client = Client()
    if door is not None:
        told = client.act
        client.act = lambda *act: (door.stops(), door.tell(), told(*act))[-1]  # type: ignore[method-assign]
    Desk(client, None, tmp_path / "guardian")._act("stop operator-a")  # type: ignore[arg-type]
    assert client.acts == [("stop", "operator-a", None, "", None)]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "act 1: sent",
        "guardian: enable taken away" if guarded else "guardian: NOT REACHED (No such file or directory)",
    ]
    if door is not None:
        door.close()
