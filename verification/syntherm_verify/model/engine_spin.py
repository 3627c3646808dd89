"""Spin as an engine of the proof: claims about steps in one run, those about the end by formula."""

import time
from pathlib import Path
from typing import Final

from syntherm.core.properties import Property
from syntherm_verify.model import spin
from syntherm_verify.model.compiled import Model
from syntherm_verify.model.environment import events
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.tale import Scene
from syntherm_verify.model.verdicts import SPIN, Run, Verdict

_UNTOLD: Final = (Property.NO_TRAP, Property.NO_DEAD_ROW, Property.EVERY_STATE, Property.REFUSAL_SAYS_WHY)
"""Claims about all sessions together, which no formula about one session can state, and one about words."""


def check(rules: Rules, folder: Path) -> Run:
    """Everything that Spin can judge. Raises SpinError."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    safety = spin.check(rules, folder / "safety")
    ends = spin.ends(rules, folder / "ends")
    broken = dict(safety.broken)
    found = {claim: _judged(claim, safety.complete, bool(broken)) for claim in Property}
    for claim, way in broken.items():
        found[claim] = Verdict(SPIN, claim, False, scenes=scenes(rules, way))
    for name, result in ends.items():
        if result.broken or result.circle:
            way = result.broken[0][1] if result.broken else result.circle
            found[Property.ENDS] = Verdict(SPIN, Property.ENDS, False, f"{name} goes on for ever", scenes(rules, way))
    seconds = time.perf_counter() - began
    verdicts = tuple(found[claim] for claim in Property)
    return Run(SPIN, safety.states, safety.transitions - 1, seconds, verdicts, "steps: its transitions less the first")


def _judged(claim: Property, complete: bool, broken: bool) -> Verdict:
    if claim in _UNTOLD:
        return Verdict(SPIN, claim, None, "not a claim about one session")
    return Verdict(SPIN, claim, True if complete and not broken else None)


def scenes(rules: Rules, way: tuple[int, ...]) -> tuple[Scene, ...]:
    """A way by numbers of events, walked again from the beginning."""
    model, known = Model(rules), events(rules.k)
    states, walked = model.initial(), []
    for number in way:
        walked.append(Scene({name: int(column.flat[0]) for name, column in states.items()}, known[number]))
        states, _ = model.events[number].run(states, 1)
    return tuple(walked)
