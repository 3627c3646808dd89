"""The dossier's items as frozen values, read from the needs.json that sphinx-needs builds."""

import json
from collections.abc import Mapping
from enum import Enum, unique
from pathlib import Path
from typing import Any, Final

import attrs

from syntherm_verify.trace.errors import bad


@unique
class Kind(Enum):
    """What an item is, by its directive."""

    NEED = "userneed"
    SYSTEM = "sysreq"
    SOFTWARE = "swreq"
    HAZARD = "hazard"
    SITUATION = "situation"
    CONTROL = "control"


TITLES: Final[Mapping[Kind, str]] = {
    Kind.NEED: "user need",
    Kind.SYSTEM: "system requirement",
    Kind.SOFTWARE: "software requirement",
    Kind.HAZARD: "hazard",
    Kind.SITUATION: "hazardous situation",
    Kind.CONTROL: "risk control",
}


@attrs.frozen
class Link:
    """A link that a kind of item may bear: its name, the kind it leads to, and whether one is needed."""

    name: str
    to: Kind
    needed: bool = True


LINKS: Final[Mapping[Kind, tuple[Link, ...]]] = {
    Kind.NEED: (),
    Kind.SYSTEM: (Link("derives", Kind.NEED),),
    Kind.SOFTWARE: (Link("refines", Kind.SYSTEM), Link("controls", Kind.CONTROL, needed=False)),
    Kind.HAZARD: (),
    Kind.SITUATION: (Link("arises", Kind.HAZARD),),
    Kind.CONTROL: (Link("mitigates", Kind.SITUATION),),
}
LINK_NAMES: Final = tuple(link.name for links in LINKS.values() for link in links)
FIELDS: Final = (
    "reader", "sclass", "method", "kind", "measure", "severity", "probability_before", "probability_after", "harm",
    "residual",
)  # fmt: skip


@attrs.frozen
class Item:
    """One item. `place` is file:line; `links` holds the ids by link name, `fields` what is set, as text."""

    id: str
    kind: Kind
    title: str
    text: str
    place: str
    links: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, str]

    def to(self, link: str) -> tuple[str, ...]:
        """The ids that a link leads to."""
        return self.links.get(link, ())

    def number(self, field: str) -> int | None:
        """A field as a whole number; None where it is not one."""
        text = self.fields.get(field, "")
        return int(text) if text.lstrip("-").isdecimal() else None


def _item(raw: Mapping[str, Any]) -> Item:
    links = {name: tuple(str(each) for each in raw[name]) for name in LINK_NAMES if raw.get(name)}
    return Item(
        id=str(raw["id"]),
        kind=Kind(raw["type"]),
        title=str(raw["title"]),
        text=str(raw["content"]),
        place=f"{raw['docname']}{raw['doctype']}:{raw['lineno']}",
        links=links,
        fields={name: str(raw[name]) for name in FIELDS if raw.get(name) is not None},
    )


def read_items(path: Path) -> tuple[Item, ...]:
    """All items of a needs.json, in the order of their ids. Raises BadInput for what is not one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        needs = data["versions"][data["current_version"]]["needs"]
        return tuple(_item(needs[key]) for key in sorted(needs))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise bad(path, f"no items ({type(error).__name__}: {error})", "a needs.json of sphinx-needs") from error
