"""Faults of a device on its wire. Each simulator shows those that its protocol can have."""

from enum import Enum, unique


@unique
class WireFault(Enum):
    """What goes wrong; the value says it for a reader."""

    MUTE = "does not answer"
    SLOW = "answers too late"
    GARBLED = "answers with changed bytes"
    HALF = "answers with the first half only"
    STUCK = "repeats the values of its last answer"
    ALARM = "raises an alarm that nobody asked for"
    RESET = "forgets all that it was told, as after a power failure"
    WRONG_REPLY = "answers what it was not asked"
    OTHERS_REPLY = "answers with the reply to the command before"
    LIES = "reports what was asked for, and does something else"
    IGNORES_OFF = "acknowledges off, and goes on"
