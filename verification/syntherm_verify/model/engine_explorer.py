"""The explorer as an engine of the proof: every claim, with a shortest way to each that is broken."""

import time

from syntherm.core.properties import Property
from syntherm.core.table import Kind
from syntherm_verify.model.compiled import Model
from syntherm_verify.model.explorer import Broken, Search
from syntherm_verify.model.graph import Graph, unreached
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.tale import Scene
from syntherm_verify.model.verdicts import EXPLORER, Run, Verdict
from syntherm_verify.model.words import misworded


def explore(rules: Rules) -> Run:
    """Search everything, then judge the graph as a whole."""
    began = time.perf_counter()
    model = Model(rules)
    # The first broken steps are the shortest ways; beyond them a broken table proves nothing.
    search = Search(model, edges=True).run(stop_at_first=True)
    broken = list(search.broken.values())
    if not broken:
        broken = Graph(search).broken()
    unknown = "not judged: something is broken before"
    found: dict[Property, Verdict] = {
        claim: Verdict(EXPLORER, claim, None if broken else True, unknown if broken else "") for claim in Property
    }
    if not search.broken:
        lost = unreached(search)
        found[Property.NO_DEAD_ROW] = _dead(search)
        found[Property.EVERY_STATE] = Verdict(EXPLORER, Property.EVERY_STATE, not lost, ", ".join(lost))
    found |= {each.claim: _verdict(search, each) for each in broken}
    gaps = model.react.tables.gaps()
    if gaps:
        found[Property.ONE_ROW] = Verdict(
            EXPLORER, Property.ONE_ROW, False, f"not exactly one row: {', '.join(gaps[:5])}"
        )
    wrong = misworded(rules.rows)
    if wrong:
        found[Property.REFUSAL_SAYS_WHY] = Verdict(EXPLORER, Property.REFUSAL_SAYS_WHY, False, "; ".join(wrong[:5]))
    verdicts = tuple(found[claim] for claim in Property)
    return Run(EXPLORER, search.seen.count, search.steps, time.perf_counter() - began, verdicts)


def _dead(search: Search) -> Verdict:
    rows = search.model.rules.rows
    dead = [rows[n] for n in search.dead_rows() if rows[n].kind is not Kind.NEVER]
    said = ", ".join(f"{row.trigger.value} in {row.source.value} ({row.kind.value})" for row in dead)
    return Verdict(EXPLORER, Property.NO_DEAD_ROW, not dead, said)


def _verdict(search: Search, broken: Broken) -> Verdict:
    return Verdict(EXPLORER, broken.claim, False, scenes=tuple(scenes(search, broken)))


def scenes(search: Search, broken: Broken) -> list[Scene]:
    """The way to a broken step, and the step."""
    way: list[Scene] = []
    state = broken.state
    if broken.event >= 0:
        way.append(Scene(search.state(state), search.model.events[broken.event].event))
    while search.parent[state] >= 0:
        parent, event = int(search.parent[state]), int(search.by[state])
        way.append(Scene(search.state(parent), search.model.events[event].event))
        state = parent
    return way[::-1]
