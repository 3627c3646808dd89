"""One line on what came in."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.auditing.looks import Body, Json, number, part, short, text, truth, whole

NOT_KNOWN: Final = "not known"


def words(name: str | None) -> str:
    """A recorded name in words: `DRUG_INFUSION_SYNC` is drug infusion sync."""
    return NOT_KNOWN if name is None else short(name.replace("_", " ").lower(), 60)


def amount(value: float | None, digits: int, unit: str) -> str:
    """A number with its unit."""
    return NOT_KNOWN if value is None else f"{value:.{digits}f} {unit}"


def told_event(body: Json) -> str:
    """One line on an event, of a kind that this software knows or not."""
    kind = text(body, "$type") or ""
    teller = _TELLERS.get(kind)
    return scalars(body) if teller is None else teller(body)


def scalars(body: Json) -> str:
    """What fits on a line of an object of any kind."""
    if not isinstance(body, Mapping):
        return short(str(body))
    simple = {key: value for key, value in body.items() if isinstance(value, str | int | float | None)}
    return short(", ".join(f"{key.strip('$')} {value}" for key, value in simple.items()))


def _polled(body: Body) -> str:
    generator = f"generator {_generator(body)}" if body.get("transducer") else "generator does not answer"
    pump = f"pump {_pump(part(body, 'pump'))}" if body.get("pump") else "pump does not answer"
    closed = truth(body, "stop_loop", "closed")
    stop = "patient stop " + ("is not read" if closed is None else "closed" if closed else "OPEN")
    return f"poll: {generator}; {pump}; {stop}"


def _generator(body: Body) -> str:
    on = truth(body, "transducer", "output_on")
    power = amount(number(body, "transducer", "power_W"), 1, "W")
    state = NOT_KNOWN if on is None else f"on, {power}" if on else "off"
    return state if truth(body, "transducer", "ends_leases") else f"{state}, cannot end a lease"


def _pump(pump: Body) -> str:
    infusing, alarm = truth(pump, "infusing"), text(pump, "alarm")
    rate = f"infusing {amount(number(pump, 'rate_ml_per_h'), 1, 'mL/h')}" if infusing else "still"
    told = f"{NOT_KNOWN if infusing is None else rate}, {amount(number(pump, 'pumped_ml'), 2, 'mL')} pumped"
    return told if alarm is None else f"{told}, alarm: {short(alarm, 80)}"


def _frame(body: Body) -> str:
    at_s, acquired_s, sequence = number(body, "at_s"), number(body, "acquired_s"), whole(body, "sequence")
    age_s = None if at_s is None or acquired_s is None else at_s - acquired_s
    return f"image {NOT_KNOWN if sequence is None else sequence}, acquired {amount(age_s, 1, 's')} before"


def told_act(body: Body) -> str:
    """`confirm plan, by operator-a: the reason`."""
    item, reason = text(body, "item"), text(body, "reason")
    act = words(text(body, "act")) + (f" {words(item)}" if item else "")
    by = f"{act}, by {short(text(body, 'person') or NOT_KNOWN, 60)}"
    return f"{by}: {short(reason)}" if reason else by


def _failed(body: Body) -> str:
    falling = truth(body, "falling")
    what = "command" if falling is None else "command that takes away" if falling else "command that lends"
    return f"{words(text(body, 'channel'))} did not confirm a {what}: {short(text(body, 'detail') or NOT_KNOWN)}"


_TELLERS: Final[Mapping[str, Callable[[Body], str]]] = {
    "EquipmentPolled": _polled,
    "FrameReceived": _frame,
    "FatMapReceived": lambda _: "fat map",
    "OperatorActed": lambda body: f"act: {told_act(body)}",
    "ChannelFailed": _failed,
    "Restarted": lambda body: f"controller restarted: {short(text(body, 'detail') or NOT_KNOWN)}",
}
