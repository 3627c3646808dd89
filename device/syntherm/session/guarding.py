"""The session's side of the guardian: heartbeat, proof, and a patient stop that is closed only while it is guarded."""

from collections.abc import Callable
from typing import Final

from syntherm.adapters.stoploop.lines import ControlLines, LinesFailed
from syntherm.adapters.stoploop.loop import ALL_ON
from syntherm.core.events import OperatorActed, StopLoopReport
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm.ports.equipment import StopLoop
from syntherm.ports.people import OperatorInbox
from syntherm.ports.record import Signature
from syntherm.session.guarding_link import GuardianLink, GuardianState
from syntherm.session.guarding_proof import AGAIN_S, Proof

STATE_FRESH_S: Final = 0.5
MIRROR_S: Final = 0.3
ENABLED_IN: Final = frozenset({Session.CALIBRATION, Session.HEATING, Session.DRUG_INFUSION_SYNC})
AT_REST: Final = frozenset({Session.SETUP, Session.ABORT})
"""Nothing is lent there, and an opening counts for the patient's own press: a guardian that is not well makes none."""
_OPERATOR: Final = "operator"


class Guard:
    """What the session knows of its guardian. It can ask; only the guardian sets the enable."""

    def __init__(self, link: GuardianLink, mirror: ControlLines, now_s: Callable[[], float], lapse_s: float) -> None:
        """`mirror`: its CTS shows the enable; `lapse_s`: the guardian's limit for a missing heartbeat."""
        self._link, self._mirror, self._now_s, self._lapse_s = link, mirror, now_s, lapse_s
        self._state: GuardianState | None = None
        self._said_s = self._agreed_s = self._asked_s = now_s()
        self._counter = 0
        self._proof: Proof | None = None
        self._session: Session | None = None
        self._feeds = False
        self._well = False
        self.was_proven = False

    @property
    def well(self) -> bool:
        """At the last look: proven, alive, not dropped, and the enable reads back as the guardian says."""
        return self._well

    @property
    def at_rest(self) -> bool:
        """Whether the session is where nothing is lent; no while that is not known."""
        return self._session in AT_REST

    @property
    def enabled(self) -> bool:
        """Whether the guardian said at the last look that the enable is on."""
        return self._state is not None and self._state.enabled

    @property
    def because(self) -> str:
        """Why it is not well, for people to read; empty if it is."""
        if self._well:
            return ""
        if not self._link.up:
            return "the guardian is gone"
        if self._proof is not None and self._proof.refused:
            return f"not proven: {self._proof.refused} {self._link.refused}".strip()
        if self._proof is not None and not self._proof.done:
            return "the guardian is being proven"
        if self._state is not None and self._state.dropped is not None:
            return f"the guardian took the enable away: {self._state.dropped}"
        if self.was_proven and self._stopped:
            return "an operator's stop stands at the guardian"
        return "the guardian is not proven" if not self.was_proven else "the guardian is not heard, or not believed"

    def begin_proof(self) -> None:
        """Prove every cause anew; nothing may be lent until it is done. To be called with energy off only."""
        self._proof, self.was_proven, self._well = Proof(self._now_s(), self._lapse_s), False, False

    def beat(self, verdict_s: float) -> None:
        """One heartbeat, after a full and checked cycle that ended at `verdict_s`."""
        if self._proof is not None and self._proof.withholds:
            return
        self._counter += 1
        self._link.send(f"heartbeat {self._counter} {verdict_s:.6f}")

    def follow(self, session: Session) -> None:
        """The session is in this state now.

        Who comes back to SETUP proves the whole guardian anew; who calibrates has it learn the patient anew, with
        the enable off: a baseline from before a reset is that of another position, or of warm tissue.
        """
        before, self._session = self._session, session
        if session is Session.SETUP and before not in (None, Session.SETUP):
            self.begin_proof()
        if session is Session.CALIBRATION and before is not Session.CALIBRATION:
            self._link.send("baseline")
        self.wish(session)

    def wish(self, session: Session) -> None:
        """Ask for the enable where energy can be lent, give it back elsewhere; what is so already is not asked."""
        state, now_s = self._state, self._now_s()
        if state is None or not self._well or now_s - self._asked_s < AGAIN_S:
            return
        wanted = session in ENABLED_IN
        if wanted is not state.enabled:
            self._asked_s = now_s
            self._link.send("arm" if wanted else "disarm")

    def look(self, *, pressed: bool = False) -> None:
        """Take in what the guardian said, go on with the proof.

        `pressed`: the patient's contact is not closed. Then the enable cannot be given, and the proof waits, to begin
        anew; one that was refused stays so.
        """
        now_s = self._now_s()
        for state in self._link.states():
            self._state, self._said_s = state, now_s
        mirror = self._read()
        proof = self._proof
        if proof is not None and pressed and not proof.done and not proof.refused:
            self._proof = Proof(now_s, self._lapse_s)
        elif proof is not None and not proof.done:
            word = proof.look(now_s, self._state, mirror)
            if word is not None:
                self._link.send(word)
        self._well = self._judge(now_s, mirror)
        self.was_proven = self.was_proven or self._well

    @property
    def _stopped(self) -> bool:
        # Where nothing was enabled yet it is no drop, and yet it refuses every enable until the next proof.
        return self._state is not None and _OPERATOR in self._state.failing

    def _judge(self, now_s: float, mirror: bool | None) -> bool:
        state = self._state
        if state is None or mirror is None:
            return False
        if mirror is state.enabled:
            self._agreed_s = now_s
        proven = self._proof is not None and self._proof.done and state.mode in ("proven", "enabled")
        heard = self._link.up and now_s - self._said_s <= STATE_FRESH_S
        kept = state.dropped is None and not self._stopped
        return proven and heard and kept and now_s - self._agreed_s <= MIRROR_S

    def _read(self) -> bool | None:
        try:
            if not self._feeds:
                self._mirror.drive(ALL_ON)
                self._feeds = True
            return self._mirror.read().first
        except LinesFailed:
            self._feeds = False
            return None


