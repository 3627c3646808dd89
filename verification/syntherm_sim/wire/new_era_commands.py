"""What each of the pump's commands does. A handler takes the pump and the argument, and gives the reply's data."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from syntherm_sim.wire.new_era_motor import RATE_UNITS, Phase, display, rate_limits_ml_per_h

if TYPE_CHECKING:
    from syntherm_sim.wire.new_era import NewEra

VERSION: Final = "NE1000V3.928"
NOT_NOW: Final = "?NA"
OUT_OF_RANGE: Final = "?OOR"
UNKNOWN: Final = "?"
Handler = Callable[["NewEra", str], str]


def number(text: str) -> float | None:
    """At most four digits, at most three decimals; None for anything else."""
    if re.fullmatch(r"[0-9]*\.?[0-9]{0,3}", text) and 1 <= sum(sign.isdigit() for sign in text) <= 4:
        return float(text)
    return None


def _whole(lowest: int, highest: int, attribute: str, shown: str) -> Handler:
    def handle(pump: "NewEra", argument: str) -> str:
        if not argument:
            return shown.format(getattr(pump, attribute))
        if not argument.isdigit():
            return UNKNOWN
        if not lowest <= int(argument) <= highest:
            return OUT_OF_RANGE
        setattr(pump, attribute, int(argument))
        return ""

    return handle


def _when_stopped(handler: Handler) -> Handler:
    def handle(pump: "NewEra", argument: str) -> str:
        return NOT_NOW if argument and pump.status != "S" else handler(pump, argument)

    return handle


def _diameter(pump: "NewEra", argument: str) -> str:
    if not argument:
        return display(pump.diameter_mm)
    value = number(argument)
    if value is None or not 0.1 <= value <= 80.0:
        return OUT_OF_RANGE
    pump.diameter_mm = value
    pump.volume_unit = "UL" if value <= 14.0 else "ML"
    pump.motor.infused_ml = pump.motor.withdrawn_ml = 0.0
    return ""


def _function(pump: "NewEra", argument: str) -> str:
    if not argument:
        return pump.selected.function
    if argument not in ("RAT", "STP"):
        return OUT_OF_RANGE
    pump.selected.function = argument
    return ""


def _rate(pump: "NewEra", argument: str) -> str:
    phase, motor = pump.selected, pump.motor
    if not argument:
        return display(motor.rate_ml_per_h / RATE_UNITS[phase.unit] if motor.running else phase.rate) + phase.unit
    value, unit = number(argument.rstrip("MHU")), argument.lstrip(".0123456789")
    if value is None or (unit and unit not in RATE_UNITS):
        return UNKNOWN
    return NOT_NOW if unit and motor.running else _set_rate(pump, Phase(rate=value, unit=unit or phase.unit))


def _set_rate(pump: "NewEra", wanted: Phase) -> str:
    slowest, fastest = rate_limits_ml_per_h(pump.diameter_mm)
    if not slowest <= wanted.rate_ml_per_h <= fastest:
        return OUT_OF_RANGE
    if pump.motor.running:
        # Not kept: the phase has its stored rate again at the next start.
        pump.motor.rate_ml_per_h = wanted.rate_ml_per_h
    else:
        pump.selected.rate, pump.selected.unit = wanted.rate, wanted.unit
    return ""


def _volume(pump: "NewEra", argument: str) -> str:
    in_ml = 1.0 if pump.volume_unit == "ML" else 0.001
    if not argument:
        return display(pump.selected.volume_ml / in_ml) + pump.volume_unit
    if argument in ("UL", "ML"):
        pump.volume_unit = argument
        return ""
    value = number(argument)
    if value is None:
        return UNKNOWN
    pump.selected.volume_ml = value * in_ml
    return ""


def _direction(pump: "NewEra", argument: str) -> str:
    if not argument:
        return pump.selected.direction
    if argument == "REV":
        argument = "WDR" if pump.selected.direction == "INF" else "INF"
    if argument not in ("INF", "WDR"):
        return OUT_OF_RANGE
    pump.selected.direction = argument
    return ""


def _dispensed(pump: "NewEra", argument: str) -> str:
    in_ml = 1.0 if pump.volume_unit == "ML" else 0.001
    infused, withdrawn = display(pump.motor.infused_ml / in_ml), display(pump.motor.withdrawn_ml / in_ml)
    return f"I{infused}W{withdrawn}{pump.volume_unit}"


def _clear(pump: "NewEra", argument: str) -> str:
    if argument == "INF":
        pump.motor.infused_ml = 0.0
    elif argument == "WDR":
        pump.motor.withdrawn_ml = 0.0
    else:
        return UNKNOWN
    return ""


def _run(pump: "NewEra", argument: str) -> str:
    if pump.motor.running:
        return NOT_NOW
    if pump.paused:
        pump.paused, pump.motor.running = False, True
        return ""
    slowest, fastest = rate_limits_ml_per_h(pump.diameter_mm)
    if not slowest <= pump.program[1].rate_ml_per_h <= fastest:
        pump.alarm_now("O")
        return ""
    pump.motor.begin(1)
    return ""


def _stop(pump: "NewEra", argument: str) -> str:
    pump.paused = pump.motor.running
    pump.motor.running = False
    return ""


def _safe(pump: "NewEra", argument: str) -> str:
    return _whole(0, 255, "timeout_s", "{}")(pump, argument)


HANDLERS: Final[dict[str, Handler]] = {
    "": lambda pump, argument: "",
    "VER": lambda pump, argument: VERSION,
    "SAF": _safe,
    "PF": _whole(0, 1, "power_failure", "{}"),
    "PHN": _when_stopped(_whole(1, 41, "selected_phase", "{:02d}")),
    "FUN": _when_stopped(_function),
    "DIA": _when_stopped(_diameter),
    "RAT": _rate,
    "VOL": _when_stopped(_volume),
    "DIR": _when_stopped(_direction),
    "DIS": _dispensed,
    "CLD": _when_stopped(_clear),
    "RUN": _run,
    "STP": _stop,
}


def carried_out(pump: "NewEra", command: str) -> str:
    """The reply's data, or a refusal."""
    name = command[:2] if command.startswith("PF") else command[:3]
    handler = HANDLERS.get(name)
    return UNKNOWN if handler is None else handler(pump, command[len(name) :])
