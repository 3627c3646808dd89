"""The session's clock on a real system."""

import os
import time
from datetime import UTC, datetime

from syntherm.session.clock import SystemClock


def waited_s(clock: SystemClock, seconds: float) -> float:
    began_s = time.monotonic()
    clock.wait_until(clock.now_s() + seconds)
    return time.monotonic() - began_s


def test_time_only_goes_on() -> None:
    clock = SystemClock()
    moments = [clock.now_s() for _ in range(1000)]
    assert moments == sorted(moments)
    assert abs((clock.utc() - datetime.now(UTC)).total_seconds()) < 1.0
    assert clock.utc().utcoffset() is not None


def test_a_wait_ends_at_its_moment_and_a_past_one_at_once() -> None:
    clock = SystemClock(look_every_s=10.0)
    assert 0.025 <= waited_s(clock, 0.03) < 1.0
    assert waited_s(clock, -1.0) < 0.02


def test_no_wait_is_longer_than_a_look_at_the_patients_stop() -> None:
    assert waited_s(SystemClock(look_every_s=0.02), 60.0) < 1.0


def test_bytes_end_a_wait_and_nothing_else_does() -> None:
    clock = SystemClock(look_every_s=10.0)
    read, write = os.pipe()
    clock.wakes_for(lambda: (read,))
    assert waited_s(clock, 0.03) >= 0.025
    os.write(write, b"x")
    assert waited_s(clock, 30.0) < 5.0
    os.read(read, 1)
    os.close(write)
    assert waited_s(clock, 30.0) < 5.0, "an end is something to be read, too"
    os.close(read)


def test_a_descriptor_closed_beneath_its_owner_does_not_make_the_loop_spin() -> None:
    clock = SystemClock(look_every_s=10.0)
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    clock.wakes_for(lambda: (read, -1))
    assert 0.004 <= waited_s(clock, 0.5) < 0.4
