"""The judgement of the patient's contact: closed only while both channels are seen on and follow their pulses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.adapters.stoploop.loop import Levels, Loop, Times
from syntherm_sim.wire.control_lines import ControlPort, PatientButton

pytestmark = pytest.mark.verifies("SRS-906", "RC-05")

TIMES = Times(pulse_every_s=0.5, follow_s=0.15)


class Rig:
    """Loop, button and wires in virtual time."""

    def __init__(self) -> None:
        self.button = PatientButton()
        self.port = ControlPort(self.button.wires)
        self.loop, self.now_s = Loop(TIMES), 0.0

    def look(self, step_s: float = 0.05, *, readable: bool = True) -> bool:
        self.now_s += step_s
        self.loop.look(self.now_s, Levels(self.port.cts, self.port.dsr) if readable else None)
        self.port.rts, self.port.dtr = self.loop.drive.first, self.loop.drive.second
        return self.loop.closed

    def live(self, seconds: float, step_s: float = 0.05) -> list[bool]:
        return [self.look(step_s) for _ in range(round(seconds / step_s))]


def closed_rig() -> Rig:
    rig = Rig()
    rig.live(0.5)
    assert all(rig.live(3.0)), "pulses do not open it"
    return rig


@pytest.mark.parametrize("step_s", [0.005, 0.05, 1.0])
def test_it_closes_at_any_pace_of_looks(step_s: float) -> None:
    rig = Rig()
    rig.live(8 * step_s, step_s)
    assert all(rig.live(40 * step_s, step_s))


def test_it_is_open_until_both_channels_have_followed_a_pulse() -> None:
    rig = Rig()
    seen = rig.live(1.0)
    assert not any(seen[:5])
    assert seen[-1]


@given(when_s=st.floats(0.0, 1.5), welded=st.sampled_from(((False, False), (True, False), (False, True))))
def test_a_press_is_seen_at_any_moment_even_with_one_contact_welded(when_s, welded) -> None:
    rig = closed_rig()
    rig.live(when_s, 0.01)
    rig.button.welded, rig.button.pressed = welded, True
    seen = rig.live(0.3, 0.01)
    assert False in (seen[:1] if welded == (False, False) else seen[:20])
    assert not seen[-1]


@pytest.mark.parametrize(
    ("fault", "within_s"),
    [
        ({"cut": True}, 0.05),
        ({"shorted": (True, False)}, 2 * (0.5 + 0.15) + 0.2),
        ({"shorted": (False, True)}, 2 * (0.5 + 0.15) + 0.2),
        ({"shorted": (True, True)}, 0.5 + 0.15 + 0.1),
    ],
)
def test_a_fault_of_the_wires_opens_it_and_keeps_it_open(fault: dict[str, object], within_s: float) -> None:
    rig = closed_rig()
    for name, value in fault.items():
        setattr(rig.button, name, value)
    seen = rig.live(within_s)
    assert not seen[-1]
    assert not any(rig.live(3.0))


def test_a_line_that_shows_the_past_is_found() -> None:
    rig = closed_rig()
    past = Levels(rig.port.cts, rig.port.dsr)
    assert past == Levels(True, True)
    closed = []
    for _ in range(20):
        rig.now_s += 0.05
        rig.loop.look(rig.now_s, past)
        closed.append(rig.loop.closed)
    assert not any(closed[15:])


def test_unread_is_open_and_must_be_proven_anew() -> None:
    rig = closed_rig()
    assert not rig.look(readable=False)
    assert not rig.look()
    rig.live(0.5)
    assert rig.loop.closed


def test_a_clock_that_goes_back_opens_it() -> None:
    rig = closed_rig()
    assert not rig.look(-10.0)


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.booleans(), st.booleans()), max_size=60))
def test_it_is_never_closed_on_a_look_at_an_open_contact(looks) -> None:
    loop, now_s = Loop(TIMES), 0.0
    for step_s, first, second in looks:
        now_s += step_s
        drive = loop.drive
        loop.look(now_s, Levels(first, second))
        if not first and not second:
            assert not loop.closed
        if (drive.first and drive.second and not (first and second)) and loop.closed:
            # Only a channel that is just rising may still be low, while the other is on.
            assert first or second
