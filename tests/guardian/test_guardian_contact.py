"""The guardian's own reading of the patient's contact."""

import pytest

from syntherm.guardian.contact import Contact, ContactTimes
from syntherm_sim.wire.control_lines import ControlPort, PatientButton

pytestmark = pytest.mark.verifies("SRS-907", "RC-17")

TIMES = ContactTimes(pulse_every_s=0.3, low_s=0.02, follow_s=0.05)


class Rig:
    def __init__(self) -> None:
        self.button = PatientButton()
        self.port = ControlPort(self.button.wires)
        self.port.dtr = True
        self.contact, self.now_s = Contact(TIMES), 0.0

    def live(self, seconds: float, *, readable: bool = True) -> list[bool]:
        """Looks every 10 ms; whether it was closed at each."""
        closed = []
        for _ in range(round(seconds / 0.01)):
            self.now_s += 0.01
            if self.contact.look(self.now_s, (self.port.cts, self.port.dsr) if readable else None):
                self.port.rts = self.contact.rts
            closed.append(self.contact.closed)
        return closed


def closed_rig() -> Rig:
    rig = Rig()
    rig.live(0.3)
    assert all(rig.live(2.0))
    return rig


def test_it_is_open_until_a_pulse_has_passed() -> None:
    assert not Rig().live(0.02)[-1]
    closed_rig()


@pytest.mark.parametrize("welded", [(False, False), (True, False), (False, True)])
def test_a_press_is_seen_on_either_channel(welded: tuple[bool, bool]) -> None:
    rig = closed_rig()
    rig.button.welded = welded
    rig.button.pressed = True
    seen = rig.live(0.5)
    assert False in seen[:15]
    assert not seen[-1]
    rig.button.pressed = False
    assert rig.live(0.5)[-1]


@pytest.mark.parametrize("fault", ["cut", "short", "unreadable", "stuck-back"])
def test_a_fault_of_the_wire_is_open(fault: str) -> None:
    rig = closed_rig()
    rig.button.cut = fault == "cut"
    rig.button.shorted = (fault == "short", False)
    if fault == "stuck-back":
        rig.now_s -= 100.0
        assert not rig.live(0.01)[-1]
        return
    seen = rig.live(2.0, readable=fault != "unreadable")
    assert False in seen[:60]
    assert not any(seen[60:])
