"""What people have done and the session has not yet fetched."""

from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm_sim.people.crew import CREW
from syntherm_sim.people.signing import signature
from syntherm_sim.timeline import Timeline


class ActQueue:
    """The half of an operator inbox that every crew shares: acts wait here, and each wakes the session."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._acts: list[OperatorActed] = []

    def acts(self) -> tuple[OperatorActed, ...]:
        """What was done since the last call, oldest first."""
        done, self._acts = tuple(self._acts), []
        return done

    def signature(self, act: OperatorActed) -> Signature | None:
        """What the person signs under an act."""
        return signature(act)

    def act(self, trigger: Trigger, person: str = CREW[0], reason: str = "", item: SetupItem | None = None) -> None:
        """Do something now."""
        self._acts.append(OperatorActed(self._timeline.now_s(), trigger, person, item, reason))
        self._timeline.wake()
