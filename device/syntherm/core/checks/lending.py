"""A device that takes no loan is not ready: what it should do does not happen, until it is looked at again."""

from typing import Final

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.events import Channel
from syntherm.core.faults import Code
from syntherm.core.state import SessionState

_CODES: Final = {Channel.TRANSDUCER: Code.TRANSDUCER_REFUSED, Channel.PUMP: Code.PUMP_REFUSED}


def check(state: SessionState) -> Verdict:
    """The channel that last refused."""
    refused = state.equipment.refused
    return passed() if refused is None else failed(_CODES[refused], f"the {refused.value} took no loan")
