"""`syntherm-verify mutants`: is every wrong table seen by the proof?"""

import argparse
import json
import multiprocessing
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.fates import Fate, Judge
from syntherm_verify.model.mutants import Mutant
from syntherm_verify.model.mutants import mutants as all_mutants

REVIEWED: Final = Path("verification/mutants/table-equivalents.toml")
RESULTS: Final = Path("docs/iec62304/generated/mutants.json")
_EVERY: Final = 250
_judge: Judge | None = None


_chosen: list[Mutant] = []


def _fate(number: int) -> Fate:
    # Workers are forked: they have the good search and the mutants already.
    if _judge is None:
        raise RuntimeError("the good table is searched first")
    return _judge.fate(_chosen[number])


def mutants(arguments: Sequence[str]) -> int:
    """0 when every mutant is killed or reviewed as equivalent, 1 otherwise."""
    global _judge, _chosen
    parser = argparse.ArgumentParser(prog="syntherm-verify mutants", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    try:
        reviewed = {entry["mutant"]: entry["reason"] for entry in _reviewed()}
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        print(f"{REVIEWED}: cannot be read: {error}", file=sys.stderr)
        return 2
    began = time.perf_counter()
    every = list(all_mutants(SMALL))
    chosen = (
        every if options.sample is None else random.Random(options.seed).sample(every, min(options.sample, len(every)))
    )
    _judge, _chosen = Judge(SMALL), chosen
    with multiprocessing.get_context("fork").Pool(options.workers) as pool:
        fates = []
        for fate in pool.imap_unordered(_fate, range(len(chosen)), chunksize=4):
            fates.append(fate)
            if len(fates) % _EVERY == 0:
                print(f"{len(fates)} of {len(chosen)} judged", flush=True)
            if fate.killed is None and fate.mutant not in reviewed:
                print(f"survives: {fate.mutant}", flush=True)
    unreviewed = [fate for fate in fates if fate.killed is None and fate.mutant not in reviewed]
    names = {mutant.name for mutant in every}
    unknown = [name for name in reviewed if name not in names]
    killed = [fate for fate in fates if fate.killed is not None and fate.mutant in reviewed]
    for name in unknown:
        print(f"{REVIEWED}: no such mutant any more: {name}", file=sys.stderr)
    for fate in killed:
        print(f"{REVIEWED}: is killed, not equivalent: {fate.mutant}", file=sys.stderr)
    dead = sum(fate.killed is not None for fate in fates)
    seconds = time.perf_counter() - began
    if options.sample is None and not (unreviewed or unknown or killed):
        _keep(fates, reviewed)
    print(
        f"{len(fates)} mutants, {dead} killed, {len(fates) - dead - len(unreviewed)} equivalent, "
        f"{len(unreviewed)} survive, {seconds:.0f} s"
    )
    return 1 if unreviewed or unknown or killed else 0


def _reviewed() -> list[dict[str, str]]:
    if not REVIEWED.exists():
        return []
    found: list[dict[str, str]] = tomllib.loads(REVIEWED.read_text(encoding="utf-8")).get("equivalent", [])
    return found


def _keep(fates: list[Fate], reviewed: dict[str, str]) -> None:
    by_claim = Counter(fate.killed.value.name for fate in fates if fate.killed is not None)
    by_how = Counter(fate.how for fate in fates if fate.killed is not None)
    kept = {
        "mutants": len(fates),
        "killed": sum(by_claim.values()),
        "equivalent": len(fates) - sum(by_claim.values()),
        "killed_by": dict(sorted(by_claim.items())),
        "found_by": dict(sorted(by_how.items())),
        "reviewed": len(reviewed),
    }
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
