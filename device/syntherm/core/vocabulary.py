"""The words of the table: states of each region, triggers, facts that guards test, and effects."""

from enum import Enum, unique


@unique
class Session(Enum):
    """The treatment day."""

    SETUP = "setup"
    CALIBRATION = "calibration"
    HEATING = "heating"
    DRUG_INFUSION_SYNC = "drug-infusion-sync"
    COOLING = "cooling"
    COMPLETE = "complete"
    ABORT = "abort"


@unique
class Calibration(Enum):
    """How far thermometry and beam have been proven on this patient today."""

    NONE = "none"
    BASELINE = "baseline"
    LEARNED = "learned"
    TEST = "test"
    REVIEW = "review"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@unique
class Energy(Enum):
    """Whether leases of power may be granted, and which."""

    OFF = "off"
    TEST = "test"
    ON = "on"
    PAUSED = "paused"


@unique
class Infusion(Enum):
    """The life of the one infusion."""

    IDLE = "idle"
    ARMED = "armed"
    INFUSING = "infusing"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"


State = Session | Calibration | Energy | Infusion
REGIONS: tuple[type[Session] | type[Calibration] | type[Energy] | type[Infusion], ...] = (
    Session,
    Calibration,
    Energy,
    Infusion,
)


@unique
class Trigger(Enum):
    """What the table reacts to. Operators' acts first, then equipment, then faults by their response."""

    CONFIRM = "confirm"
    BEGIN_CALIBRATION = "begin-calibration"
    REPEAT_CALIBRATION = "repeat-calibration"
    BEGIN_TEST = "begin-test"
    ACCEPT_CALIBRATION = "accept-calibration"
    BEGIN_HEATING = "begin-heating"
    RELEASE_INFUSION = "release-infusion"
    HOLD_INFUSION = "hold-infusion"
    END_INFUSION = "end-infusion"
    PAUSE = "pause"
    RESUME = "resume"
    END_HEATING = "end-heating"
    STOP = "stop"
    SIGN = "sign"
    RESET = "reset"

    FRAME = "frame"
    POLL = "poll"
    RESTART = "restart"

    FAULT_HOLD = "fault-hold"
    FAULT_INFUSION = "fault-infusion"
    FAULT_PAUSE = "fault-pause"
    FAULT_COOL = "fault-cool"
    FAULT_ABORT = "fault-abort"


ACTS: tuple[Trigger, ...] = tuple(Trigger)[: tuple(Trigger).index(Trigger.FRAME)]
FALLING_ACTS: frozenset[Trigger] = frozenset(
    {Trigger.STOP, Trigger.PAUSE, Trigger.HOLD_INFUSION, Trigger.END_INFUSION, Trigger.END_HEATING}
)
"""Acts that take away. They are answered whatever else happens; all others rest on what the person has seen."""


@unique
class Fact(Enum):
    """What a guard may ask. Each is a pure predicate over the session's state and the event at hand."""

    SETUP_CONFIRMED = "every setup item is confirmed by the people it needs"
    STOP_PATH_PROVEN = "the patient stop was seen to open and to close, with the generator read back as off"
    EQUIPMENT_READY = "every equipment check may start"
    MAY_START = "every check may start"
    TISSUE_SETTLED = "enough time has passed since the last energy"
    FRAME_ACCEPTED = "the frame is this session's next valid image"
    BASELINE_LEARNED = "enough baseline images are learned"
    PRECISION_GOOD = "the precision measured in place is good enough for the plan"
    TEST_FINISHED = "the test sonication has had its images"
    RESPONSE_GOOD = "rise and focus offset of the test sonication are within the plan"
    OTHER_PERSON_AGREED = "a different person has already agreed to this"
    DWELL_REACHED = "in range on bounds without a break for the dwell"
    INFUSION_UNFINISHED = "the infusion is armed or held"
    VOLUME_DELIVERED = "the prescribed volume has reached the patient"
    TIME_REACHED = "the prescribed time in range is reached and no infusion is under way"
    COOLED = "target and guards are below the release temperature on upper bounds"
    REASON_GIVEN = "a reason is given"


@unique
class Effect(Enum):
    """What a row asks for, beside its move. The step carries it out; falling effects come first."""

    ENERGY_OFF = "end energy"
    HOLD_INFUSION = "hold the pump"
    FORGET_PEOPLE = "forget every confirmation"
    FORGET_CALIBRATION = "forget what was calibrated"
    CLEAR_LATCHES = "clear latched faults"
    REMEMBER = "remember who agreed"
    START_LEARNING = "start learning the baseline"
    SET_RESPONSE = "keep the response of the test sonication"
    KEEP_MAPS = "keep the temperature maps of this moment"
    GRANT_TEST = "grant a lease for the test sonication"
    GRANT_LEASE = "grant a lease from the controller"
    GRANT_INFUSION = "let the pump go on for one watchdog"


@unique
class SetupItem(Enum):
    """What is confirmed in SETUP, and by how many different people."""

    PLAN = "plan"
    IDENTITY = "identity"
    DEVICES = "devices"
    STOP_PATH = "stop-path"
    PUMP = "pump"
    REGIONS = "regions"

    @property
    def people(self) -> int:
        """How many different people must confirm it."""
        return 2 if self in (SetupItem.PLAN, SetupItem.IDENTITY, SetupItem.PUMP) else 1
