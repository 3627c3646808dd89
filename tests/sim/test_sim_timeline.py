"""Virtual time: what is due happens in order, the world lives on in between, and nothing is lived twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm_sim.timeline import FIRST_DAY, Timeline

moments = st.lists(st.integers(0, 20).map(float), max_size=20)


@given(moments, st.lists(st.integers(0, 25).map(float), min_size=1, max_size=6))
def test_what_is_due_happens_in_order_and_what_is_planned_first_comes_first(
    planned: list[float], waits: list[float]
) -> None:
    timeline = Timeline(lambda *_: None)
    happened: list[tuple[float, int]] = []
    for number, moment_s in enumerate(planned):
        timeline.at(moment_s, lambda moment_s=moment_s, number=number: happened.append((moment_s, number)))
    for wait_s in sorted(waits):
        timeline.wait_until(wait_s)
        assert timeline.now_s() == wait_s
        assert happened == sorted((m, n) for n, m in enumerate(planned) if m <= wait_s)


@given(moments, st.lists(st.integers(0, 25).map(float), max_size=6))
def test_time_is_lived_through_without_gaps_or_repeats(planned: list[float], waits: list[float]) -> None:
    lived: list[tuple[float, float]] = []
    timeline = Timeline(lambda from_s, to_s: lived.append((from_s, to_s)))
    seen: list[float] = []
    for moment_s in planned:
        timeline.at(moment_s, lambda: seen.append(timeline.now_s()))
    for wait_s in waits:
        timeline.wait_until(wait_s)
    assert all(from_s < to_s for from_s, to_s in lived)
    assert [to_s for _, to_s in lived[:-1]] == [from_s for from_s, _ in lived[1:]]
    assert timeline.now_s() == (lived[-1][1] if lived else 0.0) == max([0.0, *waits])
    assert seen == sorted(seen)


def test_waking_ends_the_wait_at_that_moment() -> None:
    timeline = Timeline(lambda *_: None)
    timeline.at(3.0, timeline.wake)
    timeline.at(5.0, lambda: None)
    timeline.wait_until(10.0)
    assert timeline.now_s() == 3.0
    timeline.wait_until(10.0)
    assert timeline.now_s() == 10.0


def test_a_past_moment_is_no_way_back() -> None:
    timeline = Timeline(lambda *_: None)
    timeline.wait_until(10.0)
    happened: list[float] = []
    timeline.at(4.0, lambda: happened.append(timeline.now_s()))
    timeline.wait_until(2.0)
    assert timeline.now_s() == 10.0 and happened == []
    timeline.wait_until(11.0)
    assert happened == [10.0]


def test_what_happens_may_plan_more() -> None:
    timeline = Timeline(lambda *_: None)
    seen: list[float] = []

    def again() -> None:
        seen.append(timeline.now_s())
        timeline.at(timeline.now_s() + 2.0, again)

    timeline.at(1.0, again)
    timeline.wait_until(8.0)
    assert seen == [1.0, 3.0, 5.0, 7.0]


def test_wall_time_goes_with_it() -> None:
    timeline = Timeline(lambda *_: None)
    assert timeline.utc() == FIRST_DAY and FIRST_DAY.utcoffset() is not None
    timeline.wait_until(3661.5)
    assert (timeline.utc() - FIRST_DAY).total_seconds() == pytest.approx(3661.5)
