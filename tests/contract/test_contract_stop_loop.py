"""What the session may rely on in any patient stop: a press is seen, and soon, also while the session waits."""

import pytest

SEEN_WITHIN_S = 0.1
"""After a press, by a session that looks whenever its waiting ends."""


@pytest.mark.verifies("SRS-103", "SRS-105", "RC-05")
def test_it_reads_closed_then_open_then_closed(stop_loop) -> None:
    assert stop_loop.port.report().closed
    stop_loop.press()
    stop_loop.wait(SEEN_WITHIN_S)
    assert not stop_loop.port.report().closed
    assert not stop_loop.port.report().closed, "it stays open as long as it is pressed"
    stop_loop.release()
    stop_loop.settle()
    assert stop_loop.port.report().closed


@pytest.mark.verifies("SRS-105", "RC-05")
def test_a_press_is_seen_while_the_session_waits(stop_loop) -> None:
    stop_loop.press_after(0.2)
    waited_s = 0.0
    while stop_loop.port.report().closed and waited_s < 2.0:
        waited_s += stop_loop.wait(2.0 - waited_s)
    assert waited_s <= 0.2 + SEEN_WITHIN_S + 0.05


@pytest.mark.verifies("SRS-105", "RC-05")
def test_a_loop_that_is_left_alone_stays_closed(stop_loop) -> None:
    lived_s = 0.0
    while lived_s < 1.5:
        lived_s += stop_loop.wait(0.5)
        assert stop_loop.port.report().closed
