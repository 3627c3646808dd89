"""What the model takes for granted about the core, tried over its whole small domain with the core's own functions."""

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Final

import attrs
import numpy as np

from syntherm.core.checks.registry import ALL
from syntherm.core.checks.verdict import passed
from syntherm.core.faults import Code, Response
from syntherm.core.guards import PREDICATES, Situation, person_of
from syntherm.core.lease import bounded
from syntherm.core.machine import IllegalEvent, Phases, TableBroken, react
from syntherm.core.plan.values import Plan
from syntherm.core.state import Agreement, Standing
from syntherm.core.table import TABLE
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import ACTS, FALLING_ACTS, REGIONS, Effect, Fact, Session, Trigger
from syntherm_verify.model.environment import Group
from syntherm_verify.model.extract import ACT, COUNTED
from syntherm_verify.model.lens import LASTING, PEOPLE, RESETTABLE, begun, failing_check, state_of
from syntherm_verify.model.space import code
from syntherm_verify.model.steps import steps
from syntherm_verify.model.tables import BROKEN, NEVER, REFUSES, Tables

NEEDED: Final = {"plan": 2, "identity": 2, "pump": 2, "devices": 1, "stop-path": 1, "regions": 1}
"""How many different people confirm each setup item: SRS-103, not the core's own table."""
WATCHED_IN_HEAT: Final = (Session.HEATING, Session.DRUG_INFUSION_SYNC)
FALLING: Final = {"stop", "pause", "hold-infusion", "end-infusion", "end-heating"}


@attrs.frozen
class Lemma:
    """One assumption: what it says, how many cases were tried, and the first that fails."""

    name: str
    says: str
    cases: int
    fails: str | None


def _tried(name: str, says: str, cases: Iterator[str | None]) -> Lemma:
    count = 0
    for fails in cases:
        count += 1
        if fails is not None:
            return Lemma(name, says, count, fails)
    return Lemma(name, says, count, None)


def _items(plan: Plan) -> Iterator[str | None]:
    by_count = (frozenset[str](), frozenset(PEOPLE[:1]), frozenset(PEOPLE[1:]), frozenset(PEOPLE))
    for said in product(by_count, repeat=len(NEEDED)):
        agreed = {Agreement(item, person) for item, people in zip(NEEDED, said, strict=True) for person in people}
        state = attrs.evolve(begun(plan), agreements=frozenset(agreed))
        holds = PREDICATES[Fact.SETUP_CONFIRMED](Situation(state, ACT, {}))
        wanted = all(len(people) >= NEEDED[item] for item, people in zip(NEEDED, said, strict=True))
        yield None if holds is wanted else f"{sorted((a.topic, a.person) for a in agreed)} counts as {holds}"


def _people(_: Plan) -> Iterator[str | None]:
    spellings = ("operator-a", " operator-a", "Operator-A", "OPERATOR-A  ", "operator-b", "operator a", "operator  a")
    for first, second in product(spellings, repeat=2):
        one, two = (attrs.evolve(ACT, person=name) for name in (first, second))
        same = " ".join(first.split()).casefold() == " ".join(second.split()).casefold()
        yield None if (person_of(one) == person_of(two)) is same else f"{first!r} and {second!r}"


def _starts(plan: Plan) -> Iterator[str | None]:
    pairs = [(), *combinations(ALL, 1), *combinations(ALL, 2)]
    standing = [(), (RESETTABLE,), (LASTING,)]
    for failing, codes in product(pairs, standing):
        state = attrs.evolve(state_of(plan, {"now": 0}), faults=tuple(Standing(c, 0.0, "") for c in codes))
        verdicts = {name: failing_check() if name in failing else passed() for name in ALL}
        holds = PREDICATES[Fact.MAY_START](Situation(state, ACT, verdicts))
        yield (
            None if holds is (not failing and not codes) else f"{failing} failing and {codes} standing count as {holds}"
        )


def _faults(_: Plan) -> Iterator[str | None]:
    for fault in Code:
        severe = fault.value.response >= Response.PAUSE
        seen = all(session in fault.value.watched_in for session in WATCHED_IN_HEAT)
        grouped = any(fault in group.codes for group in Group) or fault.value.response is Response.NOTE
        wrong = "is not watched while energy flows" if severe and not seen else "" if grouped else "is in no group"
        yield f"{fault.name} {wrong}" if wrong else None


def _counted(_: Plan) -> Iterator[str | None]:
    for name in COUNTED:
        yield None if name in ALL else f"{name} is no check any more"


def _acts(_: Plan) -> Iterator[str | None]:
    for trigger in ACTS:
        falls = trigger in FALLING_ACTS
        yield (
            None
            if falls is (trigger.value in FALLING)
            else f"{trigger.value} counts as {'' if falls else 'not '}falling"
        )


