"""Reads the receiver's configuration and refuses all else: every problem at once, each with its line."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeVar

import attrs

from syntherm.core.plan.document import parsed, read_row, refuse_others
from syntherm.core.plan.leaf import Note
from syntherm.core.plan.lines import line_numbers, line_of
from syntherm.core.plan.problems import Problem
from syntherm.core.plan.schema import Table, tables_of
from syntherm.dicom.values import (
    MAGNITUDE_PHASE,
    REAL_IMAGINARY,
    Always,
    FatMap,
    Frames,
    Images,
    Listen,
    OfPhase,
    Phase,
    Scale,
    Session,
)

MAX_BYTES: Final = 65_536
LONGEST_AE_TITLE: Final = 16
_ALWAYS: Final = tables_of(Always)
_OF_PHASE: Final = tables_of(OfPhase)
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_T = TypeVar("_T")


class ConfigRefused(Exception):
    """The file may not be used. One problem for each line."""


@attrs.frozen
class Tags:
    """The attributes that the configuration names, by number."""

    frame_select: int
    frame_number: int
    component: int
    fat_map_select: int
    fat_map_number: int


@attrs.frozen
class Config:
    """What one receiver is told."""

    listen: Listen
    session: Session
    images: Images
    frames: Frames
    scales: tuple[Scale, Scale]
    phase: Phase | None
    fat_map: FatMap
    fat_map_scale: Scale
    tags: Tags

    @property
    def calling(self) -> tuple[str, ...]:
        """The titles of those that may push."""
        return ae_titles(self.listen.calling_ae_titles)


def ae_titles(text: str) -> tuple[str, ...]:
    """Titles that are separated by commas."""
    return tuple(each.strip() for each in text.split(","))


def load_config(path: Path, tag_of: Callable[[str], int | None]) -> Config:
    """The configuration in a file. Raises ConfigRefused. `tag_of`: the number of an attribute, by name or number."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & _OTHERS_WRITE:
                raise ConfigRefused(f"{path}: mode {mode:o}; expected a file that others cannot write")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigRefused(f"{path}: found nothing that can be read ({error.strerror})") from None
    if len(data) > MAX_BYTES:
        raise ConfigRefused(f"{path}: found more than {MAX_BYTES} bytes")
    try:
        return read_config(data.decode("utf-8"), tag_of)
    except UnicodeDecodeError:
        raise ConfigRefused(f"{path}: found bytes that are not UTF-8") from None


def read_config(text: str, tag_of: Callable[[str], int | None]) -> Config:
    """The configuration that a TOML document describes. Raises ConfigRefused with all problems."""
    document = parsed(text)
    if isinstance(document, Problem):
        raise ConfigRefused(str(attrs.evolve(document, found=ascii(document.found)[1:-1])))
    lines = line_numbers(text)
    problems: list[Problem] = []

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(line_of(field, lines), field, found, expected))

    refuse_others(document, [table.name for table in (*_ALWAYS, *_OF_PHASE)], note)
    values = {table.name: _table(table, document, note) for table in _ALWAYS}
    frames = values["frames"]
    if isinstance(frames, Frames) and frames.values == MAGNITUDE_PHASE:
        values |= {table.name: _table(table, document, note) for table in _OF_PHASE}
    elif "phase" in document and isinstance(frames, Frames):
        note("phase", f"a table that {REAL_IMAGINARY} does not ask for", "no such table")
    config = None if problems else _config(values, tag_of, note)
    if config is None or problems:
        raise ConfigRefused("\n".join(str(each) for each in sorted(problems, key=lambda problem: problem.line)))
    return config


def _table(table: Table, document: dict[str, object], note: Note) -> object | None:
    raw = document.get(table.name)
    if isinstance(raw, dict):
        return read_row(table, table.name, raw, [], note)
    note(table.name, "no table", f"[{table.name}], a table")
    return None


def _config(values: Mapping[str, object], tag_of: Callable[[str], int | None], note: Note) -> Config:
    listen, frames, fat_map = (
        _of(values, "listen", Listen),
        _of(values, "frames", Frames),
        _of(values, "fat_map", FatMap),
    )
    scales = {name: _of(values, name, Scale) for name in ("first_scale", "second_scale", "fat_map_scale")}
    phase = _of(values, "phase", Phase) if "phase" in values else None
    _judge(listen, frames, scales.items(), note)
    if phase is not None:
        _judge_phase(phase, scales, note)
    tags = Tags(*(
        _tag(field, name, tag_of, note)
        for field, name in (
            ("frames.select", frames.select), ("frames.number", frames.number), ("frames.component", frames.component),
            ("fat_map.select", fat_map.select), ("fat_map.number", fat_map.number),
        )
    ))  # fmt: skip
    if (tags.frame_select, frames.select_is) == (tags.fat_map_select, fat_map.select_is):
        note("fat_map.select_is", f"{fat_map.select_is!a}, as the dynamics'", "another value or attribute")
    session, images = _of(values, "session", Session), _of(values, "images", Images)
    for field, host in (("listen.host", listen.host), ("session.host", session.host)):
        _address(field, host, note)
    return Config(
        listen, session, images, frames, (scales["first_scale"], scales["second_scale"]), phase, fat_map,
        scales["fat_map_scale"], tags,
    )  # fmt: skip


def _of(values: Mapping[str, object], name: str, kind: type[_T]) -> _T:
    found = values[name]
    if not isinstance(found, kind):
        raise TypeError(f"{name}: not read, and no problem noted")
    return found


def _judge(listen: Listen, frames: Frames, scales: Iterable[tuple[str, Scale]], note: Note) -> None:
    for title in (listen.ae_title, *ae_titles(listen.calling_ae_titles)):
        if not (0 < len(title) <= LONGEST_AE_TITLE and title.isascii() and "\\" not in title):
            note("listen.calling_ae_titles", ascii(title), f"titles of 1 to {LONGEST_AE_TITLE} characters")
    if not frames.brightest_low < frames.brightest_high:
        note("frames.brightest_high", f"{frames.brightest_high:g}", "more than brightest_low")
    if frames.first_is == frames.second_is:
        note("frames.second_is", f"{frames.second_is!a}, as first_is", "another value")
    for name, scale in scales:
        if not scale.low < scale.high:
            note(f"{name}.high", f"{scale.high:g}", "more than low")


def _judge_phase(phase: Phase, scales: Mapping[str, Scale], note: Note) -> None:
    magnitude, turned = scales["first_scale"], scales["second_scale"]
    if magnitude.low < 0.0:
        note("first_scale.low", f"{magnitude.low:g}", "no magnitude below 0")
    if turned.high - turned.low > phase.units_per_turn:
        found = f"{turned.high - turned.low:g} from second_scale's low to high"
        note("phase.units_per_turn", found, f"at most {phase.units_per_turn:g}, one turn")


def _tag(field: str, name: str, tag_of: Callable[[str], int | None], note: Note) -> int:
    tag = tag_of(name)
    if tag is None:
        note(field, ascii(name), "an attribute's keyword of the standard, or its number as 0020,0100")
    return tag or 0


def _address(field: str, host: str, note: Note) -> None:
    try:
        given = ip_address(host)
    except ValueError:
        note(field, ascii(host), "an address in numbers")
        return
    if given.is_unspecified:
        note(field, ascii(host), "one address of this machine, not all")
