"""Wrong tables, made by rule: each must be seen by the proof, or be shown to be no different.

What drops, doubles or negates guards is found by reading the rows alone: no longer does exactly one apply. The rest
is searched: from every state of the good table in which the changed rows can be asked, for a step that breaks a
claim, and then, if none does, as a whole.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import attrs

from syntherm.core.table import TABLE, Kind, Row
from syntherm.core.vocabulary import Effect, Fact, State, Trigger
from syntherm_verify.model.constants import Constants

STILL: Final = (Kind.IGNORE, Kind.REFUSE, Kind.NEVER)
_OTHERS: Final = {
    Effect.ENERGY_OFF: Effect.HOLD_INFUSION,
    Effect.HOLD_INFUSION: Effect.ENERGY_OFF,
    Effect.GRANT_LEASE: Effect.GRANT_TEST,
    Effect.GRANT_TEST: Effect.GRANT_LEASE,
    Effect.FORGET_PEOPLE: Effect.FORGET_CALIBRATION,
    Effect.FORGET_CALIBRATION: Effect.FORGET_PEOPLE,
    Effect.GRANT_INFUSION: Effect.GRANT_LEASE,
}
_ADDED: Final = (Effect.GRANT_LEASE, Effect.GRANT_TEST, Effect.GRANT_INFUSION, Effect.CLEAR_LATCHES)


@attrs.frozen
class Mutant:
    """One wrong table, or one wrong constant. `name` says what was done, and is the key of the reviewed list."""

    name: str
    rows: tuple[Row, ...]
    source: State | None = None
    trigger: Trigger | None = None
    constants: Constants | None = None


def _label(row: Row) -> str:
    guard = " & ".join(fact.name if wanted else f"not {fact.name}" for fact, wanted in row.guard)
    region = type(row.source).__name__.lower()
    return f"{region} {row.source.value}, {row.trigger.value}" + (f" [{guard}]" if guard else "")


def _with(old: tuple[Row, ...], new: tuple[Row, ...]) -> tuple[Row, ...]:
    at = TABLE.index(old[0])
    kept = [row for row in TABLE if row not in old]
    return (*kept[:at], *new, *kept[at:])


def _changed(what: str, old: Row, *new: Row) -> Mutant:
    return Mutant(f"{_label(old)}: {what}", _with((old,), new), old.source, old.trigger)


def _of_row(row: Row) -> Iterator[Mutant]:
    yield _changed("row dropped", row)
    yield _changed("row doubled", row, row, attrs.evolve(row, because="twice"))
    for number, (fact, wanted) in enumerate(row.guard):
        rest = (*row.guard[:number], *row.guard[number + 1 :])
        yield _changed(f"{fact.name} not asked", row, attrs.evolve(row, guard=rest))
        turned = (*row.guard[:number], (fact, not wanted), *row.guard[number + 1 :])
        yield _changed(f"{fact.name} turned round", row, attrs.evolve(row, guard=turned))
    for kind in Kind:
        if kind is not row.kind and kind is not Kind.MOVE:
            yield _changed(f"{row.kind.value} becomes {kind.value}", row, _still(row, kind))
    if row.kind is Kind.MOVE:
        yield from _of_move(row)


def _still(row: Row, kind: Kind) -> Row:
    return attrs.evolve(row, kind=kind, target=row.source, effects=(), because=row.because or "mutant")


def _of_move(row: Row) -> Iterator[Mutant]:
    for state in type(row.source):
        if state is not row.target:
            yield _changed(f"leads to {state.value}", row, attrs.evolve(row, target=state))
    for effect in row.effects:
        rest = tuple(e for e in row.effects if e is not effect)
        yield _changed(f"without {effect.name}", row, attrs.evolve(row, effects=rest))
        if effect in _OTHERS:
            swapped = tuple(_OTHERS[e] if e is effect else e for e in row.effects)
            yield _changed(f"{effect.name} becomes {_OTHERS[effect].name}", row, attrs.evolve(row, effects=swapped))
    for effect in _ADDED:
        # A reset clears latches anyway: another row asks for it.
        if effect not in row.effects and not (effect is Effect.CLEAR_LATCHES and row.trigger is Trigger.RESET):
            yield _changed(f"with {effect.name} besides", row, attrs.evolve(row, effects=(*row.effects, effect)))


def _of_guards() -> Iterator[Mutant]:
    """Guards that stay whole but ask less, or are swapped: what rows alone cannot show."""

    def key(row: Row) -> tuple[str, str, str]:
        return (type(row.source).__name__, row.source.value, row.trigger.value)

    for _, group in groupby(sorted(TABLE, key=key), key):
        rows = tuple(group)
        for fact in {fact: None for row in rows for fact, _ in row.guard}:
            for truth in (True, False):
                yield _taken(rows, fact, truth)
        for number, first in enumerate(rows):
            for second in rows[number + 1 :]:
                swapped = (attrs.evolve(first, guard=second.guard), attrs.evolve(second, guard=first.guard))
                what = f"guard swapped with [{_label(second)}]"
                yield Mutant(f"{_label(first)}: {what}", _with((first, second), swapped), first.source, first.trigger)


def _taken(rows: tuple[Row, ...], fact: Fact, truth: bool) -> Mutant:
    kept = tuple(
        attrs.evolve(row, guard=tuple(literal for literal in row.guard if literal[0] is not fact))
        for row in rows
        if (fact, not truth) not in row.guard
    )
    first = rows[0]
    place = f"{type(first.source).__name__.lower()} {first.source.value}, {first.trigger.value}"
    return Mutant(f"{place}: {fact.name} taken as {truth}", _with(rows, kept), first.source, first.trigger)


def _of_constants(k: Constants) -> Iterator[Mutant]:
    """Limits and timers that are one tick off in the controller, while monitors keep the true ones."""
    names = [field.name for field in attrs.fields(Constants) if field.name not in ("delay", "tick_s")]
    for name in names:
        for change in (-1, 1):
            wrong = attrs.evolve(k, **{name: getattr(k, name) + change})
            yield Mutant(f"{name} {'longer' if change > 0 else 'shorter'} by a tick", TABLE, constants=wrong)


def mutants(k: Constants) -> Iterator[Mutant]:
    """All of them."""
    for row in TABLE:
        yield from _of_row(row)
    yield from _of_guards()
    yield from _of_constants(k)
