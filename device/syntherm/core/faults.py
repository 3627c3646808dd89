"""Faults as data: what each means, how severe the answer is, when it clears, and what the operators read."""

from collections.abc import Mapping
from enum import Enum, IntEnum, unique
from typing import Final

import attrs

from syntherm.core.vocabulary import Session, Trigger


@unique
class Response(IntEnum):
    """What a fault asks for, in order of severity: the worst comes first and ABORT never clears by itself."""

    NOTE = 0
    HOLD_INFUSION = 1
    FAIL_INFUSION = 2
    PAUSE = 3
    COOL = 4
    ABORT = 5


TRIGGERS: Final[Mapping[Response, Trigger]] = {
    Response.HOLD_INFUSION: Trigger.FAULT_HOLD,
    Response.FAIL_INFUSION: Trigger.FAULT_INFUSION,
    Response.PAUSE: Trigger.FAULT_PAUSE,
    Response.COOL: Trigger.FAULT_COOL,
    Response.ABORT: Trigger.FAULT_ABORT,
}


@unique
class Priority(IntEnum):
    """Alarm priorities of IEC 60601-1-8."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@unique
class Clears(Enum):
    """When a fault stops standing."""

    WITH_CAUSE = "when its cause is gone"
    BY_RESET = "when two people reset the session"
    NEVER = "not in this session"


@attrs.frozen
class Fault:
    """One fault. It is raised only in the session states of `watched_in`; elsewhere its check still blocks a start."""

    code: str
    response: Response
    priority: Priority
    clears: Clears
    watched_in: frozenset[Session]
    text: str
    control: str


_HEAT = frozenset({Session.HEATING, Session.DRUG_INFUSION_SYNC})
_BEAM = _HEAT | {Session.CALIBRATION}
_IMAGED = _BEAM | {Session.COOLING}
_DRUG = frozenset({Session.DRUG_INFUSION_SYNC})
_LIVE = _IMAGED | {Session.ABORT}


@unique
class Code(Enum):
    """Every fault that the core can raise."""

    PATIENT_STOP = Fault(
        "PATIENT-STOP",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _IMAGED,
        "Patient stop pressed or its loop is open. Energy is off and the pump held. Attend to the patient.",
        "RC-05",
    )
    STOP_LOOP_UNKNOWN = Fault(
        "STOP-LOOP-UNKNOWN",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _IMAGED,
        "The patient stop cannot be read. Energy is off. Check its cable, then reset.",
        "RC-05",
    )
    TRANSDUCER_SILENT = Fault(
        "TRANSDUCER-SILENT",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _BEAM,
        "The generator does not answer. Its lease has ended by itself. Switch its mains off if its lamp is lit.",
        "RC-04",
    )
    TRANSDUCER_UNASKED = Fault(
        "TRANSDUCER-UNASKED",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        frozenset(Session),
        "The generator reports power that was not lent to it. Switch its mains off.",
        "RC-04",
    )
    TRANSDUCER_WITHOUT_LEASE = Fault(
        "TRANSDUCER-WITHOUT-LEASE",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _BEAM,
        "The generator cannot end its power by itself. It must not be used for this treatment.",
        "RC-02",
    )
    TRANSDUCER_REFUSED = Fault(
        "TRANSDUCER-REFUSED",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _BEAM,
        "The generator did not take the power that was lent to it. Look at its display; resume when it is ready.",
        "RC-04",
    )
    PUMP_REFUSED = Fault(
        "PUMP-REFUSED",
        Response.HOLD_INFUSION,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _DRUG,
        "The pump did not take its release. Look at its display; release again when it is ready.",
        "RC-08",
    )
    OFF_NOT_CONFIRMED = Fault(
        "OFF-NOT-CONFIRMED",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        frozenset(Session),
        "A device did not confirm a command. Switch the generator's mains off and clamp the line.",
        "RC-04",
    )
    CLOCK_JUMPED = Fault(
        "CLOCK-JUMPED",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _BEAM,
        "Time jumped: what happened meanwhile is not known. Energy is off. Check the computer's clock, then reset.",
        "RC-02",
    )
    FRAME_FROZEN = Fault(
        "FRAME-FROZEN",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _IMAGED,
        "The scanner repeats one image under new numbers. Temperatures cannot be trusted. Restart the dynamic scan.",
        "RC-09",
    )
    FRAME_REFUSED = Fault(
        "FRAME-REFUSED",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _BEAM,
        "An image does not fit the plan (number, geometry, echo time or field). Check the protocol, then resume.",
        "RC-09",
    )
    FRAME_LATE = Fault(
        "FRAME-LATE",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _HEAT,
        "No valid image in time. Energy is off and the pump held. Check the scanner; resume when images arrive.",
        "RC-09",
    )
    FRAMES_LOST = Fault(
        "FRAMES-LOST",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _HEAT,
        "Images stopped. Temperatures are not known. Treatment is aborted. Check the scanner, then reset.",
        "RC-09",
    )
    DRIFT = Fault(
        "DRIFT",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _BEAM,
        "Field drift cannot be corrected well enough. Check for motion; resume when it has settled.",
        "RC-09",
    )
    TARGET_NOT_SEEN = Fault(
        "TARGET-NOT-SEEN",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _BEAM,
        "Too few voxels of the target have a valid temperature. Check image quality.",
        "RC-09",
    )
    GUARD_NOT_SEEN = Fault(
        "GUARD-NOT-SEEN",
        Response.PAUSE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _BEAM,
        "Too few voxels of a guard region have a valid temperature. Check image quality.",
        "RC-10",
    )
    TARGET_HOT = Fault(
        "TARGET-HOT",
        Response.ABORT,
        Priority.HIGH,
        Clears.BY_RESET,
        _BEAM,
        "The target may be above its limit. Energy is off; keep imaging while it cools.",
        "RC-01",
    )
    GUARD_HOT = Fault(
        "GUARD-HOT",
        Response.PAUSE,
        Priority.HIGH,
        Clears.WITH_CAUSE,
        _BEAM,
        "A guard region may be above its temperature limit. Energy is off. Wait until it has cooled.",
        "RC-10",
    )
    GUARD_DOSE = Fault(
        "GUARD-DOSE",
        Response.COOL,
        Priority.HIGH,
        Clears.NEVER,
        _BEAM,
        "A guard region may have had its thermal dose. Heating is over. Keep imaging while it cools; look at the skin.",
        "RC-10",
    )
    OUT_OF_RANGE = Fault(
        "OUT-OF-RANGE",
        Response.HOLD_INFUSION,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        _DRUG,
        "The target has left its range for too long. The pump is held; release it again after the dwell.",
        "RC-07",
    )
    PUMP_SILENT = Fault(
        "PUMP-SILENT",
        Response.HOLD_INFUSION,
        Priority.HIGH,
        Clears.WITH_CAUSE,
        _DRUG,
        "The pump does not answer. Its watchdog stops it. Look at the pump.",
        "RC-08",
    )
    PUMP_ALARM = Fault(
        "PUMP-ALARM",
        Response.FAIL_INFUSION,
        Priority.HIGH,
        Clears.NEVER,
        _HEAT,
        "The pump has stopped with an alarm. The infusion is over; the drug given so far goes on being heated. Look at the pump's display and clamp the line.",
        "RC-08",
    )
    PUMP_UNASKED = Fault(
        "PUMP-UNASKED",
        Response.FAIL_INFUSION,
        Priority.HIGH,
        Clears.WITH_CAUSE,
        _LIVE,
        "The pump runs although it was not released, or not at the rate that was set. Clamp the line.",
        "RC-08",
    )
    PUMP_OVER = Fault(
        "PUMP-OVER",
        Response.FAIL_INFUSION,
        Priority.HIGH,
        Clears.NEVER,
        _LIVE,
        "More drug than prescribed may have been given. Clamp the line.",
        "RC-08",
    )
    HEATING_TOO_LONG = Fault(
        "HEATING-TOO-LONG",
        Response.COOL,
        Priority.MEDIUM,
        Clears.NEVER,
        _HEAT,
        "The longest heating time is reached. Heating is over. Keep imaging while tissue cools.",
        "RC-11",
    )
    COOLING_SLOW = Fault(
        "COOLING-SLOW",
        Response.NOTE,
        Priority.MEDIUM,
        Clears.WITH_CAUSE,
        frozenset({Session.COOLING}),
        "Tissue cools more slowly than expected. Keep imaging; check perfusion and the water bath.",
        "RC-11",
    )
    MOTION = Fault(
        "MOTION", Response.ABORT, Priority.HIGH, Clears.BY_RESET, _BEAM,
        "The patient or the image has moved too far for the baseline. Energy is off and the pump held. Look after the "
        "patient. To heat again: reset, place the target and calibrate anew.",
        "RC-09")  # fmt: skip
    BREATHING = Fault(
        "BREATHING", Response.PAUSE, Priority.MEDIUM, Clears.WITH_CAUSE, _BEAM,
        "Breathing is unlike that of calibration. Energy is off and the pump held. Look after the patient and the "
        "sedation; resume when breathing is even again.",
        "RC-09")  # fmt: skip
    FIELD_CHANGED = Fault(
        "FIELD-CHANGED", Response.PAUSE, Priority.MEDIUM, Clears.WITH_CAUSE, _BEAM,
        "Unheated tissue changed suddenly: the field has changed, not the temperature. Look for movement, metal and "
        "bubbles; resume when it has settled.",
        "RC-09")  # fmt: skip
    IMAGE_NOISE = Fault(
        "IMAGE-NOISE", Response.PAUSE, Priority.MEDIUM, Clears.WITH_CAUSE, _BEAM,
        "The noise of the images is not that of calibration: interference, a coil, or an image that repeats. Check "
        "coil and scan; resume when images are as before.",
        "RC-09")  # fmt: skip
    IMAGE_SCALE = Fault(
        "IMAGE-SCALE", Response.PAUSE, Priority.MEDIUM, Clears.WITH_CAUSE, _BEAM,
        "The brightness of the images has changed. Check coil, receiver gain and reconstruction; resume when it is "
        "as in calibration.",
        "RC-09")  # fmt: skip
    HEAT_UNEXPLAINED = Fault(
        "HEAT-UNEXPLAINED", Response.ABORT, Priority.HIGH, Clears.BY_RESET, _BEAM,
        "The target warms by more than the energy lent explains. The images or the generator cannot be trusted. See "
        "that the generator is off; reset and calibrate anew.",
        "RC-09")  # fmt: skip
    HEAT_MISSING = Fault(
        "HEAT-MISSING", Response.ABORT, Priority.HIGH, Clears.BY_RESET, _BEAM,
        "Energy went in and the images do not show its heat: it may be elsewhere. Look for bubbles, coupling and "
        "movement; reset and calibrate anew.",
        "RC-09")  # fmt: skip
    SONICATION_NOT_SEEN = Fault(
        "SONICATION-NOT-SEEN", Response.PAUSE, Priority.MEDIUM, Clears.WITH_CAUSE, _BEAM,
        "No valid image came during the test sonication. Energy is off. Check the scanner; repeat the calibration when "
        "images arrive.",
        "RC-09")  # fmt: skip
    CHECK_DID_NOT_RUN = Fault(
        "CHECK-DID-NOT-RUN", Response.ABORT, Priority.HIGH, Clears.NEVER, frozenset(Session),
        "A safety check did not run. This is a defect of the software: stop treating and report it.", "RC-09")  # fmt: skip
    PROPERTY_VIOLATED = Fault(
        "PROPERTY-VIOLATED", Response.ABORT, Priority.HIGH, Clears.NEVER, frozenset(Session),
        "The session would have broken a safety property. This is a defect of the software: stop treating and report it.",
        "RC-16")  # fmt: skip
