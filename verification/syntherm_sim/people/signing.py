"""How demonstration people sign: with a secret that everybody knows, but by the way that real people must go."""

from functools import cache
from typing import Final

from syntherm.core.events import OperatorActed
from syntherm.core.guidance import PROMPTS
from syntherm.ports.record import Signature
from syntherm.session.register import Register, enrol
from syntherm.session.signing import meaning, sign

SECRET: Final = "demonstration"  # noqa: S105
_ROLES: Final = {"operator-a": "radiographer", "physicist-b": "physicist", "operator-b": "radiographer"}


@cache
def _register() -> Register:
    people = [enrol(who, f"{who} (demonstration)", role, SECRET) for who, role in _ROLES.items()]
    return Register({person.identity: person for person in people})


@cache
def _signed(act: OperatorActed) -> Signature | None:
    asked = (prompt for prompts in PROMPTS.values() for prompt in prompts)
    shown = next((p.question for p in asked if (p.act, p.item) == (act.act, act.item)), act.act.value)
    return sign(_register(), act, SECRET, shown)


def signature(act: OperatorActed) -> Signature | None:
    """What a demonstration person signs under an act; None for an act that needs none, and from a stranger."""
    if meaning(act) is None or act.person not in _ROLES:
        return None
    # The secret proves a person, not a moment: it need not be hashed again for each act of a campaign.
    return _signed(OperatorActed(0.0, act.act, act.person, act.item))
