"""Makes damages in turn, in processes of their own, and counts what came of them."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.recording.options import folder
from syntherm_verify.tamper import files, rewritten, rows, seals
from syntherm_verify.tamper.corpus import Corpus, corpus
from syntherm_verify.tamper.damaged import Damage
from syntherm_verify.tamper.judge import Verifiers, judge

DAMAGES: Final[Sequence[Damage]] = (*files.DAMAGES, *rows.DAMAGES, *rewritten.DAMAGES, *seals.DAMAGES)
_PORTION: Final = 500
_ALL_UP_TO: Final = 2000
"""Up to so many damages the independent verifier is asked about each; beyond, about one in ..."""
_SECOND_EVERY: Final = 50
_TOLD: Final = 10


@attrs.define
class Tally:
    """Counts of a run, by kind of damage. `told`: the first problems, each with what makes it again."""

    made: Counter[str] = attrs.Factory(Counter)
    found: Counter[str] = attrs.Factory(Counter)
    named: Counter[str] = attrs.Factory(Counter)
    second: Counter[str] = attrs.Factory(Counter)
    second_found: Counter[str] = attrs.Factory(Counter)
    second_named: Counter[str] = attrs.Factory(Counter)
    problems: int = 0
    told: list[str] = attrs.Factory(list)

    def add(self, other: "Tally") -> None:
        """Take in what another portion has come to."""
        for field in attrs.fields(Tally):
            ours = getattr(self, field.name)
            theirs = getattr(other, field.name)
            setattr(self, field.name, ours + theirs)
        self.told = self.told[: 4 * _TOLD]


def name_of(damage: Damage) -> str:
    """What a kind of damage is called."""
    return (damage.__doc__ or damage.__name__).splitlines()[0]


@cache
def _corpus() -> Corpus:
    return corpus()


def portion(first: int, count: int, seed: int, *, every: int, verifiers: Verifiers | None = None) -> Tally:
    """Some damages; number n is always the same."""
    tally = Tally()
    with folder(in_memory=True) as place:
        for number in range(first, first + count):
            damage = DAMAGES[number % len(DAMAGES)]
            rng = random.Random(f"{seed} damage {number}")
            # Each kind comes up in each of those that the independent verifier is asked about.
            second = number // len(DAMAGES) % every == 0
            made = judge(damage(rng, _corpus()), Path(place), verifiers or Verifiers(), second=second)
            name = name_of(damage)
            tally.made[name] += 1
            for counter in ("found", "named", "second", "second_found", "second_named"):
                getattr(tally, counter)[name] += getattr(made, counter)
            tally.problems += bool(made.problems)
            if len(tally.told) < _TOLD:
                tally.told += [f"damage {number} of seed {seed}, {name}: {problem}" for problem in made.problems]
    return tally


def portions(damages: int, seed: int, workers: int) -> Iterator[Tally]:
    """Portions as they end, in `workers` processes."""
    every = 1 if damages <= _ALL_UP_TO else _SECOND_EVERY
    starts = range(0, damages, _PORTION)
    if damages <= _PORTION:
        yield portion(0, damages, seed, every=every)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(portion, at, min(_PORTION, damages - at), seed, every=every) for at in starts]
        for each in running:
            yield each.result()
