"""A guardian as a process, between simulated lines: relay and mirror of the enable, the patient's button, images."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, EnableRelay, PatientButton

MATRIX: Final = (8, 6, 2)
PER_RADIAN_degC: Final = -8.55
LIMIT_degC: Final = 44.0
START_degC: Final = 37.0
TARGET: Final = ((1, 1, 0), (3, 3, 1))
REFERENCE: Final = ((5, 1, 0), (7, 4, 1))
VALUES: Final[dict[str, dict[str, str]]] = {
    "link": {"path": '"guardian.sock"'},
    "times": {"heartbeat_s": "0.6", "frame_age_s": "1.0", "state_every_s": "0.05"},
    "images": {
        "matrix": "[8, 6, 2]", "baseline_frames": "3", "listen_host": '"127.0.0.1"', "listen_port": "0",
        "session_host": '"127.0.0.1"', "session_port": "9",
    },
    "temperature": {
        "limit_degC": "44.0", "start_degC": "37.0", "degC_per_radian": "-8.55", "percentile": "95.0",
        "least_signal": "0.1", "target_first": "[1, 1, 0]", "target_last": "[3, 3, 1]",
        "reference_first": "[5, 1, 0]", "reference_last": "[7, 4, 1]",
    },
    "enable": {"url": '"rfc2217://127.0.0.1:1"', "follow_s": "0.1"},
    "contact": {"url": '"rfc2217://127.0.0.1:2"', "pulse_every_s": "0.3", "low_s": "0.02", "follow_s": "0.1"},
}  # fmt: skip


def config_text(**changes: str | None) -> str:
    """The configuration, with values replaced by `table__key="text"`, added, or left out with None."""
    tables = {name: dict(values) for name, values in VALUES.items()}
    for name, value in changes.items():
        table, _, key = name.partition("__")
        if value is None:
            tables[table].pop(key)
        else:
            tables.setdefault(table, {})[key] = value
    lines = []
    for name, values in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


_MAIN: Final = "import sys\nfrom syntherm.guardian.command import main\nsys.exit(main())"


def volume(rise_degC: float = 0.0, *, seed: int = 0, drift_rad: float = 0.0) -> np.ndarray:
    """A volume (z, y, x) with noise, heated in the target box."""
    rng = np.random.default_rng(seed)
    nx, ny, nz = MATRIX
    made = 100.0 + rng.standard_normal((nz, ny, nx)) + 1j * rng.standard_normal((nz, ny, nx))
    (x0, y0, z0), (x1, y1, z1) = TARGET
    made[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1] *= np.exp(1j * rise_degC / PER_RADIAN_degC)
    return (made * np.exp(1j * drift_rad)).astype("<c8")


def message(data: np.ndarray, *, slice_number: int = 0, data_type: int = 7) -> bytes:
    """An MRD v1 image message; `data` has shape (z, y, x)."""
    nz, ny, nx = data.shape
    header = struct.pack("<HHQI3H3fH", 1, data_type, 0, 0, nx, ny, nz, 1.0, 1.0, 1.0, 1)
    header = (header + bytes(60) + struct.pack("<HH", 0, slice_number)).ljust(198, b"\0")
    return struct.pack("<H", 1022) + header + struct.pack("<Q", 0) + data.tobytes()


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold in time."""
    until_s = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.001)
    return True


class Bench:
    """The lines, and one guardian process with its configuration in `folder`; `code` is executed in it first."""

    def __init__(self, folder: Path, *, code: str = "", **changes: str) -> None:
        self.relay, self.button = EnableRelay(), PatientButton()
        self.ports = [ControlPort(wires) for wires in (self.relay.wires, self.button.wires, self.relay.mirror)]
        self.servers = [ControlLineServer(port) for port in self.ports]
        self.session = socket.create_server(("127.0.0.1", 0))
        self.opened: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.scanner_port = free.getsockname()[1]
        self.path = str(folder / "guardian.sock")
        changes = {
            "link__path": f'"{self.path}"',
            "images__listen_port": str(self.scanner_port),
            "images__session_port": str(self.session.getsockname()[1]),
            "enable__url": f'"{self.servers[0].url}"',
            "contact__url": f'"{self.servers[1].url}"',
            **changes,
        }
        file = folder / "guardian.toml"
        file.write_text(config_text(**changes), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{code}\n{_MAIN}", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith(b"guardian: "), self.process.communicate()

    @property
    def mirror_url(self) -> str:
        return self.servers[2].url

    def connect(self) -> socket.socket:
        """A session's connection, raw."""
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.opened.append(link)
        link.connect(self.path)
        link.settimeout(2.0)
        return link

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for each in (*self.servers, *self.opened, self.session):
            each.close()


class Raw:
    """A session by hand: heartbeats and orders, and what the guardian says."""

    def __init__(self, link: socket.socket) -> None:
        self.link, self.counter, self.refused = link, 0, b""
        self.state: dict[str, str] = {}

    def beat(self) -> None:
        self.counter += 1
        self.link.send(b"heartbeat %d %.6f" % (self.counter, time.monotonic()))

    def read(self) -> dict[str, str]:
        """The last state; raises BrokenPipeError when the guardian is gone."""
        self.link.settimeout(0.0)
        try:
            while True:
                said = self.link.recv(1000)
                if not said:
                    raise BrokenPipeError
                if said.startswith(b"state "):
                    self.state = dict(part.split("=") for part in said.decode().split()[1:])
                else:
                    self.refused = said
        except BlockingIOError:
            return self.state

    def until(self, seconds: float, holds: Callable[[dict[str, str]], bool], *, beats: bool = True) -> bool:
        """Live with heartbeats until a state comes."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            if beats:
                self.beat()
            if self.read() and holds(self.state):
                return True
            time.sleep(0.01)
        return False

    def arm(self) -> None:
        """Begin a proof and have the enable on."""
        assert self.until(2.0, lambda state: "stop" not in state["failing"].split(",")), self.state
        self.link.send(b"prove")
        assert self.until(1.0, lambda state: state["mode"] == "proving")
        self.again()

    def again(self) -> None:
        """The enable on once more."""
        self.beat()
        self.link.send(b"arm")
        assert self.until(1.0, lambda state: state["enabled"] == "1"), (self.state, self.refused)


TRIED: Final = ("stop", "operator", "link", "readback", "frame-age", "frozen", "unreadable", "temperature", "error")
"""Every cause but the heartbeat, which is withheld."""


def prove(raw: Raw) -> None:
    """The whole proof, by hand."""
    raw.arm()
    for cause in TRIED:
        raw.link.send(b"try " + cause.encode())
        assert raw.until(1.0, lambda state, cause=cause: state["dropped"] == cause and state["enabled"] == "0"), cause
        raw.again()
    assert raw.until(2.0, lambda state: state["dropped"] == "heartbeat", beats=False)
    raw.beat()
    raw.link.send(b"proven")
    assert raw.until(1.0, lambda state: state["mode"] == "proven"), raw.refused
