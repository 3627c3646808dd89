"""What is proven of the session's table: the claims with formulas and results, and the abstractions with their reasons."""

import json
from collections.abc import Iterable
from typing import Any, Final

from syntherm.core.properties import WATCHED, Property
from syntherm.core.vocabulary import REGIONS
from syntherm_verify.model import evidence
from syntherm_verify.model.claims import claims
from syntherm_verify.model.constants import SMALL, Constants
from syntherm_verify.model.dead import dead
from syntherm_verify.model.environment import CONTROLLER, Kind
from syntherm_verify.model.expr import Expr, Num, Op, Var
from syntherm_verify.model.extract import COUNTED
from syntherm_verify.model.inputs import any_of
from syntherm_verify.model.monitors import watch
from syntherm_verify.model.mutants_command import RESULTS as MUTANTS
from syntherm_verify.model.program import Step
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, variables

_STATES: Final = {name: [state.value for state in region] for name, region in zip(REGION_NAMES, REGIONS, strict=True)}
_JUDGED: Final = {True: "holds", False: "BROKEN", None: "-"}


def formula(expression: Expr) -> str:
    """An expression as it is read: truths in words, states by name."""
    if isinstance(expression, Num):
        return str(expression.value)
    if isinstance(expression, Var):
        return expression.name
    if expression.sign == "!":
        return f"not {formula(expression.of[0])}"
    if expression.sign == "?":
        asked, yes, no = (formula(part) for part in expression.of)
        return f"(if {asked} then {yes} else {no})"
    if expression.sign == "==":
        return _equal(*expression.of)
    first = expression.of[0]
    if expression.sign == "|" and len(expression.of) == 2 and isinstance(first, Op) and first.sign == "!":
        return f"(if {formula(first.of[0])}, then {formula(expression.of[1])})"
    word = {"&": " and ", "|": " or ", "<=": " <= ", "+": " + ", "-": " - "}[expression.sign]
    return f"({word.join(formula(part) for part in expression.of)})"


def _equal(left: Expr, right: Expr) -> str:
    name = left.name.removeprefix("old_") if isinstance(left, Var) else ""
    if isinstance(left, Var) and name in _STATES and isinstance(right, Num):
        return f"{left.name} = {_STATES[name][right.value]}"
    return f"{formula(left)} = {formula(right)}"


def _formulas(k: Constants) -> dict[Property, dict[str, list[str]]]:
    """For each property its formulas, and at which kinds of event each is asked."""
    rules = Rules(k)
    found: dict[Property, dict[str, list[str]]] = {claim: {} for claim in Property}
    for kind in Kind:
        step = Step(rules, any_of(kind))
        step.build()
        watch(step)
        for claim, expression in claims(step):
            if not isinstance(expression, Num):
                found[claim].setdefault(formula(expression), []).append(kind.name.lower())
    return found


_WHOLE: Final = {
    Property.ENDS: "no strongly connected part of the heating states holds a tick and a look at equipment; none of "
    "COOLING holds a tick, a look and an image that shows all cool",
    Property.NO_TRAP: "backwards from COMPLETE, and from SETUP with a fault that blocks for good, every state is reached",
    Property.REFUSAL_SAYS_WHY: "every row that refuses has the words of the first fact that it misses (`model/words.py`)",
    Property.NO_DEAD_ROW: "every row but those of the kind `never` decided a step of the search",
    Property.EVERY_STATE: "every state of every region is in a reached state",
    Property.ONE_ROW: "besides: the rows alone, for all truths of all facts, reached or not",
}


def properties() -> str:
    """Every claim: in words, what it verifies, by whom it was judged, and its formulas."""
    results, found = evidence.kept(), _formulas(SMALL)
    engines: dict[str, Any] = results["engines"]
    parts = [
        "# What is claimed of every session, and what was found",
        "",
        "Made by `syntherm-verify generated` from `core/properties.py`, `verification/syntherm_verify/model/` and the "
        "results that `syntherm-verify prove` left in [proof.json](proof.json). What this means, and what it does not, "
        "stands in [what-is-proven.md](../what-is-proven.md).",
        "",
        _engines(engines),
        "## Claims",
        "",
        "Names that begin with `old_` are values before the step, with `m_` the monitors' own counts, with `in_` what the "
        "environment chose; times are in ticks of the small model. A watched claim is also judged in each running "
        "session and by `syntherm record check`.",
        "",
    ]
    for claim in Property:
        parts += _claim(claim, engines, found[claim])
    return "\n".join(parts)


def _engines(engines: dict[str, Any]) -> str:
    lines = ["| engine | states | steps | remark |", "|---|---|---|---|"]
    for name, run in engines.items():
        states, steps = (f"{run[key]:,}" if run[key] is not None else "-" for key in ("states", "steps"))
        lines.append(f"| {name} | {states} | {steps} | {run['note'] or '-'} |")
    return "\n".join([*lines, ""])


