"""Where each act has its place, and which ways each region may take: the requirements once more, apart from the table.

A row that refuses too much, moves to a wrong place or forgets to keep something breaks one of these, also where no
energy or drug is wrong.
"""

from collections.abc import Iterator

from syntherm.core.properties import Property
from syntherm.core.vocabulary import Calibration, Energy, Fact, Infusion, Session, Trigger
from syntherm_verify.model.environment import Kind
from syntherm_verify.model.expr import NO, YES, Expr, Var, both, choose, either, eq, implies, le, negate, one_of
from syntherm_verify.model.program import Step
from syntherm_verify.model.space import code

P, T = Property, Trigger
State = Session | Calibration | Energy | Infusion
_NAMES = {Session: "session", Calibration: "calibration", Energy: "energy", Infusion: "infusion"}


class _Seen:
    """A step, with words for where the regions were and are."""

    def __init__(self, step: Step) -> None:
        self.step, self.at, self.out, self.k = step, step.at, step.out, step.k
        self.by_frame = YES if step.at.kind is Kind.FRAME else NO
        self.by_poll = YES if step.at.kind is Kind.POLL else NO
        self.by_restart = YES if step.at.kind is Kind.RESTART else NO
        self.did = negate(self.out.refused)

    def was(self, *states: State) -> Expr:
        return one_of(self.out.before[_NAMES[type(states[0])]], tuple(code(state) for state in states))

    def now(self, *states: State) -> Expr:
        return one_of(Var(_NAMES[type(states[0])]), tuple(code(state) for state in states))

    def enters(self, state: State) -> Expr:
        return both(self.now(state), negate(self.was(state)))

    def act(self, trigger: Trigger) -> Expr:
        return both(self.at.act(trigger), self.did)

    def asks(self, *responses: Trigger) -> Expr:
        return either(*(self.out.asks.get(response, NO) for response in responses))

    @property
    def heats(self) -> Expr:
        """In a heating state after the step."""
        return self.now(Session.HEATING, Session.DRUG_INFUSION_SYNC)

    @property
    def was_heating(self) -> Expr:
        return self.was(Session.HEATING, Session.DRUG_INFUSION_SYNC)

    @property
    def time_reached(self) -> Expr:
        under_way = self.now(Infusion.INFUSING, Infusion.HELD)
        return both(eq(Var("m_total"), self.k.prescribed), negate(under_way))

    @property
    def delivered(self) -> Expr:
        return both(self.by_poll, le(self.k.volume + self.k.dead_volume, Var("pumped")))


def claims(step: Step) -> Iterator[tuple[Property, Expr]]:
    """What a step of the controller must be, act by act and way by way."""
    seen = _Seen(step)
    yield from _acts(seen)
    yield from _session(seen)
    yield from _calibration(seen)
    yield from _energy(seen)
    yield from _infusion(seen)
    yield from _kept(seen)


def _places(s: _Seen) -> dict[Trigger, Expr]:
    at, may = s.at, s.out.may_start
    confirmed = both(eq(Var("two"), 3), Var("one"), at.others)
    settled = le(s.k.settling, Var("rest"))
    ready = s.step.rules.all_pass(Fact.EQUIPMENT_READY, at)
    dwelt = eq(Var("dwell"), s.k.dwell)
    return {
        T.CONFIRM: s.was(Session.SETUP),
        T.BEGIN_CALIBRATION: both(s.was(Session.SETUP), confirmed, Var("opened"), at.suits, ready, settled),
        T.REPEAT_CALIBRATION: both(
            s.was(Session.CALIBRATION), s.was(Calibration.LEARNED, Calibration.REVIEW, Calibration.REFUSED), settled
        ),
        T.BEGIN_TEST: both(s.was(Session.CALIBRATION), s.was(Calibration.LEARNED), may),
        T.ACCEPT_CALIBRATION: both(s.was(Session.CALIBRATION), s.was(Calibration.REVIEW)),
        T.BEGIN_HEATING: both(s.was(Session.CALIBRATION), s.was(Calibration.ACCEPTED), may),
        T.RELEASE_INFUSION: both(s.was_heating, s.was(Energy.ON), s.was(Infusion.ARMED, Infusion.HELD), dwelt, may),
        T.HOLD_INFUSION: both(s.was(Session.DRUG_INFUSION_SYNC), s.was(Infusion.INFUSING)),
        T.END_INFUSION: s.was(Session.DRUG_INFUSION_SYNC),
        T.PAUSE: both(s.was_heating, s.was(Energy.ON)),
        T.RESUME: both(s.was_heating, s.was(Energy.PAUSED), may),
        T.END_HEATING: s.was_heating,
        T.STOP: YES,
        T.SIGN: s.was(Session.COMPLETE),
        T.RESET: both(s.was(Session.ABORT), at.reason),
    }


