"""What the core's functions do, as expressions: observations, checks, faults, facts and effects.

Each function of the core is run as it is, on symbols, for every combination of what it may branch on otherwise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import attrs
import numpy as np

from syntherm.core import latch
from syntherm.core.checks.registry import ALL
from syntherm.core.checks.verdict import passed
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.effects import CARRIED_OUT
from syntherm.core.events import (
    Channel,
    ChannelFailed,
    EquipmentPolled,
    Event,
    FatMapReceived,
    FrameReceived,
    OperatorActed,
    PumpReport,
    Restarted,
    StopLoopReport,
    TransducerReport,
)
from syntherm.core.faults import Code
from syntherm.core.guards import PREDICATES, Situation
from syntherm.core.observe.event import observe
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.vocabulary import Effect, Fact, Infusion, Session, Trigger
from syntherm_verify.model.expr import YES, Expr, Var, choose, eq, num
from syntherm_verify.model.lens import LASTING, PEOPLE, RESETTABLE, Concrete, failing_check, state_of, values_of, volume
from syntherm_verify.model.space import code
from syntherm_verify.model.symbolic import explore, sym

Axis = Sequence[tuple[Expr, Concrete]]
Updates = dict[str, Expr]

SESSIONS: Final[Axis] = [(eq(Var("session"), code(s)), {"session": code(s)}) for s in Session]
INFUSIONS: Final[Axis] = [(eq(Var("infusion"), code(i)), {"infusion": code(i)}) for i in Infusion]
LOST: Final[Axis] = [(eq(Var("out"), -1), {"out": -1}), (YES, {})]
FULL: Final[Concrete] = {
    "two": 3, "one": 1, "accepts": 3, "resets": 3, "by_reset": 1, "for_good": 1, "learned": 1, "thermal": 1,
    "unconfirmed": 1,
}  # fmt: skip
"""What is put in as a number unless an axis varies it: chosen so that forgetting any of it shows."""


def each(name: str, numbers: Sequence[int]) -> Axis:
    """An axis over all numbers of one variable."""
    return [(eq(Var(name), n), {name: n}) for n in numbers]


def cases(axes: Sequence[Axis], run: Callable[[Concrete], Mapping[str, object]], at: Concrete = FULL) -> Updates:
    """What `run` returns over all combinations of the axes, as one expression for each name.

    `at` are the numbers that are put in; a name whose number does not change comes out as its own variable.
    """
    if not axes:
        found = explore(partial(run, at))
        return {name: Var(name) if name in at and value == num(at[name]) else value for name, value in found.items()}
    alternatives = [(condition, values, cases(axes[1:], run, {**at, **values})) for condition, values in axes[0]]
    return {name: _combined(name, alternatives) for name in alternatives[0][2]}


def _combined(name: str, alternatives: list[tuple[Expr, Concrete, Updates]]) -> Expr:
    results = [(condition, found[name]) for condition, _, found in alternatives]
    if len({value for _, value in results}) == 1:
        return results[0][1]
    result = results[-1][1]
    for condition, value in reversed(results[:-1]):
        result = choose(condition, value, result)
    return result


def changed(updates: Updates) -> Updates:
    """Without what stays as it is."""
    return {name: value for name, value in updates.items() if value != Var(name)}


# ------------------------------------------------------------------------------------------------------ observation
def frame(plan: Plan, delay: Expr, sequence: int = 2) -> FrameReceived:
    """An image that has come now, acquired `delay` ticks ago."""
    scanner = plan.scanner
    acquired_s = sym(delay.name, -1.0) if isinstance(delay, Var) else -float(getattr(delay, "value", 0))
    return FrameReceived(
        0.0, sequence, acquired_s, scanner.field_T, scanner.echo_time_ms, geometry_of(plan), volume(plan)
    )


def poll(plan: Plan, *, stop_closed: bool) -> EquipmentPolled:
    """A look at equipment that is as it should be; the pump says what it has pumped."""
    report = PumpReport(True, sym("pumped"), plan.prescription.rate_ml_per_h, 1.0, plan.pump.watchdog_s, None)
    return EquipmentPolled(0.0, TransducerReport(True, False, 0.0), report, StopLoopReport(stop_closed))


def notice(plan: Plan) -> FatMapReceived:
    """Something comes that no row asks for."""
    return FatMapReceived(0.0, geometry_of(plan), np.zeros(plan.scanner.matrix, dtype=np.float32))


ACT: Final = OperatorActed(0.0, Trigger.STOP, PEOPLE[0])
FAILURE: Final = ChannelFailed(0.0, Channel.TRANSDUCER, "")
RESTARTED: Final = Restarted(0.0, "")


def observation(plan: Plan, event: Event, fixed: Concrete) -> Updates:
    """What taking in an event changes; beside the variables, `jumped` and, for an image, `accepted`."""

    def run(at: Concrete) -> dict[str, object]:
        seen = observe(state_of(plan, {**fixed, **at}), event)
        return {**values_of(seen), "jumped": seen.jumped_s, "accepted": seen.imaging.defect is None}

    return changed(cases([SESSIONS, LOST, each("unconfirmed", (0, 1))], run))


# ----------------------------------------------------------------------------------------------------------- checks
COUNTED: Final = (
    "clock", "channels", "frame-age", "frames-lost", "in-range", "heating-time", "pump-volume",
)  # fmt: skip
"""The checks that rest on what the model counts. All others fail whenever the environment likes."""


def check(plan: Plan, name: str) -> tuple[Expr, Expr, Code]:
    """May start, may continue, and the fault that the check names, after an observation."""
    codes: set[Code] = set()

    def run(at: Concrete) -> dict[str, object]:
        verdict = ALL[name](state_of(plan, {"now": 0, **at}))
        if verdict.code is not None:
            codes.add(verdict.code)
        return {"start": verdict.may_start, "go on": verdict.may_continue}

    result = cases([INFUSIONS, LOST, each("unconfirmed", (0, 1))], run, {})
    (named,) = codes
    return result["start"], result["go on"], named


def latches(fault: Code, session: Session) -> dict[str, bool]:
    """What stands after a fault was seen in a session state."""
    standing = {failure.code for failure in latch.latch((), {fault: ""}, session, 0.0)}
    clears = {code.value.clears for code in standing if code.value.response >= RESETTABLE.value.response.PAUSE}
    return {"by_reset": RESETTABLE.value.clears in clears, "for_good": LASTING.value.clears in clears}


def stays(fault: Code) -> bool:
    """Whether a fault that stands goes on standing when its cause is gone."""
    before = latch.latch((), {fault: ""}, Session.HEATING, 0.0)
    return bool(latch.latch(before, {}, Session.HEATING, 0.0))


def asks(fault: Code, session: Session) -> tuple[Trigger, ...]:
    """The responses that a fault's cause asks for in a session state."""
    return latch.asked_for({fault: ""}, session)


