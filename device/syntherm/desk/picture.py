"""What the desk shows of a session, as plain lines. A value that is not there is said to be not known."""

from collections.abc import Mapping
from typing import Final

Json = Mapping[str, object]
STALE_S: Final = 3.0
"""A session tells its state four times a second; silence of this length is shown."""
_MOST: Final = 1e9
"""No number of a session is larger; what is not finite, or too long to be shown, is not either."""
_URGENT: Final = {"high": "!!!", "medium": "!! ", "low": "!  "}


def picture(state: Json) -> list[str]:
    """The session at one moment."""
    lines = [
        f"{_text(state, 'title')}, patient {_text(state, 'patient')}",
        f"{_clock(state.get('at_s'))}  {_text(state, 'session').upper()}  calibration {_text(state, 'calibration')}, "
        f"energy {_text(state, 'energy')}, infusion {_text(state, 'infusion')}",
        f"target {_region(state.get('target'))}",
    ]
    guards = state.get("guards")
    for guard in guards if isinstance(guards, list) else []:
        if isinstance(guard, dict):
            lines.append(f"  {_text(guard, 'name')}: at most {_number(guard.get('hottest_degC'), 1)} degC")
    lines.append(
        f"power lent {_number(state.get('lent_W'), 1)} W; drug {_number(state.get('delivered_ml'), 2)} of "
        f"{_number(state.get('prescribed_ml'), 1)} mL; in range {_number(state.get('in_range_min'), 1)} of "
        f"{_number(state.get('prescribed_min'), 0)} min"
    )
    drug = state.get("drug")
    if isinstance(drug, dict):
        lines += _drug(drug)
    lines += [*guardian(state), *faults(state)]
    guidance = state.get("guidance")
    if isinstance(guidance, dict):
        lines.append(f"> {_text(guidance, 'text')}{_asked(guidance.get('asks'))}")
    lines.append(f"record {_text(state, 'head')[:16]}")
    return lines


def guardian(state: Json) -> list[str]:
    """Why the guardian holds the enable off; nothing if it does not."""
    because = _text(state, "guardian")
    return [f"!!  no enable: {because}"] if because else []


def _drug(drug: Json) -> list[str]:
    """What the model says of the drug. Nobody may take it for a measurement."""
    return [
        f"drug infused in heat {_number(drug.get('heated_mg'), 1)} mg, not in heat "
        f"{_number(drug.get('unheated_mg'), 1)} mg",
        f"  modelled, not validated, from lowest to highest: target {_bounds(drug.get('tissue_ug_per_ml'))} ug/mL, "
        f"co-exposure {_bounds(drug.get('co_exposure_ug_min_per_ml'))} ug min/mL, "
        f"plasma {_bounds(drug.get('plasma_ug_per_ml'))} ug/mL",
    ]


def faults(state: Json) -> list[str]:
    """Each standing fault on its line."""
    standing = state.get("faults")
    return [
        f"{_URGENT.get(_text(fault, 'priority'), '!!!')} {_text(fault, 'code')}"
        f"{'' if fault.get('active') is True else ' (its cause is gone)'}: {_text(fault, 'text')}"
        for fault in (standing if isinstance(standing, list) else [])
        if isinstance(fault, dict)
    ]


def key(state: Json) -> tuple[object, ...]:
    """What must change before the desk draws anew by itself: states, question, guardian and faults."""
    guidance = state.get("guidance")
    text = _text(guidance, "text") if isinstance(guidance, dict) else ""
    names = ("session", "calibration", "energy", "infusion")
    return (*(_text(state, name) for name in names), text, *guardian(state), *faults(state))


def _asked(asks: object) -> str:
    if not isinstance(asks, dict):
        return ""
    what = _text(asks, "act") + (f" {_text(asks, 'item')}" if asks.get("item") else "")
    return f" ({what}; {_number(asks.get('missing'), 0)} of {_number(asks.get('people'), 0)} to agree)"


def _region(region: object) -> str:
    if not isinstance(region, dict):
        return "not known"
    return (
        f"hot10 {_bounds(region.get('hot10_degC'))}, mean {_bounds(region.get('mean_degC'))}, "
        f"cold90 {_bounds(region.get('cold90_degC'))} degC"
    )


def _bounds(value: object) -> str:
    if not isinstance(value, list) or len(value) != 3:
        return "not known"
    low, middle, high = (_number(each, 1) for each in value)
    return f"{middle} ({low} to {high})"


def _number(value: object, digits: int) -> str:
    known = isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST
    return f"{value:.{digits}f}" if known else "not known"


def _text(holder: Json, name: str) -> str:
    """A text, fit for a terminal: what the session says passed through a socket that others may have opened."""
    value = holder.get(name)
    return "".join(c if c.isprintable() else "?" for c in value[:400]) if isinstance(value, str) else "not known"


def _clock(at_s: object) -> str:
    if not isinstance(at_s, int | float) or not -_MOST < at_s < _MOST:
        return "-:--:--"
    minutes, seconds = divmod(int(at_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
