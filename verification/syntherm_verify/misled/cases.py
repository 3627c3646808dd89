"""Everything that can mislead thermometry, by size, and the names under which a session may find it."""

from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from syntherm_sim.patient import Day
from syntherm_sim.physics.disturbance import BreathingChange, Disturbance
from syntherm_sim.physics.grid import Point
from syntherm_sim.physics.image_fault import Faults, ImageFault, Spoilt
from syntherm_sim.physics.movement import Movement

SUDDEN_MM: Final = (1.0, 2.0, 3.0, 4.0, 6.0)
SLOW_MM_PER_MIN: Final = (0.25, 0.5, 1.0)
DRIFTS: Final = (2.0, 4.0)
BEGINS_S: Final = 180.0
"""From the beginning of heating to what begins later: the target is in range by then."""
_AXES: Final[dict[str, Point]] = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_IMAGE: Final = {
    Spoilt.FROZEN: (1.0,),
    Spoilt.SHIFTED: (1.0, 2.0, 4.0),
    Spoilt.RESCALED: (0.5, 1.2, 2.0),
    Spoilt.TURNED: (0.5, 2.0),
    Spoilt.MISSCALED: (0.7, 1.3),
    Spoilt.NOISY: (2.0, 4.0),
    Spoilt.VOID: (0.0, 12.0),
}


@frozen
class Misleading:
    """One case. `day` makes the day, given when it is to begin; `clean`: nothing is wrong, and nothing may be named."""

    name: str
    group: str
    day: Day
    clean: bool = False


def cases(from_s: float) -> Iterator[Misleading]:
    """All of them, those that begin later at `from_s`."""
    yield Misleading("nothing", "clean", Day(), clean=True)
    for axis, along in _AXES.items():
        for size in SUDDEN_MM:
            step = (size * along[0], size * along[1], size * along[2])
            yield Misleading(f"sudden {size:g} mm {axis}", "movement", Day(movement=Movement(from_s, step)))
        for rate in SLOW_MM_PER_MIN:
            slow = (rate * along[0], rate * along[1], rate * along[2])
            yield Misleading(
                f"slow {rate:g} mm/min {axis}", "movement", Day(movement=Movement(from_s, rate_mm_per_min=slow))
            )
    usual = Disturbance()
    for factor in DRIFTS:
        more = evolve(usual, drift_degC_per_10min=factor * usual.drift_degC_per_10min)
        yield Misleading(f"drift times {factor:g}", "drift", Day(more))
    yield Misleading("image creeps 0.1 mm/min", "drift", Day(faults=Faults(shift_mm_per_min=0.1)))
    for deeper in (2.0, 4.0, 8.0):
        change = BreathingChange(from_s, deeper)
        yield Misleading(
            f"breathing {deeper:g} times as deep", "breathing", Day(evolve(usual, breathing_change=change))
        )
    held = BreathingChange(from_s, 1.0, apnoea=True)
    yield Misleading("breath held", "breathing", Day(evolve(usual, breathing_change=held)))
    for spoilt, sizes in _IMAGE.items():
        for size in sizes:
            faults = Faults((ImageFault(spoilt, from_s, size),))
            yield Misleading(f"{spoilt.name.lower()} {size:g}", "image", Day(faults=faults))
    fat = evolve(usual, fat_susceptibility=True)
    yield Misleading("heated fat", "fat", Day(fat))
    yield Misleading("fat beside the target", "fat", Day(fat, fat_beside_mm=15.0))
