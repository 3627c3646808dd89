"""What the session tells a desk: one JSON object a line, made from the session's state alone."""

import json
from math import isfinite
from typing import Final

from syntherm.core.bounds import Bounded
from syntherm.core.drug.track import DrugSummary
from syntherm.core.faults import Priority
from syntherm.core.guidance import guide
from syntherm.core.state import SessionState, Standing
from syntherm.core.thermometry.summary import Summary
from syntherm.link.messages import VERSION

Json = dict[str, object]
_URGENCY: Final = {Priority.HIGH: "high", Priority.MEDIUM: "medium", Priority.LOW: "low"}


def line(message: Json) -> bytes:
    """A message with its end."""
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def welcome() -> Json:
    """The first words of the session."""
    return {"kind": "welcome", "version": VERSION, "says": "Research software: not cleared for clinical use."}


def answer(number: int, taken: bool, because: str) -> Json:
    """Whether an act was taken."""
    return {"kind": "answer", "number": number, "taken": taken, "because": because}


def rejected(because: str) -> Json:
    """What came was no message, or more than may be waiting."""
    return {"kind": "rejected", "because": because}


def view(state: SessionState, head: str, serial: int) -> Json:
    """The session at one moment. `serial` grows with each, so that a desk sees when it no longer hears."""
    phases, ledger, clock = state.phases, state.ledger, state.range_clock
    lease = state.beam.lease
    lent_W = lease.power_W if lease is not None and state.at_s is not None and lease.until_s > state.at_s else 0.0
    return {
        "kind": "state",
        "serial": serial,
        "head": head,
        "at_s": state.at_s,
        "title": state.plan.identity.title,
        "patient": state.plan.identity.patient_pseudonym,
        "session": phases.session.value,
        "calibration": phases.calibration.value,
        "energy": phases.energy.value,
        "infusion": phases.infusion.value,
        "guidance": _guidance(state),
        "faults": [_fault(standing) for standing in state.faults],
        "target": None if state.thermometry.target is None else _region(state.thermometry.target),
        "guards": [_region(guard) for guard in state.thermometry.guards],
        "lent_W": lent_W,
        "delivered_ml": ledger.patient_ml,
        "prescribed_ml": state.plan.prescription.volume_ml,
        "in_range": clock.in_range,
        "in_range_min": clock.total_s / 60.0,
        "prescribed_min": state.plan.heating.prescribed_in_range_min,
        "drug": None if state.drug is None else _drug(state.drug.summary),
    }


def _drug(summary: DrugSummary) -> Json:
    """What the drug model says: intervals, and what of the drug was infused into heat."""
    return {
        "seen": summary.seen_fraction,
        "tissue_ug_per_ml": _bounds(summary.tissue.mean),
        "co_exposure_ug_min_per_ml": _bounds(summary.co_exposure.mean),
        "plasma_ug_per_ml": _bounds(summary.body.liposomal_ug_per_ml),
        "heated_mg": summary.body.infused_heated_mg,
        "unheated_mg": summary.body.infused_unheated_mg,
    }


def _guidance(state: SessionState) -> Json:
    step = guide(state)
    prompt = step.prompt
    asked: Json | None = None
    if prompt is not None:
        item = None if prompt.item is None else prompt.item.value
        asked = {"act": prompt.act.value, "item": item, "people": prompt.people, "missing": step.missing}
    return {"text": step.text, "asks": asked}


def _fault(standing: Standing) -> Json:
    fault = standing.code.value
    return {
        "code": fault.code,
        "text": fault.text,
        "priority": _URGENCY[fault.priority],
        "active": standing.active,
        "since_s": standing.since_s,
        "detail": standing.detail[:200],
    }


def _region(summary: Summary) -> Json:
    return {
        "name": summary.name,
        "seen": summary.valid_fraction,
        "mean_degC": _bounds(summary.mean),
        "hot10_degC": _bounds(summary.hot10),
        "cold90_degC": _bounds(summary.cold90),
        "hottest_degC": summary.hottest.upper if isfinite(summary.hottest.upper) else None,
    }


def _bounds(value: Bounded) -> list[float] | None:
    """Lower bound, estimate, upper bound; None for what is not known: absent is never a number."""
    return [value.lower, value.estimate, value.upper] if value.known else None
