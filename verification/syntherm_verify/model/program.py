"""What one event does, as a list of guarded assignments: the only thing that engines execute or print.

The order is that of the core's step: what is seen, checks, faults that come to stand, responses worst first, the
event's own trigger, effects, commands; then the devices obey. Monitors and claims follow in files of their own.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from syntherm.core.commands import EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.faults import TRIGGERS
from syntherm.core.table import Kind as RowKind
from syntherm.core.vocabulary import FALLING_ACTS, Calibration, Effect, Energy, Fact, Infusion, Session, Trigger
from syntherm_verify.model.environment import CONTROLLER, Given, Kind, ModelEvent
from syntherm_verify.model.expr import (
    NO,
    YES,
    Expr,
    Var,
    add,
    both,
    choose,
    either,
    eq,
    le,
    lt,
    negate,
    num,
    one_of,
    sub,
)
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import REGION_NAMES, code, variables


@attrs.frozen
class Assign:
    """Give a name a value where a condition holds."""

    name: str
    value: Expr
    when: Expr


@attrs.frozen
class React:
    """Move all regions by a trigger, or none where a row refuses; sets `refused`, `broken` and `effect_...`.

    `facts` are temporaries that hold what the rows of the trigger ask.
    """

    trigger: Trigger
    when: Expr
    facts: Mapping[Fact, Expr]


Statement = Assign | React
FLOWING: Final = (code(Energy.TEST), code(Energy.ON))
RESPONSES: Final = tuple(TRIGGERS[response] for response in sorted(TRIGGERS, reverse=True))
"""Fault triggers, the worst first, as the core answers them."""


@attrs.define
class Program:
    """Statements in order, and the names of temporaries."""

    statements: list[Statement] = attrs.Factory(list)
    temporaries: dict[str, None] = attrs.Factory(dict)

    def let(self, name: str, value: Expr) -> Expr:
        """A temporary, unless the value is a constant."""
        if value in (NO, YES):
            return value
        self.temporaries[name] = None
        self.statements.append(Assign(name, value, YES))
        return Var(name)

    def put(self, name: str, value: Expr | int, when: Expr = YES) -> None:
        """Give a variable a value."""
        if when != NO and num(value) != Var(name):
            self.statements.append(Assign(name, num(value), when))

    def blank(self, name: str) -> Expr:
        """A temporary that begins as falsehood."""
        self.temporaries[name] = None
        self.statements.append(Assign(name, NO, YES))
        return Var(name)

    def at_once(self, updates: Mapping[str, Expr], when: Expr = YES) -> None:
        """Give several variables values that rest on the old ones of each other."""
        if when == NO:
            return
        kept = {name: self.let(f"new_{name}", value) for name, value in updates.items()}
        for name, value in kept.items():
            self.put(name, value, when)

    def react(self, trigger: Trigger, when: Expr, facts: Mapping[Fact, Expr]) -> None:
        """Let the table answer a trigger."""
        if when != NO:
            self.statements.append(React(trigger, when, facts))


def effects_of(rules: Rules, triggers: Iterable[Trigger]) -> list[Effect]:
    """Effects that rows of these triggers can ask for, in the order in which they are carried out."""
    asked = set(triggers)
    wanted = {e for row in rules.rows if row.kind is RowKind.MOVE and row.trigger in asked for e in row.effects}
    return [effect for effect in Effect if effect in wanted]


class Outcome:
    """The temporaries of a step that monitors and claims look at; falsehood where a step has none of it."""

    def __init__(self) -> None:
        self.before: dict[str, Expr] = {}
        self.refused: Expr = NO
        self.asked: Expr = NO
        self.asks: Mapping[Trigger, Expr] = {}
        self.unheeded: Expr = NO
        self.may_start: Expr = NO
        self.accepted: Expr = NO
        self.off: Expr = NO
        self.hold: Expr = NO
        self.lends: Expr = NO
        self.infuses: Expr = NO
        self.lease: Expr = NO
        self.longest_lease: int = 0
        self.watch: int = 0


class Step:
    """Builds the program of one event."""

    def __init__(self, rules: Rules, at: Given) -> None:
        self.rules, self.at, self.k = rules, at, rules.k
        self.program, self.out = Program(), Outcome()
        self._ranges = {v.name: v for v in variables(rules.k)}

    def build(self) -> None:
        """All statements of what happens."""
        for name in (*REGION_NAMES, "lease", "m_age", "m_ranged", "m_dwell", "m_test", "ranged", "silent", "heat"):
            self.out.before[name] = self.program.let(f"old_{name}", Var(name))
        if self.at.kind is Kind.TICK:
            self._time_passes()
        elif self.at.kind in CONTROLLER:
            self._controller()
        else:
            self._world()

    def cut(self, name: str, value: Expr) -> Expr:
        """The value, cut at the most that the variable holds."""
        most = self._ranges[name].most
        return value if value == Var(name) else choose(le(value, most), value, most)

    # ------------------------------------------------------------------------------------------------- controller
    def _controller(self) -> None:
        program, at = self.program, self.at
        self._observe()
        fails = [(program.let(f"cause_{n}", when), faults) for n, (when, faults) in enumerate(self.rules.causes(at))]
        asks = {
            response: program.let(
                f"asks_{response.name.lower()}",
                either(*(both(when, self.rules.watched(faults, response)) for when, faults in fails)),
            )
            for response in RESPONSES
        }
        for name, stays in self.rules.stays.items():
            stands = either(*(both(when, self.rules.latching(faults, name)) for when, faults in fails))
            program.put(name, either(Var(name), stands) if stays else stands)
        self.out.asks, self.out.asked = asks, program.let("asked", either(*asks.values()))
        self.out.unheeded = program.blank("unheeded")
        for response, when in asks.items():
            program.react(response, when, {})
            if when != NO:
                program.put("unheeded", either(Var("unheeded"), both(when, Var("refused"))))
        if at.kind is Kind.ACT:
            self.out.may_start = program.let("may_start", self.rules.all_pass(Fact.MAY_START, at))
        program.put("refused", NO)
        overtaken = self._overtaken()
        for trigger, happens in at.triggers.items():
            tag = "" if len(at.triggers) == 1 else f"_{trigger.name.lower()}"
            facts = {
                f: program.let(f"fact_{f.name.lower()}{tag}", e)
                for f, e in self.rules.facts(trigger, at, self.out.accepted)
            }
            lets = YES if trigger in FALLING_ACTS else negate(overtaken)
            program.react(trigger, both(happens, lets), facts)
        if at.kind is Kind.ACT:
            self.out.refused = program.let("unanswered", either(overtaken, Var("refused")))
        self._effects([r for r, when in asks.items() if when != NO])
        if at.kind is Kind.ACT:
            self._undo_refused()
        self._obey()

    def _overtaken(self) -> Expr:
        """Whether faults of the same moment took the ground from under a person's act, which is then refused."""
        if self.at.kind is not Kind.ACT:
            return NO
        moved = either(*(negate(eq(Var(name), self.out.before[name])) for name in REGION_NAMES))
        rests = either(*(when for trigger, when in self.at.triggers.items() if trigger not in FALLING_ACTS))
        return self.program.let("overtaken", both(rests, self.out.asked, moved))

    def _observe(self) -> None:
        program, at = self.program, self.at
        seen = dict(self.rules.observed(at))
        self.out.accepted = program.let("accepted", seen.pop("accepted")) if at.kind is Kind.FRAME else NO
        seen.pop("accepted", None)
        jumped = seen.pop("jumped", NO)
        program.temporaries["jumped"] = None
        program.put("jumped", jumped)
        program.at_once({name: self.cut(name, value) for name, value in seen.items()})
        if at.kind is Kind.FRAME:
            learning = both(self.out.accepted, at.finishes, eq(Var("calibration"), code(Calibration.BASELINE)))
            program.put("learned", 1, learning)
            program.put("thermal", at.thermal, both(self.out.accepted, Var("learned")))

    def _effects(self, responses: list[Trigger]) -> None:
        for effect in effects_of(self.rules, [*responses, *self.at.triggers]):
            asked = Var(f"effect_{effect.name.lower()}")
            if effect is Effect.REMEMBER:
                for trigger, happens in self.at.triggers.items():
                    if effect in effects_of(self.rules, [trigger]):
                        self._change(self.rules.remembered(trigger, self.at), both(asked, happens))
                continue
            done = self.rules.effect(effect)
            self._change(done.updates, asked)
            if isinstance(done.command, EnergyOff):
                self.out.off = either(self.out.off, asked)
            elif isinstance(done.command, HoldInfusion):
                self.out.hold = either(self.out.hold, asked)
            elif isinstance(done.command, GrantLease):
                self.out.lends = either(self.out.lends, asked)
                ticks = round(done.command.until_s)
                self.out.lease = choose(asked, ticks, self.out.lease)
                self.out.longest_lease = max(ticks, self.out.longest_lease)
            elif isinstance(done.command, GrantInfusion):
                self.out.infuses, self.out.watch = either(self.out.infuses, asked), round(done.command.until_s)

    def _change(self, updates: Mapping[str, Expr], when: Expr) -> None:
        self.program.at_once({name: self.cut(name, value) for name, value in updates.items()}, when)

    def _undo_refused(self) -> None:
        # A refused act, with no fault to answer, leaves the state as it was: also its clock.
        alone = both(self.out.refused, negate(self.out.asked))
        for name in ("silent", "heat"):
            self.program.put(name, self.out.before[name], alone)

    def _obey(self) -> None:
        program, out = self.program, self.out
        out.off, out.hold = program.let("off", out.off), program.let("hold", out.hold)
        lost = program.let("lost", both(Var("deaf"), either(out.off, out.hold)))
        program.put("lease", 0, both(out.off, negate(Var("deaf"))))
        program.put("watch", 0, both(out.hold, negate(Var("deaf"))))
        if self.at.kind is Kind.FAILURE:
            program.put("unheard", 0)
        else:
            program.put("unheard", lost)
        # Where something did not fall, nothing rises.
        program.put("lease", out.lease, both(out.lends, negate(lost)))
        program.put("watch", out.watch, both(out.infuses, negate(lost)))
        program.put("deaf", 0)

    # ------------------------------------------------------------------------------------------------------- world
    def _time_passes(self) -> None:
        put = self.program.put
        for name in ("silent", "image", "rest"):
            put(name, self.cut(name, add(Var(name), 1)))
        put("out", self.cut("out", add(Var("out"), 1)), le(0, Var("out")))
        gives = both(self.at.pumps, le(1, Var("watch")), lt(Var("pumped"), self.rules.pump_limit))
        put("pumped", self.cut("pumped", add(Var("pumped"), self.rules.pump_rate)), gives)
        put("lease", sub(Var("lease"), 1), le(1, Var("lease")))
        put("watch", sub(Var("watch"), 1), le(1, Var("watch")))

    def _world(self) -> None:
        name, value = {
            Kind.DROP_ENERGY: ("lease", 0),
            Kind.DROP_PUMP: ("watch", 0),
            Kind.DEAF: ("deaf", 1),
        }[self.at.kind]
        self.program.put(name, value)


