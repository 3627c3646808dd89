"""Reads a story file and refuses all else with one line."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from syntherm.core.events import Channel
from syntherm.core.properties import Property
from syntherm.core.vocabulary import ACTS, SetupItem
from syntherm_sim.puppet.defects import Defect
from syntherm_sim.puppet.images import GuardHeat, Heat, Precision
from syntherm_sim.story.fields import Fields, StoryRefused, finite, refuse, shown
from syntherm_sim.story.values import (
    RESPONSES,
    Act,
    Crash,
    Death,
    FatMap,
    Frame,
    GeneratorWord,
    Happening,
    Lose,
    Poll,
    Provoke,
    PumpWord,
    Restart,
    Rise,
    Stop,
    Story,
    Wait,
)

FORMAT: Final = "syntherm-story-1"
MAX_BYTES: Final = 8 * 1024 * 1024
MAX_TICKS: Final = 1_000_000


def load_story(path: Path) -> Story:
    """The story in a file. Raises StoryRefused with one line, which leaves the file to be named."""
    try:
        if not path.is_file():
            raise StoryRefused("found no such file, expected a story")
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise StoryRefused(f"cannot be read: {error.strerror}") from None
    if size > MAX_BYTES:
        raise StoryRefused(f"found {size} bytes, expected at most {MAX_BYTES}")
    try:
        return read_story(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise StoryRefused("found bytes that are not UTF-8, expected JSON") from None


def read_story(text: str) -> Story:
    """The story in a JSON document. Raises StoryRefused with one line."""
    story = Fields("", _parsed(text))
    if story.raw("format") != FORMAT:
        raise refuse("format", shown(story.raw("format")), f'"{FORMAT}"')
    violates = None
    if story.has("property"):
        violates = story.among("property", {each.value.name: each for each in Property})
    tick_s = story.number("tick_s")
    if not tick_s > 0.0:
        raise refuse("tick_s", shown(tick_s), "a number of seconds above 0")
    plan = _plan(story.raw("plan")) if story.has("plan") else {}
    read = Story(story.text("says"), tick_s, plan, _events(story.raw("events")), violates)
    story.done()
    _refuse_acts_of_the_dead(read.events)
    return read


def _parsed(text: str) -> object:
    def no_constant(name: str) -> object:
        raise StoryRefused(f"file: found {name}, expected finite numbers")

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise refuse(ascii(key)[1:-1], "the key twice in one object", "it once")
        return dict(pairs)

    try:
        parsed: object = json.loads(text, parse_constant=no_constant, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise StoryRefused(f"line {error.lineno}: found no valid JSON ({error.msg}), expected a story") from None
    except (RecursionError, ValueError):
        raise StoryRefused("file: found values nested too deeply or numbers too long, expected a story") from None
    return parsed


def _plan(raw: object) -> Mapping[str, float]:
    if not isinstance(raw, dict):
        raise refuse("plan", shown(raw), "an object of dotted names and numbers")
    return {name: finite(f"plan.{ascii(name)[1:-1]}", value) for name, value in raw.items()}


def _events(raw: object) -> tuple[Happening, ...]:
    if not isinstance(raw, list) or not raw:
        raise refuse("events", shown(raw) if not isinstance(raw, list) else "none", "an array of at least one")
    return tuple(_event(Fields(f"events[{number}]", each)) for number, each in enumerate(raw, start=1))


def _event(fields: Fields) -> Happening:
    kind = fields.raw("do")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse(fields.name("do"), shown(kind), "one of " + ", ".join(KINDS))
    happening = KINDS[kind](fields)
    fields.done()
    return happening


def _wait(fields: Fields) -> Wait:
    ticks = fields.whole("ticks", 1)
    if ticks > MAX_TICKS:
        raise refuse(fields.name("ticks"), shown(ticks), f"at most {MAX_TICKS}")
    return Wait(ticks)


def _poll(fields: Fields) -> Poll:
    return Poll(
        fields.choice("stop", Stop, Stop.CLOSED),
        fields.choice("generator", GeneratorWord, GeneratorWord.OK),
        fields.choice("pump", PumpWord, PumpWord.OK),
    )


def _frame(fields: Fields) -> Frame:
    spoilt = fields.has("defect") and fields.raw("defect") is not None
    frame = Frame(
        fields.choice("target", Heat, Heat.COLD),
        fields.choice("guards", GuardHeat, GuardHeat.COOL),
        fields.choice("rise", Rise) if fields.has("rise") else None,
        fields.choice("precision", Precision, Precision.GOOD),
        fields.whole("delay_ticks", 0, 0),
        fields.choice("defect", Defect) if spoilt else None,
    )
    if frame.rise is Rise.GOOD and frame.target is not Heat.COLD:
        raise refuse(fields.name("rise"), "'good'", "it only where the target is cold: it is warmed from there")
    return frame


def _act(fields: Fields) -> Act:
    return Act(
        fields.among("act", {act.value: act for act in ACTS}),
        fields.text("person"),
        fields.choice("item", SetupItem) if fields.has("item") and fields.raw("item") is not None else None,
        fields.text("reason", ""),
    )


KINDS: Final[Mapping[str, Callable[[Fields], Happening]]] = {
    "wait": _wait,
    "poll": _poll,
    "frame": _frame,
    "fat-map": lambda _: FatMap(),
    "act": _act,
    "fault": lambda fields: Provoke(fields.among("response", RESPONSES)),
    "lose": lambda fields: Lose(fields.choice("channel", Channel), fields.whole("times", 0, 1)),
    "crash": lambda fields: Crash(fields.choice("after", Death)),
    "restart": lambda _: Restart(),
}


def _refuse_acts_of_the_dead(events: Sequence[Happening]) -> None:
    """After a crash the next event that reaches the controller kills it: then only time passes until a restart."""
    dying = dead = False
    for number, event in enumerate(events, start=1):
        if isinstance(event, Wait | Lose):
            continue
        if isinstance(event, Restart):
            dying = dead = False
        elif dead:
            raise refuse(f"events[{number}].do", "an event for a controller that is dead", "wait, lose or restart")
        elif isinstance(event, Crash):
            dying = True
        else:
            dead, dying = dying, False