# ------------------------------------------------------------------------------------------------------------ facts
def _holds(plan: Plan, fact: Fact, event: Event, at: Concrete, failing: str | None = None) -> object:
    verdicts = {name: failing_check() if name == failing else passed() for name in ALL}
    return PREDICATES[fact](Situation(state_of(plan, {"now": 0, **at}), event, verdicts))


def fact(plan: Plan, asked: Fact, axes: Sequence[Axis], event: Event, fixed: Concrete) -> Expr:
    """A fact as an expression; `fixed` are the answers that the environment gives."""

    def run(at: Concrete) -> dict[str, object]:
        return {"holds": _holds(plan, asked, event, {**fixed, **at})}

    return cases(axes, run, {})["holds"]


def blockers(plan: Plan, asked: Fact) -> Iterator[tuple[str, str]]:
    """What makes a fact about checks false by itself: ("check", name) or ("standing", variable)."""
    if not _holds(plan, asked, ACT, {}):
        raise ValueError(f"{asked.name} is false although nothing is wrong")
    for name in ALL:
        if not _holds(plan, asked, ACT, {}, failing=name):
            yield "check", name
    for variable in ("by_reset", "for_good"):
        if not _holds(plan, asked, ACT, {variable: 1}):
            yield "standing", variable


# ---------------------------------------------------------------------------------------------------------- effects
@attrs.frozen
class Done:
    """What an effect does: to the controller's variables, and which command it sends."""

    updates: Updates
    command: Command | None


_PEOPLE: Final = (each("two", range(4)), each("one", (0, 1)), each("accepts", range(4)), each("resets", range(4)))
_FLAGS: Final = tuple(each(name, (0, 1)) for name in ("by_reset", "for_good", "unconfirmed", "learned", "thermal"))
_LEASES: Final = (Effect.GRANT_TEST, Effect.GRANT_LEASE)


def effect(plan: Plan, wanted: Effect, event: Event) -> Done:
    """One effect, carried out at the time 0 by the core's own function, whatever people and flags say."""
    commands: list[Command | None] = []

    def run(at: Concrete) -> dict[str, object]:
        after, command = CARRIED_OUT[wanted](state_of(plan, {"now": 0, **at}), event, 0.0)
        commands.append(command)
        values = values_of(after)
        del values["silent"]
        return values

    flags = () if wanted in _LEASES else _FLAGS
    people = changed(cases((LOST, *_PEOPLE), run)) if wanted not in _LEASES else {}
    updates = {**changed(cases((LOST, *flags), run)), **people}
    if any(_told(command) != _told(commands[0]) for command in commands):
        raise ValueError(f"{wanted.name} commands different things at different times")
    return Done(updates, commands[0])


def _told(command: Command | None) -> object:
    if isinstance(command, EnergyOff | HoldInfusion):
        return type(command)
    if isinstance(command, GrantLease):
        return command.until_s
    return command if not isinstance(command, GrantInfusion) else attrs.astuple(command)