def enabled(kind: Kind) -> Expr:
    """Whether the world allows a kind of event in a state.

    A dead controller is a controller to which nothing happens until its restart: time may pass at any moment without
    any event, and a restart may come at any moment, so that a crash needs no variable of its own.
    """
    unheard = Var("unheard")
    energy, pump = le(1, Var("lease")), le(1, Var("watch"))
    by_kind: dict[Kind, Expr] = {
        Kind.TICK: negate(Var("deaf")),
        Kind.FAILURE: unheard,
        Kind.RESTART: YES,
        Kind.DROP_ENERGY: both(energy, one_of(Var("energy"), FLOWING)),
        Kind.DROP_PUMP: both(pump, eq(Var("infusion"), code(Infusion.INFUSING))),
        Kind.DEAF: both(negate(Var("deaf")), either(energy, pump)),
    }
    return by_kind.get(kind, negate(unheard))


def tells(rules: Rules, event: ModelEvent) -> Expr:
    """Where an event differs from a plainer one: elsewhere nothing asks for what it says, and it need not be tried."""
    heats = one_of(Var("session"), (code(Session.HEATING), code(Session.DRUG_INFUSION_SYNC)))
    conditions = []
    if event.fault is not None:
        conditions.append(either(*(rules.watched(event.fault.codes, response) for response in RESPONSES)))
    if event.kind is not Kind.FRAME:
        return both(*conditions)
    if event.fault is not None or event.in_range:
        # Elsewhere an image with a fault is an image and a fault, one after the other.
        conditions.append(heats)
    if event.finishes:
        conditions.append(eq(Var("calibration"), code(Calibration.BASELINE)))
    elif not event.suits:
        testing = eq(Var("calibration"), code(Calibration.TEST))
        conditions.append(either(testing, eq(Var("session"), code(Session.COOLING))))
    if not event.thermal:
        conditions.append(Var("learned"))
    return both(*conditions)
