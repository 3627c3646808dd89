"""The way of one image of a scanner's size: from its bytes to the lease that it leads to, beside bare costs.

One thread does in turn what the session's does: receive and decode, step, record on disk, lend to a simulated generator
on pseudo-terminals. What is counted as receiving is every call that reads, not the last alone. Beside the clock, which
other work on the machine moves, stands what the session must spend: the processor's time, and the disk's own wait.
Each lease is to focal points for which the generator holds no delays yet; the usual one, to the same again, stands
beside it.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

import attrs
import numpy as np

from syntherm.adapters.line import SerialLine
from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.igtl_source import IgtlSettings
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.mrd_source import MrdSettings
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.events import FrameReceived
from syntherm.core.step import step
from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed, AuditSink
from syntherm.session.clock import SystemClock
from syntherm.session.records import open_new
from syntherm_sim.story.small_plan import text_of
from syntherm_sim.wire.igtl_scanner import IgtlScanner
from syntherm_sim.wire.mrd_scanner import MrdScanner
from syntherm_sim.wire.serve import START_S
from syntherm_verify.bench.figures import Figure
from syntherm_verify.bench.frames_camera import BRIGHTEST, IGTL, MRD, Camera
from syntherm_verify.bench.frames_generator import SETTINGS, GeneratorProcess, begin
from syntherm_verify.bench.frames_moment import heated, wire_plan
from syntherm_verify.bench.frames_table import Way, figures_of, table_of
from syntherm_verify.bench.took import Took
from syntherm_verify.bench.verifying import Unsound
from syntherm_verify.latency.returning import ReturningClock
from syntherm_verify.recording.options import FAILED, HOLDS, folder
from syntherm_verify.tamper.corpus import KEY

T = TypeVar("T")
NOT_YET: Final = ("DICOM",)
_WARM: Final = 3
_PAINTED: Final = 6
_LESS: Final = 0.98
_UNANSWERED: Final = 0.2
_PATIENCE_S: Final = 5.0
_BAUD: Final = 921_600


class Sender(Protocol):
    """A scanner's end of one protocol."""

    def frame(self, frame: FrameReceived) -> bytes:
        """The bytes of an image."""
        ...


@attrs.frozen(eq=False)
class Bench:
    """What stands around the images of one protocol."""

    clock: ReturningClock
    system: SystemClock
    ear: ScannerLink
    talk: socket.socket
    sender: Sender
    camera: Camera
    record: AuditSink
    transducer: OpenLifu
    bare: int
    """A file that the images are appended to bare."""


def frames(count: int, as_json: bool) -> int:
    """Run the bench; the exit code says whether every protocol's median is below the bar."""
    found: list[Figure] = []
    try:
        for name, ways in _protocols(count):
            found += figures_of(name, ways)
            if not as_json:
                print(table_of(name, ways) + "\n", flush=True)
    except Unsound as error:
        print(f"bench frames: {error}", file=sys.stderr)
        return FAILED
    missed = [figure for figure in found if not figure.holds]
    if as_json:
        figures = [figure.values() for figure in found]
        print(json.dumps({"figures": figures, "not_yet": list(NOT_YET), "holds": not missed}))
    else:
        print("\n".join(f"{name}: not yet" for name in NOT_YET))
        print("frames: " + ", ".join(figure.short() for figure in found if figure.judged))
    return FAILED if missed else HOLDS


def _protocols(count: int) -> Iterator[tuple[str, list[Way]]]:
    system = SystemClock()
    protocols: dict[str, tuple[MrdSettings | IgtlSettings, Sender]] = {
        "MRD": (MRD, MrdScanner(system.now_s, system.utc)),
        "OpenIGTLink, two components": (IGTL, IgtlScanner(system.now_s, system.utc)),
    }
    for name, (settings, sender) in protocols.items():
        yield name, measured(settings, sender, count)


def measured(settings: MrdSettings | IgtlSettings, sender: Sender, count: int) -> list[Way]:
    """So many images after a few that warm up. Raises Unsound if one does not lead to a lease."""
    with ExitStack() as opened:
        try:
            bench = _opened(settings, sender, opened)
        except (PortError, AuditFailed) as error:
            raise Unsound(str(error)) from error
        if isinstance(sender, MrdScanner):
            bench.talk.sendall(bench.camera.hello(sender))
        ways: list[Way] = []
        unanswered: list[PortError] = []
        while len(ways) < _WARM + count:
            try:
                ways.append(_image(bench))
            except PortError as error:
                # On a busy machine the simulated generator answers too late now and then.
                unanswered.append(error)
                if len(unanswered) > _UNANSWERED * (_WARM + count):
                    raise Unsound(f"{len(unanswered)} leases were not taken, the last: {error}") from error
        return ways[_WARM:]


