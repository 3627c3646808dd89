"""The power-up proof: the enable is given and every cause must take it away, one after the other. No IO here.

What the guardian says is not enough: each time the enable is read back through an input of the session's own.
"""

from enum import Enum, unique
from typing import Final

from syntherm.session.guarding_link import GuardianState

CAUSES: Final = (
    "stop", "operator", "link", "readback", "frame-age", "frozen", "unreadable", "temperature", "error", "heartbeat",
)  # fmt: skip
WITHHELD: Final = "heartbeat"
ANSWER_S: Final = 1.0
ARM_S: Final = 4.0
AGAIN_S: Final = 0.2


@unique
class _Step(Enum):
    BEGINNING = "the guardian begins the proof"
    GIVING = "the enable is given"
    TAKING = "a cause takes it away"
    ENDING = "the guardian agrees"
    DONE = "proven"
    FAILED = "refused"


class Proof:
    """One proof. `refused` names the cause that failed, and how; `withholds`: no heartbeat may be sent now."""

    def __init__(self, now_s: float, lapse_s: float) -> None:
        """`lapse_s`: within which the guardian must notice a missing heartbeat."""
        self._lapse_s = lapse_s
        self._left = list(CAUSES)
        self._step = _Step.BEGINNING
        self._since_s = now_s
        self._said_s: float | None = None
        self.refused = ""

    @property
    def done(self) -> bool:
        """Whether every cause was seen to take the enable away, by both sides."""
        return self._step is _Step.DONE

    @property
    def withholds(self) -> bool:
        """Whether the missing heartbeat is what is being proven."""
        return self._step is _Step.TAKING and self._left[0] == WITHHELD

    def look(self, now_s: float, state: GuardianState | None, mirror: bool | None) -> str | None:
        """Go on with what is known now; the message to be sent, if any. `mirror`: the enable as read back."""
        if self._step in (_Step.DONE, _Step.FAILED):
            return None
        if self._reached(state, mirror):
            self._next(now_s)
        elif now_s - self._since_s > self._patience_s():
            cause = self._left[0] if self._left else "all causes"
            self.refused = f"{cause}: {self._step.value}: not within {self._patience_s():g} s (enable reads {mirror})"
            self._step = _Step.FAILED
            return "disarm"
        return self._message(now_s)

    def _reached(self, state: GuardianState | None, mirror: bool | None) -> bool:
        if state is None or mirror is None:
            return False
        if self._step is _Step.BEGINNING:
            return state.mode == "proving" and not state.enabled and not state.tripped and not mirror
        if self._step is _Step.GIVING:
            return state.enabled and mirror
        if self._step is _Step.TAKING:
            cause = self._left[0]
            return not mirror and not state.enabled and state.dropped == cause and cause in state.tripped
        return state.mode == "proven" and not mirror

    def _next(self, now_s: float) -> None:
        self._since_s, self._said_s = now_s, None
        if self._step is _Step.TAKING:
            self._left.pop(0)
        if self._step is _Step.ENDING:
            self._step = _Step.DONE
        elif self._step is _Step.GIVING:
            self._step = _Step.TAKING
        else:
            self._step = _Step.GIVING if self._left else _Step.ENDING

    def _patience_s(self) -> float:
        if self.withholds:
            return self._lapse_s + ANSWER_S
        return ARM_S if self._step is _Step.GIVING else ANSWER_S

    def _message(self, now_s: float) -> str | None:
        words = {_Step.BEGINNING: "prove", _Step.GIVING: "arm", _Step.ENDING: "proven"}
        word = words.get(self._step)
        if self._step is _Step.TAKING and not self.withholds:
            word = f"try {self._left[0]}"
        if word is None or (self._said_s is not None and now_s - self._said_s < AGAIN_S):
            return None
        self._said_s = now_s
        return word
