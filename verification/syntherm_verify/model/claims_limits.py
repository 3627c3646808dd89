"""Limits act when they are passed, and not before: a limit that is stricter than the plan's is no plan's limit.

The claims about hazards say what must have ended by when; these say that nothing ends without a reason.
"""

from collections.abc import Iterator

from syntherm.core.properties import Property
from syntherm.core.vocabulary import Energy, Infusion, Session
from syntherm_verify.model.environment import Kind
from syntherm_verify.model.expr import (
    NO,
    Expr,
    Var,
    both,
    either,
    eq,
    implies,
    le,
    lt,
    negate,
    num,
    one_of,
)
from syntherm_verify.model.monitors import heating
from syntherm_verify.model.program import Step
from syntherm_verify.model.space import code

LIMIT = Property.LIMITS_EXACT
_BEAM = (code(Session.CALIBRATION), code(Session.HEATING), code(Session.DRUG_INFUSION_SYNC))


def limits(step: Step) -> Iterator[tuple[Property, Expr]]:
    """Of a step of the controller."""
    out, k = step.out, step.k
    if out.lends != NO:
        yield LIMIT, implies(out.lends, eq(out.lease, k.lease))
    if out.infuses != NO:
        yield LIMIT, implies(out.infuses, num(int(out.watch == k.watchdog)))
    silent, session = out.before["silent"], out.before["session"]
    if step.at.kind is not Kind.RESTART:
        jumps = both(one_of(session, _BEAM), lt(k.clock_step, silent))
        yield LIMIT, implies(jumps, eq(Var("session"), code(Session.ABORT)))
    if step.at.kind in (Kind.FRAME, Kind.POLL, Kind.NOTICE):
        yield from _not_before(step)


def _not_before(step: Step) -> Iterator[tuple[Property, Expr]]:
    """Where nobody acts and no fault is given, only a limit that has been passed takes anything away."""
    out, k, at = step.out, step.k, step.at
    heated = heating(out.before["session"])
    calm = both(negate(at.faulty), negate(at.stop_open), negate(Var("unheard")), le(out.before["silent"], k.clock_step))
    seen = le(Var("m_age"), k.frame_loss)
    yield LIMIT, implies(both(calm, heated, seen), negate(eq(Var("session"), code(Session.ABORT))))
    over = either(le(k.prescribed, Var("m_total")), lt(k.longest, Var("m_heat")))
    yield LIMIT, implies(both(calm, heated, eq(Var("session"), code(Session.COOLING))), over)
    fresh = le(Var("m_age"), k.frame_age)
    pauses = both(eq(out.before["energy"], code(Energy.ON)), eq(Var("energy"), code(Energy.PAUSED)))
    yield LIMIT, implies(both(calm, pauses), negate(fresh))
    holds = both(eq(out.before["infusion"], code(Infusion.INFUSING)), eq(Var("infusion"), code(Infusion.HELD)))
    yield LIMIT, implies(both(calm, fresh, holds), lt(k.loss_of_range, Var("m_out")))
