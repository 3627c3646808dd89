"""What a run says: a score for each file, and every survivor with its change and its reason."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from syntherm_verify.mutation.mutant import Mutant, Result

LEAST: Final = 0.95
"""Of all mutants, the share that tests must notice."""


@attrs.frozen
class Verdict:
    """All results of a run against the reviewed list. A sample says nothing of the score or of what is left out."""

    results: Sequence[Result]
    reviewed: Mapping[Mutant, str]
    files: Sequence[str]
    whole: bool

    def unreviewed(self) -> list[Mutant]:
        """Survivors that nobody has looked at."""
        return sorted(r.mutant for r in self.results if not r.noticed and r.mutant not in self.reviewed)

    def outdated(self) -> list[Mutant]:
        """Reviewed mutants of these files that no longer survive, or no longer exist."""
        if not self.whole:
            return []
        alive = {r.mutant for r in self.results if not r.noticed}
        return sorted(m for m in self.reviewed if m.file in self.files and m not in alive)

    def score(self) -> float:
        """Share of mutants that were noticed, equivalent ones counted against it."""
        return sum(r.noticed for r in self.results) / len(self.results) if self.results else 0.0

    def holds(self) -> bool:
        """Whether nothing has to be done."""
        return not self.unreviewed() and not self.outdated() and (not self.whole or self.score() >= LEAST)


def as_text(verdict: Verdict) -> Iterator[str]:
    """The report for a terminal."""
    yield f"{'file':<42}{'mutants':>9}{'noticed':>9}{'reviewed':>10}{'open':>6}{'score':>9}"
    for name in verdict.files:
        mine = [r for r in verdict.results if r.mutant.file == name]
        if mine:
            yield _row(name.removeprefix("syntherm/core/"), mine, verdict.reviewed)
    yield _row("all", verdict.results, verdict.reviewed)
    for title, mutants in (
        ("survives, and nobody has reviewed it", verdict.unreviewed()),
        ("is reviewed as a survivor, but is none now; take it out of the list", verdict.outdated()),
    ):
        for mutant in mutants:
            yield f"\n{mutant.file} {mutant.function}: {title}"
            yield from (f"  - {line}" for line in mutant.before.splitlines())
            yield from (f"  + {line}" for line in mutant.after.splitlines())


def _row(name: str, results: Sequence[Result], reviewed: Mapping[Mutant, str]) -> str:
    noticed = sum(r.noticed for r in results)
    known = sum(not r.noticed and r.mutant in reviewed for r in results)
    left = len(results) - noticed - known
    share = noticed / len(results) if results else 0.0
    return f"{name:<42}{len(results):>9}{noticed:>9}{known:>10}{left:>6}{share:>9.1%}"


def as_json(verdict: Verdict, tool: str, seed: int | None) -> str:
    """The same for the record: tool, counts by file, and every survivor."""
    files = {
        name: {
            "mutants": sum(r.mutant.file == name for r in verdict.results),
            "noticed": sum(r.mutant.file == name and r.noticed for r in verdict.results),
        }
        for name in verdict.files
    }
    survivors = [
        {**attrs.asdict(r.mutant), "reason": verdict.reviewed.get(r.mutant)} for r in verdict.results if not r.noticed
    ]
    whole = {"tool": tool, "sample_seed": seed, "score": round(verdict.score(), 4), "least_score": LEAST}
    return json.dumps({**whole, "holds": verdict.holds(), "files": files, "survivors": survivors}, indent=1) + "\n"
