"""The small day that the commands about the record are built on: whole, ordinary, judged alike by both verifiers."""

from pathlib import Path

import numpy as np
import pytest

from syntherm.audit.replay import replay
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import FrameReceived
from syntherm.core.plan.reader import read_plan
from syntherm_sim.site import demonstration_key
from syntherm_verify.recording.day import LEGS, Day, small_plan, small_text
from syntherm_verify.recording.steps import Keeper, closed, first_steps, opened, small_steps
from syntherm_verify.recording.verifiers import independent, ours

KEY = demonstration_key(1)


def test_its_plan_is_one_that_the_device_reads() -> None:
    assert read_plan(small_text()).heating == small_plan().heating


def test_it_comes_to_its_end_and_holds_every_common_kind_of_entry() -> None:
    keeper = Keeper()
    day = Day(small_plan(), keeper)
    for leg in LEGS:
        leg(day)
    assert day.state.phases.session.name == "HEATING"
    kinds = {kind for step in small_steps() for kind in step.kinds}
    assert kinds == {"event", "decision", "maps", "refusal", "remark", "signature"}


def test_its_images_hold_whole_numbers() -> None:
    volume = next(step.event.volume for step in small_steps() if isinstance(step.event, FrameReceived))
    parts = volume.view(np.float32)
    assert np.array_equal(parts, np.rint(parts)) and np.abs(parts).max() > 1000.0


def test_its_record_is_sound_to_both_verifiers_and_executes_again(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    with AuditWriter(path, KEY, create=True) as writer:
        opened(writer)
        steps = first_steps(60)
        for step in steps:
            step.to(writer)
        head = closed(writer, steps)
    answers = [verifier(path, head, (KEY.public,)) for verifier in (ours, independent)]
    assert [answer.named for answer in answers] == ["sound", "sound"]
    assert {answer.head for answer in answers} == {head}
    assert replay(path).difference is None


@pytest.mark.parametrize("verifier", [ours, independent])
def test_a_verifier_refuses_what_is_no_record(verifier: object, tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.write_bytes(b"no record")
    assert callable(verifier)
    answer = verifier(path, None, ())
    assert answer.named == "refused" and not answer.sound
