"""From verdicts to faults: which stand, and which responses they ask for now.

Responses are asked for as long as the cause lasts, not only when it begins, so none can be missed.
"""

from collections.abc import Mapping

from syntherm.core.checks.registry import ALL, due
from syntherm.core.checks.verdict import Verdict
from syntherm.core.faults import TRIGGERS, Clears, Code
from syntherm.core.state import Standing
from syntherm.core.vocabulary import Session, Trigger


def failing(verdicts: Mapping[str, Verdict]) -> dict[Code, str]:
    """Each fault that has a cause now, with the detail of the first check that named it."""
    causes: dict[Code, str] = {}
    for name in due(verdicts, ALL):
        verdict = verdicts.get(name)
        if verdict is None:
            causes.setdefault(Code.CHECK_DID_NOT_RUN, name)
        elif not verdict.may_continue:
            causes.setdefault(verdict.code or Code.CHECK_DID_NOT_RUN, verdict.detail)
    return causes


def latch(
    standing: tuple[Standing, ...], causes: Mapping[Code, str], session: Session, at_s: float
) -> tuple[Standing, ...]:
    """The faults that stand after this look: new ones where watched, old ones until their clear rule."""
    known = {fault.code for fault in standing}
    kept = tuple(
        Standing(fault.code, fault.since_s, fault.detail, fault.code in causes)
        for fault in standing
        if fault.code in causes or fault.code.value.clears is not Clears.WITH_CAUSE
    )
    new = tuple(
        Standing(code, at_s, detail)
        for code, detail in causes.items()
        if code not in known and session in code.value.watched_in
    )
    return kept + new


def asked_for(causes: Mapping[Code, str], session: Session) -> tuple[Trigger, ...]:
    """The responses that the present causes ask for in this state, worst first."""
    responses = {code.value.response for code in causes if session in code.value.watched_in}
    return tuple(TRIGGERS[response] for response in sorted(responses, reverse=True) if response in TRIGGERS)


def reset(standing: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """What still stands after two people reset. A cause that lasts goes on failing its check, and so blocks a start."""
    return tuple(fault for fault in standing if fault.code.value.clears is Clears.NEVER)
