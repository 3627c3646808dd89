"""The guardian's process of a latency run: its configuration, its start, and the relay that it drives."""

import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from syntherm_sim.wire.control_lines import EnableRelay, Ends

HOST: Final = "127.0.0.1"
BASELINE: Final = 4
_TEXT: Final = """
[link]
path = "{link}"
[times]
heartbeat_s = {heartbeat_s}
frame_age_s = 6.0
state_every_s = 0.1
[images]
listen_host = "127.0.0.1"
listen_port = {listen}
session_host = "127.0.0.1"
session_port = {session}
matrix = [128, 128, 6]
baseline_frames = {baseline}
[temperature]
limit_degC = 46.0
start_degC = 37.0
degC_per_radian = -8.55
percentile = 95.0
least_signal = 0.2
target_first = [60, 60, 1]
target_last = [67, 67, 3]
reference_first = [96, 40, 1]
reference_last = [120, 88, 4]
[enable]
url = "{enable}"
follow_s = 0.1
[contact]
url = "{contact}"
pulse_every_s = {pulse_every_s}
low_s = {low_s}
follow_s = {follow_s}
"""


class RunFailed(Exception):
    """The run cannot go on: no figure comes of it. One line."""


@attrs.frozen
class Contact:
    """How the guardian proves the patient's contact; as in its configuration."""

    pulse_every_s: float
    low_s: float
    follow_s: float


class StampedRelay(EnableRelay):
    """Says when the enable fell."""

    fell_s: float | None = None

    def wires(self, rts: bool, dtr: bool) -> Ends:
        """As the relay's."""
        was = self.on
        ends = super().wires(rts, dtr)
        if was and not self.on:
            self.fell_s = time.monotonic()
        return ends


def start_guardian(
    opened: ExitStack, file: Path, ports: tuple[int, int], wires: tuple[str, str, str], heartbeat_s: float,
    contact: Contact,
) -> None:  # fmt: skip
    """Start one, which ends with `opened`. `wires`: its link, the enable, the patient's contact. Raises RunFailed."""
    link, enable, patient = wires
    text = _TEXT.format(
        link=link, heartbeat_s=heartbeat_s, listen=ports[0], session=ports[1], baseline=BASELINE, enable=enable,
        contact=patient, **attrs.asdict(contact),
    )  # fmt: skip
    file.write_text(text, encoding="ascii")
    process = subprocess.Popen([sys.executable, "-m", "syntherm.guardian", str(file)], stdout=subprocess.PIPE)
    opened.callback(end_process, process)
    said = b"" if process.stdout is None else process.stdout.readline()
    if not said.startswith(b"guardian: "):
        raise RunFailed(f"the guardian did not start: it said {said!a}")


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """End a process now."""
    process.kill()
    process.communicate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as door:
        return int(door.getsockname()[1])
