"""What is claimed of every session, in words: the proof's properties, and the monitors that watch a running one.

One list serves both. `WATCHED` are claims about single sessions, which a monitor can judge as it goes; the others
are claims about all sessions together or about what will happen in the end, which only a search can judge.
"""

from enum import Enum, unique
from typing import Final

import attrs


@attrs.frozen
class Claim:
    """One property: its name, a sentence for the reader, and what it verifies."""

    name: str
    says: str
    requirements: tuple[str, ...]
    controls: tuple[str, ...]


def _claim(name: str, says: str, ids: str) -> Claim:
    each = ids.split()
    return Claim(
        name, says, tuple(i for i in each if i.startswith("SRS")), tuple(i for i in each if i.startswith("RC"))
    )


@unique
class Property(Enum):
    """Every property."""

    ONE_ROW = _claim(
        "one-row",
        "In every state of every region, for every trigger and whatever the facts, exactly one row applies.",
        "SRS-101",
    )
    REFUSAL_CHANGES_NOTHING = _claim(
        "refusal-changes-nothing", "An act that is refused moves no region and commands nothing.", "SRS-102"
    )
    ENERGY_IN_ITS_STATES = _claim(
        "energy-in-its-states",
        "Energy is lent only for the test sonication of CALIBRATION, and in HEATING and DRUG-INFUSION-SYNC upon a "
        "calibration that was accepted.",
        "SRS-201 SRS-104 RC-01 RC-06",
    )
    LEASE_FROM_IMAGE = _claim(
        "lease-from-image",
        "Every loan of energy answers an accepted image and ends one lease after it at the latest: "
        "neither time nor anything else renews it.",
        "SRS-201 SRS-202 RC-02",
    )
    HAZARD_ENDS_ENERGY = _claim(
        "hazard-ends-energy",
        "In every state a stop, a restart, and a fault that pauses, cools or aborts take all energy away in the "
        "same step; a stop, a restart and an abort hold the pump too. No confirmation is waited for.",
        "SRS-105 SRS-113 SRS-409 SRS-411 RC-01 RC-10",
    )
    STOP_FROM_EVERYWHERE = _claim(
        "stop-from-everywhere",
        "One stop by anybody leads from every state to ABORT, and is never refused; a complete session stays complete.",
        "SRS-105 RC-01",
    )
    REFUSAL_SAYS_WHY = _claim(
        "refusal-says-why",
        "An act that is refused for want of something is refused in the words that name it.",
        "SRS-102",
    )
    WAY_BACK = _claim(
        "way-back-from-abort",
        "After ABORT no energy flows before two different people have reset with a reason, each setup item was "
        "confirmed anew by as many different people as it needs, the patient stop was seen to open, and, for heating, "
        "two different people accepted a new calibration.",
        "SRS-103 SRS-104 SRS-106 SRS-704 RC-03 RC-05 RC-06 RC-12",
    )
    NOTHING_SURVIVES = _claim(
        "nothing-survives-a-reset",
        "A reset leaves no confirmation, no proof of the patient stop, no calibration and no dwell; "
        "a calibration begun anew leaves no acceptance, no temperature and no dwell.",
        "SRS-106 SRS-405 RC-03 RC-12",
    )
    INFUSION_AFTER_DWELL = _claim(
        "infusion-after-dwell",
        "The pump is released only by a person, with energy on, every check passing, and after images that showed "
        "the target in range on bounds, without a break, for the dwell.",
        "SRS-301 RC-07",
    )
    INFUSION_IN_HEAT = _claim(
        "infusion-in-heat",
        "The pump is fed only in DRUG-INFUSION-SYNC with energy on, by accepted images, and for no longer out of range "
        "than the plan allows.",
        "SRS-302 SRS-306 RC-07 RC-08",
    )
    NEVER_MORE = _claim(
        "never-more-than-prescribed",
        "The patient gets no more than the prescribed volume, across holds, crashes and recovery: the pump's own limit "
        "is never set above it, and the account never falls behind what the pump reported.",
        "SRS-303 SRS-306 RC-08",
    )
    INFUSION_ONCE = _claim(
        "infusion-once", "An infusion that is done or failed never runs again.", "SRS-303 SRS-305 RC-08"
    )
    NOTHING_BY_ITSELF = _claim(
        "nothing-by-itself",
        "Energy and drug begin, and begin again after a pause, a hold or a crash, only by a person's act with every "
        "check passing.",
        "SRS-111 SRS-301 RC-01 RC-07",
    )
    LATCHED = _claim(
        "latched",
        "While a fault stands that took energy away and that only people or nobody can clear, no energy and no drug "
        "begins; while one stands that ended the infusion for good, no drug does.",
        "SRS-703 RC-01",
    )
    RESTART_SAFE = _claim(
        "restart-safe",
        "While the controller is dead, energy ends within a lease and the pump within its watchdog; "
        "its restart leads to ABORT.",
        "SRS-113 SRS-201 SRS-306 RC-02 RC-08",
    )
    HEATING_BOUNDED = _claim(
        "heating-bounded",
        "Energy flows for no longer than the plan's longest heating time and one look.",
        "SRS-108 RC-11",
    )
    IMAGES_NEEDED = _claim(
        "images-needed",
        "Energy never flows longer than one lease after the last accepted image, and images that stay away lead to "
        "ABORT.",
        "SRS-202 SRS-409 RC-02 RC-09",
    )
    LIMITS_EXACT = _claim(
        "limits-exact",
        "A loan lasts one lease and a release one watchdog; a silence of the clock beyond its limit aborts; and where "
        "nobody acts and no fault is present, nothing is taken away before a limit of time is passed.",
        "SRS-108 SRS-201 SRS-302 SRS-306 SRS-409 RC-02 RC-08",
    )
    FALLING_WINS = _claim(
        "falling-wins",
        "No step takes away and lends on the same channel, and nothing is lent, or left lent, to a region that does "
        "not flow.",
        "SRS-204 RC-01",
    )
    TISSUE_SETTLED = _claim(
        "tissue-settled",
        "No baseline is learned before heated tissue has had the plan's time to settle.",
        "SRS-405 RC-06",
    )
    END_IS_FINAL = _claim("end-is-final", "COMPLETE is never left.", "SRS-110")
    ACTS_ANSWERED = _claim(
        "acts-answered",
        "An act is accepted exactly where the requirements give it its place, and what takes away always is; "
        "images, looks at equipment, faults and restarts are never refused.",
        "SRS-102 SRS-103 SRS-104 SRS-106 SRS-110 SRS-111 SRS-301 SRS-412 RC-01 RC-03",
    )
    WAYS = _claim(
        "ways",
        "Each region takes only the ways that the treatment day gives it, and takes them when they are due.",
        "SRS-103 SRS-104 SRS-109 SRS-301 SRS-303 SRS-305 RC-06 RC-08",
    )
    CALIBRATION_PROVEN = _claim(
        "calibration-proven",
        "A calibration comes to be accepted only after a baseline with good precision and a test sonication that was "
        "given all its images and whose response was good.",
        "SRS-104 SRS-405 SRS-412 RC-06",
    )
    PRESCRIBED_TIME = _claim(
        "prescribed-time",
        "Heating ends by itself at the image that completes the prescribed time in range while no infusion is under "
        "way, and at no image before.",
        "SRS-107 RC-11",
    )
    KEPT = _claim(
        "kept",
        "Whoever agrees is remembered, each key moment keeps its maps, and each test sonication its response.",
        "SRS-104 SRS-110 SRS-412 SRS-801",
    )
    ENDS = _claim(
        "ends",
        "Once heating has begun, it ends by itself as long as time passes and equipment is looked at; and cooling ends "
        "as long as images show that tissue cools.",
        "SRS-108 SRS-109 RC-11",
    )
    NO_TRAP = _claim(
        "no-trap", "From every state the people can still reach COMPLETE or a new SETUP.", "SRS-101 SRS-106"
    )
    NO_DEAD_ROW = _claim(
        "no-dead-row", "Every row decides something in some session, or says that it never can.", "SRS-101"
    )
    EVERY_STATE = _claim("every-state", "Every state of every region is reached in some session.", "SRS-101")


WATCHED: Final[frozenset[Property]] = frozenset(Property) - {
    Property.ONE_ROW, Property.ACTS_ANSWERED, Property.WAYS, Property.CALIBRATION_PROVEN, Property.PRESCRIBED_TIME,
    Property.KEPT, Property.ENDS, Property.NO_TRAP, Property.NO_DEAD_ROW, Property.EVERY_STATE,
    Property.REFUSAL_SAYS_WHY, Property.LIMITS_EXACT,
}  # fmt: skip
"""What a monitor judges in each session. A broken ONE_ROW ends the step itself; what the table says act by act, and way
by way, is compared bit for bit when a record is executed again."""
