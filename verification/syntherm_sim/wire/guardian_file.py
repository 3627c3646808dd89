"""A configuration of the guardian that fits the simulated room and a plan."""

import math
from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of
from syntherm_sim.wire.mrd_scanner import LARMOR_Hz_per_T

HEARTBEAT_S: Final = 2.5
ABOVE_degC: Final = 1.5
"""The guardian's own temperature knows no breathing and no fat: its limit lies so far above the plan's."""
_HALF_BOX_mm: Final = 4.0


@attrs.frozen
class Wires:
    """Where the guardian finds its wires, and the scanner and session their listeners."""

    link: str
    enable: str
    contact: str
    listen: int
    session: int


def guardian_text(plan: Plan, wires: Wires) -> str:
    """The configuration as TOML."""
    scanner, limits = plan.scanner, plan.limits
    hertz = LARMOR_Hz_per_T * scanner.field_T * scanner.prf_ppm_per_degC * 1e-6
    radian_per_degC = 2.0 * math.pi * hertz * scanner.echo_time_ms / 1000.0 * scanner.phase_sign
    target_first, target_last = _box(plan, plan.target.centre_mm)
    reference_first, reference_last = _box(plan, plan.reference[0].centre_mm)
    return f"""# GUARDIAN OF A VIRTUAL TREATMENT ROOM. NOT FOR CLINICAL USE.
[link]
path = "{wires.link}"
[times]
heartbeat_s = {HEARTBEAT_S}
frame_age_s = {limits.frame_age_s}
state_every_s = 0.1
[images]
listen_host = "127.0.0.1"
listen_port = {wires.listen}
session_host = "127.0.0.1"
session_port = {wires.session}
matrix = {list(scanner.matrix)}
baseline_frames = 8
[temperature]
limit_degC = {limits.target_max_degC + ABOVE_degC}
start_degC = {plan.heating.baseline_degC}
degC_per_radian = {1.0 / radian_per_degC}
percentile = 95.0
least_signal = 0.2
target_first = {target_first}
target_last = {target_last}
reference_first = {reference_first}
reference_last = {reference_last}
[enable]
url = "{wires.enable}"
follow_s = 0.2
[contact]
url = "{wires.contact}"
pulse_every_s = 0.5
low_s = 0.05
follow_s = 0.2
"""


def _box(plan: Plan, centre_mm: tuple[float, float, float]) -> tuple[list[int], list[int]]:
    """First and last voxel of a small box around a place, within the volume."""
    geometry = geometry_of(plan)
    first_mm, size_mm = np.asarray(geometry.first_voxel_mm), np.asarray(geometry.voxel_mm)
    most = np.asarray(geometry.matrix) - 1
    middle = np.asarray(centre_mm)
    low = np.clip(np.rint((middle - _HALF_BOX_mm - first_mm) / size_mm), 0, most)
    high = np.clip(np.rint((middle + _HALF_BOX_mm - first_mm) / size_mm), low, most)
    return [int(at) for at in low], [int(at) for at in high]
