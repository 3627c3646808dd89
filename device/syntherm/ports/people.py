"""The door to the operators."""

from typing import Protocol

from syntherm.core.events import OperatorActed
from syntherm.core.state import SessionState
from syntherm.ports.record import Signature


class OperatorInbox(Protocol):
    """What people do at the console, and what the session tells them."""

    def acts(self) -> tuple[OperatorActed, ...]:
        """What was done since the last call, oldest first; never waits."""
        ...

    def show(self, state: SessionState, head: str) -> None:
        """The session after an event, and the head of its record."""
        ...

    def signature(self, act: OperatorActed) -> Signature | None:
        """The person's electronic signature under an act, given with the secret anew; None without one; never waits."""
        ...

    def refused(self, act: OperatorActed, because: str) -> None:
        """An act that the table does not allow now."""
        ...

    def closes(self) -> bool:
        """Whether the operators have closed the session; heeded only when neither energy nor drug can flow."""
        ...