def _acts(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    yield P.ACTS_ANSWERED, negate(s.out.unheeded)
    if s.at.kind is not Kind.ACT:
        yield P.ACTS_ANSWERED, negate(Var("refused"))
        return
    # With a fault of the same moment, where it was is not where the act was answered.
    alone = negate(s.out.asked)
    for trigger, place in _places(s).items():
        happens = both(s.at.act(trigger), alone)
        yield P.ACTS_ANSWERED, implies(happens, choose(place, s.did, s.out.refused))


def _session(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    heating, sync = Session.HEATING, Session.DRUG_INFUSION_SYNC
    cooled = both(s.by_frame, s.at.suits)
    ends_infusion = either(s.act(T.END_INFUSION), s.delivered, s.asks(T.FAULT_INFUSION))
    due = both(s.by_frame, s.time_reached)
    yield P.WAYS, implies(s.enters(Session.CALIBRATION), both(s.act(T.BEGIN_CALIBRATION), s.was(Session.SETUP)))
    begins = both(s.act(T.BEGIN_HEATING), s.was(Session.CALIBRATION))
    yield P.WAYS, implies(s.enters(heating), either(begins, both(s.was(sync), ends_infusion)))
    yield P.WAYS, implies(s.enters(sync), both(s.act(T.RELEASE_INFUSION), s.was(heating)))
    ends = either(s.act(T.END_HEATING), due, s.asks(T.FAULT_COOL))
    yield P.WAYS, implies(s.enters(Session.COOLING), both(s.was_heating, ends))
    # The very image whose fault ends the heating may show that all is cool.
    cooling = either(s.was(Session.COOLING), both(s.was_heating, s.asks(T.FAULT_COOL)))
    yield P.WAYS, implies(s.enters(Session.COMPLETE), both(cooling, cooled))
    in_calibration = both(s.was(Session.CALIBRATION), s.asks(T.FAULT_COOL))
    aborts = either(s.at.act(T.STOP), s.by_restart, s.asks(T.FAULT_ABORT), in_calibration)
    yield P.WAYS, implies(s.enters(Session.ABORT), aborts)
    # A reset is answered after the faults of its moment, which cannot abort what is aborted.
    may_stay = either(s.was(Session.COMPLETE), both(s.was(Session.ABORT), s.act(T.RESET)))
    yield P.WAYS, implies(both(aborts, negate(may_stay)), s.now(Session.ABORT))
    yield P.WAYS, implies(s.enters(Session.SETUP), both(s.act(T.RESET), s.was(Session.ABORT)))
    alone = negate(s.out.asked)
    yield P.WAYS, implies(both(alone, s.act(T.BEGIN_CALIBRATION)), s.now(Session.CALIBRATION))
    yield P.WAYS, implies(both(alone, s.act(T.BEGIN_HEATING)), s.now(heating))
    yield P.WAYS, implies(both(alone, s.act(T.RELEASE_INFUSION)), s.now(sync))
    yield P.WAYS, implies(both(alone, s.was(sync), s.delivered), s.now(heating))
    yield P.WAYS, implies(both(s.was(sync), s.act(T.END_INFUSION)), negate(s.now(sync)))
    yield P.WAYS, implies(both(s.was(sync), s.asks(T.FAULT_INFUSION)), negate(s.now(sync)))
    yield P.WAYS, implies(both(s.was_heating, either(s.act(T.END_HEATING), s.asks(T.FAULT_COOL))), negate(s.heats))
    yield P.WAYS, implies(both(alone, s.was(Session.COOLING), cooled), s.now(Session.COMPLETE))
    both_agreed = both(s.act(T.RESET), eq(Var("m_resets"), 3))
    yield P.WAYS, implies(both_agreed, s.now(Session.SETUP))
    yield P.PRESCRIBED_TIME, implies(both(s.was_heating, due), negate(s.heats))
    early = both(s.by_frame, s.was_heating, s.now(Session.COOLING), negate(s.asks(T.FAULT_COOL)))
    yield P.PRESCRIBED_TIME, implies(early, s.time_reached)


def _calibration(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    c = Calibration
    begins = either(
        both(s.act(T.BEGIN_CALIBRATION), s.was(c.NONE)),
        both(s.act(T.REPEAT_CALIBRATION), s.was(c.LEARNED, c.REVIEW, c.REFUSED)),
    )
    full = eq(s.out.before["m_test"], s.k.test_frames)
    learnt = both(s.by_frame, s.was(c.BASELINE), Var("learned"))
    shot = both(s.by_frame, s.was(c.TEST), full)
    hurt = either(s.at.act(T.STOP), s.by_restart, s.asks(T.FAULT_PAUSE, T.FAULT_COOL, T.FAULT_ABORT))
    yield P.WAYS, implies(s.enters(c.BASELINE), begins)
    yield P.WAYS, implies(begins, s.now(c.BASELINE))
    yield P.CALIBRATION_PROVEN, implies(s.enters(c.LEARNED), both(learnt, s.at.suits, Var("m_precise")))
    yield P.CALIBRATION_PROVEN, implies(learnt, s.now(c.LEARNED, c.REFUSED))
    yield P.WAYS, implies(both(learnt, s.at.suits), s.now(c.LEARNED))
    yield P.WAYS, implies(s.enters(c.TEST), both(s.act(T.BEGIN_TEST), s.was(c.LEARNED)))
    yield P.WAYS, implies(s.act(T.BEGIN_TEST), s.now(c.TEST))
    yield P.CALIBRATION_PROVEN, implies(s.enters(c.REVIEW), both(shot, s.at.suits, Var("m_tested")))
    yield P.WAYS, implies(both(shot, negate(s.out.asked)), choose(s.at.suits, s.now(c.REVIEW), s.now(c.REFUSED)))
    accepts = both(s.act(T.ACCEPT_CALIBRATION), s.was(c.REVIEW), eq(Var("m_accepts"), 3))
    yield P.CALIBRATION_PROVEN, implies(s.enters(c.ACCEPTED), both(accepts, Var("m_precise"), Var("m_tested")))
    yield P.WAYS, implies(accepts, s.now(c.ACCEPTED))
    poor = both(learnt, negate(s.at.suits))
    yield P.WAYS, implies(s.enters(c.REFUSED), either(poor, both(s.was(c.TEST), either(shot, hurt))))
    yield P.WAYS, implies(both(s.was(c.TEST), hurt), s.now(c.REFUSED))
    yield P.WAYS, implies(s.enters(c.NONE), s.enters(Session.SETUP))


def _energy(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    e = Energy
    paused = either(s.act(T.PAUSE), s.asks(T.FAULT_PAUSE))
    shot = both(s.was(e.TEST), s.by_frame, eq(s.out.before["m_test"], s.k.test_frames))
    stopped = either(
        s.at.act(T.STOP), s.by_restart, s.act(T.END_HEATING), s.asks(T.FAULT_COOL, T.FAULT_ABORT), shot,
        both(s.by_frame, s.time_reached),
    )  # fmt: skip
    yield P.WAYS, implies(s.enters(e.TEST), both(s.act(T.BEGIN_TEST), s.was(e.OFF, e.PAUSED)))
    begins = both(s.act(T.BEGIN_HEATING), s.was(e.OFF))
    yield P.WAYS, implies(s.enters(e.ON), either(begins, both(s.act(T.RESUME), s.was(e.PAUSED))))
    yield P.WAYS, implies(s.enters(e.PAUSED), both(s.was(e.TEST, e.ON), paused))
    yield P.WAYS, implies(s.enters(e.OFF), stopped)
    yield P.WAYS, implies(s.act(T.BEGIN_TEST), s.now(e.TEST))
    yield P.WAYS, implies(either(s.act(T.BEGIN_HEATING), s.act(T.RESUME)), s.now(e.ON))
    yield P.WAYS, implies(both(s.act(T.PAUSE), negate(s.out.asked)), s.now(e.PAUSED))
    still = both(s.was(e.TEST, e.ON), s.now(e.TEST, e.ON), negate(s.out.asked))
    lends = both(s.by_frame, still, s.out.accepted, Var("thermal"), negate(Var("lost")))
    yield P.WAYS, implies(lends, s.out.lends)
    due = both(s.by_frame, s.was_heating, s.time_reached)
    told = either(s.at.act(T.STOP), s.act(T.END_HEATING), s.by_restart, s.asks(T.FAULT_ABORT, T.FAULT_COOL), due)
    yield P.WAYS, implies(told, s.out.off)
    by_session = either(s.heats, s.now(Session.CALIBRATION), s.now(e.OFF))
    yield P.ENERGY_IN_ITS_STATES, by_session
    yield P.ENERGY_IN_ITS_STATES, implies(Var("effect_grant_lease"), s.now(e.ON))
    yield P.ENERGY_IN_ITS_STATES, implies(Var("effect_grant_test"), s.now(e.TEST))


def _infusion(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    n = Infusion
    fails = s.asks(T.FAULT_INFUSION)
    holds = either(
        s.act(T.HOLD_INFUSION), s.asks(T.FAULT_HOLD, T.FAULT_PAUSE, T.FAULT_ABORT), s.act(T.PAUSE), s.at.act(T.STOP),
        s.by_restart,
    )  # fmt: skip
    ends = either(s.act(T.END_INFUSION), s.act(T.END_HEATING), s.asks(T.FAULT_COOL), s.delivered)
    arms = either(both(s.act(T.BEGIN_HEATING), s.was(n.IDLE)), both(s.enters(Session.SETUP), s.was(n.HELD)))
    yield P.WAYS, negate(s.enters(n.IDLE))
    yield P.WAYS, implies(s.enters(n.ARMED), arms)
    yield P.WAYS, implies(arms, s.now(n.ARMED))
    yield P.WAYS, implies(s.enters(n.INFUSING), both(s.act(T.RELEASE_INFUSION), s.was(n.ARMED, n.HELD)))
    yield P.WAYS, implies(s.act(T.RELEASE_INFUSION), s.now(n.INFUSING))
    yield P.WAYS, implies(s.enters(n.HELD), both(s.was(n.INFUSING), holds))
    yield P.WAYS, implies(s.enters(n.DONE), both(s.was(n.INFUSING, n.HELD), ends))
    yield P.WAYS, implies(s.enters(n.FAILED), both(s.was(n.ARMED, n.INFUSING, n.HELD), fails))
    yield P.WAYS, implies(both(s.was(n.ARMED, n.INFUSING, n.HELD), fails), s.now(n.FAILED, n.DONE))
    yield P.WAYS, implies(both(s.was(n.INFUSING, n.HELD), ends), s.now(n.DONE, n.FAILED))
    yield P.WAYS, implies(both(s.was(n.INFUSING), either(holds, ends, fails)), negate(s.now(n.INFUSING)))
    yield P.WAYS, implies(either(s.enters(n.DONE), s.enters(n.FAILED)), s.out.hold)
    fed = both(s.by_frame, s.was(n.INFUSING), s.now(n.INFUSING), s.out.accepted, Var("thermal"), negate(Var("lost")))
    released = both(s.act(T.RELEASE_INFUSION), negate(Var("lost")))
    yield P.WAYS, implies(either(fed, released), s.out.infuses)
    told = either(s.at.act(T.STOP), s.act(T.END_HEATING), s.by_restart, s.asks(T.FAULT_ABORT, T.FAULT_COOL), fails)
    yield P.WAYS, implies(told, s.out.hold)


def _kept(s: _Seen) -> Iterator[tuple[Property, Expr]]:
    c = Calibration
    changed = negate(eq(Var("session"), s.out.before["session"]))
    quiet = either(s.now(Session.SETUP, Session.CALIBRATION), s.by_restart)
    measured = both(s.by_frame, either(s.enters(c.LEARNED), s.enters(c.REVIEW)))
    shot = both(s.by_frame, s.was(c.TEST), s.enters(c.REFUSED), negate(s.out.asked))
    maps = either(both(changed, negate(quiet)), measured, shot)
    yield P.KEPT, implies(maps, Var("effect_keep_maps"))
    yield P.KEPT, implies(s.enters(c.REVIEW), Var("effect_set_response"))
    yield P.KEPT, implies(s.enters(c.BASELINE), Var("effect_start_learning"))
    leaves = s.enters(Session.SETUP)
    agrees = either(s.act(T.SIGN), s.act(T.CONFIRM), s.act(T.ACCEPT_CALIBRATION), both(s.act(T.RESET), negate(leaves)))
    yield P.KEPT, implies(agrees, Var("effect_remember"))
    yield P.NOTHING_SURVIVES, implies(either(leaves, s.act(T.REPEAT_CALIBRATION)), Var("effect_forget_calibration"))
    yield P.NOTHING_SURVIVES, implies(Var("effect_forget_people"), leaves)
    yield P.WAYS, implies(leaves, Var("effect_clear_latches"))