def _claim(claim: Property, engines: dict[str, Any], formulas: dict[str, list[str]]) -> Iterable[str]:
    value = claim.value
    judged = ", ".join(f"{name} {_JUDGED[run['claims'].get(value.name)]}" for name, run in engines.items())
    yield f"### {value.name}"
    yield ""
    yield value.says
    yield ""
    yield f"Verifies {' '.join((*value.requirements, *value.controls))}. Watched: {'yes' if claim in WATCHED else 'no'}. {judged}."
    yield ""
    if claim in _WHOLE:
        yield f"- of the whole: {_WHOLE[claim]}"
    for text, kinds in formulas.items():
        when = "any controller event" if len(set(kinds)) >= len(CONTROLLER) else ", ".join(dict.fromkeys(kinds))
        yield f"- at {when}: `{text}`"
    yield ""


def abstractions() -> str:
    """The model's variables, what it leaves to the environment, and each reduction with its reason."""
    k = SMALL
    lines = [
        "# The model: what is in it, what is left out, and why that is sound",
        "",
        "Made by `syntherm-verify generated`. Facts, checks, faults and effects are not written again for the model: the "
        "core's own functions are executed on symbols (`model/symbolic.py`), and what they return is the model. Whatever "
        "the core branches on is tried both ways; a function that computes what the model cannot hold stops the proof.",
        "",
        "## Variables",
        "",
        "| variable | range | part | stands for |",
        "|---|---|---|---|",
        *(f"| `{v.name}` | {v.least} to {v.most} | {v.part} | {v.means} |" for v in variables(k)),
        "",
        "## Left to the environment, which may choose anything at any moment",
        "",
        f"- whether a check passes that the model does not count for itself (it counts {', '.join(COUNTED)}): every fault "
        "may come up in every state in which it is watched, and go again; so whatever images and devices really do is "
        "among what is tried;",
        "- what an image shows: accepted or not, temperature or none, in range or not, precision, response, cooled;",
        "- lost commands and lost grants: a command that takes away may not be heard, a grant may be lost or end early; "
        "duplicated images are images that are not accepted; delays of images up to the model's bound in the search, and "
        "any delay in the proof by induction;",
        "- output that nobody lent is one of the faults that abort; that it also delays a new baseline is not in the model: "
        "the monitor `tissue-settled` watches it in each session;",
        "- a crash is a silence of any length that ends in a restart, or never does; devices go on by themselves meanwhile.",
        "",
        "## Smaller than the world, and why that is enough",
        "",
        "- **Two people.** Every rule asks whether another person has agreed, and treats all names alike; a third can "
        "only do what one of two can.",
        "- **Two setup items**, one of those that need two people and one of those that need one. All items are asked "
        "by the same rule, which is tried on all 4,096 combinations of all six; the others are confirmed or not as the "
        "environment likes.",
        "- **Small limits.** The search has limits of a few ticks, each of which can be reached, missed and passed; the "
        "proof by induction uses a real session's.",
        "- **Whole ticks.** Times are whole ticks. Nothing is said about the operating system's timing, nor about what "
        "happens between two events beyond what devices do by themselves.",
        "- **Ages that stop** one tick beyond the last limit that anybody compares them with behave as all older ones do.",
        "- **Never seen counts as very old**; that is also what the core's checks say.",
        "",
        "## Put to one value where nothing reads it",
        "",
        "The proof by induction goes without these, and so checks them.",
        "",
        "| variables | why nothing is lost |",
        "|---|---|",
        *(
            f"| {', '.join(f'`{name}`' for name in line.names[:12])}{' ...' if len(line.names) > 12 else ''} | {line.because} |"
            for line in dead(k)
        ),
        "",
        "## Tried over whole domains, with the core's own functions",
        "",
        "| name | what | cases |",
        "|---|---|---|",
        *(f"| {name} | {each['says']} | {each['cases']:,} |" for name, each in evidence.kept()["assumptions"].items()),
        "",
    ]
    return "\n".join(lines)


def wrong_tables() -> str:
    """How many wrong tables were made, and by which claim each was seen."""
    lines = ["# Wrong tables", "", "Made by `syntherm-verify generated` from what `syntherm-verify mutants` found.", ""]
    if not MUTANTS.exists():
        return "\n".join([*lines, "Not run yet.", ""])
    found: dict[str, Any] = json.loads(MUTANTS.read_text(encoding="utf-8"))
    lines += [
        f"{found['mutants']:,} wrong tables and limits: {found['killed']:,} seen, {found['equivalent']:,} no different from "
        "the right one (each with its reason in `verification/mutants/table-equivalents.toml`), none that survives unexplained.",
        "",
        "| claim that is broken | wrong tables |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in found["killed_by"].items()),
        "",
        "| seen by | wrong tables |",
        "|---|---|",
        *(f"| {_HOW[name]} | {count:,} |" for name, count in found["found_by"].items()),
        "",
    ]
    return "\n".join(lines)


_HOW: Final = {
    "rows": "reading the rows alone: not exactly one applies",
    "step": "a step from a reachable state",
    "whole": "a search of the whole",
}
