"""What relates the counters of controller, devices and monitors: it helps to prove claims about long times.

Nothing here is taken for granted: it is proven together with the claim that it helps. Induction cannot guess by
itself that two counters of 13 bits run side by side.
"""

from syntherm.core.properties import Property
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.expr import Expr, Var, add, both, choose, either, eq, implies, le, negate, one_of, sub
from syntherm_verify.model.monitors import heating
from syntherm_verify.model.space import code, variables


def invariants(k: Constants) -> dict[Property, tuple[Expr, ...]]:
    """For some claims, truths about every state from which they follow in a step."""
    inside = tuple(both(le(v.least, Var(v.name)), le(Var(v.name), v.most)) for v in variables(k))
    seen = (*inside, *_range())
    return {
        Property.HEATING_BOUNDED: (*inside, *_heat(k)),
        Property.IMAGES_NEEDED: seen,
        Property.INFUSION_AFTER_DWELL: seen,
        Property.INFUSION_IN_HEAT: (*seen, *_out(k)),
        Property.LIMITS_EXACT: (*seen, *_out(k), *_heat(k), *_exact(k)),
        Property.NOTHING_SURVIVES: seen,
        Property.PRESCRIBED_TIME: seen,
        Property.TISSUE_SETTLED: (*inside, *_rest()),
        Property.WAYS: seen,
    }


def _heat(k: Constants) -> tuple[Expr, ...]:
    heats, known = heating(Var("session")), add(Var("heat"), Var("silent"))
    # A silence is cut where it alone is longer than the longest heating.
    counted = either(le(Var("m_heat"), known), eq(Var("silent"), max(k.clock_step, k.longest) + 1))
    kept = either(le(Var("m_heat"), Var("heat")), le(k.longest + 1, Var("heat")))
    return (
        implies(heats, both(counted, le(Var("heat"), k.longest))),
        implies(negate(heats), kept),
        # Whatever lends also looks at the time.
        implies(le(1, Var("lease")), le(add(Var("silent"), Var("lease")), k.lease)),
    )


def _under_way() -> Expr:
    infuses = one_of(Var("infusion"), (code(Infusion.INFUSING), code(Infusion.HELD)))
    synchronous = eq(Var("session"), code(Session.DRUG_INFUSION_SYNC))
    # What is held may stay so in the states that end a session.
    ends = one_of(Var("session"), (code(Session.COOLING), code(Session.COMPLETE), code(Session.ABORT)))
    on = eq(Var("energy"), code(Energy.ON))
    fed = implies(eq(Var("infusion"), code(Infusion.INFUSING)), both(synchronous, on))
    return both(fed, either(ends, eq(synchronous, infuses)))


def _before_heating() -> tuple[Expr, ...]:
    none, energy = eq(Var("calibration"), code(Calibration.NONE)), Var("energy")
    return (
        implies(eq(Var("session"), code(Session.SETUP)), both(none, eq(energy, code(Energy.OFF)))),
        implies(
            eq(Var("session"), code(Session.CALIBRATION)),
            both(negate(none), negate(eq(energy, code(Energy.ON)))),
        ),
    )


def _rest() -> tuple[Expr, ...]:
    lent = le(1, Var("lease"))
    return implies(lent, le(add(Var("rest"), Var("lease")), 0)), le(Var("rest"), Var("m_rest"))


def _range() -> tuple[Expr, ...]:
    heats, ranged, none = heating(Var("session")), Var("ranged"), eq(Var("dwell"), 0)
    before = one_of(Var("session"), (code(Session.SETUP), code(Session.CALIBRATION)))
    return (
        eq(Var("image"), Var("m_age")),
        implies(before, both(negate(ranged), none)),
        implies(heats, either(ranged, none)),
        implies(heats, both(eq(ranged, Var("m_ranged")), eq(Var("calibration"), code(Calibration.ACCEPTED)))),
        implies(negate(heats), both(negate(Var("m_ranged")), eq(Var("m_dwell"), 0))),
        implies(heats, one_of(Var("energy"), (code(Energy.ON), code(Energy.PAUSED)))),
        implies(heats, eq(Var("dwell"), Var("m_dwell"))),
        eq(Var("total"), Var("m_total")),
        _under_way(),
        *_before_heating(),
    )


def _out(k: Constants) -> tuple[Expr, ...]:
    infuses = eq(Var("infusion"), code(Infusion.INFUSING))
    # An image grows stale between two looks, and only the second look says so.
    stale = sub(Var("m_age"), k.frame_age)
    since = choose(le(0, stale), stale, 0)
    return (
        implies(both(infuses, Var("ranged")), both(eq(Var("out"), -1), le(Var("m_out"), since))),
        implies(
            both(infuses, negate(Var("ranged"))),
            both(le(0, Var("out")), le(Var("m_out"), Var("out"))),
        ),
        implies(infuses, le(stale, Var("silent"))),
    )


def _exact(k: Constants) -> tuple[Expr, ...]:
    """The other way round: no counter of the core runs ahead of the monitor's."""
    infuses, ranged = eq(Var("infusion"), code(Infusion.INFUSING)), Var("ranged")
    stale = sub(Var("m_age"), k.frame_age)
    since = choose(le(k.loss_of_range + 1, stale), k.loss_of_range + 1, stale)
    full = eq(Var("m_heat"), k.longest + k.lease + 1)
    heats = heating(Var("session"))
    return (
        implies(both(infuses, negate(ranged)), le(Var("out"), Var("m_out"))),
        implies(both(infuses, ranged), le(since, Var("m_out"))),
        implies(heats, either(full, le(add(Var("heat"), Var("silent")), Var("m_heat")))),
        implies(negate(heats), either(full, le(Var("heat"), Var("m_heat")))),
    )
