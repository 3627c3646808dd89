"""From a site file and a plan to the doors of a session: opens every device, proves who it is, and takes it in order.

Each step that fails closes what was opened before it; nothing is left half open.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import attrs

from syntherm.adapters.line import Line, LineFailed, SerialLine
from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.setting import Site as PumpSite
from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.igtl_source import IgtlSettings, NumberInMetadata, NumberInString
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.moments import Axes
from syntherm.adapters.scanner.mrd_source import MrdSettings, Numbered
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.adapters.stoploop.lines import LinesFailed, SerialControlLines
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.tpo_client import Tpo
from syntherm.adapters.transducer.tpo_settings import TpoSettings
from syntherm.core.plan.values import Plan
from syntherm.ports.equipment import PortError, Transducer
from syntherm.session.guarding import Guard
from syntherm.session.guarding_link import GuardianLink, GuardianLost
from syntherm.site.file import beside
from syntherm.site.values import Mrd, OpenIgtLink, Site
from syntherm.site.values import OpenLifu as SiteOpenLifu
from syntherm.site.values import Tpo as SiteTpo

_LARGEST_FILE: Final = 1_000_000


class ClosedLine(Line, Protocol):
    """A line that can be given back."""

    def close(self) -> None:
        """Give it back."""
        ...


class SiteClock(Protocol):
    """What opening devices needs of time."""

    def now_s(self) -> float:
        """As the Clock port's."""
        ...

    def utc(self) -> datetime:
        """As the Clock port's."""
        ...


@attrs.frozen(eq=False)
class Workplace:
    """A site, the file that it was read from, a clock, and who closes what was opened."""

    site: Site
    path: Path
    clock: SiteClock
    opened: ExitStack
    pause: Callable[[float], None] = time.sleep
    line: Callable[[str, int], ClosedLine] = SerialLine


def open_pump(place: Workplace, plan: Plan, *, keep_count: bool) -> tuple[NewEraPump, str]:
    """The pump, set up and stopped, and what it is. Raises PortError.

    `keep_count`: the session goes on with the syringe that is in, so what it has given still counts.
    """
    given = place.site.pump
    pump = NewEraPump(
        _line(place, "pump", given.port, given.baud), place.clock.now_s,
        PumpSite(given.syringe_diameter_mm, given.address),
        syringe_ml=plan.prescription.syringe_volume_ml, plan_watchdog_s=plan.pump.watchdog_s,
    )  # fmt: skip
    found = pump.resume() if keep_count else pump.begin()
    return pump, f"NE-{found.model}"


def open_transducer(place: Workplace) -> tuple[Transducer, str]:
    """The generator, off and identified, and what it is. Raises PortError."""
    try:
        if place.site.openlifu is not None:
            return _openlifu(place, place.site.openlifu)
        if place.site.tpo is not None:
            return _tpo(place, place.site.tpo)
    except ValueError as error:
        raise PortError(f"transducer: {error}") from error
    raise PortError(f"transducer: no table [{place.site.transducer.protocol}] in the site file")


def _openlifu(place: Workplace, given: SiteOpenLifu) -> tuple[OpenLifu, str]:
    settings = OpenLifuSettings(
        transmitter_id=given.transmitter_id, console_id=given.console_id,
        elements_mm=read_elements(beside(place.path, given.elements_file), given.elements_sha256),
        aim_min_mm=given.aim_min_mm, aim_max_mm=given.aim_max_mm,
        sound_speed_m_per_s=given.sound_speed_m_per_s, frequency_Hz=given.frequency_Hz,
        reference_V=given.reference_V, reference_W=given.reference_W,
        voltage_V=given.voltage_V, voltage_tolerance_V=given.voltage_tolerance_V, settle_s=given.settle_s,
        max_duty=given.max_duty, pulse_rate_Hz=given.pulse_rate_Hz, max_lease_s=given.max_lease_s,
        start_s=given.start_s,
    )  # fmt: skip
    transmitter = _line(place, "transmitter", given.transmitter_port, given.baud)
    console = _line(place, "console", given.console_port, given.baud)
    device = OpenLifu(transmitter, console, settings, place.clock.now_s, place.pause)
    found = device.begin()
    return device, f"OpenLIFU {found.transmitter_version}, console {found.console_version}"