def _opened(settings: MrdSettings | IgtlSettings, sender: Sender, opened: ExitStack) -> Bench:
    place = Path(opened.enter_context(folder(in_memory=False)))
    system, plan = SystemClock(), wire_plan()
    clock = ReturningClock(system)
    lines = [SerialLine(path, _BAUD) for path in opened.enter_context(GeneratorProcess())]
    for line in lines:
        opened.callback(line.close)
    transducer = OpenLifu(lines[0], lines[1], attrs.evolve(SETTINGS, start_s=START_S), clock.now_s, time.sleep)
    begin(transducer)
    expected = Expected.of(plan, BRIGHTEST)
    ear = scanner(
        At("127.0.0.1", 0), LinkSettings(16_777_216, _PATIENCE_S), settings, expected, system.now_s, system.utc
    )
    opened.callback(ear.close)
    talk = opened.enter_context(socket.create_connection(ear.address))
    record = open_new(place / "frames.db", plan, text_of(plan), clock, KEY)
    opened.callback(record.let_go)
    bare = os.open(place / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    opened.callback(os.close, bare)
    return Bench(clock, system, ear, talk, sender, Camera(_PAINTED), record, transducer, bare)


def _image(bench: Bench) -> Way:
    data = bench.sender.frame(bench.camera.frame(bench.system.now_s()))
    bare = _received_bare(data)
    receive, image = _received(bench, data)
    moment = heated()
    bench.clock.set_back(moment.at_s)
    age_s = image.at_s - image.acquired_s
    event = attrs.evolve(image, at_s=moment.at_s, sequence=moment.sequence + 1, acquired_s=moment.at_s - age_s)
    stepped, outcome = _timed(lambda: step(moment.state, event))
    recorded, _ = _timed(lambda: bench.record.append(bench.clock.utc(), event, outcome.records, (), None))
    leases = [command for command in outcome.commands if isinstance(command, GrantLease) and command.power_W > 0.0]
    if len(leases) != 1:
        raise Unsound(f"an image in range led to {outcome.commands}, expected one lease")
    lent, _ = _timed(lambda: bench.transducer.grant(leases[0]))
    again, _ = _timed(lambda: bench.transducer.grant(_weaker(leases[0])))
    bench.transducer.grant(_elsewhere(leases[0]))
    passed, _ = _timed(lambda: np.abs(image.volume))
    synced, _ = _timed(lambda: _append(bench.bare, data))
    return Way((receive, stepped, recorded, lent), (again, bare, passed, synced))


def _weaker(lease: GrantLease) -> GrantLease:
    """As a controller asks from image to image: the same focal points, another power."""
    return GrantLease(lease.until_s, tuple(FocalPower(p.aim_mm, _LESS * p.power_W) for p in lease.points))


def _elsewhere(lease: GrantLease) -> GrantLease:
    """The points in another order, so that the generator holds none of the next lease's delays where they belong."""
    return GrantLease(lease.until_s, lease.points[::-1])


def _append(file: int, data: bytes) -> None:
    os.write(file, data)
    os.fdatasync(file)


def _timed(call: Callable[[], T]) -> tuple[Took, T]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = call()
    return Took(time.perf_counter() - wall_s, time.process_time() - cpu_s), answer


def _received(bench: Bench, data: bytes) -> tuple[Took, FrameReceived]:
    """What it took in the calls that read, and the image. The bytes come in between, as the socket takes them."""
    bench.talk.setblocking(False)
    left, took, until_s = memoryview(data), Took(0.0, 0.0), time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        left = left[_sent(bench.talk, left) :]
        call, images = _timed(bench.ear.received)
        took = Took(took.wall_s + call.wall_s, took.cpu_s + call.cpu_s)
        for image in images:
            if isinstance(image, FrameReceived):
                return took, image
    raise Unsound(f"no image came of {len(data)} bytes: {'; '.join(bench.ear.remarks())}")


def _received_bare(data: bytes) -> Took:
    """What the calls took that read the same bytes into memory, and do nothing with them."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        talk = socket.create_connection(door.getsockname())
        ear, _ = door.accept()
    with talk, ear:
        for each in (talk, ear):
            each.setblocking(False)
        left, room, have, took = memoryview(data), memoryview(bytearray(len(data))), 0, Took(0.0, 0.0)
        while have < len(data):
            left = left[_sent(talk, left) :]
            call, more = _timed(partial(_read_into, ear, room[have:]))
            if more:
                have, took = have + more, Took(took.wall_s + call.wall_s, took.cpu_s + call.cpu_s)
        return took


def _read_into(ear: socket.socket, room: memoryview) -> int:
    try:
        return ear.recv_into(room)
    except BlockingIOError:
        return 0


def _sent(talk: socket.socket, data: memoryview) -> int:
    try:
        return talk.send(data) if data else 0
    except BlockingIOError:
        return 0