class GuardedStopLoop:
    """Implements the StopLoop port: the patient's contact, and the guardian that stands beside it."""

    def __init__(self, contact: StopLoop, guard: Guard) -> None:
        self._contact, self._guard = contact, guard

    def report(self) -> StopLoopReport | None:
        """Closed only if both are well. None while the guardian is not proven, and for whatever else it lacks where the
        session is at rest: so that neither its proof nor its silence is taken for a press.
        """
        contact = self._contact.report()
        self._guard.look(pressed=contact is None or not contact.closed)
        if contact is None or not contact.closed:
            return contact
        if self._guard.well:
            return contact
        return StopLoopReport(False) if self._guard.was_proven and not self._guard.at_rest else None


class GuardedInbox:
    """Implements the OperatorInbox port over another: after each answer the guardian is told of it."""

    def __init__(self, people: OperatorInbox, guard: Guard, now_s: Callable[[], float]) -> None:
        self._people, self._guard, self._now_s = people, guard, now_s

    def acts(self) -> tuple[OperatorActed, ...]:
        """As the other's."""
        return self._people.acts()

    def show(self, state: SessionState, head: str) -> None:
        """The loop comes here when an event was answered, recorded and acted on: that is a full cycle."""
        self._guard.beat(self._now_s())
        self._guard.follow(state.phases.session)
        self._people.show(state, head)

    def signature(self, act: OperatorActed) -> Signature | None:
        """As the other's."""
        return self._people.signature(act)

    def refused(self, act: OperatorActed, because: str) -> None:
        """As the other's."""
        self._people.refused(act, because)

    def closes(self) -> bool:
        """As the other's."""
        return self._people.closes()
