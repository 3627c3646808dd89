"""Numbers and names as people read them. What is not known says so."""

from datetime import datetime
from enum import Enum
from math import isfinite
from typing import Final

UNKNOWN: Final = "not known"
_NBSP: Final = "\u00a0"
_UNITS: Final = (
    ("degC", "°C"), ("mg/m2", "mg/m²"), ("m2", "m²"), ("1", "")
)  # fmt: skip
_NAMES: Final = (("cem43", "CEM43"), ("prf ", "PRF "), ("snr", "SNR"))


def number(value: float | None, digits: int, unit: str = "", *, signed: bool = False) -> str:
    """`41.36 °C`; a true minus sign; "not known" for None and for what is not finite."""
    if value is None or not isfinite(value):
        return UNKNOWN
    rounded = round(value, digits) + 0.0  # -0.0 would read as below zero
    shown = f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "−")
    return with_unit(shown, unit)


def with_unit(shown: str, unit: str) -> str:
    """A number's text with its unit, never broken between lines."""
    return f"{shown}{_NBSP}{unit}" if unit else shown


def unit_sign(unit: str) -> str:
    """A plan's unit as printed: `degC` is °C, `1` is nothing."""
    for plain, sign in _UNITS:
        if unit == plain:
            return sign
    return unit.replace("degC", "°C")


def percent(fraction: float | None) -> str:
    """`98.2 %`."""
    return number(None if fraction is None else 100.0 * fraction, 1, "%")


def duration(seconds: float | None) -> str:
    """Seconds below two minutes, minutes above."""
    if seconds is None or not isfinite(seconds):
        return UNKNOWN
    return number(seconds, 0, "s") if seconds < 120.0 else number(seconds / 60.0, 1, "min")


def clock(utc: str) -> str:
    """The time of day of a record's moment; the text itself where it is none."""
    try:
        return f"{datetime.fromisoformat(utc):%H:%M:%S}"
    except ValueError:
        return utc[:40]


def day_and_time(utc: str) -> str:
    """Date and time of a record's moment; the text itself where it is none."""
    try:
        return f"{datetime.fromisoformat(utc):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return utc[:40]


def name(member: Enum) -> str:
    """An enum's value in words: `drug infusion sync`."""
    return str(member.value).replace("-", " ")


def plan_name(field: str, unit: str) -> str:
    """A plan's field in words, its unit's suffix taken off: `dose_mg_per_m2` is dose."""
    suffix = "_" + unit.replace("/", "_per_")
    plain = field[: -len(suffix)] if field.lower().endswith(suffix.lower()) else field
    words = plain.replace("_", " ")
    for short, spelt in _NAMES:
        words = words.replace(short, spelt)
    return words


def moment_label(label: str) -> str:
    """`calibration to heating` as an arrow; within one state, that state."""
    before, _, after = label.partition(" to ")
    if not after:
        return label
    return f"in {before}" if before == after else f"{before} → {after}"
