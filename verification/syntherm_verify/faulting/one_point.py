"""The short plan for a generator with one focal point, and a TPO that fits it: how the campaign's second day is set.

Only the virtual patient is treated by these numbers. The target is so small that one focal point heats all of it.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from syntherm.site.values import Site, Tpo, Transducer
from syntherm_sim.wire.tpo import GREETING, Beam
from syntherm_verify.killing.short_plan import short_text

_AWAY_mm: Final = 60.0
BEAM: Final = Beam(0.5, (0.0, 0.0, -_AWAY_mm), (0.0, 0.0, 1.0))
GENERATOR: Final = Tpo(
    port="tpo", baud=115_200, greeting=GREETING, greeting_s=4.0, frequency_Hz=500_000,
    acoustic_per_electrical=BEAM.acoustic_per_electrical, max_power_mW=60_000, burst_us=900, period_us=1000,
    timer_unit_us=1, max_lease_s=4.0, start_s=0.0, origin_mm=BEAM.origin_mm, axis=BEAM.axis, focus_min_mm=30.0,
    focus_max_mm=80.0, off_axis_mm=1.5,
)  # fmt: skip
_CHANGED: Final[Mapping[str, str]] = {
    "radii_mm = { value = [4.9, 4.9, 4.9]": "radii_mm = { value = [3.1, 3.1, 3.1]",
    "focal_spacing_mm = { value = 4.0": "focal_spacing_mm = { value = 6.0",
    "max_focus_offset_mm = { value = 4.0": "max_focus_offset_mm = { value = 3.0",
    "max_power_W = { value = 60.0": "max_power_W = { value = 25.0",
    # One point heats all: with what a corner of voxels may hide of it, no target would be warm.
    "lease_factor = { value = 7.4": "lease_factor = { value = 2.3",
}


def one_point_text() -> str:
    """The plan as text. Raises ValueError if the demonstration plan no longer has what is changed."""
    text = short_text()
    for was, becomes in _CHANGED.items():
        if text.count(was) != 1:
            raise ValueError(f"found {was!r} {text.count(was)} times, expected it once")
        text = text.replace(was, becomes)
    return text


def with_tpo(site: Site) -> Site:
    """The same site with a TPO for its generator."""
    return attrs.evolve(site, transducer=Transducer("tpo"), openlifu=None, tpo=GENERATOR)
