"""Which events must go on happening for a session to end."""

import attrs

from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.environment import Group, Kind, events
from syntherm_verify.model.fairness import Needed, needed


def test_time_looks_and_cool_images_are_needed_and_nothing_else():
    kinds = {event.name: needed(event) for event in events(SMALL)}
    assert {name for name, need in kinds.items() if need is Needed.TIME} == {"tick", "tick pumps=0"}
    assert [name for name, need in kinds.items() if need is Needed.LOOK] == ["poll"]
    assert [name for name, need in kinds.items() if need is Needed.COOL] == ["frame"]


def test_a_fault_makes_a_look_or_an_image_one_that_nobody_waits_for():
    for event in events(SMALL):
        if needed(event) in (Needed.LOOK, Needed.COOL):
            assert needed(attrs.evolve(event, fault=Group.ABORT)) is None
            assert needed(attrs.evolve(event, unfit=True)) is None
        if event.kind is Kind.POLL:
            assert needed(attrs.evolve(event, stop_open=True)) is None
