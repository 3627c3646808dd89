"""One value of the plan: an inline table of value, unit and source, checked against what its field accepts."""

from collections.abc import Callable

import attrs

from syntherm.core.plan.lines import key_name
from syntherm.core.plan.schema import Leaf
from syntherm.core.plan.values import Quantity, Text

MAX_TEXT = 120
MAX_SOURCE = 400
_SHOWN = 60
_ELEMENTS = 4

Note = Callable[[str, str, str], None]
"""Takes one problem: the dotted name, what was found, what was expected."""

Value = str | float | tuple[float, ...]


@attrs.frozen
class Reading:
    """A sound value and where it comes from."""

    value: Value
    source: str


def shown(raw: object) -> str:
    """A value of the file as it may stand in a message: on one line, printable and short."""
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return f"an array of {len(raw)}" if len(raw) > _ELEMENTS else f"[{', '.join(map(shown, raw))}]"
    if isinstance(raw, str):
        return ascii(raw[:_SHOWN]) + (" and more" if len(raw) > _SHOWN else "")
    return str(raw).lower()[:_SHOWN]


def read_leaf(leaf: Leaf, name: str, raw: object, note: Note) -> Reading | None:
    """The value and source in `raw`, the inline table called `name`; None after noting at least one problem."""
    wanted = ("value", "source") if isinstance(leaf.rule, Text) else ("value", "unit", "source")
    if not isinstance(raw, dict):
        note(name, shown(raw), "an inline table of " + ", ".join(wanted))
        return None
    complete = _has_keys(raw, wanted, name, note)
    source = _text(raw["source"], f"{name}.source", MAX_SOURCE, note) if "source" in raw else None
    value = _value(leaf, leaf.rule, name, raw, note) if complete else None
    return None if value is None or source is None else Reading(value, source)


def _has_keys(raw: dict[str, object], wanted: tuple[str, ...], name: str, note: Note) -> bool:
    """Whether all wanted keys are there; an unknown key is noted, but leaves the known ones to be judged."""
    for key in raw:
        if key not in wanted:
            note(f"{name}.{key_name(key)}", "an unknown key", "only " + ", ".join(wanted))
    missing = [key for key in wanted if key not in raw]
    for key in missing:
        note(name, f"no {key}", f"a {key}")
    return not missing


def _value(leaf: Leaf, rule: Quantity | Text, name: str, raw: dict[str, object], note: Note) -> Value | None:
    if isinstance(rule, Quantity):
        return _quantity(leaf, rule, name, raw, note)
    text = _text(raw["value"], name, MAX_TEXT, note)
    if text is not None and rule.options and text not in rule.options:
        note(name, shown(text), " or ".join(shown(option) for option in rule.options))
        return None
    return text


def _text(raw: object, name: str, longest: int, note: Note) -> str | None:
    if not isinstance(raw, str) or not raw.strip():
        note(name, shown(raw), "a text that is not empty")
    elif len(raw) > longest:
        note(name, f"{len(raw)} characters", f"at most {longest}")
    elif not raw.isprintable() or raw != raw.strip():
        note(name, shown(raw), "printable characters with no space at either end")
    else:
        return raw
    return None


def _quantity(leaf: Leaf, rule: Quantity, name: str, raw: dict[str, object], note: Note) -> Value | None:
    """A value in another unit is not judged by the bounds: they would mean nothing."""
    if raw["unit"] != rule.unit:
        note(f"{name}.unit", shown(raw["unit"]), f'"{rule.unit}"')
        return None
    given = raw["value"]
    elements = given if isinstance(given, list) and leaf.count > 1 else [given]
    numbers = tuple(number for each in elements if (number := _number(leaf, rule, each)) is not None)
    if len(elements) != leaf.count or len(numbers) != leaf.count:
        note(name, _shown_with_unit(given, rule), expectation(leaf, rule))
        return None
    return numbers if leaf.count > 1 else numbers[0]


def _shown_with_unit(given: object, rule: Quantity) -> str:
    numeric = isinstance(given, int | float | list) and not isinstance(given, bool)
    return shown(given) + (_unit(rule) if numeric else "")


def _number(leaf: Leaf, rule: Quantity, raw: object) -> float | None:
    """The number if it is one and within the bounds, which NaN and infinities are not."""
    if isinstance(raw, bool) or not isinstance(raw, int if leaf.whole else int | float):
        return None
    if not rule.low <= raw <= rule.high:
        return None
    return raw if leaf.whole else float(raw)


def expectation(leaf: Leaf, rule: Quantity) -> str:
    """What the field accepts, in words: `1.0 to 50.0 mg/m2`, `3 numbers from -200.0 to 200.0 mm`."""
    bounds = f"{rule.low} to {rule.high}{_unit(rule)}"
    if leaf.count == 1:
        return f"a whole number from {bounds}" if leaf.whole else bounds
    return f"{leaf.count} {'whole ' if leaf.whole else ''}numbers from {bounds}"


def _unit(rule: Quantity) -> str:
    return "" if rule.unit == "1" else f" {rule.unit}"
