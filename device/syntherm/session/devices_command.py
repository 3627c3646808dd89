"""`syntherm devices check`: finds, identifies and exercises each device of a site, without energy or drug."""

import argparse
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from syntherm.adapters.line import LineFailed, SerialLine
from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.replies import Firmware
from syntherm.adapters.pump.setting import Site as PumpSite
from syntherm.ports.equipment import PortError
from syntherm.session.clock import SystemClock
from syntherm.session.compose import Workplace, open_guard, open_stop_loop, open_transducer
from syntherm.site.file import SiteFileRefused, load_site
from syntherm.site.reader import SiteRefused

BAD_INPUT: Final = 2
_SETTLES_S: Final = 3.0
_LOOK_S: Final = 0.02
# Nothing is granted here, so neither is ever reached; the pump must still be told a watchdog.
_SYRINGE_ML: Final = 1.0
_WATCHDOG_S: Final = 10.0


@attrs.frozen
class Row:
    """One device: `failed` is empty if all that was tried was confirmed."""

    device: str
    identity: str
    exercised: str
    failed: str = ""


def devices(arguments: Sequence[str]) -> int:
    """Check the devices of a site. Exit code 0 if all are well, 1 if one is not, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm devices", epilog="Not while a session runs: it holds the ports.")
    check = parser.add_subparsers(dest="command", required=True).add_parser("check", help="find and try each device")
    check.add_argument("--site", type=Path, required=True, metavar="FILE", help="the site file (TOML)")
    check.add_argument("--wait", type=float, default=5.0, metavar="S", help="how long to listen for the scanner")
    options = parser.parse_args(arguments)
    try:
        site = load_site(options.site)
    except (SiteFileRefused, SiteRefused) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    with ExitStack() as opened:
        place = Workplace(site, options.site, SystemClock(), opened)
        rows = [
            _tried("transducer", lambda: _transducer(place)),
            _tried("pump", lambda: _pump(place)),
            _tried("stop loop", lambda: _stop_loop(place)),
            _tried("guardian", lambda: _guardian(place)),
            _tried("scanner", lambda: _scanner(place, options.wait)),
        ]
    for row in rows:
        verdict = f"FAILED  {row.failed}" if row.failed else f"ok      {row.exercised}"
        sys.stdout.write(f"{row.device:11} {row.identity:36} {verdict}\n")
    return 1 if any(row.failed for row in rows) else 0


def _tried(device: str, check: Callable[[], tuple[str, str]]) -> Row:
    try:
        identity, exercised = check()
    except PortError as error:
        return Row(device, "-", "", str(error))
    return Row(device, identity, exercised)


def _transducer(place: Workplace) -> tuple[str, str]:
    device, identity = open_transducer(place)
    device.off()
    report = device.report()
    if report is None:
        raise PortError(f"{identity}: no report after off")
    if report.output_on or not report.ends_leases:
        raise PortError(f"{identity}: output on {report.output_on}, ends leases {report.ends_leases}")
    return identity, "off was read back; it counts its trains, so leases end by themselves"


def _pump(place: Workplace) -> tuple[str, str]:
    given = place.site.pump
    try:
        line = SerialLine(given.port, given.baud)
    except LineFailed as error:
        raise PortError(f"pump: {error}") from error
    place.opened.callback(line.close)
    pump = NewEraPump(
        line, place.clock.now_s, PumpSite(given.syringe_diameter_mm, given.address), syringe_ml=_SYRINGE_ML,
        plan_watchdog_s=_WATCHDOG_S,
    )  # fmt: skip
    found, before = _taken(pump)
    pump.hold()
    report = pump.report()
    if report is None or report.infusing or report.alarm is not None:
        raise PortError(f"NE-{found.model}: found {report}, expected it stopped and without alarm{before}")
    return f"NE-{found.model} {found.version}", f"stop was read back; counter {report.pumped_ml:g} mL{before}"


def _taken(pump: NewEraPump) -> tuple[Firmware, str]:
    """The pump set to this site's syringe, and what stood in the way at first.

    Its count is kept if it can be: a session may wait to be gone on with. A pump that is not set as this site sets it
    counts for no session of this site.
    """
    before: list[str] = []
    for take in (pump.resume, pump.resume):
        try:
            return take(), "".join(f"; at first {each}" for each in before)
        except PortError as error:
            before.append(str(error))
    return pump.begin(), "".join(f"; at first {each}" for each in dict.fromkeys(before))


def _stop_loop(place: Workplace) -> tuple[str, str]:
    loop, until_s = open_stop_loop(place), time.monotonic() + _SETTLES_S
    while time.monotonic() < until_s:
        report = loop.report()
        if report is not None and report.closed:
            return place.site.stop_loop.port, "closed; both channels followed a pulse"
        time.sleep(_LOOK_S)
    raise PortError(loop.failure or "not found closed: is it pressed, or not connected?")


def _guardian(place: Workplace) -> tuple[str, str]:
    _, link = open_guard(place)
    until_s = time.monotonic() + _SETTLES_S
    while time.monotonic() < until_s and link.up:
        states = link.states()
        if states:
            if states[-1].enabled:
                raise PortError("guardian: the enable is on, and nobody asked for it")
            return f"guardian, {states[-1].mode}", "says its state; the enable is off"
        time.sleep(_LOOK_S)
    raise PortError("guardian: connected, and not heard")


def _scanner(place: Workplace, wait_s: float) -> tuple[str, str]:
    given = place.site.scanner
    try:
        with socket.create_server((given.host, given.port)) as door:
            door.settimeout(wait_s)
            stream, (host, port) = door.accept()
            with stream:
                stream.settimeout(wait_s)
                first = stream.recv(64)
    except TimeoutError:
        raise PortError(
            f"nobody connected to {given.host}:{given.port}, or said anything, within {wait_s:g} s"
        ) from None
    except OSError as error:
        raise PortError(f"{given.host}:{given.port}: {error.strerror}") from error
    if not first:
        raise PortError(f"{host}:{port} connected and hung up")
    return f"{host}:{port}, {given.protocol}", "connected and sends"
