"""IC3 as an engine of the proof: by induction, under the limits of the demonstration plan."""

import time
from pathlib import Path
from typing import Final

from syntherm.core.plan.reader import read_plan
from syntherm.core.properties import Property
from syntherm_verify.model import ic3
from syntherm_verify.model.constants import PLAN, of_plan
from syntherm_verify.model.verdicts import IC3, Run, Verdict
from syntherm_verify.model.verilog import RANGES

TICK_S: Final = 1.0
LIMIT_S: Final = 30.0
"""For each claim; what takes longer is said to be unknown."""
_HOLDS: Final = {ic3.Verdict.PROVEN: True, ic3.Verdict.BROKEN: False, ic3.Verdict.UNKNOWN: None}


def check(folder: Path) -> Run:
    """Every claim about single steps. Raises ic3.ToolMissing or ic3.ToolFailed."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    constants = of_plan(read_plan(PLAN.read_text(encoding="utf-8")), TICK_S)
    results = {result.claim: result for result in ic3.check(constants, folder, LIMIT_S)}
    verdicts = tuple(_judged(claim, results.get(claim.value.name)) for claim in Property)
    ranges = results.get(RANGES)
    kept = "" if ranges is None or ranges.verdict is ic3.Verdict.PROVEN else "; ranges of variables not proven"
    note = f"limits of {PLAN.name} in ticks of {TICK_S:g} s; number of states not counted{kept}"
    return Run(IC3, None, None, time.perf_counter() - began, verdicts, note)


def _judged(claim: Property, result: ic3.Ic3Result | None) -> Verdict:
    if result is None:
        return Verdict(IC3, claim, None, "not a claim about a step")
    detail = f"in {result.depth} steps" if result.depth is not None else ""
    return Verdict(IC3, claim, _HOLDS[result.verdict], detail)
