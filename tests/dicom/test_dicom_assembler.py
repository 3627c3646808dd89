"""Slices to volumes: whatever order, losses and repeats, what leaves is whole, its own, and behind the last."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.dicom.assembler import Assembler, Bounds
from syntherm.dicom.facts import ObjectRefused
from syntherm.dicom.slices import Slice

BOUNDS = Bounds(components=2, slices=3, volumes_open=2, whole_within_s=3.0, spread_s=0.5)
SLOTS = [(component, index) for component in range(2) for index in range(3)]


def piece(number: int, component: int, index: int, **other: object) -> Slice:
    values = np.full((2, 2), number * 100 + component * 10 + index, np.float32)
    made = Slice(
        False, number, component, index, float(number), ("study", "space", 1.5, 20.0), (0.0, 0.0, 0.0), (1.0, 1.0),
        values,
    )  # fmt: skip
    return attrs.evolve(made, **other)


def whole(number: int) -> list[Slice]:
    return [piece(number, *slot) for slot in SLOTS]


def fed(assembler: Assembler, pieces: list[Slice], now_s: float = 0.0) -> tuple[list[int], list[str]]:
    """The numbers that left whole, and what was said."""
    numbers, said = [], []
    for each in pieces:
        try:
            gathered = assembler.take(each, now_s)
        except ObjectRefused as refused:
            said.append(str(refused))
            continue
        said += gathered.lost
        if gathered.volume is not None:
            assert [(s.component, s.index) for s in gathered.volume] == SLOTS
            assert {s.number for s in gathered.volume} == {each.number}
            assert all((s.values == s.number * 100 + s.component * 10 + s.index).all() for s in gathered.volume)
            numbers.append(each.number)
    return numbers, said


@given(st.permutations(range(6)))
def test_slices_of_a_volume_may_come_in_any_order(order: list[int]) -> None:
    slices = whole(1)
    assert fed(Assembler("image", BOUNDS), [slices[at] for at in order]) == ([1], [])


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(SLOTS), st.floats(0.0, 2.0)), max_size=60))
def test_what_leaves_is_whole_and_in_order_and_all_else_is_named(events: list) -> None:
    assembler, now_s, passed, said = Assembler("image", BOUNDS), 0.0, [], []
    given_: dict[int, set] = {}
    for number, slot, step_s in events:
        now_s += step_s
        more, lines = fed(assembler, [piece(number, *slot)], now_s)
        given_.setdefault(number, set()).add(slot)
        passed += more
        said += lines
        assert assembler.slices_held <= BOUNDS.volumes_open * len(SLOTS)
    said += assembler.tick(now_s + 10.0)
    assert passed == sorted(set(passed))
    assert all(given_[number] == set(SLOTS) for number in passed)
    for number in given_.keys() - set(passed):
        assert any(f"image {number}" in line for line in said)
    assert assembler.slices_held == 0


@given(st.lists(st.sampled_from(SLOTS), min_size=1, max_size=5, unique=True), st.permutations(range(6)))
def test_a_volume_that_lacks_slices_never_leaves(lost: list, order: list[int]) -> None:
    slices = whole(1)
    there = [slices[at] for at in order if (slices[at].component, slices[at].index) not in lost]
    numbers, said = fed(Assembler("image", BOUNDS), [*there, *whole(2)])
    assert numbers == [2]
    assert not there or f"gap: {len(lost)} of 6 objects are missing" in "".join(said)


@given(st.permutations(range(6)), st.integers(0, 5), st.integers(0, 5))
def test_a_repeated_slice_is_named_and_changes_nothing(order: list[int], which: int, after: int) -> None:
    slices = [whole(1)[at] for at in order]
    at = max(which, after) + 1
    numbers, said = fed(Assembler("image", BOUNDS), [*slices[:at], slices[which], *slices[at:]])
    assert numbers == [1] and len(said) == 1 and "came again (duplicate)" in said[0]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"values": np.zeros((2, 2), np.float32)}, "came twice, and differs"),
        ({"acquired_s": 1.25}, "came twice, and differs"),
    ],
)
def test_two_that_contradict_each_other_spoil_the_volume(changed: dict, named: str) -> None:
    slices = whole(1)
    numbers, said = fed(Assembler("image", BOUNDS), [*slices[:2], piece(1, 0, 0, **changed), *slices[2:]])
    assert numbers == [] and named in said[0] and "came late: the volume was given up" in said[1]


@pytest.mark.parametrize(
    "same", [("other", "space", 1.5, 20.0), ("study", "other", 1.5, 20.0), ("study", "space", 3.0, 20.0)]
)
def test_a_volume_of_two_studies_or_places_never_leaves(same: tuple) -> None:
    numbers, said = fed(Assembler("image", BOUNDS), [piece(1, 0, 0, same=same), *whole(1)[1:]])
    assert numbers == [] and "mixes studies" in said[0]


def test_a_volume_acquired_over_too_long_a_time_never_leaves() -> None:
    numbers, said = fed(Assembler("image", BOUNDS), [*whole(1)[1:], piece(1, 0, 0, acquired_s=1.6)])
    assert numbers == [] and "was acquired over 0.600 s; expected at most 0.5 s" in said[0]


def test_a_volume_that_waits_too_long_is_given_up_without_any_slice_coming() -> None:
    assembler = Assembler("image", BOUNDS)
    fed(assembler, whole(1)[:4], 10.0)
    assert assembler.tick(13.0) == ()
    (line,) = assembler.tick(13.1)
    assert line.startswith("image 1 is not passed on: not whole within 3 s; gap: 2 of 6 objects are missing")
    assert fed(assembler, whole(1)[4:], 13.2)[1][0].endswith("came late: the volume was given up")


def test_the_later_volume_goes_first_and_the_earlier_is_given_up() -> None:
    first, second = whole(1), whole(2)
    numbers, said = fed(Assembler("image", BOUNDS), [*first[:5], *second, first[5]])
    assert numbers == [2] and "image 2 is whole before it (reordered)" in said[0] and "came late" in said[1]
    numbers, said = fed(Assembler("image", BOUNDS), [*second, *first])
    assert numbers == [2] and len(said) == 6 and all("came after image 2 (reordered)" in line for line in said)


def test_what_ended_is_forgotten_in_the_end() -> None:
    assembler = Assembler("image", BOUNDS)
    for number in range(1, 500):
        assert fed(assembler, whole(number))[0] == [number]
    assert len(assembler._ended) <= 64
