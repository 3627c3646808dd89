"""The monitors' own accounts, from events and regions alone: an error in the core's counters cannot prove itself."""

from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm_verify.model.environment import CONTROLLER, Group, Kind
from syntherm_verify.model.expr import (
    NO,
    Expr,
    Var,
    add,
    at_most,
    both,
    choose,
    either,
    eq,
    le,
    lt,
    negate,
    one_of,
    sub,
)
from syntherm_verify.model.program import Step
from syntherm_verify.model.space import code

HEATING = (code(Session.HEATING), code(Session.DRUG_INFUSION_SYNC))


def heating(session: Expr) -> Expr:
    """In a heating state."""
    return one_of(session, HEATING)


def _joined(people: Expr, person: Expr) -> Expr:
    second = either(eq(people, 2), eq(people, 3))
    first = either(eq(people, 1), eq(people, 3))
    return choose(person, choose(second, people, add(people, 2)), choose(first, people, add(people, 1)))


def watch(step: Step) -> None:
    """Add the monitors' statements to a step that is complete otherwise."""
    if step.at.kind is Kind.TICK:
        _time(step)
    elif step.at.kind in CONTROLLER:
        if step.at.kind is Kind.ACT:
            _people(step)
        if step.at.kind is Kind.FRAME:
            _image(step)
        _faults(step)
        _turns(step)


def _time(step: Step) -> None:
    k, put = step.k, step.program.put
    put("m_age", step.cut("m_age", add(Var("m_age"), 1)))
    put("m_frame", step.cut("m_frame", add(Var("m_frame"), 1)))
    unknown = either(negate(Var("m_ranged")), lt(k.frame_age, Var("m_age")))
    put("m_out", choose(unknown, step.cut("m_out", add(Var("m_out"), 1)), 0))
    put("m_heat", step.cut("m_heat", add(Var("m_heat"), 1)), heating(Var("session")))
    flowed = le(1, step.out.before["lease"])
    put("m_rest", choose(flowed, 0, step.cut("m_rest", add(Var("m_rest"), 1))))


def _people(step: Step) -> None:
    at, put, before = step.at, step.program.put, step.out.before
    done = negate(step.out.refused)
    confirmed = both(done, at.act(Trigger.CONFIRM), eq(before["session"], code(Session.SETUP)))
    put("m_two", _joined(Var("m_two"), at.person), both(confirmed, at.two))
    put("m_one", 1, both(confirmed, at.one))
    reset = both(done, at.act(Trigger.RESET), at.reason, eq(before["session"], code(Session.ABORT)))
    put("m_resets", _joined(Var("m_resets"), at.person), reset)
    accepted = both(done, at.act(Trigger.ACCEPT_CALIBRATION), eq(before["calibration"], code(Calibration.REVIEW)))
    put("m_accepts", _joined(Var("m_accepts"), at.person), accepted)


def _image(step: Step) -> None:
    at, k, program, before = step.at, step.k, step.program, step.out.before
    fits = both(negate(at.unfit), le(at.delay, k.frame_age), lt(at.delay, before["m_age"]))
    newer = program.let("m_newer", fits)
    program.put("m_age", at.delay, newer)
    program.put("m_frame", 0, newer)
    # Only an image that shows a temperature, while heat is wanted, can show the target in range.
    shown = program.let("m_shown", both(at.in_range, at.thermal, heating(before["session"]), Var("learned")))
    gap = sub(before["m_age"], at.delay)
    grows = both(shown, before["m_ranged"], le(gap, k.frame_age))
    program.put("m_dwell", choose(grows, at_most(add(Var("m_dwell"), gap), k.dwell), 0), newer)
    program.put("m_total", at_most(add(Var("m_total"), gap), k.prescribed), both(newer, grows))
    program.put("m_ranged", shown, newer)
    program.put("m_out", 0, both(newer, shown))
    learning = eq(before["calibration"], code(Calibration.BASELINE))
    program.put("m_precise", at.suits, both(newer, learning, at.finishes))
    testing = eq(before["calibration"], code(Calibration.TEST))
    program.put("m_tested", at.suits, both(testing, eq(Var("m_test"), k.test_frames)))
    flows = eq(before["energy"], code(Energy.TEST))
    # An image that shows what is no temperature gives the test no lease.
    seen = both(newer, at.thermal, Var("learned"), flows)
    program.put("m_test", at_most(add(Var("m_test"), 1), k.test_frames), seen)


def _faults(step: Step) -> None:
    session = step.out.before["session"]
    for name, groups in (("m_blocked", (Group.ABORT,)), ("m_for_good", (Group.ABORT_FOR_GOOD, Group.COOL))):
        for group in groups:
            states = {code(s) for fault in group.codes for s in fault.value.watched_in}
            comes_up = both(step.at.faults.get(group, NO), one_of(session, tuple(sorted(states))))
            step.program.put(name, 1, comes_up)


def _turns(step: Step) -> None:
    put, before = step.program.put, step.out.before
    aborts = both(eq(Var("session"), code(Session.ABORT)), negate(eq(before["session"], code(Session.ABORT))))
    resets = both(eq(before["session"], code(Session.ABORT)), negate(eq(Var("session"), code(Session.ABORT))))
    for name in ("m_two", "m_one", "m_opened", "m_resets"):
        put(name, 0, aborts)
    put("m_blocked", 0, resets)
    baseline = code(Calibration.BASELINE)
    calibrates = both(eq(Var("calibration"), baseline), negate(eq(before["calibration"], baseline)))
    put("m_accepts", 0, either(calibrates, resets))
    for name in ("m_precise", "m_tested", "m_test"):
        put(name, 0, either(calibrates, resets))
    if step.at.kind is Kind.POLL:
        put("m_opened", 1, both(step.at.stop_open, eq(before["session"], code(Session.SETUP))))
    left = both(heating(before["session"]), negate(heating(Var("session"))))
    if step.at.kind is Kind.POLL:
        # A look at equipment finds no fresh image: in range is not known.
        left = either(left, both(heating(before["session"]), lt(step.k.frame_age, Var("m_age"))))
    for name in ("m_dwell", "m_ranged"):
        put(name, 0, left)
    put("m_over", 1, one_of(Var("infusion"), (code(Infusion.DONE), code(Infusion.FAILED))))
