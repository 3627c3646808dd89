"""The guardian's configuration, a TOML file: every key is needed, no other is taken, every value has bounds."""

import tomllib
from dataclasses import dataclass
from math import prod
from typing import Final

from syntherm.guardian.contact import ContactTimes
from syntherm.guardian.facts import Limits
from syntherm.guardian.view import Box, ViewSettings, can_be_tried

LONGEST_FILE: Final = 65_536
_NUMBERS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "times": {"heartbeat_s": (0.05, 10.0), "frame_age_s": (0.2, 30.0), "state_every_s": (0.02, 1.0)},
    "temperature": {
        "limit_degC": (37.5, 60.0), "start_degC": (15.0, 42.0), "degC_per_radian": (-60.0, 60.0),
        "percentile": (50.0, 100.0), "least_signal": (0.01, 1.0),
    },
    "enable": {"follow_s": (0.01, 0.3)},
    "contact": {"pulse_every_s": (0.1, 5.0), "low_s": (0.01, 0.5), "follow_s": (0.01, 0.3)},
}  # fmt: skip
_COUNTS: Final[dict[str, dict[str, tuple[int, int]]]] = {
    "images": {"baseline_frames": (1, 100), "listen_port": (0, 65_535), "session_port": (1, 65_535)},
}
_TEXTS: Final = {"link": ("path",), "enable": ("url",), "contact": ("url",), "images": ("listen_host", "session_host")}
_PLACES: Final = {
    "images": ("matrix",),
    "temperature": ("target_first", "target_last", "reference_first", "reference_last"),
}
_LARGEST_MATRIX: Final = 1024
_MOST_VOXELS: Final = 8 * 1024 * 1024
_WAITS: Final = "poll_modem"


class ConfigRefused(Exception):
    """The file may not be used: one problem for each line, with file, field, found and expected."""


@dataclass(frozen=True, slots=True)
class Config:
    """What one guardian is told. `listen_port` 0 lets the system choose."""

    link_path: str
    limits: Limits
    state_every_s: float
    listen: tuple[str, int]
    session: tuple[str, int]
    view: ViewSettings
    enable_url: str
    enable_follow_s: float
    contact_url: str
    contact: ContactTimes


class _Reader:
    def __init__(self, document: dict[str, object], name: str) -> None:
        self._name = name
        self.problems: list[str] = []
        self._tables: dict[str, dict[str, object]] = {}
        known = {*_NUMBERS, *_COUNTS, *_TEXTS, *_PLACES}
        for key in document:
            if key not in known:
                self.note(key, "an unknown table or key", "only " + ", ".join(sorted(known)))
        for table in sorted(known):
            found = document.get(table)
            if isinstance(found, dict):
                self._tables[table] = found
                self._unknown(table, found)
            else:
                self._tables[table] = {}
                self.note(table, _shown(found), "a table")

    def note(self, field: str, found: str, expected: str) -> None:
        self.problems.append(f"{self._name}: {_plain(field)}: found {found}, expected {expected}")

    def _unknown(self, table: str, found: dict[str, object]) -> None:
        known = (*_NUMBERS.get(table, ()), *_COUNTS.get(table, ()), *_TEXTS.get(table, ()), *_PLACES.get(table, ()))
        for key in found:
            if key not in known:
                self.note(f"{table}.{key}", "an unknown key", "only " + ", ".join(sorted(known)))

    def number(self, table: str, key: str) -> float:
        value, (low, high) = self._tables[table].get(key), _NUMBERS[table][key]
        # Not-a-number lies within no bounds; a whole number may be too large to become a float.
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.note(f"{table}.{key}", _shown(value), f"a number from {low:g} to {high:g}")
        return low

    def count(self, table: str, key: str) -> int:
        value, (low, high) = self._tables[table].get(key), _COUNTS[table][key]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.note(f"{table}.{key}", _shown(value), f"a whole number from {low} to {high}")
        return low

    def text(self, table: str, key: str) -> str:
        value = self._tables[table].get(key)
        if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
            return value
        self.note(f"{table}.{key}", _shown(value), "a text of 1 to 200 characters")
        return "-"

    def place(self, table: str, key: str, least: int) -> tuple[int, int, int]:
        value = self._tables[table].get(key)
        if isinstance(value, list) and len(value) == 3:
            whole = [each for each in value if isinstance(each, int) and not isinstance(each, bool)]
            if len(whole) == 3 and all(least <= each <= _LARGEST_MATRIX for each in whole):
                return whole[0], whole[1], whole[2]
        self.note(f"{table}.{key}", _shown(value), f"three whole numbers x, y, z from {least} to {_LARGEST_MATRIX}")
        return least, least, least


