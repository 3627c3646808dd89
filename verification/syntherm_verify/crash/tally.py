"""Counts over all trials of a run, and the lines in which they are told."""

from collections import Counter
from typing import Final

import attrs

from syntherm_verify.crash.failing import Failure
from syntherm_verify.crash.kills import Kill, Phase
from syntherm_verify.crash.power import Outage

_TOLD: Final = 20
"""Problems that are printed whole; the others are counted."""


@attrs.define
class Tally:
    """What has been tried and found. Acknowledgements are those of writes, each with one or more entries."""

    kills: Counter[Phase] = attrs.Factory(Counter)
    recovered: int = 0
    outages: int = 0
    control: int = 0
    control_bad: int = 0
    failures: Counter[str] = attrs.Factory(Counter)
    sessions: int = 0
    acknowledged: int = 0
    lost: int = 0
    unopened: int = 0
    bad: int = 0
    problems: list[str] = attrs.Factory(list)

    def kill(self, kill: Kill) -> None:
        """One life that was ended."""
        self.kills[kill.phase] += 1
        self.recovered += kill.recovered
        self._count(f"kill {self.kills.total()} {kill.phase.value}", kill.acknowledged, kill.lost, kill.problems)

    def outage(self, outage: Outage) -> None:
        """One disk after a power loss."""
        self.outages += 1
        self.unopened += not outage.opened
        where = f"power lost after operation {outage.cut}, {outage.loss.value}"
        self._count(where, outage.acknowledged, outage.lost, outage.problems)

    def controlled(self, outage: Outage) -> None:
        """One disk after a power loss under a writer that was made to lose entries."""
        self.control += 1
        self.control_bad += outage.lost > 0

    def failure(self, failure: Failure) -> None:
        """One trial on a failing disk."""
        self.failures[f"{failure.flaw}: {'raised' if failure.raised else 'survived'}"] += 1
        self.sessions += failure.session
        self._count(f"{'session' if failure.session else 'writer'}, {failure.flaw}", 0, 0, failure.problems)

    def _count(self, where: str, acknowledged: int, lost: int, problems: tuple[str, ...]) -> None:
        self.acknowledged += acknowledged
        self.lost += lost
        self.bad += bool(problems)
        self.problems += [f"{where}: {problem}" for problem in problems]

    @property
    def holds(self) -> bool:
        """Whether nothing was found, and the control shows that something could have been."""
        return not self.problems and (self.control == 0 or self.control_bad > 0)

    def lines(self) -> list[str]:
        """The run, in lines."""
        told = self.problems[:_TOLD]
        if len(self.problems) > _TOLD:
            told.append(f"... and {len(self.problems) - _TOLD} more")
        told += [f"killed {phase.value}: {count}" for phase, count in sorted(self.kills.items(), key=str)]
        told.append(f"sessions executed again from the record of a killed writer, and gone on with: {self.recovered}")
        told += [f"disk fails, {name}: {count}" for name, count in sorted(self.failures.items())]
        told.append(f"of these with a session loop around the writer: {self.sessions}")
        if self.control:
            says = "as it must" if self.control_bad else "SO THE TRIAL CANNOT FAIL"
            lost = f"{self.control_bad} of {self.control} power losses lost acknowledged writes"
            told.append(f"control, the same with synchronous = NORMAL: {lost}, {says}")
        return told

    def figure(self, seconds: float) -> str:
        """The run in one line."""
        tried = f"{self.kills.total()} kills, {self.outages} power losses, {self.failures.total()} failing disks"
        lost = f"{self.lost} of {self.acknowledged} acknowledged writes lost, {self.unopened} records that did not open"
        return f"{tried} in {seconds:.0f} s: {lost}, {self.bad} trials with any problem"

    def values(self) -> dict[str, object]:
        """The run for a machine."""
        raw = attrs.asdict(self, recurse=False)
        raw["kills"] = {phase.value: count for phase, count in self.kills.items()}
        return {**raw, "failures": dict(self.failures), "holds": self.holds}
