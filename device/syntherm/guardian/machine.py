"""The guardian's states. Time is an argument; nothing here reads a clock or touches a line.

The enable is set by `arm` alone, and only while every condition holds. After every other call it is as it was, or off.
"""

from dataclasses import replace

from syntherm.guardian.causes import OF_IMAGES, TO_PROVE, TO_TRY, Cause, Mode
from syntherm.guardian.facts import Facts, Limits, Seen, failing

_SESSION_MODES = frozenset({Mode.PROVING, Mode.PROVEN, Mode.ENABLED})


class Machine:
    """One guardian's decisions. `dropped` is the cause of the last drop; it stays until a proof begins."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._facts = Facts()
        self._counter: int | None = None
        self._verdict_s: float | None = None
        self._armed_s = 0.0
        self.enabled = False
        self.mode = Mode.STARTING
        self.dropped: Cause | None = None
        self.tripped: frozenset[Cause] = frozenset()

    def tested(self) -> None:
        """The self-test at power-up is done, and was good."""
        if self.mode is Mode.STARTING:
            self.mode = Mode.READY

    def look(self, at_s: float) -> None:
        """Judge at `at_s`; to be called often."""
        if not self.enabled:
            return
        found = self._failing(at_s)
        if self.mode is Mode.PROVING and not 0.0 <= at_s - self._armed_s <= self._limits.proof_s:
            found += (Cause.UNPROVEN,)
        self._drop(found)

    def heartbeat(self, at_s: float, counter: int, verdict_s: float) -> bool:
        """A heartbeat; False if it is none: counter and moment of the verdict must both have gone up."""
        fresh = self._counter is None or counter > self._counter
        moved = self._verdict_s is None or verdict_s > self._verdict_s
        if fresh and moved:
            self._counter, self._verdict_s = counter, verdict_s
            self._facts = replace(self._facts, heartbeat_s=at_s)
        self.look(at_s)
        return fresh and moved

    def link(self, at_s: float, *, up: bool) -> None:
        """The session has connected, or is gone. What one session proved does not hold for the next."""
        self._facts = replace(self._facts, linked=up, heartbeat_s=None)
        self._counter = self._verdict_s = None
        self.look(at_s)
        if not up and self.mode in _SESSION_MODES:
            self.mode = Mode.READY
        if not up:
            self.tripped = frozenset()

    def contact(self, at_s: float, *, closed: bool) -> None:
        """The patient's contact, as the guardian reads it."""
        self._facts = replace(self._facts, contact_closed=closed)
        self.look(at_s)

    def stop(self, at_s: float) -> None:
        """An operator's stop. It stands until a proof begins, also where nothing was enabled yet."""
        self._facts = replace(self._facts, stopped=True)
        self.look(at_s)

    def reads_back(self, at_s: float, *, well: bool) -> None:
        """Whether the enable line shows what was set."""
        self._facts = replace(self._facts, reads_back=well)
        self.look(at_s)

    def frame(self, at_s: float, seen: Seen) -> None:
        """An image has arrived whole."""
        self._facts = replace(self._facts, frame_s=at_s, seen=seen)
        self.look(at_s)

    def forget_images(self, at_s: float) -> None:
        """The baseline is taken anew: nothing is known of images until it is complete."""
        self._facts = replace(self._facts, frame_s=None, seen=None)
        self.look(at_s)

    def failed(self) -> None:
        """The guardian's own failure; nothing leads back."""
        self._facts = replace(self._facts, failed=True)
        self._drop((Cause.ERROR,) if self.enabled else ())
        self.mode, self.dropped = Mode.DROPPED, Cause.ERROR

    def prove(self) -> str | None:
        """Begin the proof of every cause, with the enable off; the reason if it is refused."""
        if self.mode is Mode.STARTING or self._facts.failed:
            return f"mode is {self.mode.value}"
        self.enabled = False
        self._facts = replace(self._facts, stopped=False)
        self.mode, self.dropped, self.tripped = Mode.PROVING, None, frozenset()
        return None

    def proven(self) -> str | None:
        """End the proof: only if this side, too, saw every cause take the enable away."""
        if self.mode is not Mode.PROVING:
            return f"mode is {self.mode.value}"
        self.enabled = False
        missing = sorted(cause.value for cause in TO_PROVE - self.tripped)
        if missing:
            return "not proven: " + ",".join(missing)
        self.mode, self.dropped = Mode.PROVEN, None
        return None

    def arm(self, at_s: float) -> str | None:
        """Set the enable if every condition holds now; the reason if it is refused."""
        if self.mode not in (Mode.PROVING, Mode.PROVEN):
            return f"mode is {self.mode.value}"
        found = self._failing(at_s)
        if found:
            return "failing: " + ",".join(cause.value for cause in found)
        if self.mode is Mode.PROVEN:
            self.mode = Mode.ENABLED
        self.enabled, self._armed_s = True, at_s
        return None

    def disarm(self) -> None:
        """Take the enable away without a fault: it may be armed again."""
        self.enabled = False
        if self.mode is Mode.ENABLED:
            self.mode = Mode.PROVEN

    def attempt(self, at_s: float, cause: Cause, seen: Seen | None = None) -> str | None:
        """Feed a test value into the path of one cause, for one judgement; it can only take the enable away."""
        if cause not in TO_TRY:
            return f"no test value for {cause.value}"
        kept = self._facts
        if cause in OF_IMAGES:
            stale_s = at_s - self._limits.frame_age_s - 1.0
            self._facts = replace(kept, frame_s=stale_s if cause is Cause.FRAME_AGE else at_s, seen=seen)
        elif cause is Cause.LINK:
            self._facts = replace(kept, linked=False)
        elif cause is Cause.STOP:
            self._facts = replace(kept, contact_closed=False)
        elif cause is Cause.OPERATOR:
            self._facts = replace(kept, stopped=True)
        elif cause is Cause.READBACK:
            self._facts = replace(kept, reads_back=False)
        else:
            self._facts = replace(kept, failed=True)
        if self.enabled:
            self._drop(failing(self._facts, self._limits, at_s, images=cause in OF_IMAGES or self._with_images))
        self._facts = kept
        return None

    def in_the_way(self, at_s: float) -> tuple[Cause, ...]:
        """What would refuse `arm` now for a treatment; for people to see."""
        return failing(self._facts, self._limits, at_s, images=True)

    @property
    def _with_images(self) -> bool:
        # The proof is done before the first image: its enable is bounded in time instead.
        return self.mode is not Mode.PROVING

    def _failing(self, at_s: float) -> tuple[Cause, ...]:
        return failing(self._facts, self._limits, at_s, images=self._with_images)

    def _drop(self, found: tuple[Cause, ...]) -> None:
        if not found or not self.enabled:
            return
        self.enabled = False
        self.dropped = found[0]
        if self.mode is Mode.PROVING:
            self.tripped |= frozenset(found) & TO_PROVE
        else:
            self.mode = Mode.DROPPED
