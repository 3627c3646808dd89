"""Variables that nothing will read before they are written again are put to one value, so that states which can only
behave alike are one state. Each line says why nothing is lost; the third-party proof by induction goes without them.
"""

from collections.abc import Iterator

import attrs

from syntherm.core.vocabulary import Calibration, Infusion, Session
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.expr import YES, Expr, Var, both, eq, negate, one_of
from syntherm_verify.model.program import Step
from syntherm_verify.model.space import code, variables


@attrs.frozen
class Dead:
    """`names` are put to `value` (None: the initial one) where `when` holds."""

    names: tuple[str, ...]
    value: int | None
    when: Expr
    because: str


_FORGOTTEN = (
    ("two", 3), ("one", 1), ("opened", 1), ("accepts", 3), ("learned", 1), ("thermal", 1), ("ranged", 1), ("dwell", 0),
    ("test", 0), ("by_reset", 1),
)  # fmt: skip


def _in(*states: Session) -> Expr:
    return one_of(Var("session"), tuple(code(s) for s in states))


S = Session


def dead(k: Constants) -> Iterator[Dead]:
    """All of them."""
    yield Dead(
        ("silent",), 0, _in(S.SETUP, S.COOLING, S.COMPLETE, S.ABORT),
        "a jump of time is watched in CALIBRATION and the heating states only; elsewhere it can but block a start, and "
        "the environment may block any start",
    )  # fmt: skip
    yield Dead(
        ("image", "m_age"), None, _in(S.SETUP, S.COOLING, S.COMPLETE, S.ABORT),
        "the age of an image is looked at in CALIBRATION and the heating states only, and there a new image must have "
        "come before anything can start; an older one in memory only makes more images acceptable",
    )  # fmt: skip
    yield Dead(
        ("m_frame",),
        k.lease,
        eq(Var("lease"), 0),
        "asked only while energy flows, and set anew by the image of a grant",
    )
    yield Dead(
        ("m_out", "out"), None, negate(eq(Var("infusion"), code(Infusion.INFUSING))),
        "the loss of range is timed only while the pump is released, and a release needs a dwell without loss",
    )  # fmt: skip
    yield Dead(
        ("deaf", "unheard"), 0, both(eq(Var("lease"), 0), eq(Var("watch"), 0)),
        "nothing flows that a lost command could leave flowing; that the loss aborts is the same as any other abort",
    )  # fmt: skip
    learns = negate(eq(Var("calibration"), code(Calibration.BASELINE)))
    for name, worst in _FORGOTTEN:
        most = {"dwell": k.dwell, "test": k.test_frames}.get(name, worst)
        yield Dead(
            (name,), most, both(_in(S.COOLING, S.ABORT), learns if name == "learned" else YES),
            "nothing reads it there, and a reset must clear it whatever it is: the most is the hardest case",
        )  # fmt: skip
    calibrated = negate(_in(S.CALIBRATION))
    yield Dead(("m_precise", "m_tested", "m_test"), 0, calibrated, "asked only until a calibration is accepted")
    yield Dead(("m_blocked",), 0, _in(S.ABORT), "begun anew when ABORT is left")
    yield Dead(("m_resets",), 0, negate(_in(S.ABORT)), "asked only at the moment when ABORT is left")
    yield Dead(
        ("m_accepts",), 0, _in(S.ABORT), "asked only after a new calibration has begun, which begins the count anew"
    )
    yield Dead(
        tuple(v.name for v in variables(k) if v.part in ("controller", "monitor") and v.name not in _LASTING),
        None, _in(S.COMPLETE), "COMPLETE is never left, which is itself proven",
    )  # fmt: skip


_LASTING = (
    "session", "calibration", "energy", "infusion", "unheard", "unconfirmed", "m_over", "known", "patient",
    "m_frame",
)  # fmt: skip


def forget(step: Step) -> None:
    """Add the statements to a step whose claims are stated already."""
    initial = {v.name: v.initial for v in variables(step.k)}
    for line in dead(step.k):
        for name in line.names:
            step.program.put(name, initial[name] if line.value is None else line.value, line.when)