def _machine(_: Plan) -> Iterator[str | None]:
    tables = Tables(TABLE)
    for places in product(*REGIONS):
        for trigger in Trigger:
            facts = tables.facts[trigger]
            for truths in range(1 << len(facts)):
                yield _same(tables, places, trigger, truths)


def _same(tables: Tables, places: tuple[object, ...], trigger: Trigger, truths: int) -> str | None:
    facts = tables.facts[trigger]
    regions = tables.of(trigger)
    at = [code(place) * (1 << len(facts)) + truths for place in places]  # type: ignore[arg-type]
    answers = [int(region.answer[index]) for region, index in zip(regions, at, strict=True)]
    every = answers[0] | answers[1] | answers[2] | answers[3]
    try:
        moved = react(Phases(*places), trigger, lambda fact: bool(truths >> facts.index(fact) & 1))  # type: ignore[arg-type]
    except IllegalEvent:
        return None if every & REFUSES else f"{trigger.value} at {places}: the machine refuses, the table does not"
    except TableBroken:
        return (
            None if every & (BROKEN | NEVER) else f"{trigger.value} at {places}: the machine breaks, the table does not"
        )
    targets = tuple(code(phase) for phase in moved.phases.all())
    wanted = tuple(int(region.target[index]) for region, index in zip(regions, at, strict=True))
    effects = sum(1 << code(effect) for effect in moved.effects)
    falling_first = list(moved.effects) == [e for e in Effect if e in moved.effects]
    equal = not every & (REFUSES | BROKEN | NEVER) and targets == wanted and effects == every and falling_first
    return None if equal else f"{trigger.value} at {places}: machine and table differ"


def _lease(plan: Plan) -> Iterator[str | None]:
    """No neighbourhood of focal points may be heated beyond the limit by what was lent and what is unseen."""
    state = state_of(plan, {"now": 0, "thermal": 1})
    thermal, response = state.thermometry.thermal, state.beam.response
    if thermal is None or response is None:
        raise TypeError("a state with a temperature and a response was expected")
    foci, limit = state.foci, plan.limits.target_max_degC
    count = len(foci.points_mm)
    hot = foci.voxels[count // 2]
    ramp = np.linspace(0.0, 1.0, count)
    domain = product((37.0, 43.0, 44.9, 45.5), (0.001, 0.02, 0.5), (10.0, 400.0), (0.0, 1.0, 30.0), (0.1, 5.0))
    for degC, rise, most, unseen, power in domain:
        warm = thermal.temperature_degC.copy()
        warm[hot] = degC
        seen = attrs.evolve(thermal, temperature_degC=warm)
        wanted, already = np.full(count, power) * (0.5 + ramp), np.full(count, unseen) * ramp[::-1]
        tissue = attrs.evolve(response, rise_degC_per_J=rise)
        sonication = attrs.evolve(plan.sonication, max_power_W=most)
        given = bounded(wanted, seen, foci, tissue, attrs.evolve(plan, sonication=sonication), already)
        upper = warm + plan.limits.coverage_factor * thermal.uncertainty_degC
        hottest = np.array([upper[v][seen.validity[v] == Reason.VALID].max() for v in foci.voxels])
        energy = foci.neighbours @ (given * plan.sonication.lease_s)
        over = hottest + rise * (energy + foci.neighbours @ already) > limit + 1e-3
        too_hot = bool((over & (energy > 1e-9)).any())
        beyond = bool(((given < 0.0) | (given > wanted + 1e-9)).any())
        too_much = beyond or float(given.sum()) > most * (1.0 + 1e-9)
        case = f"{degC} degC, {rise} degC/J, {unseen} J unseen, {power} W wanted, {most} W at most"
        yield f"{case}: more is lent than the tissue or the plan bears" if too_hot or too_much else None


_LEMMAS: Final[tuple[tuple[str, str, Callable[[Plan], Iterator[str | None]]], ...]] = (
    ("setup-items", "Setup is confirmed exactly when each item has as many different people as SRS-103 asks.", _items),
    ("one-person", "One person spelt in two ways is one person; two names are two.", _people),
    ("may-start", "Every check passes and no blocking fault stands: exactly then may energy start.", _starts),
    ("faults", "Every fault that takes energy away is watched while heat is delivered, and is in the model.", _faults),
    ("counted", "The checks that the model counts for itself exist.", _counted),
    ("falling-acts", "The acts that take away, and no others, are answered whatever else happens.", _acts),
    ("machine", "The machine that runs answers every trigger in every state as the rows do.", _machine),
    ("step", "The step that runs answers as the rows do, faults first, and carries out what they ask.", steps),
    ("energy-per-lease", "No loan heats a focal point beyond the limit, on upper bounds, with unseen energy.", _lease),
)  # fmt: skip


def lemmas(plan: Plan) -> list[Lemma]:
    """All of them."""
    return [_tried(name, says, cases(plan)) for name, says, cases in _LEMMAS]
