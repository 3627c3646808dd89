"""What the guardian knows, and which of its conditions fail at a moment. Not known is failed."""

from dataclasses import dataclass
from math import isfinite

from syntherm.guardian.causes import OF_IMAGES, Cause


@dataclass(frozen=True, slots=True)
class Limits:
    """`proof_s`: how long the enable may be on while causes are being proven."""

    heartbeat_s: float
    frame_age_s: float
    temperature_degC: float
    proof_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What one image showed. `temperature_degC` is None while the baseline is being taken."""

    temperature_degC: float | None
    frozen: bool = False
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """All moments are of the guardian's own clock. `stopped`: a desk asked for the enable to fall."""

    failed: bool = False
    linked: bool = False
    stopped: bool = False
    heartbeat_s: float | None = None
    contact_closed: bool = False
    reads_back: bool = False
    frame_s: float | None = None
    seen: Seen | None = None


def failing(facts: Facts, limits: Limits, at_s: float, *, images: bool) -> tuple[Cause, ...]:
    """Every condition that does not hold at `at_s`; those of images only if `images`."""
    seen = facts.seen
    holds = {
        Cause.ERROR: not facts.failed,
        Cause.LINK: facts.linked,
        Cause.HEARTBEAT: _fresh(facts.heartbeat_s, limits.heartbeat_s, at_s),
        Cause.STOP: facts.contact_closed,
        Cause.OPERATOR: not facts.stopped,
        Cause.READBACK: facts.reads_back,
        Cause.FRAME_AGE: _fresh(facts.frame_s, limits.frame_age_s, at_s),
        Cause.FROZEN: seen is not None and not seen.frozen,
        Cause.UNREADABLE: seen is not None and seen.readable and seen.temperature_degC is not None,
        Cause.TEMPERATURE: not _hot(seen, limits.temperature_degC),
    }
    return tuple(cause for cause, well in holds.items() if not well and (images or cause not in OF_IMAGES))


def _fresh(moment_s: float | None, limit_s: float, at_s: float) -> bool:
    return moment_s is not None and 0.0 <= at_s - moment_s <= limit_s


def _hot(seen: Seen | None, limit_degC: float) -> bool:
    # What has no temperature fails as unreadable.
    if seen is None or seen.temperature_degC is None:
        return False
    return not (isfinite(seen.temperature_degC) and seen.temperature_degC <= limit_degC)
