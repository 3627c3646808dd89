"""What the drug would do next, if: the same step, run ahead from the present state on stated temperatures."""

from enum import Enum, unique
from math import exp, isfinite
from typing import Final

import attrs

from syntherm.core.drug.kinetics import DrugModel, DrugState, advance
from syntherm.core.drug.members import Array
from syntherm.core.drug.release import Heat

_SECONDS_PER_HOUR: Final = 3600.0
_MOST_STEPS: Final = 20_000


@unique
class Remaining(Enum):
    """The courses that are compared."""

    EXTEND = "heat and infusion go on"
    HOLD = "the infusion is held, heat goes on"
    STOP_NOW = "heat and infusion end"


@attrs.frozen
class Outlook:
    """What is assumed of the time ahead. All of it comes from the plan or from whoever asks.

    Infusion goes on at `rate_ml_per_h` until `volume_ml` have reached the patient. After a stop, tissue falls towards
    `rest_degC` with `cooling_s` as its time constant. Raises ValueError for values that are not as described here.
    """

    horizon_s: float
    step_s: float
    rate_ml_per_h: float
    volume_ml: float
    rest_degC: float
    cooling_s: float

    def __attrs_post_init__(self) -> None:
        values = attrs.astuple(self)
        if not all(isfinite(value) and value >= 0.0 for value in values):
            raise ValueError(f"outlook {values}: expected finite numbers, none negative")
        if not (self.step_s > 0.0 and self.cooling_s > 0.0 and self.horizon_s <= _MOST_STEPS * self.step_s):
            raise ValueError(
                f"outlook over {self.horizon_s} s by {self.step_s} s, cooling in {self.cooling_s} s: "
                f"expected times above zero and at most {_MOST_STEPS} steps"
            )


def _fallen(now: Heat, outlook: Outlook, after_s: float) -> Heat:
    left = exp(-after_s / outlook.cooling_s)

    def at(start_degC: Array) -> Array:
        return outlook.rest_degC + left * (start_degC - outlook.rest_degC)

    return Heat(at(now.lower_degC), at(now.estimate_degC), at(now.upper_degC))


def what_if(state: DrugState, model: DrugModel, now: Heat, remaining: Remaining, outlook: Outlook) -> DrugState:
    """The state at the horizon, if temperatures stay as they are now, or fall from now, and the pump does as named.

    Raises ValueError as `advance` does.
    """
    start_s, start_ml = state.at_s, state.patient_ml
    steps = max(1, round(outlook.horizon_s / outlook.step_s)) if outlook.horizon_s > 0.0 else 0
    for step in range(1, steps + 1):
        ahead_s = outlook.horizon_s * step / steps
        patient_ml, heat = state.patient_ml, now
        if remaining is Remaining.EXTEND:
            pumped_ml = start_ml + outlook.rate_ml_per_h * ahead_s / _SECONDS_PER_HOUR
            patient_ml = max(patient_ml, min(pumped_ml, outlook.volume_ml))
        if remaining is Remaining.STOP_NOW:
            heat = _fallen(now, outlook, outlook.horizon_s * (step - 0.5) / steps)
        state = advance(state, model, start_s + ahead_s, patient_ml, heat)
    return state
