"""Between the core's state and the model's variables: a state with symbols for counters, and back again.

Whatever is not put in as a number is a symbol. "Now" is 0 s, so that a moment is minus its age.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, cast

import attrs
import numpy as np

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.checks.verdict import Verdict, failed
from syntherm.core.commands import GrantLease
from syntherm.core.drug.ledger import Ledger
from syntherm.core.events import ComplexVolume, StopLoopReport, TransducerReport
from syntherm.core.faults import Clears, Code, Response
from syntherm.core.guards import people_for
from syntherm.core.plan.values import Plan
from syntherm.core.state import Agreement, Beam, Equipment, Imaging, RangeClock, SessionState, Standing, Thermometry
from syntherm.core.thermometry.baseline import Baseline
from syntherm.core.thermometry.summary import Summary
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_verify.model.expr import Var
from syntherm_verify.model.space import phases
from syntherm_verify.model.symbolic import Unasked, sym

PEOPLE: Final = ("operator-a", "operator-b")
TWO: Final = SetupItem.PLAN
ONE: Final = SetupItem.DEVICES
"""The items that stand for those that need two people, and for those that need one."""
RESETTABLE: Final = Code.PATIENT_STOP
LASTING: Final = Code.GUARD_DOSE
"""Faults that stand for those that only people, and that nobody, can clear."""

Concrete = Mapping[str, int]


@cache
def begun(plan: Plan) -> SessionState:
    """A fresh session of the plan, with its layout."""
    return SessionState.begin(plan)


def failing_check() -> Verdict:
    """The verdict of a check that fails for whatever reason."""
    return failed(Code.PATIENT_STOP, "")


def volume(plan: Plan) -> ComplexVolume:
    """An image of the plan's shape."""
    return np.ones(plan.scanner.matrix, dtype=np.complex64)


def _agreements(at: Concrete) -> frozenset[Agreement]:
    said = [
        (TWO.value, at["two"]),
        (Trigger.ACCEPT_CALIBRATION.value, at["accepts"]),
        (Trigger.RESET.value, at["resets"]),
    ]
    said.append((ONE.value, at["one"]))
    others = [item for item in SetupItem if item not in (ONE, TWO)] if at.get("others", 1) else []
    said += [(item.value, 2**item.people - 1) for item in others]
    return frozenset(
        Agreement(topic, person) for topic, mask in said for bit, person in enumerate(PEOPLE) if mask >> bit & 1
    )


def _thermal(plan: Plan) -> Thermal:
    count = len(begun(plan).layout.points_mm)
    warm = np.full(count, 37.0, dtype=np.float32)
    little = np.full(count, 0.1, dtype=np.float32)
    return Thermal(warm, little, little, np.zeros(count, dtype=np.uint8), warm, 0.0, 0.0)


def _target(plan: Plan, in_range: bool) -> Summary:
    middle = (plan.heating.range_cold90_min_degC + plan.heating.range_hot10_max_degC) / 2.0
    degC = middle if in_range else plan.heating.baseline_degC
    known = Bounded(degC, degC, degC)
    return Summary("target", 10, 10, known, known, known, known)


def state_of(plan: Plan, at: Concrete) -> SessionState:
    """A state of the core with the model's numbers and symbols in it."""

    def age(name: str) -> float:
        return -float(at[name]) if name in at else sym(name, -1.0)

    def count(name: str) -> float:
        return float(at[name]) if name in at else sym(name)

    def truth(name: str) -> bool:
        return bool(at[name]) if name in at else cast(bool, Unasked(Var(name)))

    new = begun(plan)
    faults = [
        Standing(code, 0.0, "") for name, code in (("by_reset", RESETTABLE), ("for_good", LASTING)) if at.get(name)
    ]
    thermal = _thermal(plan) if at.get("thermal") else None
    baseline = Baseline(volume(plan), 1, 1.0, np.zeros(1, dtype=np.float32)) if at.get("learned") else None
    response = FocusResponse(Bounded(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), 0.0)
    out_since_s = None if at.get("out") == -1 else age("out")
    return attrs.evolve(
        new,
        at_s=float(at["now"]) if "now" in at else age("silent"),
        jumped_s=count("jumped"),
        phases=phases({name: at.get(name, 0) for name in ("session", "calibration", "energy", "infusion")}),
        agreements=_agreements({name: at.get(name, 0) for name in ("two", "one", "accepts", "resets", "others")}),
        imaging=Imaging(sequence=1, acquired_s=age("image"), defect="unfit" if at.get("defect") else None),
        thermometry=Thermometry(
            baseline=baseline, thermal=thermal, target=_target(plan, bool(at["seen"])) if "seen" in at else None
        ),
        beam=Beam(
            lease=GrantLease(age("rest"), ()),
            test_granted=cast(int, count("test")),
            response=response,
            last_energy_s=age("rest"),
            heating_s=count("heat"),
        ),
        range_clock=RangeClock(truth("ranged"), count("dwell"), count("total"), out_since_s),
        equipment=Equipment(
            transducer=TransducerReport(True, False, 0.0),
            stop_loop=StopLoopReport(bool(at.get("loop", 1))),
            seen_open=truth("opened"),
            unconfirmed="pump" if at.get("unconfirmed") else None,
        ),
        ledger=Ledger(pumped_ml=count("known"), patient_ml=count("patient")),
        faults=tuple(faults),
    )


def _mask(state: SessionState, topic: str) -> int:
    said = people_for(state, topic)
    return sum(2**bit for bit, person in enumerate(PEOPLE) if person in said)


def standing(state: SessionState) -> dict[str, object]:
    """Which faults stand that block a start, by who can clear them."""
    # Only a fault that ends energy blocks a start for as long as it stands.
    blocking = {fault.code.value.clears for fault in state.faults if fault.code.value.response >= Response.PAUSE}
    return {"by_reset": Clears.BY_RESET in blocking, "for_good": Clears.NEVER in blocking}


def values_of(state: SessionState) -> dict[str, object]:
    """The model's numbers of a state of the core, regions aside."""
    clock, beam = state.range_clock, state.beam
    if state.at_s is None or state.imaging.acquired_s is None or beam.last_energy_s is None:
        raise TypeError("the core forgot a moment that the model counts on")
    return {
        "two": _mask(state, TWO.value),
        "one": _mask(state, ONE.value) != 0,
        "accepts": _mask(state, Trigger.ACCEPT_CALIBRATION.value),
        "resets": _mask(state, Trigger.RESET.value),
        "opened": state.equipment.seen_open,
        "silent": -state.at_s,
        "image": -state.imaging.acquired_s,
        "ranged": clock.in_range,
        "dwell": clock.dwell_s,
        "total": clock.total_s,
        "out": -1 if clock.out_since_s is None else -clock.out_since_s,
        "heat": beam.heating_s,
        "test": beam.test_granted,
        "rest": -beam.last_energy_s,
        "learned": state.thermometry.baseline is not None,
        "thermal": state.thermometry.thermal is not None,
        "unconfirmed": state.equipment.unconfirmed is not None,
        "known": state.ledger.pumped_ml,
        "patient": state.ledger.patient_ml,
        **standing(state),
    }
