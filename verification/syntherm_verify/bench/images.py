"""Images of the size that scanners send, in whole numbers, and the plan of a session with such images."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import attrs
import numpy as np

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Plan
from syntherm_verify.recording.day import demonstration

MATRIX: Final = (128, 128, 6)
_COUNTS: Final = 12_000.0
_NOISE_COUNTS: Final = 96.0
"""Standard deviation of one channel: a signal-to-noise ratio of 125, over the whole image."""
_IN_RANGE_MIN: Final = 84.0
_PERIOD_S: Final = 3.0


def volumes(count: int) -> Iterator[ComplexVolume]:
    """Images with a smooth phase and noise drawn anew for each."""
    phase = np.linspace(-2.0, 2.0, int(np.prod(MATRIX)))
    for number in range(count):
        rng = np.random.default_rng(number)
        noise = rng.standard_normal(phase.size) + 1j * rng.standard_normal(phase.size)
        flat = _COUNTS * np.exp(1j * phase) + _NOISE_COUNTS * noise
        whole = np.rint(flat.real) + 1j * np.rint(flat.imag)
        yield (whole.reshape(MATRIX) + 0.0).astype(np.complex64)


@cache
def large_plan() -> Plan:
    """The demonstration plan on 128 x 128 x 6 voxels, an image every 3 s, in range for most of 90 minutes."""
    plan = demonstration()
    scanner = attrs.evolve(
        plan.scanner,
        matrix=MATRIX,
        voxel_mm=(1.0, 1.0, 6.0),
        first_voxel_mm=(-63.5, -63.5, -15.0),
        frame_period_s=_PERIOD_S,
    )
    heating = attrs.evolve(plan.heating, prescribed_in_range_min=_IN_RANGE_MIN)
    # The painted images know two guard regions; the third lies outside of six slices.
    return attrs.evolve(plan, scanner=scanner, heating=heating, guard=plan.guard[:2])
