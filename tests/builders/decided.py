"""The least that a writer takes: an identity, wall time that goes with the clock, and decisions that decide nothing."""

import hashlib
from datetime import datetime, timedelta

from rig import MORNING

from syntherm.core.decision import Decision
from syntherm.core.drug.ledger import Ledger
from syntherm.core.machine import Phases
from syntherm.core.state import RangeClock
from syntherm.core.vocabulary import Session

IDENTITY = {"plan": "none", "plan_sha256": hashlib.sha256(b"none").hexdigest(), "syntherm": "0.2.0"}


def utc(at_s: float) -> datetime:
    """Wall time at a moment of a clock that began in the morning."""
    return MORNING + timedelta(seconds=at_s)


def decided(at_s: float, before: Session = Session.SETUP, after: Session = Session.SETUP) -> Decision:
    """A decision on something at a moment."""
    return Decision(
        at_s=at_s, before=Phases(session=before), after=Phases(session=after), triggers=(), effects=(), facts=(),
        refused=None, verdicts={}, faults=(), commands=(), range_clock=RangeClock(), ledger=Ledger(), heating_s=0.0,
        focus_offset_mm=None, target=None, guards=(), maps=None,
    )  # fmt: skip
