"""`syntherm-verify prove`: every claim about the table, by every engine."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from syntherm.core.properties import Property
from syntherm_sim.story.writer import text_of_story
from syntherm_verify.model import evidence, ic3, spin
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.engine_explorer import explore
from syntherm_verify.model.lemmas import Lemma, lemmas
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.symbolic import NotOnTheGrid
from syntherm_verify.model.tale import lines, story
from syntherm_verify.model.verdicts import EXPLORER, IC3, SPIN, Run, Verdict

OUT: Final = Path("build/proof")
MARKS: Final = {True: "holds", False: "BROKEN", None: "-"}


def _spin(rules: Rules, out: Path) -> Run:
    from syntherm_verify.model.engine_spin import check

    return check(rules, out / "spin")


def _ic3(_: Rules, out: Path) -> Run:
    from syntherm_verify.model.engine_ic3 import check

    return check(out / "ic3")


ENGINES: Final[dict[str, Callable[[Rules, Path], Run]]] = {
    EXPLORER: lambda rules, _: explore(rules),
    SPIN: _spin,
    IC3: _ic3,
}


def prove(arguments: Sequence[str]) -> int:
    """0 when every claim holds, 1 when one is broken or the evidence is stale, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm-verify prove", description=__doc__)
    parser.add_argument("--engine", action="append", choices=tuple(ENGINES), help="default: all")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"for counterexamples (default {OUT})")
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed evidence instead of renewing it"
    )
    options = parser.parse_args(arguments)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        rules = Rules(SMALL)
        runs = _run(rules, options.engine or list(ENGINES), options.out)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (spin.SpinError, ic3.ToolMissing, ic3.ToolFailed) as error:
        print(error, file=sys.stderr)
        return 2
    except (NotOnTheGrid, ValueError, TypeError) as error:
        print(f"the core cannot be turned into the model any more: {error}", file=sys.stderr)
        return 1
    tried = lemmas(rules.plan)
    print(_table(runs, tried))
    broken = [verdict for run in runs for verdict in run.broken]
    for verdict in broken:
        _tell(verdict, options.out)
    if broken or any(lemma.fails for lemma in tried) or _disagree(runs):
        return 1
    return evidence.keep(runs, tried, check=options.check)


def _run(rules: Rules, names: list[str], out: Path) -> list[Run]:
    return [ENGINES[name](rules, out) for name in dict.fromkeys(names)]


def _table(runs: list[Run], tried: list[Lemma]) -> str:
    rows = [f"{'property':28}" + "".join(f"{run.engine:>12}" for run in runs)]
    for claim in Property:
        marks = [next((MARKS[v.holds] for v in run.verdicts if v.claim is claim), "-") for run in runs]
        rows.append(f"{claim.value.name:28}" + "".join(f"{mark:>12}" for mark in marks))
    for title, values in (
        ("states", [f"{run.states:,}" if run.states is not None else "-" for run in runs]),
        ("steps", [f"{run.steps:,}" if run.steps is not None else "-" for run in runs]),
        ("seconds", [f"{run.seconds:.1f}" for run in runs]),
    ):
        rows.append(f"{title:28}" + "".join(f"{value:>12}" for value in values))
    rows += [run.note for run in runs if run.note]
    rows.append("")
    rows += [f"{lemma.name:28}{MARKS[lemma.fails is None]:>12}{lemma.cases:12,} cases" for lemma in tried]
    rows += [f"{lemma.name}: {lemma.fails}" for lemma in tried if lemma.fails]
    return "\n".join(rows)


def _tell(verdict: Verdict, out: Path) -> None:
    name = verdict.claim.value.name
    print(f"\n{verdict.engine}: {name} is broken. {verdict.claim.value.says} {verdict.detail}".rstrip())
    if not verdict.scenes:
        return
    print("\n".join(lines(list(verdict.scenes))))
    path = out / f"{name}-{verdict.engine}.json"
    path.write_text(text_of_story(story(verdict.claim, list(verdict.scenes), SMALL)), encoding="utf-8")
    print(f"play it: syntherm-sim session --plan verification/plans/igo-breast.toml --out DIR --scenario {path}")


def _disagree(runs: list[Run]) -> bool:
    counts = {run.engine: run.states for run in runs if run.states is not None}
    if len(set(counts.values())) <= 1:
        return False
    print(f"the engines do not agree on the number of states: {json.dumps(counts)}", file=sys.stderr)
    return True
