"""The claims as formulas over one step: what was before, what happened, what is after.

A step that breaks one is a counterexample. Each formula rests on monitors, devices, regions and commands; none on a
counter that the core keeps.
"""

from collections.abc import Iterator

from syntherm.core.properties import Property
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm_verify.model import spec
from syntherm_verify.model.claims_limits import limits
from syntherm_verify.model.environment import CONTROLLER, Group, Kind
from syntherm_verify.model.expr import (
    NO,
    Expr,
    Var,
    add,
    both,
    choose,
    either,
    eq,
    implies,
    le,
    negate,
    num,
    one_of,
    sub,
)
from syntherm_verify.model.monitors import heating
from syntherm_verify.model.program import FLOWING, Step
from syntherm_verify.model.space import REGION_NAMES, code

P = Property
_OVER = (code(Infusion.DONE), code(Infusion.FAILED))


def _is(region: str, *states: Session | Calibration | Energy | Infusion) -> Expr:
    return one_of(Var(region), tuple(code(state) for state in states))


def claims(step: Step) -> Iterator[tuple[Property, Expr]]:
    """Every claim that this step could break."""
    yield from _always(step)
    if step.at.kind in CONTROLLER:
        yield P.ONE_ROW, negate(Var("broken"))
        yield P.NO_DEAD_ROW, negate(Var("never"))
        for family in (_energy, _hazards, _way_back, _drug, _begins, _ends):
            yield from family(step)
        yield from limits(step)
        yield from spec.claims(step)


def _always(step: Step) -> Iterator[tuple[Property, Expr]]:
    k = step.k
    sounding = le(1, Var("lease"))
    yield P.IMAGES_NEEDED, implies(sounding, le(add(Var("lease"), Var("m_frame")), k.lease))
    yield P.HEATING_BOUNDED, implies(both(sounding, heating(Var("session"))), le(Var("m_heat"), k.longest + k.lease))
    yield P.NEVER_MORE, le(Var("pumped"), k.volume + k.dead_volume)


def _energy(step: Step) -> Iterator[tuple[Property, Expr]]:
    k, out, at = step.k, step.out, step.at
    flows = one_of(Var("energy"), FLOWING)
    yield (
        P.ENERGY_IN_ITS_STATES,
        both(
            implies(
                _is("energy", Energy.TEST),
                both(_is("session", Session.CALIBRATION), _is("calibration", Calibration.TEST)),
            ),
            implies(_is("energy", Energy.ON), both(heating(Var("session")), _is("calibration", Calibration.ACCEPTED))),
            implies(both(negate(Var("lost")), le(1, Var("lease"))), flows),
        ),
    )
    if out.lends != NO:
        image = both(num(int(at.kind is Kind.FRAME)), le(out.lease, k.lease), at.thermal, negate(at.unfit))
        yield P.LEASE_FROM_IMAGE, implies(out.lends, both(image, eq(Var("m_frame"), 0), flows))
    if at.kind is not Kind.FAILURE:
        alive = negate(Var("unheard"))
        yield P.IMAGES_NEEDED, implies(both(alive, _is("energy", Energy.ON)), le(Var("m_age"), k.frame_age))
        yield P.IMAGES_NEEDED, implies(both(alive, heating(Var("session"))), le(Var("m_age"), k.frame_loss))
    yield (
        P.FALLING_WINS,
        both(
            negate(both(out.off, out.lends)),
            negate(both(out.hold, out.infuses)),
            implies(out.lends, flows),
            implies(out.infuses, _is("infusion", Infusion.INFUSING)),
        ),
    )


def _hazards(step: Step) -> Iterator[tuple[Property, Expr]]:
    out, at = step.out, step.at
    flowed, flows = one_of(out.before["energy"], FLOWING), one_of(Var("energy"), FLOWING)
    restarts = num(int(at.kind is Kind.RESTART))
    ended = both(negate(flows), implies(flowed, out.off), negate(out.lends))
    held = both(negate(_is("infusion", Infusion.INFUSING)), out.hold, negate(out.infuses))
    yield P.HAZARD_ENDS_ENERGY, implies(either(restarts, at.act(Trigger.STOP)), both(ended, out.off, held))
    ends = either(*(at.faults.get(g, NO) for g in (Group.COOL, Group.ABORT, Group.ABORT_FOR_GOOD)))
    hazard = either(ends, at.faults.get(Group.PAUSE, NO))
    yield P.HAZARD_ENDS_ENERGY, implies(both(hazard, flowed), ended)
    infused = eq(out.before["infusion"], code(Infusion.INFUSING))
    yield P.HAZARD_ENDS_ENERGY, implies(both(hazard, infused), held)
    yield P.HAZARD_ENDS_ENERGY, implies(both(ends, flowed), negate(heating(Var("session"))))
    # Taken away means commanded: whatever flowed and no longer may was told so in this very step.
    yield P.FALLING_WINS, implies(both(flowed, negate(flows)), out.off)
    yield (
        P.FALLING_WINS,
        implies(both(infused, negate(_is("infusion", Infusion.INFUSING))), out.hold),
    )
    was = out.before["session"]
    complete = both(eq(was, code(Session.COMPLETE)), _is("session", Session.COMPLETE))
    aborted = both(negate(eq(was, code(Session.COMPLETE))), _is("session", Session.ABORT))
    stopped = both(negate(out.refused), either(complete, aborted))
    yield P.STOP_FROM_EVERYWHERE, implies(at.act(Trigger.STOP), stopped)
    if at.kind is Kind.RESTART:
        yield P.RESTART_SAFE, both(either(complete, aborted), le(Var("lease"), step.k.lease), _is("energy", Energy.OFF))
        yield P.RESTART_SAFE, negate(_is("infusion", Infusion.INFUSING))


