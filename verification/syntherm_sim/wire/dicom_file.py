"""The configuration of a receiver for the scanner that pushes DICOM."""

from syntherm.core.events import Geometry
from syntherm_sim.wire.dicom_scanner import FAT_MAP, FRAMES, PERMILLE, TITLE, UNITS_PER_TURN

CALLED = "SYNTHERM"
Values = dict[str, dict[str, object]]


def receiver_values(geometry: Geometry, session_port: int, *, phase: bool = False) -> Values:
    """By table and key, ready to be changed by a test. Numbers have their unit behind them."""
    first: dict[str, object] = {
        "slope": (1.0, "1"),
        "intercept": (0.0, "1"),
        "low": (-32768.0, "1"),
        "high": (32767.0, "1"),
    }
    values: Values = {
        "listen": {
            "host": "127.0.0.1", "port": (0, "1"), "ae_title": CALLED, "calling_ae_titles": f"{TITLE}, SECOND",
            "associations": (2, "1"), "largest_object_bytes": (1_048_576, "1"), "largest_pdu_bytes": (65_536, "1"),
            "stalled_s": (2.0, "s"), "idle_s": (60.0, "s"),
        },
        "session": {
            "host": "127.0.0.1", "port": (session_port, "1"), "retry_s": (0.1, "s"), "stalled_s": (1.0, "s"),
            "volumes_waiting": (4, "1"),
        },
        "images": {
            "matrix": (list(geometry.matrix), "1"), "voxel_mm": (list(geometry.voxel_mm), "mm"),
            "first_voxel_mm": (list(geometry.first_voxel_mm), "mm"), "axes": "LPS", "field_T": (1.5, "T"),
            "echo_time_ms": (20.0, "ms"), "acquired": "AcquisitionDateTime", "utc_offset_h": (0.0, "h"),
            "age_s": (9.0, "s"), "spread_s": (0.5, "s"), "whole_within_s": (3.0, "s"), "volumes_open": (2, "1"),
        },
        "frames": {
            "select": "ProtocolName", "select_is": FRAMES, "number": "TemporalPositionIdentifier",
            "values": "real-imaginary", "component": "0008,0008", "first_is": "R", "second_is": "I",
            "brightest_low": (1.0, "1"), "brightest_high": (32768.0, "1"),
        },
        "first_scale": first,
        "second_scale": dict(first),
        "fat_map": {
            "select": "ProtocolName", "select_is": FAT_MAP, "number": "SeriesNumber", "units_of_one": (PERMILLE, "1"),
        },
        "fat_map_scale": first | {"low": (0.0, "1"), "high": (PERMILLE, "1")},
    }  # fmt: skip
    if phase:
        values["frames"] |= {"values": "magnitude-phase", "first_is": "M", "second_is": "P"}
        values["first_scale"] = first | {"low": (0.0, "1")}
        half = UNITS_PER_TURN / 2.0
        values["second_scale"] = {
            "slope": (2.0, "1"), "intercept": (-half, "1"), "low": (-half, "1"), "high": (half, "1")
        }  # fmt: skip
        values["phase"] = {"units_per_turn": (UNITS_PER_TURN, "1"), "least_span": (0.8, "1")}
    return values


def receiver_text(values: Values) -> str:
    """As TOML."""
    lines = []
    for table, keys in values.items():
        lines.append(f"[{table}]")
        for key, value in keys.items():
            given, unit = value if isinstance(value, tuple) else (value, None)
            shown = f'"{given}"' if isinstance(given, str) else str(given)
            about = f', unit = "{unit}"' if unit is not None else ""
            lines.append(f'{key} = {{ value = {shown}{about}, source = "simulated scanner" }}')
    return "\n".join(lines) + "\n"
