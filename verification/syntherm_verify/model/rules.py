"""The core's parts as the model uses them: extracted once for a plan, shared by all events."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, Final, TypeVar

from syntherm.core.commands import GrantInfusion
from syntherm.core.events import Event, OperatorActed
from syntherm.core.faults import Code
from syntherm.core.table import TABLE, Row
from syntherm.core.vocabulary import Effect, Fact, Session, SetupItem, Trigger
from syntherm_verify.model import extract
from syntherm_verify.model.constants import Constants, plan_of
from syntherm_verify.model.environment import Given, Group, Kind
from syntherm_verify.model.expr import NO, YES, Expr, Num, Var, both, choose, negate, num, one_of
from syntherm_verify.model.extract import Done, Updates, each
from syntherm_verify.model.lens import LASTING, ONE, PEOPLE, RESETTABLE, TWO, Concrete
from syntherm_verify.model.space import code

T = TypeVar("T")
IMAGES: Final = (
    Fact.BASELINE_LEARNED, Fact.PRECISION_GOOD, Fact.RESPONSE_GOOD, Fact.COOLED,
)  # fmt: skip
"""Facts about what an image shows: the environment's choice; the functions behind them have tests of their own."""


def _act(trigger: Trigger, person: int = 0, item: SetupItem | None = None, reason: str = "checked") -> OperatorActed:
    return OperatorActed(0.0, trigger, PEOPLE[person], item, reason)


