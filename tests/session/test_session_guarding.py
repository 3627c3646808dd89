"""The session's side of the guardian: its proof, and a patient stop that is closed only while it is guarded."""

import signal
import sys
import time
from types import SimpleNamespace

import guardian_bench as bench
import pytest

from syntherm.adapters.stoploop.lines import LinesFailed, SerialControlLines
from syntherm.adapters.stoploop.loop import Levels
from syntherm.core.events import StopLoopReport
from syntherm.core.vocabulary import Session
from syntherm.guardian.causes import TO_PROVE
from syntherm.session.guarding import Guard, GuardedInbox, GuardedStopLoop
from syntherm.session.guarding_link import GuardianLink, GuardianLost, GuardianState, read_state
from syntherm.session.guarding_proof import CAUSES, Proof

pytestmark = [
    pytest.mark.verifies("SRS-909", "RC-17"),
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
]
LAPSE_S = 2.5


class Puppet:
    """A guardian that does what it is told, in memory; `deaf_to` is a cause that does not trip."""

    def __init__(self, deaf_to: str = "", *, stuck: bool = False) -> None:
        self.now_s, self.up, self.refused, self.sent = 0.0, True, "", []
        self.deaf_to, self.stuck, self.silent, self.broken = deaf_to, stuck, False, False
        self.mode, self.enabled, self.dropped, self.tripped = "ready", False, None, set()
        self.beat_s, self.failing = -9.0, frozenset()

    def send(self, text: str) -> None:
        self.sent.append(text)
        word, _, cause = text.partition(" ")
        if word == "heartbeat":
            self.beat_s = self.now_s
        elif word == "prove":
            self.mode, self.enabled, self.dropped, self.tripped = "proving", False, None, set()
            self.failing = frozenset()
        elif word == "arm" and self.now_s - self.beat_s < LAPSE_S:
            self.enabled, self.mode = True, "enabled" if self.mode == "proven" else self.mode
        elif word == "try" and cause != self.deaf_to:
            self.drop(cause)
        elif word == "disarm":
            self.enabled, self.mode = False, "proven" if self.mode == "enabled" else self.mode
        elif word == "proven" and self.tripped >= set(CAUSES):
            self.mode, self.dropped = "proven", None

    def drop(self, cause: str) -> None:
        if self.enabled:
            self.enabled, self.dropped = False, cause
            self.tripped.add(cause)
            self.mode = "proving" if self.mode == "proving" else "dropped"

    def states(self) -> list[GuardianState]:
        if self.now_s - self.beat_s > LAPSE_S and self.deaf_to != "heartbeat":
            self.drop("heartbeat")
        if self.silent:
            return []
        return [GuardianState(1, self.mode, self.enabled, self.dropped, frozenset(self.tripped), self.failing)]

    def read(self) -> Levels:
        if self.broken:
            raise LinesFailed("mirror: gone")
        return Levels(self.enabled or self.stuck, True)

    def drive(self, levels: Levels) -> None:
        if self.broken:
            raise LinesFailed("mirror: gone")


class Rig:
    def __init__(self, puppet: Puppet) -> None:
        self.puppet, self.contact = puppet, StopLoopReport(True)
        self.guard = Guard(puppet, puppet, lambda: puppet.now_s, LAPSE_S)
        self.port = GuardedStopLoop(SimpleNamespace(report=lambda: self.contact), self.guard)

    def live(self, seconds: float, *, beats: bool = True) -> StopLoopReport | None:
        report = self.port.report()
        for number in range(round(seconds / 0.05)):
            self.puppet.now_s += 0.05
            if beats and number % 20 == 0:
                self.guard.beat(self.puppet.now_s)
            report = self.port.report()
        return report


def proven_rig() -> Rig:
    rig = Rig(Puppet())
    rig.guard.begin_proof()
    assert rig.live(10.0) == StopLoopReport(True), rig.guard.because
    return rig


def test_both_sides_prove_the_same_causes() -> None:
    assert sorted(CAUSES) == sorted(cause.value for cause in TO_PROVE)


def test_it_is_not_known_until_every_cause_was_proven() -> None:
    rig = Rig(Puppet())
    assert rig.live(1.0) is None
    rig.guard.begin_proof()
    assert rig.live(1.0) is None, "a proof must not look like a press"
    assert rig.live(9.0) == StopLoopReport(True)
    assert set(CAUSES) <= rig.puppet.tripped
    assert not rig.puppet.enabled


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_that_does_not_trip_is_refused_by_name(cause: str) -> None:
    rig = Rig(Puppet(deaf_to=cause))
    rig.guard.begin_proof()
    assert rig.live(15.0) is None
    assert rig.guard.because.startswith(f"not proven: {cause}: a cause takes it away: not within ")
    assert not rig.puppet.enabled


