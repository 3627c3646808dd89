"""A site file that fits the simulated devices, with the files that it names: elements, demonstration key, people."""

import hashlib
import os
import socket
from pathlib import Path
from typing import Final

import attrs
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from syntherm.session.register import add, enrol
from syntherm_sim.people.crew import CREW
from syntherm_sim.people.signing import SECRET
from syntherm_sim.site import demonstration_key
from syntherm_sim.wire.mrd_scanner import FAT_MAP, FRAMES, TICK_s
from syntherm_sim.wire.openlifu_console import CONSOLE_ID
from syntherm_sim.wire.openlifu_transmitter import TRANSMITTER_ID
from syntherm_sim.wire.world import ARRAY

HOST: Final = "127.0.0.1"
SYRINGE_mm: Final = 26.59
"""Inner diameter of a common 60 mL syringe, as pump makers list it; recalled, unverified."""
_SOURCE: Final = "true of the simulated devices only"


@attrs.frozen
class Ports:
    """Where the simulated devices are, where the session is to listen, and what its last commands may take."""

    transmitter: str
    console: str
    pump: str
    stop: str
    scanner: int
    guardian: str
    mirror: str
    heartbeat_s: float
    start_s: float


def write_site(folder: Path, ports: Ports, seed: int) -> Path:
    """Write all files of a site into a folder, which is made; the path of its site file. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    elements = "".join(f"{x},{y},{z}\n" for x, y, z in ARRAY.elements_mm)
    (folder / "elements.csv").write_text(elements, encoding="ascii")
    _write_key(folder / "site.key", seed)
    people = folder / "people.toml"
    if not people.exists():
        for person, role in zip(CREW, ("radiographer", "physicist"), strict=True):
            add(people, enrol(person, f"{person} (demonstration)", role, SECRET))
    site = folder / "site.toml"
    site.write_text(_text(ports, hashlib.sha256(elements.encode("ascii")).hexdigest()), encoding="ascii")
    site.chmod(0o600)
    return site


def free_port() -> int:
    """A port at which nobody listens now."""
    with socket.create_server((HOST, 0)) as door:
        return int(door.getsockname()[1])


def _write_key(path: Path, seed: int) -> None:
    pem = demonstration_key(seed).secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(pem)


def _text(ports: Ports, elements_sha256: str) -> str:
    tables: dict[str, dict[str, tuple[object, str]]] = {
        "site": {
            "name": ("virtual treatment room", ""),
            "research_only": ("not cleared for clinical use", ""),
        },
        "paths": {"site_key": ("site.key", ""), "people": ("people.toml", ""), "desk_socket": ("desk.socket", "")},
        "scanner": {
            "protocol": ("mrd", ""), "way": ("listen", ""), "host": (HOST, ""), "port": (ports.scanner, "1"),
            "retry_s": (1.0, "s"),
            "bytes_per_call": (16_777_216, "1"), "whole_within_s": (5.0, "s"), "axes": ("LPS", ""),
            "brightest_low": (1000.0, "1"), "brightest_high": (32768.0, "1"), "stamp_to_centre_s": (0.0, "s"),
        },
        "mrd": {
            "tick_ms": (TICK_s * 1000.0, "ms"), "midnight_offset_h": (0.0, "h"), "numbered": ("image_index", ""),
            "frame_series": (FRAMES, "1"), "fat_map_series": (FAT_MAP, "1"), "largest_bytes": (8_388_608, "1"),
        },
        "transducer": {"protocol": ("openlifu", "")},
        "openlifu": {
            "transmitter_port": (ports.transmitter, ""), "console_port": (ports.console, ""), "baud": (921600, "Bd"),
            "transmitter_id": (TRANSMITTER_ID.hex(), ""), "console_id": (CONSOLE_ID.hex(), ""),
            "elements_file": ("elements.csv", ""), "elements_sha256": (elements_sha256, ""),
            "aim_min_mm": ([-20.0, -20.0, -20.0], "mm"), "aim_max_mm": ([20.0, 20.0, 20.0], "mm"),
            "sound_speed_m_per_s": (ARRAY.sound_speed_m_per_s, "m/s"), "frequency_Hz": (ARRAY.frequency_Hz, "Hz"),
            "reference_V": (ARRAY.reference_V, "V"), "reference_W": (ARRAY.reference_W, "W"),
            "voltage_V": (19.5, "V"), "voltage_tolerance_V": (0.5, "V"), "settle_s": (0.5, "s"),
            "max_duty": (0.5, "1"), "pulse_rate_Hz": (100, "Hz"), "max_lease_s": (4.0, "s"),
            "start_s": (ports.start_s, "s"),
        },
        "pump": {
            "protocol": ("ne-1000", ""), "port": (ports.pump, ""), "baud": (19200, "Bd"), "address": (0, "1"),
            "syringe_diameter_mm": (SYRINGE_mm, "mm"),
        },
        "stop_loop": {"protocol": ("control-lines", ""), "port": (ports.stop, "")},
        "guardian": {
            "link_path": (ports.guardian, ""), "mirror_port": (ports.mirror, ""),
            "heartbeat_s": (ports.heartbeat_s, "s"),
        },
    }  # fmt: skip
    lines = ["# SITE FILE OF A VIRTUAL TREATMENT ROOM. NOT FOR CLINICAL USE."]
    for name, fields in tables.items():
        lines.append(f"\n[{name}]")
        lines += [f"{key} = {_inline(value, unit)}" for key, (value, unit) in fields.items()]
    return "\n".join(lines) + "\n"


def _inline(value: object, unit: str) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return (
        f'{{ value = {shown}, source = "{_SOURCE}" }}'
        if not unit
        else (f'{{ value = {shown}, unit = "{unit}", source = "{_SOURCE}" }}')
    )
