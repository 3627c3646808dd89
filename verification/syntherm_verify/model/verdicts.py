"""What an engine found about each claim."""

from typing import Final

import attrs

from syntherm.core.properties import Property
from syntherm_verify.model.tale import Scene

EXPLORER: Final = "explorer"
SPIN: Final = "spin"
IC3: Final = "ic3"


@attrs.frozen
class Verdict:
    """One claim, as one engine judged it. `holds` is None where it could not tell; `scenes` show a violation."""

    engine: str
    claim: Property
    holds: bool | None
    detail: str = ""
    scenes: tuple[Scene, ...] = ()


@attrs.frozen
class Run:
    """One engine's run. `states` is None for an engine that counts none."""

    engine: str
    states: int | None
    steps: int | None
    seconds: float
    verdicts: tuple[Verdict, ...]
    note: str = ""

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The claims that do not hold."""
        return tuple(verdict for verdict in self.verdicts if verdict.holds is False)
