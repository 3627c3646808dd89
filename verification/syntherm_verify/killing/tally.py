"""Counts over all trials, and the lines in which they are told."""

from collections import Counter
from typing import Final

import attrs

from syntherm_verify.killing.trial import End, Ended

_TOLD: Final = 20


@attrs.define
class Tally:
    """What has been tried and found. Seconds are the longest of all trials; None where nothing flowed in any."""

    ends: Counter[str] = attrs.Factory(Counter)
    phases: Counter[str] = attrs.Factory(Counter)
    flowing: int = 0
    at_once: int = 0
    met: int = 0
    off_s: float | None = None
    stood_s: float | None = None
    bad: int = 0
    problems: list[str] = attrs.Factory(list)

    def take(self, ended: Ended) -> None:
        """One trial."""
        self.ends[ended.end] += 1
        self.phases[ended.phase] += 1
        self.flowing += ended.energised
        self.at_once += ended.at_once
        self.met += ended.met
        self.off_s = _longer(self.off_s, ended.off_s)
        self.stood_s = _longer(self.stood_s, ended.stood_s)
        self.bad += bool(ended.problems)
        where = f"{ended.end} in {ended.phase or 'no state'} at {ended.moment_s:.3f} s"
        self.problems += [f"trial {self.ends.total()}, {where}: {problem}" for problem in ended.problems]

    @property
    def holds(self) -> bool:
        """Whether nothing was found, and something could have been: energy or drug flowed on after some end."""
        return not self.problems and (self.ends.total() == 0 or self.flowing > 0)

    def lines(self) -> list[str]:
        """The run, in lines."""
        told = self.problems[:_TOLD]
        if len(self.problems) > _TOLD:
            told.append(f"... and {len(self.problems) - _TOLD} more")
        told += [f"ended in {phase or 'no state'}: {count}" for phase, count in sorted(self.phases.items())]
        told.append(f"energy or drug flowed on after the end: {self.flowing} of {self.ends.total()}")
        told.append(f"gone on with at once: {self.at_once}; energy or drug still flowed then: {self.met}")
        return told

    def figure(self, seconds: float) -> str:
        """The run in one line."""
        tried = f"{self.ends[End.KILLED.value]} kills, {self.ends[End.STOPPED.value]} stops in {seconds:.0f} s"
        off = "no energy flowed"
        if self.off_s is not None:
            off = f"energy off within {max(0.0, self.off_s):.3f} s of the lease at most"
        pump = "no drug moved" if self.stood_s is None else f"pump within {self.stood_s:.3f} s of the end"
        return f"{tried}: {off}, {pump}, {self.bad} problems"

    def values(self) -> dict[str, object]:
        """The run for a machine."""
        return {**attrs.asdict(self, recurse=False), "holds": self.holds}


def _longer(one_s: float | None, other_s: float | None) -> float | None:
    known = [value for value in (one_s, other_s) if value is not None]
    return max(known, default=None)
