"""Why the guardian takes the enable away, and the states it can be in. The values are words of its messages."""

from enum import Enum, unique


@unique
class Cause(Enum):
    """The first that fails is told as the reason."""

    ERROR = "error"  # the guardian's own failure
    LINK = "link"  # the session closed its connection, or died
    HEARTBEAT = "heartbeat"  # no new verdict of the session in time
    STOP = "stop"  # the patient's contact is open, or cannot be read
    OPERATOR = "operator"  # a desk asked for it, at the door that knows no other word
    READBACK = "readback"  # the enable line does not show what was set
    FRAME_AGE = "frame-age"  # no image in time
    FROZEN = "frozen"  # an image equal to the one before, bit for bit
    UNREADABLE = "unreadable"  # an image without a temperature
    TEMPERATURE = "temperature"  # above the guardian's own limit
    UNPROVEN = "unproven"  # an enable for the proof has lasted too long


OF_IMAGES = frozenset({Cause.FRAME_AGE, Cause.FROZEN, Cause.UNREADABLE, Cause.TEMPERATURE})
TO_PROVE = frozenset(Cause) - {Cause.UNPROVEN}
"""What must have been seen to take the enable away before the guardian may give it for a treatment."""
TO_TRY = TO_PROVE - {Cause.HEARTBEAT}
"""What a test value can be fed for. The heartbeat is proven by withholding it."""


@unique
class Mode(Enum):
    """Enable can be on in PROVING, for a bounded time, and in ENABLED."""

    STARTING = "starting"
    READY = "ready"
    PROVING = "proving"
    PROVEN = "proven"
    ENABLED = "enabled"
    DROPPED = "dropped"
