"""Rules between values of a site file, judged once every value is sound in itself."""

import re
from collections.abc import Mapping
from typing import Final

import attrs

from syntherm.site.values import Guardian, Mrd, OpenLifu, Pump, Scanner, StopLoop, Tpo

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ID: Final = re.compile(r"[0-9a-f]{24}")


@attrs.frozen
class Broken:
    """A rule that is broken: the field to look at first, what was found and what was expected."""

    field: str
    found: str
    expected: str


def broken_rules(values: Mapping[str, object]) -> tuple[Broken, ...]:
    """All rules that the tables break."""
    broken: list[Broken] = []
    for table in values.values():
        match table:
            case Scanner():
                broken += _scanner(table)
            case Mrd():
                broken += _mrd(table)
            case OpenLifu():
                broken += _openlifu(table)
    broken += _ports(values)
    return tuple(broken)


def _scanner(table: Scanner) -> list[Broken]:
    if table.brightest_low < table.brightest_high:
        return []
    found = f"{table.brightest_high:g}, with brightest_low of {table.brightest_low:g}"
    return [Broken("scanner.brightest_high", found, "more than brightest_low")]


def _mrd(table: Mrd) -> list[Broken]:
    if table.frame_series != table.fat_map_series:
        return []
    return [Broken("mrd.fat_map_series", f"{table.fat_map_series}, as frame_series", "another series")]


def _openlifu(table: OpenLifu) -> list[Broken]:
    broken = []
    for name, text in (("transmitter_id", table.transmitter_id), ("console_id", table.console_id)):
        if not _ID.fullmatch(text):
            broken.append(Broken(f"openlifu.{name}", ascii(text), "24 hex digits"))
    if not _SHA256.fullmatch(table.elements_sha256):
        broken.append(Broken("openlifu.elements_sha256", ascii(table.elements_sha256), "64 hex digits"))
    if not all(low < high for low, high in zip(table.aim_min_mm, table.aim_max_mm, strict=True)):
        broken.append(Broken("openlifu.aim_max_mm", f"{table.aim_max_mm}", "more than aim_min_mm along each axis"))
    return broken


def _ports(values: Mapping[str, object]) -> list[Broken]:
    """No two devices on one port: each would take the other's answers for its own."""
    used: dict[str, str] = {}
    broken = []
    for field, port in _named(values):
        if port in used:
            broken.append(Broken(field, f"{port!a}, as {used[port]}", "a port of its own"))
        used.setdefault(port, field)
    return broken


def _named(values: Mapping[str, object]) -> list[tuple[str, str]]:
    named = []
    for table in values.values():
        match table:
            case Pump():
                named.append(("pump.port", table.port))
            case StopLoop():
                named.append(("stop_loop.port", table.port))
            case Guardian():
                named.append(("guardian.mirror_port", table.mirror_port))
            case Tpo():
                named.append(("tpo.port", table.port))
            case OpenLifu():
                named.append(("openlifu.transmitter_port", table.transmitter_port))
                named.append(("openlifu.console_port", table.console_port))
    return named