@pytest.mark.parametrize("trouble", ["stuck", "broken"])
def test_what_the_guardian_says_is_not_enough_without_the_mirror(trouble: str) -> None:
    rig = Rig(Puppet())
    setattr(rig.puppet, trouble, True)
    rig.guard.begin_proof()
    assert rig.live(10.0) is None
    assert "not within" in rig.guard.because


def test_a_relay_that_sticks_when_it_is_first_moved_is_found() -> None:
    rig = Rig(Puppet())
    rig.guard.begin_proof()
    while not rig.puppet.enabled:
        rig.live(0.05)
    rig.puppet.stuck = True
    assert rig.live(10.0) is None
    assert rig.guard.because.startswith("not proven: stop: a cause takes it away: not within 1 s (enable reads True)")


@pytest.mark.parametrize("trouble", ["up", "silent", "stuck", "broken", "drop", "contact"])
def test_once_proven_whatever_is_not_well_is_open(trouble: str) -> None:
    rig = proven_rig()
    if trouble == "drop":
        rig.puppet.send("arm")
        rig.live(0.1)
        rig.puppet.drop("temperature")
    elif trouble == "contact":
        rig.contact = StopLoopReport(False)
    else:
        setattr(rig.puppet, trouble, trouble != "up")
    assert rig.live(0.7) == StopLoopReport(False)
    assert rig.guard.because or trouble == "contact"


def test_a_contact_that_is_not_known_stays_so() -> None:
    rig = proven_rig()
    rig.contact = None
    assert rig.live(0.1) is None


def test_the_enable_is_asked_for_where_energy_can_be_lent() -> None:
    rig = proven_rig()
    inbox = GuardedInbox(SimpleNamespace(show=lambda *_: None), rig.guard, lambda: rig.puppet.now_s)
    for session in Session:
        state = SimpleNamespace(phases=SimpleNamespace(session=session))
        inbox.show(state, "")
        rig.live(0.5)
        expected = session in (Session.CALIBRATION, Session.HEATING, Session.DRUG_INFUSION_SYNC)
        assert rig.puppet.enabled is expected, session
        assert rig.guard.enabled is expected
    assert rig.puppet.sent[-2].startswith("heartbeat ") or rig.puppet.sent[-1].startswith("heartbeat ")


def test_a_drop_is_followed_by_a_whole_proof_only() -> None:
    rig = proven_rig()
    rig.puppet.send("arm")
    rig.puppet.drop("stop")
    assert rig.live(5.0) == StopLoopReport(False)
    rig.guard.begin_proof()
    assert rig.live(1.0) is None
    assert rig.live(9.0) == StopLoopReport(True)


def followed(rig: Rig, *sessions: Session) -> None:
    inbox = GuardedInbox(SimpleNamespace(show=lambda *_: None), rig.guard, lambda: rig.puppet.now_s)
    for session in sessions:
        inbox.show(SimpleNamespace(phases=SimpleNamespace(session=session)), "")
        rig.live(0.3)


def test_after_an_abort_and_reset_the_whole_guardian_is_proven_anew() -> None:
    rig = proven_rig()
    followed(rig, Session.SETUP, Session.CALIBRATION)
    assert rig.puppet.enabled and rig.puppet.sent.count("prove") == 1
    rig.puppet.drop("temperature")
    assert rig.live(0.3) == StopLoopReport(False)
    followed(rig, Session.ABORT)
    assert rig.live(0.3) is None, "a guardian that is not well is no press where a press is waited for"
    assert "temperature" in rig.guard.because
    followed(rig, Session.SETUP)
    assert rig.puppet.sent.count("prove") == 2
    assert rig.live(0.3) is None and rig.guard.because == "the guardian is being proven"
    assert rig.live(9.0) == StopLoopReport(True)
    followed(rig, Session.SETUP, Session.SETUP)
    assert rig.puppet.sent.count("prove") == 2, "once for each return"


