"""What the session may rely on in any patient stop: a press is seen, and ends the session's waiting."""

import pytest


@pytest.mark.verifies("SRS-103", "SRS-105", "RC-05")
def test_it_reads_closed_then_open_then_closed(stop_loop) -> None:
    assert stop_loop.port.report().closed
    stop_loop.press()
    assert not stop_loop.port.report().closed
    assert not stop_loop.port.report().closed, "it stays open as long as it is pressed"
    stop_loop.release()
    assert stop_loop.port.report().closed


@pytest.mark.verifies("SRS-105", "RC-05")
def test_a_press_ends_the_session_s_waiting(stop_loop) -> None:
    before = stop_loop.woken()
    stop_loop.press()
    assert stop_loop.woken() > before
