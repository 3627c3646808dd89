"""A simulated OpenLIFU system on pseudo-terminals in a process of its own, and the settings that go with it.

`python -m syntherm_verify.bench.frames_generator` says where its two lines are, and serves them until its input ends.
"""

import json
import select
import subprocess
import sys
import time
from typing import Final

from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.ports.equipment import PortError
from syntherm_sim.wire.openlifu import Array, OpenLifuSimulator, flat_array
from syntherm_sim.wire.openlifu_console import CONSOLE_ID
from syntherm_sim.wire.openlifu_transmitter import TRANSMITTER_ID
from syntherm_sim.wire.pty import PtyServer

_AWAY_mm: Final = 60.0
ARRAY: Final = Array(
    elements_mm=tuple((x, y, z - _AWAY_mm) for x, y, z in flat_array()), sound_speed_m_per_s=1500.0,
    frequency_Hz=400_000.0, reference_V=20.0, reference_W=140.0,
)  # fmt: skip
SETTINGS: Final = OpenLifuSettings(
    transmitter_id=TRANSMITTER_ID.hex(), console_id=CONSOLE_ID.hex(), elements_mm=ARRAY.elements_mm,
    aim_min_mm=(-20.0, -20.0, -20.0), aim_max_mm=(20.0, 20.0, 20.0), sound_speed_m_per_s=ARRAY.sound_speed_m_per_s,
    frequency_Hz=ARRAY.frequency_Hz, reference_V=ARRAY.reference_V, reference_W=ARRAY.reference_W, voltage_V=19.5,
    voltage_tolerance_V=0.5, settle_s=0.5, max_duty=0.5, pulse_rate_Hz=100, max_lease_s=4.0, start_s=0.0,
)  # fmt: skip


_TRIES: Final = 5


def begin(device: OpenLifu) -> None:
    """Begin, and again where the simulated system answered too late on a busy machine. Raises PortError."""
    for left in range(_TRIES - 1, -1, -1):
        try:
            device.begin()
            return
        except PortError:
            if left == 0:
                raise


class GeneratorProcess:
    """The simulated system beside this process, so that its own work is not taken for the session's."""

    def __enter__(self) -> tuple[str, str]:
        """The transmitter's and the console's line."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "syntherm_verify.bench.frames_generator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        said = b"" if self._process.stdout is None else self._process.stdout.readline()
        transmitter, console = json.loads(said)
        return str(transmitter), str(console)

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main() -> None:
    """Serve until the input ends."""
    system = OpenLifuSimulator(time.monotonic, ARRAY)
    lines = {server.fileno(): server for server in map(PtyServer, (system.transmitter, system.console))}
    sys.stdout.write(json.dumps([server.path for server in lines.values()]) + "\n")
    sys.stdout.flush()
    poll = select.poll()
    for fileno in (*lines, 0):
        poll.register(fileno, select.POLLIN)
    while True:
        for fileno, _ in poll.poll():
            if fileno == 0:
                return
            lines[fileno].on_readable()


if __name__ == "__main__":
    main()