def test_who_calibrates_has_the_guardian_learn_the_patient_before_the_enable_is_asked_for() -> None:
    rig = proven_rig()
    followed(rig, Session.SETUP, Session.CALIBRATION, Session.CALIBRATION, Session.HEATING)
    words = [word for word in rig.puppet.sent if word in ("baseline", "arm")]
    assert words.count("baseline") == 1 and words[words.index("baseline") :] == ["baseline", "arm"]


def test_a_guardian_that_was_well_in_an_abort_is_proven_anew_too() -> None:
    rig = proven_rig()
    followed(rig, Session.HEATING, Session.ABORT)
    assert rig.live(0.3) == StopLoopReport(True)
    followed(rig, Session.SETUP)
    assert rig.live(0.3) is None and rig.puppet.sent.count("prove") == 2


@pytest.mark.parametrize("trouble", ["up", "silent", "stuck", "broken"])
def test_in_setup_a_guardian_that_is_not_well_is_not_known_rather_than_pressed(trouble: str) -> None:
    rig = proven_rig()
    followed(rig, Session.SETUP)
    setattr(rig.puppet, trouble, trouble != "up")
    assert rig.live(0.7) is None
    rig.contact = StopLoopReport(False)
    assert rig.live(0.1) == StopLoopReport(False), "the contact's own opening is one"


def test_a_press_during_the_proof_puts_it_off() -> None:
    rig = Rig(Puppet())
    rig.guard.begin_proof()
    rig.live(1.0)
    rig.contact = StopLoopReport(False)
    rig.puppet.drop("stop")
    assert rig.live(8.0) == StopLoopReport(False)
    rig.contact = StopLoopReport(True)
    assert rig.live(1.0) is None
    assert rig.live(9.0) == StopLoopReport(True), rig.guard.because
    assert rig.puppet.sent.count("prove") == 2


def test_a_press_does_not_lead_back_from_a_proof_that_was_refused() -> None:
    rig = Rig(Puppet(deaf_to="link"))
    rig.guard.begin_proof()
    assert rig.live(10.0) is None and "link" in rig.guard.because
    rig.puppet.deaf_to = ""
    rig.contact = StopLoopReport(False)
    rig.live(1.0)
    rig.contact = StopLoopReport(True)
    assert rig.live(10.0) is None and "link" in rig.guard.because


def test_an_operators_stop_that_only_the_guardian_heard_is_a_stop() -> None:
    rig = proven_rig()
    followed(rig, Session.CALIBRATION)
    rig.puppet.send("disarm")
    assert rig.live(0.1) == StopLoopReport(True)
    rig.puppet.failing = frozenset({"operator"})
    assert rig.live(0.1) == StopLoopReport(False)
    assert rig.guard.because == "an operator's stop stands at the guardian"


def test_no_heartbeat_while_its_absence_is_proven() -> None:
    proof = Proof(0.0, LAPSE_S)
    assert not proof.withholds
    rig = proven_rig()
    counters = [int(text.split()[1]) for text in rig.puppet.sent if text.startswith("heartbeat")]
    assert counters == sorted(set(counters))


@pytest.mark.parametrize("data", [b"", b"state", b"refused arm: x", b"state n=1 mode=proven enabled=2", b"\xff" * 600])
def test_what_is_no_state_is_none(data: bytes) -> None:
    assert read_state(data) is None


def test_without_a_guardian_there_is_no_link(tmp_path) -> None:
    with pytest.raises(GuardianLost, match=r"none\.sock"):
        GuardianLink(str(tmp_path / "none.sock"))


def test_with_the_real_process_over_rfc_2217(tmp_path) -> None:
    made = bench.Bench(tmp_path)
    link = GuardianLink(made.path)
    mirror = SerialControlLines(made.mirror_url)
    guard = Guard(link, mirror, time.monotonic, 0.6)
    port = GuardedStopLoop(SimpleNamespace(report=lambda: StopLoopReport(True)), guard)

    def closes() -> bool:
        guard.beat(time.monotonic())
        return port.report() == StopLoopReport(True)

    try:
        guard.begin_proof()
        assert bench.within(15.0, closes), (guard.because, sys.version)
        assert not made.relay.on
        made.process.send_signal(signal.SIGSTOP)
        assert bench.within(1.5, lambda: not closes()), "a guardian that hangs"
        made.process.send_signal(signal.SIGCONT)
        assert bench.within(2.0, closes)
        made.process.kill()
        assert bench.within(0.5, lambda: port.report() == StopLoopReport(False))
        assert guard.because == "the guardian is gone"
    finally:
        link.close()
        mirror.close()
        made.close()
