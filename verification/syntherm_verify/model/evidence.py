"""What the proof found, kept beside the code: a committed file that a fresh run must repeat."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from syntherm_verify.model.lemmas import Lemma
from syntherm_verify.model.verdicts import Run

RESULTS: Final = Path("docs/iec62304/generated/proof.json")


def _of(runs: list[Run], tried: list[Lemma]) -> dict[str, Any]:
    return {
        "engines": {
            run.engine: {
                "states": run.states,
                "steps": run.steps,
                "claims": {v.claim.value.name: v.holds for v in run.verdicts},
                "note": run.note,
            }
            for run in runs
        },
        "assumptions": {lemma.name: {"says": lemma.says, "cases": lemma.cases} for lemma in tried},
    }


def kept() -> dict[str, Any]:
    """What the committed file says; nothing if there is none."""
    try:
        found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"engines": {}, "assumptions": {}}
    return found


def _repeats(found: dict[str, Any], old: dict[str, Any] | None) -> bool:
    if old is None or any(found[key] != old[key] for key in ("states", "steps")):
        return False
    # What an engine could not tell in its time, on a slower machine, is not a different answer.
    told = {name: holds for name, holds in found["claims"].items() if holds is not None}
    return found["claims"].keys() == old["claims"].keys() and all(old["claims"][n] == h for n, h in told.items())


def keep(runs: list[Run], tried: list[Lemma], *, check: bool) -> int:
    """Renew the committed results of these engines, or compare with them; 1 when they differ."""
    fresh, old = _of(runs, tried), kept()
    if not check:
        engines = {**old["engines"], **fresh["engines"]}
        text = json.dumps({"engines": engines, "assumptions": fresh["assumptions"]}, indent=2, sort_keys=True)
        RESULTS.write_text(text + "\n", encoding="utf-8")
        return 0
    stale = [name for name, found in fresh["engines"].items() if not _repeats(found, old["engines"].get(name))]
    stale += ["assumptions"] if old["assumptions"] != fresh["assumptions"] else []
    for name in stale:
        print(f"{RESULTS}: {name} is not what was found now; renew it: syntherm-verify prove", file=sys.stderr)
    return 1 if stale else 0
