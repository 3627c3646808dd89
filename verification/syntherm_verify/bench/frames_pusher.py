"""A scanner that pushes DICOM, in a process of its own.

`python -m syntherm_verify.bench.frames_pusher HOST PORT PID` pushes one image for each line of its input to the
receiver with that process id, and answers with one object of JSON: when the last byte of its last slice was handed to
the system, how much of the processor's time the receiver had had by then, and what was answered to each slice.
"""

import json
import sys
import time
from typing import Final

from syntherm.session.clock import SystemClock
from syntherm_sim.wire.dicom_file import CALLED
from syntherm_sim.wire.dicom_scanner import DicomScanner, Pusher
from syntherm_verify.bench.frames_camera import Camera
from syntherm_verify.bench.frames_wired import PAINTED

_SCHED: Final = 2


def cpu_s(pid: int) -> float:
    """The processor's time of another process of this user, with all its threads. Raises OSError if there is none."""
    # The number that clock_getcpuclockid gives, which Python does not have.
    return time.clock_gettime((~pid << 3) | _SCHED)


def main() -> None:
    """Push until the input ends."""
    host, port, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    system, camera = SystemClock(), Camera(PAINTED)
    scanner = DicomScanner(system.now_s, system.utc)
    handed = [(0.0, 0.0)]

    def note() -> None:
        handed[0] = (time.monotonic(), cpu_s(pid))

    pusher = Pusher((host, port), CALLED, sent=note)
    try:
        for _ in sys.stdin:
            objects = scanner.frame(camera.frame(system.now_s()))
            statuses = pusher.push(objects)
            at_s, had_s = handed[0]
            told = {"at_s": at_s, "cpu_s": had_s, "statuses": statuses}
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
    finally:
        pusher.close()


if __name__ == "__main__":
    main()
