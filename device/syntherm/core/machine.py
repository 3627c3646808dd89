"""The runtime machine: `transitions` built from the rows, moving four regions at once or none at all.

The rows name the way and the library walks it; if the two ever disagree, the step is refused. No callback acts:
what to do comes out as the effects of the rows that fired.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import attrs
from transitions import Machine

from syntherm.core.table import INITIAL, ROWS, TABLE, Kind, Row
from syntherm.core.vocabulary import REGIONS, Calibration, Effect, Energy, Fact, Infusion, Session, State, Trigger

Truth = Callable[[Fact], bool]
R = TypeVar("R", Session, Calibration, Energy, Infusion)


class IllegalEvent(Exception):
    """A trigger that the table refuses here. Nothing has changed."""

    def __init__(self, trigger: Trigger, state: State, because: str) -> None:
        super().__init__(f"{trigger.value} is refused in {state.value}: {because}")
        self.trigger = trigger
        self.state = state
        self.because = because


class TableBroken(Exception):
    """The table and its machine do not agree: a defect of this software, never of its user."""


@attrs.frozen
class Phases:
    """Where each region stands."""

    session: Session = Session.SETUP
    calibration: Calibration = Calibration.NONE
    energy: Energy = Energy.OFF
    infusion: Infusion = Infusion.IDLE

    def all(self) -> tuple[Session, Calibration, Energy, Infusion]:
        """All four, in the order of the regions."""
        return (self.session, self.calibration, self.energy, self.infusion)


@attrs.frozen
class Reaction:
    """What one trigger did: the new phases, the rows that fired, their effects without repeats, falling first."""

    phases: Phases
    rows: tuple[Row, ...]
    effects: tuple[Effect, ...]


class _Place:
    """The one thing that the library may write to: where a region stands during a single call."""

    def __init__(self, state: State) -> None:
        self.state = state


def _holds(row: Row, truth: Truth) -> bool:
    return all(truth(fact) is asked for fact, asked in row.guard)


def _build(region: type[State]) -> Machine:
    initial = next(state for state in INITIAL if isinstance(state, region))
    rows = [row for row in TABLE if isinstance(row.source, region) and row.kind in (Kind.MOVE, Kind.IGNORE)]
    return Machine(
        model=None,
        states=region,
        initial=initial,
        auto_transitions=False,
        transitions=[
            {
                "trigger": row.trigger.value,
                "source": row.source,
                "dest": row.target,
                "conditions": partial(_holds, row),
            }
            for row in rows
        ],
    )


MACHINES: Final[Mapping[type[State], Machine]] = {region: _build(region) for region in REGIONS}


def select(state: State, trigger: Trigger, truth: Truth) -> Row:
    """The one row that governs (state, trigger) under these facts.

    Raises TableBroken unless exactly one guard holds.
    """
    rows = [row for row in ROWS.get((state, trigger), ()) if _holds(row, truth)]
    if len(rows) != 1:
        raise TableBroken(f"{len(rows)} rows govern {trigger.value} in {state.value}; exactly one must")
    return rows[0]


def _accepted(rows: tuple[Row, ...]) -> None:
    # A refusal speaks for all regions, and only what none refuses can come to a row that must never decide.
    for row in rows:
        if row.kind is Kind.REFUSE:
            raise IllegalEvent(row.trigger, row.source, row.because)
    for row in rows:
        if row.kind is Kind.NEVER:
            raise TableBroken(
                f"{row.trigger.value} was decided in {row.source.value}, which never happens: {row.because}"
            )


def _walk(row: Row, truth: Truth) -> None:
    place = _Place(row.source)
    machine = MACHINES[type(row.source)]
    went = machine.events[row.trigger.value].trigger(place, truth)
    if not went or place.state is not row.target:
        raise TableBroken(
            f"the machine took {row.trigger.value} to {place.state.value}, the table to {row.target.value}"
        )


def react(phases: Phases, trigger: Trigger, truth: Truth) -> Reaction:
    """Move all regions by one trigger; all guards are tested before anything moves.

    Raises IllegalEvent if any region refuses: then no region has moved. Raises TableBroken for a defective table.
    """
    rows = tuple(select(state, trigger, truth) for state in phases.all())
    _accepted(rows)
    for row in rows:
        _walk(row, truth)
    wanted = {effect for row in rows for effect in row.effects}
    moved = Phases(_to(rows, Session), _to(rows, Calibration), _to(rows, Energy), _to(rows, Infusion))
    return Reaction(moved, rows, tuple(effect for effect in Effect if effect in wanted))


def _to(rows: tuple[Row, ...], region: type[R]) -> R:
    return next(row.target for row in rows if isinstance(row.target, region))
