"""What the virtual treatment day asks of its crew, beyond the session's own door to people."""

from typing import Protocol

from syntherm.core.vocabulary import Trigger
from syntherm.ports.people import OperatorInbox


class Crew(OperatorInbox, Protocol):
    """An operator inbox whose people also act without being asked."""

    def act(self, trigger: Trigger, person: str = ..., reason: str = ...) -> None:
        """Do something that no question asked for."""
        ...
