"""Counts over all trials by device, fault and moment, and the lines in which they are told."""

from collections import defaultdict

import attrs

from syntherm_verify.faulting.moments import Moment
from syntherm_verify.faulting.trial import Outcome


@attrs.define
class Tally:
    """What has been tried and found."""

    outcomes: list[Outcome] = attrs.Factory(list)

    def take(self, outcome: Outcome) -> None:
        """One trial."""
        self.outcomes.append(outcome)

    @property
    def missed(self) -> list[Outcome]:
        """Those with which something is wrong."""
        return [outcome for outcome in self.outcomes if outcome.problems]

    @property
    def holds(self) -> bool:
        """Whether all is well, and there was something to see: a fault that was named, or energy or drug after one."""
        flowed = any(o.named or o.off_s is not None or o.held_s is not None for o in self.outcomes)
        return not self.missed and flowed

    def lines(self) -> list[str]:
        """Good trials of all, fault by fault and moment by moment; then each miss, as it can be repeated."""
        moments = [moment.value for moment in Moment]
        rows: defaultdict[str, dict[str, list[bool]]] = defaultdict(dict)
        for outcome in self.outcomes:
            fault = outcome.name.partition("@")[0]
            rows[fault if "+" not in fault else "pairs"].setdefault(outcome.moment, []).append(not outcome.problems)
        width = max(map(len, rows), default=0)
        told = [f"{'':{width}}  " + "  ".join(moments)] if rows else []
        for fault, row in rows.items():
            cells = (f"{_cell(row.get(moment)):>{len(moment)}}" for moment in moments)
            told.append(f"{fault:{width}}  " + "  ".join(cells))
        for outcome in self.missed:
            told += [f"--only {outcome.name} --seed {outcome.seed}: {problem}" for problem in outcome.problems]
        return told

    def figure(self, seconds: float) -> str:
        """The run in one line."""
        pairs = sum("+" in outcome.name for outcome in self.outcomes)
        named = sum(bool(outcome.named) for outcome in self.outcomes)
        quiet = sum(outcome.harmless and not outcome.named for outcome in self.outcomes)
        return (
            f"{len(self.outcomes) - pairs} single faults, {pairs} pairs in {seconds:.0f} s: {named} named, "
            f"{quiet} harmless as declared, {len(self.missed)} not as demanded"
        )

    def values(self) -> dict[str, object]:
        """The run for a machine."""
        return {"holds": self.holds, "outcomes": [attrs.asdict(outcome) for outcome in self.outcomes]}


def _cell(good: list[bool] | None) -> str:
    return "" if not good else f"{sum(good)}/{len(good)}"
