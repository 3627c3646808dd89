"""Electronic signatures: which acts are signed, what signing them means, and how a signature is made.

A signature is given with the person's secret, anew for each act (21 CFR 11.200); it carries name, role, meaning, time
and what was shown (11.50), and the record's chain ties it to the act (11.70).
"""

from collections.abc import Mapping
from typing import Final

from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session.register import Register

_CONFIRMED: Final[Mapping[SetupItem, str]] = {
    SetupItem.PLAN: "I have checked that this is the approved plan for this patient today.",
    SetupItem.IDENTITY: "I have identified the patient by two identifiers, and they match the plan.",
    SetupItem.PUMP: "I have checked drug, concentration, syringe volume, rate and line against the plan.",
}
_DONE: Final[Mapping[Trigger, str]] = {
    Trigger.ACCEPT_CALIBRATION: "I accept this calibration for the treatment.",
    Trigger.RESET: "I know why the session was aborted, and the cause is removed.",
    Trigger.SIGN: "I have reviewed this session.",
}


def meaning(act: OperatorActed) -> str | None:
    """What a signature under an act means; None for an act that needs none."""
    if act.act is Trigger.CONFIRM:
        return None if act.item is None else _CONFIRMED.get(act.item)
    return _DONE.get(act.act)


def sign(register: Register, act: OperatorActed, secret: str, shown: str) -> Signature | None:
    """The signature of the person who acts; None for an act that needs none. Raises NotKnown for a wrong secret."""
    means = meaning(act)
    if means is None:
        return None
    person = register.person(act.person, secret)
    return Signature(person.identity, person.name, person.role, means, shown)


def lacks(act: OperatorActed, signature: Signature | None) -> bool:
    """Whether an act needs a signature that it does not have."""
    means = meaning(act)
    if means is None:
        return False
    return signature is None or signature.person != act.person or signature.meaning != means
