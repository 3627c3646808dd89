"""The shipped step, tried over states and events of every kind: it gives the answers of the rows, in their order.

The model puts observation, checks, faults, table and effects together by itself; this shows that `core/step.py` puts
the same parts together in the same way. Long random sessions are compared in `tests/properties/test_prop_model.py`.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

import attrs

from syntherm.core.events import Event, OperatorActed, StopLoopReport
from syntherm.core.machine import IllegalEvent
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome, step
from syntherm.core.vocabulary import ACTS, Calibration, Energy, Infusion, Session, SetupItem, Trigger
from syntherm_verify.model import extract
from syntherm_verify.model.conform import same_answer
from syntherm_verify.model.expr import num
from syntherm_verify.model.lens import PEOPLE, Concrete, state_of
from syntherm_verify.model.space import code

_PLACES: Final = (
    (Session.SETUP, Calibration.NONE, Energy.OFF, Infusion.IDLE),
    (Session.CALIBRATION, Calibration.BASELINE, Energy.OFF, Infusion.IDLE),
    (Session.CALIBRATION, Calibration.TEST, Energy.TEST, Infusion.IDLE),
    (Session.CALIBRATION, Calibration.ACCEPTED, Energy.OFF, Infusion.IDLE),
    (Session.HEATING, Calibration.ACCEPTED, Energy.ON, Infusion.ARMED),
    (Session.HEATING, Calibration.ACCEPTED, Energy.PAUSED, Infusion.ARMED),
    (Session.DRUG_INFUSION_SYNC, Calibration.ACCEPTED, Energy.ON, Infusion.INFUSING),
    (Session.DRUG_INFUSION_SYNC, Calibration.ACCEPTED, Energy.ON, Infusion.HELD),
    (Session.HEATING, Calibration.ACCEPTED, Energy.ON, Infusion.DONE),
    (Session.COOLING, Calibration.ACCEPTED, Energy.OFF, Infusion.DONE),
    (Session.COMPLETE, Calibration.ACCEPTED, Energy.OFF, Infusion.DONE),
    (Session.ABORT, Calibration.ACCEPTED, Energy.OFF, Infusion.FAILED),
)
_AGES: Final[tuple[Mapping[str, int], ...]] = (
    {"silent": 0, "image": 0}, {"silent": 1, "image": 1}, {"silent": 1, "image": 9}, {"silent": 99, "image": 99},
)  # fmt: skip
_WELL: Final[Concrete] = {
    "two": 3, "one": 1, "accepts": 3, "resets": 1, "opened": 1, "ranged": 1, "dwell": 99, "total": 0, "heat": 0,
    "test": 1, "rest": 1, "learned": 1, "thermal": 1, "known": 0, "patient": 0, "jumped": 0, "out": -1,
}  # fmt: skip


def steps(plan: Plan) -> Iterator[str | None]:
    """Where a step differs from what the rows say; None for each where it does not."""
    for place, ages, loop in product(_PLACES, _AGES, (0, 1)):
        where = dict(zip(("session", "calibration", "energy", "infusion"), map(code, place), strict=True))
        state = state_of(plan, {**_WELL, **ages, **where, "loop": loop})
        for event in _events(plan):
            yield same_answer(state, event, _outcome(state, event))


def _outcome(state: SessionState, event: Event) -> Outcome | None:
    try:
        return step(state, event)
    except IllegalEvent:
        return None


def _events(plan: Plan) -> Iterator[Event]:
    closed = extract.poll(plan, stop_closed=True)
    pump = attrs.evolve(closed.pump, pumped_ml=0.0) if closed.pump is not None else None
    yield attrs.evolve(closed, pump=pump)
    yield attrs.evolve(closed, pump=pump, stop_loop=StopLoopReport(False))
    yield attrs.evolve(closed, pump=None, transducer=None, stop_loop=None)
    yield extract.frame(plan, num(0))
    yield extract.frame(plan, num(0), sequence=1)
    yield extract.notice(plan)
    yield extract.FAILURE
    yield extract.RESTARTED
    for act in ACTS:
        for item in SetupItem if act is Trigger.CONFIRM else (None,):
            yield OperatorActed(0.0, act, PEOPLE[1], item, "checked")