class Rules:
    """What the core does under given constants. `rows` may be a broken copy of the table."""

    def __init__(self, constants: Constants, rows: tuple[Row, ...] = TABLE) -> None:
        self.k = constants
        self.rows = rows
        self.plan = plan_of(constants)
        self._kept: dict[object, Any] = {}

    def _once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    # ------------------------------------------------------------------------------------------------- observation
    def observed(self, at: Given) -> Updates:
        """What taking in the event changes."""
        if at.kind is Kind.FRAME:
            return self._image(at)
        if at.kind is Kind.POLL:
            closed, opened = (
                self._seen(extract.poll(self.plan, stop_closed=c), {}, (Kind.POLL, c)) for c in (True, False)
            )
            return _either_way(at.stop_open, opened, closed)
        events: dict[Kind, Event] = {
            Kind.RESTART: extract.RESTARTED, Kind.FAILURE: extract.FAILURE, Kind.NOTICE: extract.notice(self.plan),
        }  # fmt: skip
        return self._seen(events.get(at.kind, extract.ACT), {}, at.kind)

    def _seen(self, event: Event, fixed: Concrete, key: object) -> Updates:
        return self._once(("seen", key), lambda: extract.observation(self.plan, event, fixed))

    def _image(self, at: Given) -> Updates:
        fit, unfit = (extract.frame(self.plan, at.delay, sequence) for sequence in (2, 1))
        blind = self._seen(fit, {"seen": 0}, ("blind", at.delay))
        shown = self._seen(fit, {"seen": 1}, ("shown", at.delay))
        spoilt = self._seen(unfit, {"seen": 0}, ("unfit", at.delay))
        # Without a baseline an image shows no temperature.
        sees = both(at.in_range, at.thermal, Var("learned"))
        return _either_way(at.unfit, spoilt, _either_way(sees, shown, blind))

    # ------------------------------------------------------------------------------------------------------ checks
    @cached_property
    def checks(self) -> Mapping[str, tuple[Expr, Expr, Code]]:
        """May start, may continue, and the fault, of each check that the model counts."""
        return {name: extract.check(self.plan, name) for name in extract.COUNTED}

    def _codes(self, group: Group) -> tuple[Code, ...]:
        counted = {fault for *_, fault in self.checks.values()}
        return tuple(fault for fault in group.codes if fault not in counted)

    def watched(self, faults: tuple[Code, ...], response: Trigger) -> Expr:
        """Whether any of the faults asks for the response in the present session state."""
        states = [s for s in Session if any(response in extract.asks(fault, s) for fault in faults)]
        return one_of(Var("session"), tuple(code(s) for s in states)) if len(states) < len(Session) else YES

    def latching(self, faults: tuple[Code, ...], variable: str) -> Expr:
        """Whether any of the faults comes to stand, as the variable says, in the present session state."""
        states = [s for s in Session if any(extract.latches(fault, s)[variable] for fault in faults)]
        return one_of(Var("session"), tuple(code(s) for s in states)) if len(states) < len(Session) else YES

    def causes(self, at: Given) -> Iterator[tuple[Expr, tuple[Code, ...]]]:
        """What is wrong at an event: when, and with which faults."""
        for _, goes_on, fault in self.checks.values():
            yield negate(goes_on), (fault,)
        for group, given in at.faults.items():
            yield given, self._codes(group)

    @cached_property
    def stays(self) -> Mapping[str, bool]:
        """Whether what stands goes on standing when its cause is gone."""
        return {"by_reset": extract.stays(RESETTABLE), "for_good": extract.stays(LASTING)}

    # ------------------------------------------------------------------------------------------------------- facts
    def facts(self, trigger: Trigger, at: Given, accepted: Expr) -> Iterator[tuple[Fact, Expr]]:
        """Every fact that the rows of a trigger ask for, at the time when they are asked."""
        asked = {fact for row in self.rows if row.trigger is trigger for fact, _ in row.guard}
        for fact in Fact:
            if fact in asked:
                yield fact, self._fact(fact, trigger, at, accepted)

    def _fact(self, fact: Fact, trigger: Trigger, at: Given, accepted: Expr) -> Expr:
        if fact in (Fact.MAY_START, Fact.EQUIPMENT_READY):
            return self.all_pass(fact, at)
        if fact is Fact.BASELINE_LEARNED:
            return Var("learned")
        if fact in IMAGES:
            return at.suits
        if fact is Fact.FRAME_ACCEPTED:
            axes = [[(accepted, {"defect": 0}), (YES, {"defect": 1})], each("thermal", (0, 1))]
            return extract.fact(self.plan, fact, axes, extract.frame(self.plan, at.delay), {})
        answers = (at.person, at.others, at.suits, at.reason)
        return self._answered(
            answers, lambda *given: self._once((fact, trigger, given), lambda: self._asked(fact, trigger, given))
        )

    def _answered(self, answers: tuple[Expr, ...], make: Callable[..., Expr], *given: int) -> Expr:
        if not answers:
            return make(*given)
        first, rest = answers[0], answers[1:]
        if isinstance(first, Num):
            return self._answered(rest, make, *given, first.value)
        return choose(first, self._answered(rest, make, *given, 1), self._answered(rest, make, *given, 0))

    def _asked(self, fact: Fact, trigger: Trigger, given: tuple[int, ...]) -> Expr:
        person, others, suits, reason = given
        axes = {
            Fact.SETUP_CONFIRMED: [each("two", range(4)), each("one", (0, 1))],
            Fact.OTHER_PERSON_AGREED: [each("accepts", range(4)), each("resets", range(4))],
            Fact.STOP_PATH_PROVEN: [each("opened", (0, 1))],
            Fact.INFUSION_UNFINISHED: [extract.INFUSIONS],
            Fact.TIME_REACHED: [extract.INFUSIONS],
        }.get(fact, [])
        fixed = {"others": others, "opened": 1, "loop": suits}
        act = _act(trigger, person, reason="checked" if reason else " ")
        return extract.fact(self.plan, fact, axes, act, fixed)

    def all_pass(self, fact: Fact, at: Given) -> Expr:
        """A fact about checks: every one passes, and nothing stands that blocks a start."""
        conditions = [at.passes, negate(at.faulty)]
        for what, name in self._once(("blockers", fact), lambda: tuple(extract.blockers(self.plan, fact))):
            if what == "standing":
                conditions.append(negate(Var(name)))
            elif name in self.checks:
                conditions.append(self.checks[name][0])
        return both(*conditions)

    # ----------------------------------------------------------------------------------------------------- effects
    def effect(self, wanted: Effect) -> Done:
        """What an effect does; for REMEMBER see `remembered`."""
        return self._once(wanted, lambda: extract.effect(self.plan, wanted, extract.frame(self.plan, num(0))))

    def remembered(self, trigger: Trigger, at: Given) -> Updates:
        """Who has agreed, after a person's act."""
        items: list[tuple[Expr, SetupItem | None]] = [(YES, None)]
        if trigger is Trigger.CONFIRM:
            items = [(at.two, TWO), (at.one, ONE)]
        result: Updates = {}
        for condition, item in items:
            if condition == NO:
                continue
            acts = [_act(trigger, person, item) for person in (0, 1)]
            first, second = (
                self._once((trigger, person, item), partial(extract.effect, self.plan, Effect.REMEMBER, act)).updates
                for person, act in enumerate(acts)
            )
            result = _either_way(condition, _either_way(at.person, second, first), result)
        return result

    @cached_property
    def infusion(self) -> GrantInfusion:
        """What the core grants the pump."""
        command = self.effect(Effect.GRANT_INFUSION).command
        if not isinstance(command, GrantInfusion):
            raise TypeError("the core grants no infusion")
        return command

    @property
    def pump_limit(self) -> int:
        """What the core tells the pump never to exceed."""
        return round(self.infusion.volume_limit_ml)

    @property
    def pump_rate(self) -> int:
        """What the core makes the pump give in a tick."""
        return round(self.infusion.rate_ml_per_h / 3600.0)


def _either_way(condition: Expr, yes: Updates, no: Updates) -> Updates:
    names = {**no, **yes}
    return {n: choose(condition, yes.get(n, Var(n)), no.get(n, Var(n))) for n in names}
