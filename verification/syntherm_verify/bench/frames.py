"""The way of one image of a scanner's size: from its bytes to the lease that it leads to, beside bare costs.

One thread does in turn what the session's does: receive and decode, step, record on disk, lend to a simulated generator
on pseudo-terminals. How an image comes in, and what of that is counted, is said by its source: `frames_wired.py` for
protocols that the session reads itself, `frames_dicom.py` for pushed DICOM. Beside the clock, which other work on the
machine moves, stands what must be spent: the processor's time, and the disk's own wait. Each lease is to focal points
for which the generator holds no delays yet; the usual one, to the same again, stands beside it.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Protocol

import attrs
import numpy as np

from syntherm.adapters.line import SerialLine
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.step import step
from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed, AuditSink
from syntherm.session.clock import SystemClock
from syntherm.session.records import open_new
from syntherm_sim.story.small_plan import text_of
from syntherm_sim.wire.serve import START_S
from syntherm_verify.bench.figures import Figure
from syntherm_verify.bench.frames_dicom import over_dicom
from syntherm_verify.bench.frames_generator import SETTINGS, GeneratorProcess, begin
from syntherm_verify.bench.frames_moment import heated, wire_plan
from syntherm_verify.bench.frames_table import Way, figures_of, table_of
from syntherm_verify.bench.frames_wired import Shown, over_igtl, over_mrd, received_bare
from syntherm_verify.bench.took import timed_call
from syntherm_verify.bench.verifying import Unsound
from syntherm_verify.latency.returning import ReturningClock
from syntherm_verify.recording.options import FAILED, HOLDS, folder
from syntherm_verify.tamper.corpus import KEY

_WARM: Final = 3
_LESS: Final = 0.98
_UNANSWERED: Final = 0.2
_BAUD: Final = 921_600


class Source(Protocol):
    """Where images come from."""

    def next(self) -> Shown:
        """The next image. Raises Unsound where none comes."""
        ...


Opens = Callable[[ExitStack], Source]
"""Opens a source. Raises PortError, Unsound."""
SOURCES: Final[dict[str, Opens]] = {
    "MRD": over_mrd, "OpenIGTLink, two components": over_igtl, "DICOM push, from its last byte": over_dicom,
}  # fmt: skip


@attrs.frozen(eq=False)
class Bench:
    """What stands around the images of one source."""

    clock: ReturningClock
    source: Source
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
        print(json.dumps({"figures": figures, "holds": not missed}))
    else:
        print("frames: " + ", ".join(figure.short() for figure in found if figure.judged))
    return FAILED if missed else HOLDS


def _protocols(count: int) -> Iterator[tuple[str, list[Way]]]:
    for name, opens in SOURCES.items():
        yield name, measured(opens, count)


def measured(opens: Opens, count: int) -> list[Way]:
    """So many images after a few that warm up. Raises Unsound if one does not lead to a lease."""
    with ExitStack() as opened:
        try:
            bench = _opened(opens, opened)
        except (PortError, AuditFailed) as error:
            raise Unsound(str(error)) from error
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


def _opened(opens: Opens, opened: ExitStack) -> Bench:
    place = Path(opened.enter_context(folder(in_memory=False)))
    plan, clock = wire_plan(), ReturningClock(SystemClock())
    lines = [SerialLine(path, _BAUD) for path in opened.enter_context(GeneratorProcess())]
    for line in lines:
        opened.callback(line.close)
    transducer = OpenLifu(lines[0], lines[1], attrs.evolve(SETTINGS, start_s=START_S), clock.now_s, time.sleep)
    begin(transducer)
    source = opens(opened)
    record = open_new(place / "frames.db", plan, text_of(plan), clock, KEY)
    opened.callback(record.let_go)
    bare = os.open(place / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    opened.callback(os.close, bare)
    return Bench(clock, source, record, transducer, bare)


def _image(bench: Bench) -> Way:
    shown = bench.source.next()
    image = shown.image
    bare = received_bare(shown.data)
    moment = heated()
    bench.clock.set_back(moment.at_s)
    age_s = image.at_s - image.acquired_s
    event = attrs.evolve(image, at_s=moment.at_s, sequence=moment.sequence + 1, acquired_s=moment.at_s - age_s)
    stepped, outcome = timed_call(lambda: step(moment.state, event))
    recorded, _ = timed_call(lambda: bench.record.append(bench.clock.utc(), event, outcome.records, (), None))
    leases = [command for command in outcome.commands if isinstance(command, GrantLease) and command.power_W > 0.0]
    if len(leases) != 1:
        raise Unsound(f"an image in range led to {outcome.commands}, expected one lease")
    lent, _ = timed_call(lambda: bench.transducer.grant(leases[0]))
    again, _ = timed_call(lambda: bench.transducer.grant(_weaker(leases[0])))
    bench.transducer.grant(_elsewhere(leases[0]))
    passed, _ = timed_call(lambda: np.abs(image.volume))
    synced, _ = timed_call(lambda: _append(bench.bare, shown.data))
    return Way((shown.took, stepped, recorded, lent), (again, bare, passed, synced))


def _weaker(lease: GrantLease) -> GrantLease:
    """As a controller asks from image to image: the same focal points, another power."""
    return GrantLease(lease.until_s, tuple(FocalPower(p.aim_mm, _LESS * p.power_W) for p in lease.points))


def _elsewhere(lease: GrantLease) -> GrantLease:
    """The points in another order, so that the generator holds none of the next lease's delays where they belong."""
    return GrantLease(lease.until_s, lease.points[::-1])


def _append(file: int, data: bytes) -> None:
    os.write(file, data)
    os.fdatasync(file)
