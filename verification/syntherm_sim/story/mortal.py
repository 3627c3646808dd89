"""A record whose writer may die with its controller, before an entry is durable or right after."""

from collections.abc import Callable

from syntherm.ports.record import AuditSink
from syntherm_sim.passed_on import PassedOn
from syntherm_sim.scenario import ControllerKilled
from syntherm_sim.story.values import Death


class MortalRecord(PassedOn):
    """Implements the AuditSink port around another one. `dies` is where the next entry kills."""

    def __init__(self, to: AuditSink) -> None:
        super().__init__(to)
        self.dies: Death | None = None

    def _write(self, write: Callable[[], None]) -> None:
        dies, self.dies = self.dies, None
        if dies is Death.ACTING:
            raise ControllerKilled
        write()
        if dies is Death.RECORDING:
            raise ControllerKilled
