"""Writes a story as the file that the reader reads: what a search found goes out through here."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Final

import attrs

from syntherm.core.faults import Response
from syntherm_sim.story.reader import FORMAT
from syntherm_sim.story.values import (
    RESPONSES,
    Act,
    Crash,
    FatMap,
    Frame,
    Happening,
    Lose,
    Poll,
    Provoke,
    Restart,
    Story,
    Wait,
)

NAMES: Final[Mapping[type[Happening], str]] = {
    Wait: "wait",
    Poll: "poll",
    Frame: "frame",
    FatMap: "fat-map",
    Act: "act",
    Provoke: "fault",
    Lose: "lose",
    Crash: "crash",
    Restart: "restart",
}
_RESPONSE_NAMES: Final = {response: name for name, response in RESPONSES.items()}


def text_of_story(story: Story) -> str:
    """The story as JSON, one event a line."""
    head: dict[str, object] = {"format": FORMAT}
    if story.violates is not None:
        head["property"] = story.violates.value.name
    head |= {"says": story.says, "tick_s": story.tick_s, "plan": dict(story.plan)}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    events = ",\n".join(f"    {json.dumps(_event(each))}" for each in story.events)
    return "{\n" + ",\n".join(lines) + ',\n  "events": [\n' + events + "\n  ]\n}\n"


def _event(happening: Happening) -> dict[str, object]:
    """Every field that is not as it would be without it."""
    written: dict[str, object] = {"do": NAMES[type(happening)]}
    for field in attrs.fields(type(happening)):
        value: object = getattr(happening, field.name)
        if value != field.default:
            written[field.name] = _plain(value)
    return written


def _plain(value: object) -> object:
    if isinstance(value, Response):
        return _RESPONSE_NAMES[value]
    return value.value if isinstance(value, Enum) else value