def _tpo(place: Workplace, given: SiteTpo) -> tuple[Tpo, str]:
    settings = TpoSettings(
        greeting=given.greeting, greeting_s=given.greeting_s, frequency_Hz=given.frequency_Hz,
        acoustic_per_electrical=given.acoustic_per_electrical, max_power_mW=given.max_power_mW,
        burst_us=given.burst_us, period_us=given.period_us, timer_unit_us=given.timer_unit_us,
        max_lease_s=given.max_lease_s, start_s=given.start_s, origin_mm=given.origin_mm, axis=given.axis,
        focus_min_mm=given.focus_min_mm, focus_max_mm=given.focus_max_mm, off_axis_mm=given.off_axis_mm,
    )  # fmt: skip
    device = Tpo(_line(place, "transducer", given.port, given.baud), settings, place.clock.now_s)
    greeting = device.begin()
    return device, f"TPO {greeting[:30]!a}"


def read_elements(path: Path, sha256: str) -> tuple[tuple[float, float, float], ...]:
    """The places of the array's elements in mm. Raises PortError for a file that is not the one that was declared."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE)
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}, expected the array's elements") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise PortError(f"{path}: found SHA-256 {found[:16]}..., expected {sha256[:16]}... as declared")
    elements = []
    for number, text in enumerate(data.decode("ascii", "replace").splitlines(), start=1):
        try:
            x_mm, y_mm, z_mm = map(float, text.split(","))
        except ValueError:
            raise PortError(f"{path}: line {number}: found {text[:40]!a}, expected x,y,z in mm") from None
        elements.append((x_mm, y_mm, z_mm))
    return tuple(elements)


def open_scanner(place: Workplace, plan: Plan) -> ScannerLink:
    """The ear for the scanner. Raises PortError."""
    given = place.site.scanner
    at = At(given.host, given.port, None if given.way == "listen" else given.retry_s)
    link = LinkSettings(given.bytes_per_call, given.whole_within_s)
    expected = Expected.of(plan, (given.brightest_low, given.brightest_high))
    ear = scanner(at, link, _said(place.site), expected, place.clock.now_s, place.clock.utc)
    place.opened.callback(ear.close)
    return ear


def _said(site: Site) -> MrdSettings | IgtlSettings:
    given, axes = site.scanner, Axes(site.scanner.axes)
    if site.mrd is not None:
        return _mrd(site.mrd, given.stamp_to_centre_s, axes)
    if site.openigtlink is not None:
        return _igtl(site.openigtlink, given.stamp_to_centre_s, axes)
    raise PortError(f"scanner: no table [{given.protocol}] in the site file")


def _mrd(given: Mrd, stamp_to_centre_s: float, axes: Axes) -> MrdSettings:
    return MrdSettings(
        tick_s=given.tick_ms / 1000.0, midnight_offset_s=given.midnight_offset_h * 3600.0,
        stamp_to_centre_s=stamp_to_centre_s, numbered=Numbered(given.numbered), frame_series=given.frame_series,
        fat_map_series=given.fat_map_series, axes=axes, largest_bytes=given.largest_bytes,
    )  # fmt: skip


def _igtl(given: OpenIgtLink, stamp_to_centre_s: float, axes: Axes) -> IgtlSettings:
    numbering = NumberInMetadata(given.number) if given.numbered == "metadata" else NumberInString(given.number)
    return IgtlSettings(
        given.frame_device, given.fat_map_device, numbering, given.field_T, given.echo_time_ms, stamp_to_centre_s,
        axes, given.largest_bytes,
    )  # fmt: skip


def open_stop_loop(place: Workplace) -> ContactStopLoop:
    """The patient's stop. Raises PortError."""
    try:
        lines = SerialControlLines(place.site.stop_loop.port)
    except LinesFailed as error:
        raise PortError(f"stop loop: {error}") from error
    place.opened.callback(lines.close)
    return ContactStopLoop(lines, place.clock.now_s)


def _line(place: Workplace, device: str, port: str, baud: int) -> ClosedLine:
    try:
        line = place.line(port, baud)
    except LineFailed as error:
        raise PortError(f"{device}: {error}") from error
    place.opened.callback(line.close)
    return line


def open_guard(place: Workplace) -> tuple[Guard, GuardianLink]:
    """The guardian, connected and not yet proven. Raises PortError."""
    given = place.site.guardian
    try:
        mirror = SerialControlLines(given.mirror_port)
    except LinesFailed as error:
        raise PortError(f"guardian's mirror: {error}") from error
    place.opened.callback(mirror.close)
    try:
        link = GuardianLink(str(beside(place.path, given.link_path)))
    except GuardianLost as error:
        raise PortError(str(error)) from error
    place.opened.callback(link.close)
    return Guard(link, mirror, place.clock.now_s, given.heartbeat_s), link