def _shown(value: object) -> str:
    try:
        return "nothing" if value is None else ascii(value)[:60]
    except ValueError:
        return "a number of too many digits"


def _plain(field: str) -> str:
    return ascii(field)[1:-1][:60]


def read_config(data: bytes, name: str) -> Config:
    """The configuration that `data` holds; `name` is the file for messages. Raises ConfigRefused."""
    if len(data) > LONGEST_FILE:
        raise ConfigRefused(f"{name}: file: found {len(data)} bytes, expected at most {LONGEST_FILE}")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise ConfigRefused(f"{name}: file: found no TOML ({ascii(str(error))[1:-1][:120]}), expected TOML") from None
    reader = _Reader(document, name)
    view = _view(reader)
    heartbeat_s = reader.number("times", "heartbeat_s")
    config = Config(
        link_path=reader.text("link", "path"),
        limits=Limits(
            heartbeat_s, reader.number("times", "frame_age_s"), reader.number("temperature", "limit_degC"),
            heartbeat_s + 2.0,
        ),
        state_every_s=reader.number("times", "state_every_s"),
        listen=(reader.text("images", "listen_host"), reader.count("images", "listen_port")),
        session=(reader.text("images", "session_host"), reader.count("images", "session_port")),
        view=view,
        enable_url=reader.text("enable", "url"),
        enable_follow_s=reader.number("enable", "follow_s"),
        contact_url=reader.text("contact", "url"),
        contact=ContactTimes(*(reader.number("contact", key) for key in ("pulse_every_s", "low_s", "follow_s"))),
    )  # fmt: skip
    if not reader.problems:
        _rules(reader, config)
    if reader.problems:
        raise ConfigRefused("\n".join(reader.problems))
    return config


def _view(reader: _Reader) -> ViewSettings:
    place = reader.place
    return ViewSettings(
        matrix=place("images", "matrix", 1),
        baseline_frames=reader.count("images", "baseline_frames"),
        degC_per_radian=reader.number("temperature", "degC_per_radian"),
        start_degC=reader.number("temperature", "start_degC"),
        target=Box(place("temperature", "target_first", 0), place("temperature", "target_last", 0)),
        reference=Box(place("temperature", "reference_first", 0), place("temperature", "reference_last", 0)),
        percentile=reader.number("temperature", "percentile"),
        least_signal=reader.number("temperature", "least_signal"),
    )


def _rules(reader: _Reader, config: Config) -> None:
    view, limit_degC = config.view, config.limits.temperature_degC
    for name, box in (("target", view.target), ("reference", view.reference)):
        for first, last, size in zip(box.first, box.last, view.matrix, strict=True):
            if not first <= last < size:
                reader.note(f"temperature.{name}_last", f"{box.first} to {box.last}", f"in order, within {view.matrix}")
                break
    if prod(view.matrix) > _MOST_VOXELS:
        reader.note("images.matrix", f"{prod(view.matrix)} voxels", f"at most {_MOST_VOXELS}")
    if abs(view.degC_per_radian) < 1.0:
        reader.note("temperature.degC_per_radian", f"{view.degC_per_radian:g}", "at least 1 in magnitude")
    elif not can_be_tried(view, limit_degC):
        reader.note("temperature.limit_degC", f"{limit_degC:g}", "a rise of less than half a turn of the phase")
    if limit_degC <= view.start_degC:
        reader.note("temperature.limit_degC", f"{limit_degC:g}", f"above start_degC, {view.start_degC:g}")
    _ports(reader, config)


def _ports(reader: _Reader, config: Config) -> None:
    for key, url in (("enable.url", config.enable_url), ("contact.url", config.contact_url)):
        if _WAITS in url:
            reader.note(key, _shown(url), f"a port without {_WAITS}, which waits at each reading")
    if config.enable_url == config.contact_url:
        reader.note("contact.url", _shown(config.contact_url), "another port than that of the enable")
