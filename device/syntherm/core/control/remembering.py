"""Controllers that remember: what they are given beside the image, and the value that they hand to the next time.

`Controller` stays as it is for those that need the image alone. Here the memory is a frozen value: the same course
and the same memory give the same answer, bit for bit, so that a recorded session can be executed again.
"""

from enum import Enum, unique
from typing import Generic, Protocol, TypeVar

import attrs

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.controller import ControlInput, Powers
from syntherm.core.control.prepared import Prepared
from syntherm.core.thermometry.regions import Layout

M = TypeVar("M")


@unique
class Fallback(Enum):
    """Why a controller did not answer by its own rule."""

    NO_RESPONSE = "the response of the day is not known"
    TIME_UNKNOWN = "the moments of image and lease are not known or not in order"
    NOT_PREPARED = "the model was not prepared before the session"
    LENT_UNKNOWN = "what was lent before is not known"
    NOT_A_NUMBER = "a voxel that counts as valid has no finite temperature or uncertainty"
    TARGET_NOT_SEEN = "too little of the target has a temperature"
    GUARD_NOT_SEEN = "too little of a guard region has a temperature"
    UNEXPLAINED = "the model does not explain the images"
    NOT_SOLVED = "the optimisation did not converge"


@attrs.frozen(eq=False)
class Lent:
    """One lease as it was lent: mean power per focal point, W, between two moments of the session, s."""

    powers_W: Powers
    from_s: float
    until_s: float


@attrs.frozen(eq=False)
class Course:
    """Everything that a decision may rest on beside the memory.

    `acquired_s`: when the image was measured. `at_s`: now, when the new lease begins. `lent`: the lease before, after
    the bound on its energy, until it ended or ends now; None when nothing was lent since the last call. `unseen_J`:
    energy per focal point that the image cannot show yet. `most_W`: all that may be lent now. `prepared`: what was
    computed ahead of the session, for the controllers that need it.
    """

    given: ControlInput
    layout: Layout
    response: FocusResponse | None
    acquired_s: float
    at_s: float
    lent: Lent | None
    unseen_J: Powers
    most_W: float
    prepared: Prepared | None


@attrs.frozen(eq=False)
class Answer(Generic[M]):
    """Power per focal point, W, what to remember, and why the controller's own rule was left, if it was."""

    powers_W: Powers
    memory: M
    fallback: Fallback | None = None


class Remembering(Protocol[M]):
    """A pure function from the course and the last memory to the power that is wanted."""

    def __call__(self, course: Course, memory: M | None) -> Answer[M]:
        """Power per focal point in W, each finite and not negative; the lease may grant less, never more."""
        ...
