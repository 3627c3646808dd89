"""The controllers by the names that a plan gives them, and what goes on record of an answer."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from syntherm.core.control.binary import binary
from syntherm.core.control.mpc import MpcMemory, mpc
from syntherm.core.control.pid import PidMemory, pid
from syntherm.core.control.remembering import Answer, Course, Fallback

ControlMemory = PidMemory | MpcMemory
Steering = Callable[[Course, ControlMemory | None], Answer[ControlMemory | None]]
PREDICTIVE: Final = "mpc-offset-free"


@attrs.frozen
class Steered:
    """One answer: by which controller, why not by its own rule if so, and power in W as asked for and as lent."""

    controller: str
    fallback: Fallback | None
    asked_W: float
    lent_W: float


def _binary(course: Course, _: ControlMemory | None) -> Answer[ControlMemory | None]:
    return Answer(binary(course.given), None)


def _pid(course: Course, memory: ControlMemory | None) -> Answer[ControlMemory | None]:
    answer = pid(course, memory if isinstance(memory, PidMemory) else None)
    return Answer(answer.powers_W, answer.memory, answer.fallback)


def _mpc(course: Course, memory: ControlMemory | None) -> Answer[ControlMemory | None]:
    answer = mpc(course, memory if isinstance(memory, MpcMemory) else None)
    return Answer(answer.powers_W, answer.memory, answer.fallback)


CONTROLLERS: Final[Mapping[str, Steering]] = {"binary-multipoint": _binary, "pid-mean": _pid, PREDICTIVE: _mpc}