def _way_back(step: Step) -> Iterator[tuple[Property, Expr]]:
    out, k = step.out, step.k
    begins = both(one_of(Var("energy"), FLOWING), negate(one_of(out.before["energy"], FLOWING)))
    yield P.WAY_BACK, implies(begins, both(eq(Var("m_two"), 3), Var("m_one"), Var("m_opened")))
    yield (
        P.WAY_BACK,
        implies(both(begins, _is("energy", Energy.ON)), both(eq(Var("m_accepts"), 3), eq(Var("accepts"), 3))),
    )
    leaves = both(eq(out.before["session"], code(Session.ABORT)), negate(_is("session", Session.ABORT)))
    yield P.LATCHED, implies(Var("effect_clear_latches"), leaves)
    yield P.WAY_BACK, implies(leaves, both(_is("session", Session.SETUP), eq(Var("m_resets"), 3)))
    none = [eq(Var(name), 0) for name in ("two", "one", "accepts", "resets", "opened")]
    learned = [eq(Var(name), 0) for name in ("learned", "thermal", "ranged", "dwell", "test")]
    gone = both(*none, *learned, _is("calibration", Calibration.NONE), _is("energy", Energy.OFF))
    yield P.NOTHING_SURVIVES, implies(leaves, gone)
    yield P.NOTHING_SURVIVES, implies(leaves, negate(_is("infusion", Infusion.INFUSING, Infusion.HELD)))
    was = out.before["calibration"]
    begun = both(_is("calibration", Calibration.BASELINE), negate(eq(was, code(Calibration.BASELINE))))
    yield P.NOTHING_SURVIVES, implies(begun, both(eq(Var("accepts"), 0), *learned))
    yield P.TISSUE_SETTLED, implies(begun, le(k.settling, Var("m_rest")))


def _drug(step: Step) -> Iterator[tuple[Property, Expr]]:
    out, k, at = step.out, step.k, step.at
    infuses = _is("infusion", Infusion.INFUSING)
    begins = both(infuses, negate(eq(out.before["infusion"], code(Infusion.INFUSING))))
    in_heat = both(_is("session", Session.DRUG_INFUSION_SYNC), _is("energy", Energy.ON))
    ready = both(
        at.act(Trigger.RELEASE_INFUSION),
        at.passes,
        eq(Var("m_dwell"), k.dwell),
        Var("m_ranged"),
        le(Var("m_age"), k.frame_age),
    )
    yield P.INFUSION_AFTER_DWELL, implies(begins, both(ready, in_heat))
    alive = negate(Var("unheard"))
    yield P.INFUSION_IN_HEAT, implies(infuses, both(in_heat, implies(alive, le(Var("m_out"), k.loss_of_range))))
    if out.infuses != NO:
        by_image = both(num(int(at.kind is Kind.FRAME)), at.thermal, negate(at.unfit), eq(Var("m_frame"), 0))
        asked = either(by_image, at.act(Trigger.RELEASE_INFUSION))
        yield P.INFUSION_IN_HEAT, implies(out.infuses, both(num(int(out.watch <= k.watchdog)), asked, infuses))
        safe = step.rules.pump_limit <= k.volume + k.dead_volume
        yield P.NEVER_MORE, implies(out.infuses, num(int(safe)))
    if at.kind is Kind.POLL:
        beyond = sub(Var("pumped"), k.dead_volume)
        reached = eq(Var("patient"), choose(le(0, beyond), beyond, 0))
        yield P.NEVER_MORE, both(eq(Var("known"), Var("pumped")), reached)
        done = both(le(k.volume, Var("patient")), infuses)
        yield P.NEVER_MORE, negate(done)
    yield P.INFUSION_ONCE, implies(Var("m_over"), one_of(Var("infusion"), _OVER))


def _begins(step: Step) -> Iterator[tuple[Property, Expr]]:
    out, at = step.out, step.at
    was, now = out.before["energy"], Var("energy")
    begins = both(one_of(now, FLOWING), negate(eq(now, was)))
    infuses = both(_is("infusion", Infusion.INFUSING), negate(eq(out.before["infusion"], code(Infusion.INFUSING))))
    by_person = at.act(Trigger.BEGIN_TEST, Trigger.BEGIN_HEATING, Trigger.RESUME)
    yield P.NOTHING_BY_ITSELF, implies(begins, both(by_person, at.passes))
    yield P.NOTHING_BY_ITSELF, implies(infuses, both(at.act(Trigger.RELEASE_INFUSION), at.passes))
    yield P.LATCHED, implies(either(begins, infuses), both(negate(Var("m_blocked")), negate(Var("m_for_good"))))


def _ends(step: Step) -> Iterator[tuple[Property, Expr]]:
    out = step.out
    yield P.END_IS_FINAL, implies(eq(out.before["session"], code(Session.COMPLETE)), _is("session", Session.COMPLETE))
    if step.at.kind is Kind.ACT:
        alone = both(out.refused, negate(out.asked))
        still = [eq(Var(name), out.before[name]) for name in REGION_NAMES]
        silent = [negate(command) for command in (out.off, out.hold, out.lends, out.infuses)]
        yield P.REFUSAL_CHANGES_NOTHING, implies(alone, both(*still, *silent))
