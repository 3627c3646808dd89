"""The session, as rows. Every transition that exists is here, and nowhere else.

Four regions (session, calibration, energy, infusion) react to the same trigger at the same moment: all guards
are tested before any region moves. Each (state, trigger) pair has at least one row, and exactly one row whose
guard holds; a row without a target says why the trigger is ignored or refused there, or that it never comes to be
decided there. The proof shows all three: one row for every pair, none that is dead, none of the last kind reached.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, unique
from itertools import chain
from typing import Final

import attrs

from syntherm.core.vocabulary import Calibration, Effect, Energy, Fact, Infusion, Session, State, Trigger

Literal = tuple[Fact, bool]
"""A fact and the truth that the guard asks of it."""


@unique
class Kind(Enum):
    """What a row does with its trigger."""

    MOVE = "move"
    IGNORE = "ignore"
    REFUSE = "refuse"
    NEVER = "never"


@attrs.frozen
class Row:
    """One transition. `response_s` is the longest time from trigger to command; `because` explains a non-move."""

    source: State
    trigger: Trigger
    guard: tuple[Literal, ...]
    kind: Kind
    target: State
    effects: tuple[Effect, ...] = ()
    response_s: float | None = None
    requirements: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    because: str = ""


S, C, E, N, T, F, A = Session, Calibration, Energy, Infusion, Trigger, Fact, Effect
STOP_RESPONSE_S: Final = 0.1


def _lit(facts: Iterable[Fact | Literal]) -> tuple[Literal, ...]:
    return tuple(fact if isinstance(fact, tuple) else (fact, True) for fact in facts)


def no(fact: Fact) -> Literal:
    """The literal that asks a fact to be false."""
    return (fact, False)


def move(
    sources: State | tuple[State, ...],
    trigger: Trigger,
    target: State | None,
    *effects: Effect,
    when: Iterable[Fact | Literal] = (),
    within_s: float | None = None,
    srs: str = "",
    rc: str = "",
) -> tuple[Row, ...]:
    """Rows that accept `trigger`; a target of None stays where it is."""
    every = sources if isinstance(sources, tuple) else (sources,)
    return tuple(
        Row(s, trigger, _lit(when), Kind.MOVE, target or s, effects, within_s, tuple(srs.split()), tuple(rc.split()))
        for s in every
    )


def _still(
    kind: Kind, sources: State | tuple[State, ...], triggers: Trigger | tuple[Trigger, ...], because: str,
    when: Iterable[Fact | Literal], srs: str, rc: str,
) -> tuple[Row, ...]:  # fmt: skip
    every = sources if isinstance(sources, tuple) else (sources,)
    each = triggers if isinstance(triggers, tuple) else (triggers,)
    asked, req, controls = _lit(when), tuple(srs.split()), tuple(rc.split())
    return tuple(
        Row(s, t, asked, kind, s, requirements=req, controls=controls, because=because) for s in every for t in each
    )


def ignore(
    sources: State | tuple[State, ...], triggers: Trigger | tuple[Trigger, ...], because: str, *,
    when: Iterable[Fact | Literal] = (), srs: str = "", rc: str = "",
) -> tuple[Row, ...]:  # fmt: skip
    """Rows that take note of a trigger and do nothing."""
    return _still(Kind.IGNORE, sources, triggers, because, when, srs, rc)


def refuse(
    sources: State | tuple[State, ...], triggers: Trigger | tuple[Trigger, ...], because: str, *,
    when: Iterable[Fact | Literal] = (), srs: str = "SRS-102", rc: str = "",
) -> tuple[Row, ...]:  # fmt: skip
    """Rows that make a trigger illegal: the step raises and nothing changes."""
    return _still(Kind.REFUSE, sources, triggers, because, when, srs, rc)


def never(
    sources: State | tuple[State, ...], triggers: Trigger | tuple[Trigger, ...], because: str, *,
    when: Iterable[Fact | Literal] = (),
) -> tuple[Row, ...]:  # fmt: skip
    """Rows that are proven never to decide: another region refuses, or nothing gets here. If one does: a defect."""
    return _still(Kind.NEVER, sources, triggers, because, when, "SRS-101", "")


def _but(region: type[State], *places: State) -> tuple[State, ...]:
    return tuple(state for state in region if state not in places)


ENERGISED: Final = (S.HEATING, S.DRUG_INFUSION_SYNC)
_BEFORE_ABORT: Final = (S.SETUP, S.CALIBRATION, S.HEATING, S.DRUG_INFUSION_SYNC, S.COOLING)
_LATER: Final = (S.HEATING, S.DRUG_INFUSION_SYNC, S.COOLING, S.COMPLETE, S.ABORT)

# What takes away stands once: energy in the energy region's rows, drug in the infusion region's.
# ---------------------------------------------------------------------------------------------- the treatment day
SESSION: Final[tuple[Row, ...]] = tuple(
    chain(
        move(S.SETUP, T.CONFIRM, None, A.REMEMBER, srs="SRS-103", rc="RC-12"),
        refuse(_LATER, T.CONFIRM, "setup is over: setup items are confirmed in setup only"),
        refuse(S.CALIBRATION, T.CONFIRM, "setup is over: setup items are confirmed in setup only"),
        move(S.SETUP, T.BEGIN_CALIBRATION, S.CALIBRATION,
             when=(F.SETUP_CONFIRMED, F.STOP_PATH_PROVEN, F.EQUIPMENT_READY, F.TISSUE_SETTLED),
             srs="SRS-103 SRS-208", rc="RC-04 RC-05 RC-12"),
        refuse(S.SETUP, T.BEGIN_CALIBRATION, "not every setup item is confirmed",
               when=(no(F.SETUP_CONFIRMED),), srs="SRS-103", rc="RC-12"),
        refuse(S.SETUP, T.BEGIN_CALIBRATION, "the patient stop is not proven",
               when=(F.SETUP_CONFIRMED, no(F.STOP_PATH_PROVEN)), srs="SRS-103", rc="RC-05"),
        refuse(S.SETUP, T.BEGIN_CALIBRATION, "a device is not ready",
               when=(F.SETUP_CONFIRMED, F.STOP_PATH_PROVEN, no(F.EQUIPMENT_READY)), srs="SRS-103 SRS-208", rc="RC-04"),
        refuse(S.SETUP, T.BEGIN_CALIBRATION, "heated tissue needs time to return to its baseline temperature",
               when=(F.SETUP_CONFIRMED, F.STOP_PATH_PROVEN, F.EQUIPMENT_READY, no(F.TISSUE_SETTLED)), srs="SRS-405"),
        refuse(S.CALIBRATION, T.BEGIN_CALIBRATION, "calibration has begun: repeat it instead"),
        refuse(_LATER, T.BEGIN_CALIBRATION, "calibration follows setup only"),
        ignore(S.CALIBRATION, (T.REPEAT_CALIBRATION, T.BEGIN_TEST, T.ACCEPT_CALIBRATION),
               "the calibration region answers it"),
        refuse((S.SETUP, *_LATER), (T.REPEAT_CALIBRATION, T.BEGIN_TEST, T.ACCEPT_CALIBRATION),
               "this belongs to calibration"),
        refuse(S.CALIBRATION, T.BEGIN_HEATING, "a check does not allow it", when=(no(F.MAY_START),), rc="RC-06"),
        move(S.CALIBRATION, T.BEGIN_HEATING, S.HEATING, A.KEEP_MAPS,
             when=(F.MAY_START,), srs="SRS-104", rc="RC-06"),
        refuse((S.SETUP, *_LATER), T.BEGIN_HEATING, "heating begins from an accepted calibration only",
               srs="SRS-102 SRS-104"),
        # Infusion: the session follows the one infusion.
        move(S.HEATING, T.RELEASE_INFUSION, S.DRUG_INFUSION_SYNC, A.KEEP_MAPS,
             when=(F.INFUSION_UNFINISHED, F.DWELL_REACHED, F.MAY_START), srs="SRS-301", rc="RC-07"),
        refuse(S.HEATING, T.RELEASE_INFUSION, "there is no infusion left to release", when=(no(F.INFUSION_UNFINISHED),)),
        refuse(S.HEATING, T.RELEASE_INFUSION, "the target has not been in range for the dwell",
               when=(F.INFUSION_UNFINISHED, no(F.DWELL_REACHED)), srs="SRS-301", rc="RC-07"),
        refuse(S.HEATING, T.RELEASE_INFUSION, "a check does not allow it",
               when=(F.INFUSION_UNFINISHED, F.DWELL_REACHED, no(F.MAY_START)), srs="SRS-301", rc="RC-07"),
        ignore(S.DRUG_INFUSION_SYNC, (T.RELEASE_INFUSION, T.HOLD_INFUSION), "the infusion region answers it"),
        refuse((S.SETUP, S.CALIBRATION, S.COOLING, S.COMPLETE, S.ABORT), T.RELEASE_INFUSION,
               "drug is released into established heat only", srs="SRS-301", rc="RC-07"),
        refuse((S.SETUP, S.CALIBRATION, S.HEATING, S.COOLING, S.COMPLETE, S.ABORT), T.HOLD_INFUSION,
               "no infusion is running"),
        move(S.DRUG_INFUSION_SYNC, T.END_INFUSION, S.HEATING, A.KEEP_MAPS, srs="SRS-303"),
        refuse((S.SETUP, S.CALIBRATION, S.HEATING, S.COOLING, S.COMPLETE, S.ABORT), T.END_INFUSION,
               "no infusion is running"),
        ignore(ENERGISED, (T.PAUSE, T.RESUME), "the energy region answers it"),
        refuse((S.SETUP, S.CALIBRATION, S.COOLING, S.COMPLETE, S.ABORT), (T.PAUSE, T.RESUME),
               "only a heating session can be paused and resumed"),
        move(ENERGISED, T.END_HEATING, S.COOLING, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-107", rc="RC-01"),
        refuse((S.SETUP, S.CALIBRATION, S.COOLING, S.COMPLETE, S.ABORT), T.END_HEATING, "the session is not heating"),
        move(_BEFORE_ABORT, T.STOP, S.ABORT, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-105", rc="RC-01"),
        ignore((S.COMPLETE, S.ABORT), T.STOP, "all is off; energy and infusion regions say so again"),
        move(S.COMPLETE, T.SIGN, None, A.REMEMBER, srs="SRS-110"),
        refuse((*_BEFORE_ABORT, S.ABORT), T.SIGN, "only a complete session is signed"),
        move(S.ABORT, T.RESET, None, A.REMEMBER,
             when=(F.REASON_GIVEN, no(F.OTHER_PERSON_AGREED)), srs="SRS-106", rc="RC-03"),
        move(S.ABORT, T.RESET, S.SETUP, A.FORGET_PEOPLE, A.FORGET_CALIBRATION, A.CLEAR_LATCHES,
             when=(F.REASON_GIVEN, F.OTHER_PERSON_AGREED), srs="SRS-106", rc="RC-03"),
        refuse(S.ABORT, T.RESET, "a reason is needed", when=(no(F.REASON_GIVEN),), srs="SRS-106", rc="RC-03"),
        refuse((*_BEFORE_ABORT, S.COMPLETE), T.RESET, "only an aborted session is reset"),
        # Equipment.
        ignore(S.SETUP, T.FRAME, "images serve from calibration on"),
        ignore((S.CALIBRATION, S.COMPLETE, S.ABORT), T.FRAME, "the image is recorded; nothing to decide here"),
        move(S.HEATING, T.FRAME, S.COOLING, A.KEEP_MAPS, when=(F.TIME_REACHED,),
             within_s=STOP_RESPONSE_S, srs="SRS-107"),
        ignore(S.HEATING, T.FRAME, "the prescribed time in range is not reached", when=(no(F.TIME_REACHED),)),
        ignore(S.DRUG_INFUSION_SYNC, T.FRAME, "the infusion decides when this state ends"),
        move(S.COOLING, T.FRAME, S.COMPLETE, A.KEEP_MAPS, when=(F.COOLED,), srs="SRS-109"),
        ignore(S.COOLING, T.FRAME, "heat is still leaving", when=(no(F.COOLED),)),
        move(S.DRUG_INFUSION_SYNC, T.POLL, S.HEATING, A.KEEP_MAPS, when=(F.VOLUME_DELIVERED,), srs="SRS-303", rc="RC-08"),
        ignore(S.DRUG_INFUSION_SYNC, T.POLL, "the prescribed volume is not yet delivered", when=(no(F.VOLUME_DELIVERED),)),
        ignore((S.SETUP, S.CALIBRATION, S.HEATING, S.COOLING, S.COMPLETE, S.ABORT), T.POLL, "nothing to decide here"),
        move(_BEFORE_ABORT, T.RESTART, S.ABORT,
             within_s=STOP_RESPONSE_S, srs="SRS-113", rc="RC-02"),
        ignore((S.COMPLETE, S.ABORT), T.RESTART, "all is off; energy and infusion regions say so again"),
        # Faults, by their response.
        ignore((*ENERGISED, S.COOLING, S.ABORT), (T.FAULT_HOLD, T.FAULT_PAUSE), "energy and infusion regions answer it"),
        ignore(S.CALIBRATION, T.FAULT_PAUSE, "energy and calibration regions answer it"),
        never((S.SETUP, S.CALIBRATION, S.COMPLETE), T.FAULT_HOLD, "no such fault is watched here"),
        never((S.SETUP, S.COMPLETE), (T.FAULT_PAUSE, T.FAULT_INFUSION, T.FAULT_COOL), "no such fault is watched here"),
        move(S.DRUG_INFUSION_SYNC, T.FAULT_INFUSION, S.HEATING, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-305", rc="RC-08"),
        ignore((S.CALIBRATION, S.HEATING, S.COOLING, S.ABORT), T.FAULT_INFUSION, "the infusion region answers it"),
        move(ENERGISED, T.FAULT_COOL, S.COOLING, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-108 SRS-411", rc="RC-01 RC-10"),
        move(S.CALIBRATION, T.FAULT_COOL, S.ABORT, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-411", rc="RC-01 RC-10"),
        ignore(S.ABORT, T.FAULT_COOL, "a worse fault of the same moment has ended all energy"),
        never(S.COOLING, T.FAULT_COOL, "no such fault is watched here"),
        move(_BEFORE_ABORT, T.FAULT_ABORT, S.ABORT, A.KEEP_MAPS,
             within_s=STOP_RESPONSE_S, srs="SRS-105", rc="RC-01"),
        ignore((S.COMPLETE, S.ABORT), T.FAULT_ABORT, "all is off; energy and infusion regions say so again"),
    )
)  # fmt: skip

# ------------------------------------------------------------------------------- calibration on this patient, today
_CALIBRATIONS: Final = tuple(Calibration)
_IN_HEAT: Final = (
    T.RELEASE_INFUSION, T.HOLD_INFUSION, T.END_INFUSION, T.PAUSE, T.RESUME, T.SIGN, T.FAULT_HOLD, T.END_HEATING,
)  # fmt: skip
_ENDING: Final = (T.STOP, T.RESTART, T.FAULT_PAUSE, T.FAULT_COOL, T.FAULT_ABORT)

CALIBRATION: Final[tuple[Row, ...]] = tuple(
    chain(
        ignore(_CALIBRATIONS, (T.POLL, T.FAULT_INFUSION), "calibration is not concerned"),
        ignore(C.NONE, T.CONFIRM, "calibration is not concerned"),
        never(_but(C, C.NONE), T.CONFIRM, "the session refuses it: in SETUP nothing is calibrated"),
        ignore(C.ACCEPTED, _IN_HEAT, "calibration is accepted"),
        never(_but(C, C.ACCEPTED), _IN_HEAT, "nothing heats before calibration is accepted"),
        move(C.NONE, T.BEGIN_CALIBRATION, C.BASELINE, A.START_LEARNING, srs="SRS-405", rc="RC-06"),
        never(_but(C, C.NONE), T.BEGIN_CALIBRATION, "the session refuses it"),
        move((C.LEARNED, C.REVIEW, C.REFUSED), T.REPEAT_CALIBRATION, C.BASELINE,
             A.FORGET_CALIBRATION, A.START_LEARNING, when=(F.TISSUE_SETTLED,), srs="SRS-405", rc="RC-06"),
        never(C.LEARNED, T.REPEAT_CALIBRATION, "no energy has flowed since the baseline", when=(no(F.TISSUE_SETTLED),)),
        refuse((C.REVIEW, C.REFUSED), T.REPEAT_CALIBRATION,
               "heated tissue needs time to return to its baseline temperature",
               when=(no(F.TISSUE_SETTLED),), srs="SRS-405", rc="RC-06"),
        refuse((C.BASELINE, C.TEST, C.ACCEPTED), T.REPEAT_CALIBRATION, "there is nothing to repeat now"),
        never(C.NONE, (T.REPEAT_CALIBRATION, T.BEGIN_TEST, T.ACCEPT_CALIBRATION, T.BEGIN_HEATING), "the session refuses it"),
        move(C.LEARNED, T.BEGIN_TEST, C.TEST, when=(F.MAY_START,), srs="SRS-412", rc="RC-06"),
        refuse(C.LEARNED, T.BEGIN_TEST, "a check does not allow it", when=(no(F.MAY_START),), rc="RC-06"),
        refuse(_but(C, C.NONE, C.LEARNED), T.BEGIN_TEST,
               "a test sonication follows a learned baseline only", srs="SRS-102 SRS-412"),
        move(C.REVIEW, T.ACCEPT_CALIBRATION, None, A.REMEMBER, when=(no(F.OTHER_PERSON_AGREED),),
             srs="SRS-104", rc="RC-12"),
        move(C.REVIEW, T.ACCEPT_CALIBRATION, C.ACCEPTED, A.REMEMBER, when=(F.OTHER_PERSON_AGREED,),
             srs="SRS-104", rc="RC-12"),
        refuse(_but(C, C.NONE, C.REVIEW), T.ACCEPT_CALIBRATION,
               "there is no calibration to accept", srs="SRS-102 SRS-104"),
        ignore(C.ACCEPTED, T.BEGIN_HEATING, "calibration is accepted"),
        refuse(_but(C, C.NONE, C.ACCEPTED), T.BEGIN_HEATING,
               "the calibration is not accepted by two people", srs="SRS-102 SRS-104", rc="RC-06"),
        move(C.BASELINE, T.FRAME, C.LEARNED, A.KEEP_MAPS, when=(F.BASELINE_LEARNED, F.PRECISION_GOOD),
             srs="SRS-405", rc="RC-06"),
        move(C.BASELINE, T.FRAME, C.REFUSED, when=(F.BASELINE_LEARNED, no(F.PRECISION_GOOD)), srs="SRS-405", rc="RC-06"),
        ignore(C.BASELINE, T.FRAME, "the baseline is not learned yet", when=(no(F.BASELINE_LEARNED),)),
        move(C.TEST, T.FRAME, C.REVIEW, A.SET_RESPONSE, A.KEEP_MAPS, when=(F.TEST_FINISHED, F.RESPONSE_GOOD),
             srs="SRS-412", rc="RC-06"),
        move(C.TEST, T.FRAME, C.REFUSED, A.KEEP_MAPS, when=(F.TEST_FINISHED, no(F.RESPONSE_GOOD)),
             srs="SRS-412", rc="RC-06"),
        ignore(C.TEST, T.FRAME, "the test sonication has not had its images yet", when=(no(F.TEST_FINISHED),)),
        ignore((C.NONE, C.LEARNED, C.REVIEW, C.ACCEPTED, C.REFUSED), T.FRAME, "nothing is being calibrated"),
        *(move(C.TEST, trigger, C.REFUSED, srs="SRS-412") for trigger in _ENDING),
        ignore(_but(C, C.NONE, C.TEST), _ENDING, "no test sonication is running"),
        ignore(C.NONE, (T.STOP, T.RESTART, T.FAULT_ABORT), "no test sonication is running"),
        never(C.NONE, (T.FAULT_PAUSE, T.FAULT_COOL), "no such fault is watched before calibration"),
        move(_but(C, C.NONE, C.TEST), T.RESET, C.NONE, when=(F.REASON_GIVEN, F.OTHER_PERSON_AGREED),
             srs="SRS-106", rc="RC-03"),
        ignore(_but(C, C.NONE, C.TEST), T.RESET, "one person resets nothing",
               when=(F.REASON_GIVEN, no(F.OTHER_PERSON_AGREED))),
        ignore(C.NONE, T.RESET, "nothing was calibrated", when=(F.REASON_GIVEN,)),
        never(_but(C, C.TEST), T.RESET, "the session refuses it", when=(no(F.REASON_GIVEN),)),
        never(C.TEST, T.RESET, "no test sonication outlives an abort"),
    )
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------- energy
_FLOWING: Final = (E.TEST, E.ON)
_AT_REST: Final = (T.CONFIRM, T.BEGIN_CALIBRATION, T.ACCEPT_CALIBRATION, T.SIGN, T.RESET)

ENERGY: Final[tuple[Row, ...]] = tuple(
    chain(
        ignore(tuple(E), (T.POLL, T.FAULT_INFUSION), "energy is not concerned"),
        ignore(E.OFF, _AT_REST, "energy is off"),
        never(_but(E, E.OFF), _AT_REST, "energy is off wherever this is not refused"),
        ignore((E.OFF, E.PAUSED), T.REPEAT_CALIBRATION, "no energy flows"),
        never(_FLOWING, T.REPEAT_CALIBRATION, "the calibration region refuses it"),
        ignore(E.ON, T.HOLD_INFUSION, "heat goes on"),
        never(_but(E, E.ON), T.HOLD_INFUSION, "drug flows only while energy does"),
        ignore((E.ON, E.PAUSED), T.END_INFUSION, "energy is not concerned"),
        never((E.OFF, E.TEST), T.END_INFUSION, "the session refuses it"),
        ignore(_but(E, E.TEST), T.FAULT_HOLD, "energy is not concerned"),
        never(E.TEST, T.FAULT_HOLD, "no drug flows during a test sonication"),
        move((E.OFF, E.PAUSED), T.BEGIN_TEST, E.TEST, when=(F.MAY_START,), srs="SRS-412", rc="RC-01"),
        never((E.OFF, E.PAUSED), T.BEGIN_TEST, "the calibration region refuses it", when=(no(F.MAY_START),)),
        never(_FLOWING, T.BEGIN_TEST, "the calibration region refuses it"),
        move(E.OFF, T.BEGIN_HEATING, E.ON, when=(F.MAY_START,), srs="SRS-201", rc="RC-01"),
        never(E.OFF, T.BEGIN_HEATING, "the session refuses it", when=(no(F.MAY_START),)),
        never(_but(E, E.OFF), T.BEGIN_HEATING, "energy is off once a test sonication has succeeded"),
        move(E.TEST, T.FRAME, E.OFF, A.ENERGY_OFF, when=(F.TEST_FINISHED,), within_s=STOP_RESPONSE_S, srs="SRS-412"),
        move(E.TEST, T.FRAME, None, A.GRANT_TEST, when=(no(F.TEST_FINISHED), F.FRAME_ACCEPTED),
             srs="SRS-201 SRS-202 SRS-412", rc="RC-01 RC-02"),
        ignore(E.TEST, T.FRAME, "a refused image renews no lease", when=(no(F.TEST_FINISHED), no(F.FRAME_ACCEPTED)),
               srs="SRS-202", rc="RC-02"),
        move(E.ON, T.FRAME, E.OFF, A.ENERGY_OFF, when=(F.TIME_REACHED,), within_s=STOP_RESPONSE_S, srs="SRS-107"),
        move(E.ON, T.FRAME, None, A.GRANT_LEASE, when=(no(F.TIME_REACHED), F.FRAME_ACCEPTED),
             srs="SRS-201 SRS-202 SRS-206", rc="RC-01 RC-02"),
        ignore(E.ON, T.FRAME, "a refused image renews no lease", when=(no(F.TIME_REACHED), no(F.FRAME_ACCEPTED)),
               srs="SRS-202", rc="RC-02"),
        ignore(E.OFF, T.FRAME, "no energy flows"),
        move(E.PAUSED, T.FRAME, E.OFF, A.ENERGY_OFF, when=(F.TIME_REACHED,), within_s=STOP_RESPONSE_S, srs="SRS-107"),
        ignore(E.PAUSED, T.FRAME, "no energy flows", when=(no(F.TIME_REACHED),)),
        ignore(E.ON, T.RELEASE_INFUSION, "heat is established"),
        never((E.OFF, E.TEST), (T.RELEASE_INFUSION, T.PAUSE, T.RESUME), "the session refuses it: it is not heating"),
        refuse(E.PAUSED, T.RELEASE_INFUSION, "no heat is held: resume first",
               srs="SRS-102 SRS-301", rc="RC-07"),
        move(E.ON, T.PAUSE, E.PAUSED, A.ENERGY_OFF, within_s=STOP_RESPONSE_S, srs="SRS-111", rc="RC-01"),
        refuse(E.PAUSED, T.PAUSE, "there is no heating to pause"),
        move(E.PAUSED, T.RESUME, E.ON, when=(F.MAY_START,), srs="SRS-111"),
        refuse(E.PAUSED, T.RESUME, "a check does not allow it", when=(no(F.MAY_START),), srs="SRS-111", rc="RC-01"),
        refuse(E.ON, T.RESUME, "nothing is paused"),
        move((E.TEST, E.ON), T.FAULT_PAUSE, E.PAUSED, A.ENERGY_OFF, within_s=STOP_RESPONSE_S, srs="SRS-409", rc="RC-01"),
        ignore((E.OFF, E.PAUSED), T.FAULT_PAUSE, "no energy flows"),
        *(
            move(tuple(E), trigger, E.OFF, A.ENERGY_OFF, within_s=STOP_RESPONSE_S, srs="SRS-105", rc="RC-01")
            for trigger in (T.STOP, T.FAULT_ABORT, T.FAULT_COOL, T.RESTART)
        ),
        move((E.ON, E.PAUSED), T.END_HEATING, E.OFF, A.ENERGY_OFF, within_s=STOP_RESPONSE_S, srs="SRS-107", rc="RC-01"),
        never((E.OFF, E.TEST), T.END_HEATING, "the session refuses it"),
    )
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------- infusion
_RELEASABLE: Final = (N.ARMED, N.HELD)
_NOT_RUNNING: Final = (N.IDLE, N.ARMED, N.DONE, N.FAILED)
_BEFORE_HEAT: Final = (T.CONFIRM, T.BEGIN_CALIBRATION, T.REPEAT_CALIBRATION, T.BEGIN_TEST, T.ACCEPT_CALIBRATION)

INFUSION: Final[tuple[Row, ...]] = tuple(
    chain(
        ignore(_NOT_RUNNING, _BEFORE_HEAT, "the infusion is not concerned"),
        never((N.INFUSING, N.HELD), _BEFORE_HEAT, "an infusion is under way in the synchronous state and in abort only"),
        ignore((N.ARMED, N.HELD, N.DONE, N.FAILED), T.RESUME, "the infusion is not concerned"),
        never((N.IDLE, N.INFUSING), T.RESUME, "while energy is paused, the infusion is armed and not running"),
        ignore((N.ARMED, N.DONE, N.FAILED), T.SIGN, "the infusion is not concerned"),
        never((N.IDLE, N.INFUSING, N.HELD), T.SIGN, "no infusion is under way once cooling has begun"),
        move(N.IDLE, T.BEGIN_HEATING, N.ARMED, when=(F.MAY_START,), srs="SRS-301", rc="RC-07"),
        never(N.IDLE, T.BEGIN_HEATING, "the session refuses it", when=(no(F.MAY_START),)),
        ignore((N.ARMED, N.DONE, N.FAILED), T.BEGIN_HEATING, "the infusion is past arming"),
        never((N.INFUSING, N.HELD), T.BEGIN_HEATING, "a reset has armed it again"),
        move(_RELEASABLE, T.RELEASE_INFUSION, N.INFUSING, A.GRANT_INFUSION, when=(F.DWELL_REACHED, F.MAY_START),
             srs="SRS-301", rc="RC-07"),
        refuse(N.HELD, T.RELEASE_INFUSION, "the target has not been in range for the dwell",
               when=(no(F.DWELL_REACHED),), srs="SRS-301", rc="RC-07"),
        refuse(N.HELD, T.RELEASE_INFUSION, "a check does not allow it",
               when=(F.DWELL_REACHED, no(F.MAY_START)), srs="SRS-301", rc="RC-07"),
        never(N.ARMED, T.RELEASE_INFUSION, "the session refuses it", when=(no(F.DWELL_REACHED),)),
        never(N.ARMED, T.RELEASE_INFUSION, "the session refuses it", when=(F.DWELL_REACHED, no(F.MAY_START))),
        refuse(N.INFUSING, T.RELEASE_INFUSION, "the infusion runs"),
        never((N.IDLE, N.DONE, N.FAILED), T.RELEASE_INFUSION, "the session refuses it"),
        move(N.INFUSING, T.FRAME, None, A.GRANT_INFUSION, when=(F.FRAME_ACCEPTED,), srs="SRS-306", rc="RC-08"),
        ignore(N.INFUSING, T.FRAME, "a refused image feeds no watchdog", when=(no(F.FRAME_ACCEPTED),),
               srs="SRS-306", rc="RC-08"),
        ignore((N.IDLE, N.ARMED, N.HELD, N.DONE, N.FAILED), T.FRAME, "nothing is infused"),
        move((N.INFUSING, N.HELD), T.POLL, N.DONE, A.HOLD_INFUSION, when=(F.VOLUME_DELIVERED,),
             within_s=STOP_RESPONSE_S, srs="SRS-303", rc="RC-08"),
        ignore((N.INFUSING, N.HELD), T.POLL, "the prescribed volume is not yet delivered", when=(no(F.VOLUME_DELIVERED),)),
        ignore(_NOT_RUNNING, T.POLL, "nothing is infused"),
        *(
            move(N.INFUSING, trigger, N.HELD, A.HOLD_INFUSION, within_s=STOP_RESPONSE_S, srs="SRS-302", rc="RC-07 RC-08")
            for trigger in (T.HOLD_INFUSION, T.FAULT_HOLD, T.FAULT_PAUSE, T.PAUSE, T.STOP, T.FAULT_ABORT, T.RESTART)
        ),
        refuse(N.HELD, T.HOLD_INFUSION, "no infusion is running"),
        never(_NOT_RUNNING, (T.HOLD_INFUSION, T.END_INFUSION), "the session refuses it"),
        ignore((N.HELD, N.DONE, N.FAILED), T.FAULT_HOLD, "nothing is infused"),
        never((N.IDLE, N.ARMED), T.FAULT_HOLD, "it is watched only while the infusion is under way"),
        ignore(_but(N, N.INFUSING), T.FAULT_PAUSE, "nothing is infused"),
        ignore((N.ARMED, N.HELD, N.DONE, N.FAILED), T.PAUSE, "nothing is infused"),
        never(N.IDLE, (T.PAUSE, T.END_HEATING), "the session refuses it: it is not heating"),
        *(
            move((N.IDLE, N.ARMED, N.HELD, N.DONE, N.FAILED), trigger, None, A.HOLD_INFUSION,
                 within_s=STOP_RESPONSE_S, srs="SRS-105", rc="RC-01 RC-08")
            for trigger in (T.STOP, T.FAULT_ABORT, T.RESTART)
        ),
        move((N.INFUSING, N.HELD), T.END_INFUSION, N.DONE, A.HOLD_INFUSION, within_s=STOP_RESPONSE_S, srs="SRS-303"),
        *(
            move((N.INFUSING, N.HELD), trigger, N.DONE, A.HOLD_INFUSION, within_s=STOP_RESPONSE_S,
                 srs="SRS-303", rc="RC-07 RC-08")
            for trigger in (T.END_HEATING, T.FAULT_COOL)
        ),
        move((N.ARMED, N.DONE, N.FAILED), T.END_HEATING, None, A.HOLD_INFUSION, within_s=STOP_RESPONSE_S, srs="SRS-303"),
        move(_NOT_RUNNING, T.FAULT_COOL, None, A.HOLD_INFUSION, within_s=STOP_RESPONSE_S, srs="SRS-303", rc="RC-08"),
        move((N.ARMED, N.INFUSING, N.HELD), T.FAULT_INFUSION, N.FAILED, A.HOLD_INFUSION,
             within_s=STOP_RESPONSE_S, srs="SRS-305", rc="RC-08"),
        move((N.IDLE, N.DONE, N.FAILED), T.FAULT_INFUSION, None, A.HOLD_INFUSION,
             within_s=STOP_RESPONSE_S, srs="SRS-303 SRS-306", rc="RC-08"),
        move(N.HELD, T.RESET, N.ARMED, when=(F.REASON_GIVEN, F.OTHER_PERSON_AGREED), srs="SRS-106", rc="RC-03"),
        ignore(N.HELD, T.RESET, "one person resets nothing", when=(F.REASON_GIVEN, no(F.OTHER_PERSON_AGREED))),
        never(N.HELD, T.RESET, "the session refuses it", when=(no(F.REASON_GIVEN),)),
        ignore(_NOT_RUNNING, T.RESET, "there is nothing to arm again"),
        never(N.INFUSING, T.RESET, "no infusion runs in abort"),
    )
)  # fmt: skip

TABLE: Final[tuple[Row, ...]] = SESSION + CALIBRATION + ENERGY + INFUSION


def _index() -> Mapping[tuple[State, Trigger], tuple[Row, ...]]:
    rows: dict[tuple[State, Trigger], tuple[Row, ...]] = {}
    for row in TABLE:
        key = (row.source, row.trigger)
        rows[key] = (*rows.get(key, ()), row)
    return rows


ROWS: Final = _index()
INITIAL: Final[tuple[State, ...]] = (Session.SETUP, Calibration.NONE, Energy.OFF, Infusion.IDLE)
