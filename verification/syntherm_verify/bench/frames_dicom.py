"""Images over pushed DICOM: a scanner's process, the shipped receiver's process, and the session's end of its stream.

What is counted is the whole way: from the moment at which the scanner had handed over the last byte of an image's last
slice, to the image in the session. On the processor it is what the receiver had from then on, and the session's calls
that read. The slices before the last came earlier, and are not counted.
"""

import json
import select
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import attrs

from syntherm.adapters.scanner.link import ScannerLink
from syntherm.core.events import FrameReceived
from syntherm.core.thermometry.regions import geometry_of
from syntherm.dicom import mrd_writer
from syntherm.dicom.facts import Status
from syntherm_sim.wire.dicom_file import receiver_text, receiver_values
from syntherm_verify.bench.frames_camera import BRIGHTEST, MRD
from syntherm_verify.bench.frames_moment import wire_plan
from syntherm_verify.bench.frames_pusher import cpu_s
from syntherm_verify.bench.frames_wired import PATIENCE_S, Shown, session_end
from syntherm_verify.bench.took import Took
from syntherm_verify.bench.verifying import Unsound
from syntherm_verify.recording.options import folder

STREAM: Final = attrs.evolve(
    MRD, tick_s=1.0 / mrd_writer.TICKS_PER_s, frame_series=mrd_writer.FRAME_SERIES,
    fat_map_series=mrd_writer.FAT_MAP_SERIES,
)  # fmt: skip
"""What a site file has to say of the receiver's stream."""
_LOOK_MS: Final = 100


def over_dicom(opened: ExitStack) -> "Pushed":
    """Images over pushed DICOM. Raises Unsound where a process does not begin."""
    ear = session_end(STREAM, opened)
    place = Path(opened.enter_context(folder(in_memory=False)))
    receiver = _Child(["syntherm.dicom", str(_config(place, ear.address[1]))], opened)
    host, port = receiver.line().split(";")[0].split(" at ")[-1].rsplit(":", 1)
    pusher = _Child(["syntherm_verify.bench.frames_pusher", host, port, str(receiver.pid)], opened)
    return Pushed(ear, receiver.pid, pusher)


def _config(place: Path, port: int) -> Path:
    plan = wire_plan()
    values = receiver_values(geometry_of(plan), port)
    values["images"] |= {
        "field_T": (plan.scanner.field_T, "T"), "echo_time_ms": (plan.scanner.echo_time_ms, "ms"),
        "age_s": (plan.limits.frame_age_s, "s"),
    }  # fmt: skip
    low, high = BRIGHTEST
    values["frames"] |= {"brightest_low": (low, "1"), "brightest_high": (high, "1")}
    file = place / "dicom.toml"
    file.write_text(receiver_text(values), encoding="ascii")
    file.chmod(0o600)
    return file


class _Child:
    """A process that is asked and answers by lines; what it says besides is not shown."""

    def __init__(self, module_and_arguments: list[str], opened: ExitStack) -> None:
        self._name = module_and_arguments[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        opened.callback(self._end)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self) -> None:
        """Whatever it does for a line."""
        if self._process.stdin is not None:
            self._process.stdin.write("\n")
            self._process.stdin.flush()

    def line(self) -> str:
        """Its next line. Raises Unsound if it has ended."""
        said = "" if self._process.stdout is None else self._process.stdout.readline()
        if not said:
            raise Unsound(f"{self._name} ended")
        return said

    def _end(self) -> None:
        self._process.terminate()
        self._process.communicate()


class Pushed:
    """Implements Source."""

    def __init__(self, ear: ScannerLink, receiver: int, pusher: _Child) -> None:
        """`receiver`: its process id."""
        self._ear, self._receiver, self._pusher = ear, receiver, pusher

    def next(self) -> Shown:
        """Raises Unsound where an image does not come, or not as it was pushed."""
        self._pusher.tell()
        image, read_s = self._read()
        in_session_s, receiver_s = time.monotonic(), cpu_s(self._receiver)
        told: dict[str, Any] = json.loads(self._pusher.line())
        if set(told["statuses"]) != {int(Status.STORED)}:
            raise Unsound(f"the receiver answered {told['statuses']}, expected {int(Status.STORED)} to each slice")
        took = Took(in_session_s - float(told["at_s"]), receiver_s - float(told["cpu_s"]) + read_s)
        return Shown(took, image, image.volume.tobytes(order="F"))

    def _read(self) -> tuple[FrameReceived, float]:
        """The next image, and the processor's time of the calls that read."""
        until_s, read_s = time.monotonic() + 2.0 * PATIENCE_S, 0.0
        while time.monotonic() < until_s:
            poll = select.poll()
            for fileno in self._ear.filenos():
                poll.register(fileno, select.POLLIN)
            poll.poll(_LOOK_MS)
            began_s = time.process_time()
            images = self._ear.received()
            read_s += time.process_time() - began_s
            for image in images:
                if isinstance(image, FrameReceived):
                    return image, read_s
        raise Unsound(f"no image came: {'; '.join(self._ear.remarks())}")
