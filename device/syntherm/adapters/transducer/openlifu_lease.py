"""From a lease to what the transmitter has to hold: slots, pulse length and delays. Refuses what it cannot hold."""

import math

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.openlifu_trigger import Trigger
from syntherm.adapters.transducer.sharing import Sharing, shared
from syntherm.adapters.transducer.steering import Point, delays_of
from syntherm.adapters.transducer.tx7332 import (
    MAX_DELAY,
    PROFILES,
    CLOCK_Hz,
    Registers,
    control_registers,
    delay_registers,
    elements_of,
    pattern_registers,
    pulse_form,
)
from syntherm.core.commands import FocalPower, GrantLease

GATE_us = 20
"""Length of the edge that starts a pulse, as the maker's own software has it."""


class LeaseRefused(Exception):
    """This device cannot hold that lease. One line: what was asked, what it can do."""


@attrs.frozen
class Programme:
    """What is to be written before the trigger starts."""

    sharing: Sharing
    units: int
    aims_mm: tuple[Point, ...]
    settings: OpenLifuSettings

    @property
    def power_W(self) -> float:
        """Mean acoustic power while the trigger runs, at the highest voltage accepted."""
        return self.settings.full_W * self.units * self.settings.unit_duty

    @property
    def order(self) -> tuple[int, ...]:
        """Profiles (from 1) in the order in which they sound."""
        return tuple(point + 1 for point in self.sharing.order)

    def registers(self) -> tuple[Registers, ...]:
        """All registers of each chip. Profile by profile: the same pulse, other delays."""
        form = pulse_form(self.settings.frequency_Hz)
        same = control_registers(self.order[0], self.units)
        for profile in range(1, len(self.aims_mm) + 1):
            same |= pattern_registers(profile, form)
        clocks = _clocks(self.aims_mm, self.settings)
        return tuple(same | _delay_registers(clocks[:, elements_of(chip)]) for chip in range(self.settings.chips))

    def trigger(self, length_s: float) -> Trigger:
        """As many whole trains as end within `length_s`. Raises LeaseRefused if none does."""
        train, rate_Hz = self.sharing.train, self.settings.pulse_rate_Hz
        trains = math.floor(length_s * rate_Hz / train)
        if trains * train / rate_Hz > length_s:
            trains -= 1  # the quotient was rounded up
        if trains < 1:
            raise LeaseRefused(f"{length_s:.3f} s are left: one train takes {train / rate_Hz:.3f} s")
        return Trigger(rate_Hz, train, GATE_us, trains)


def programmed(lease: GrantLease, now_s: float, settings: OpenLifuSettings) -> Programme | None:
    """What to write for a lease; None for one without power. Raises LeaseRefused."""
    length_s = lease.until_s - now_s - settings.start_s
    points = _held_points(lease, length_s, settings)
    if not points:
        return None
    pulses = math.floor(length_s * settings.pulse_rate_Hz)
    sharing = shared(tuple(point.power_W for point in points), pulses) if pulses > 0 else None
    if sharing is None:
        raise LeaseRefused(f"a lease of {length_s:.3f} s: too short for one train of pulses")
    units = math.floor(sharing.power_W / settings.full_W / settings.unit_duty)
    if units < 1:
        raise LeaseRefused(
            f"{lease.power_W:.4f} W: the shortest pulse gives {settings.full_W * settings.unit_duty:.4f} W"
        )
    return Programme(_sounding(sharing), units, _aims(points, sharing), settings)


def _held_points(lease: GrantLease, length_s: float, settings: OpenLifuSettings) -> tuple[FocalPower, ...]:
    if not 0.0 < length_s <= settings.max_lease_s:
        raise LeaseRefused(f"a lease of {length_s:.3f} s: above 0 s and at most {settings.max_lease_s} s")
    points = tuple(point for point in lease.points if point.power_W != 0.0)
    for point in points:
        _hold_point(point, settings)
    if len(points) > PROFILES:
        raise LeaseRefused(f"{len(points)} focal points: at most {PROFILES}")
    if lease.power_W > settings.full_W * settings.max_duty:
        raise LeaseRefused(f"{lease.power_W:.2f} W: at most {settings.full_W * settings.max_duty:.2f} W")
    if points:
        _hold_delays(tuple(point.aim_mm for point in points), settings)
    return points


def _hold_point(point: FocalPower, settings: OpenLifuSettings) -> None:
    if not (math.isfinite(point.power_W) and point.power_W > 0.0):
        raise LeaseRefused(f"{point.power_W} W for one focal point: expected a finite power of 0 W or more")
    box = zip(settings.aim_min_mm, point.aim_mm, settings.aim_max_mm, strict=True)
    if not all(low <= at <= high for low, at, high in box):
        raise LeaseRefused(f"aim {point.aim_mm} mm: steering reaches {settings.aim_min_mm} to {settings.aim_max_mm} mm")


def _hold_delays(aims_mm: tuple[Point, ...], settings: OpenLifuSettings) -> None:
    for aim_mm, clocks in zip(aims_mm, _clocks(aims_mm, settings).max(axis=1), strict=True):
        if clocks > MAX_DELAY:
            raise LeaseRefused(f"aim {aim_mm} mm: delays up to {clocks / CLOCK_Hz * 1e6:.0f} us do not fit the chips")


def _clocks(aims_mm: tuple[Point, ...], settings: OpenLifuSettings) -> NDArray[np.int64]:
    """The delay of each element in counts of the clock, an aim a row."""
    delays_s = delays_of(aims_mm, settings.elements_mm, settings.sound_speed_m_per_s)
    return np.rint(delays_s * CLOCK_Hz).astype(np.int64)


def _delay_registers(clocks: NDArray[np.int64]) -> Registers:
    found: Registers = {}
    for profile, row in enumerate(clocks.tolist(), start=1):
        found |= delay_registers(profile, row)
    return found


def _sounding(sharing: Sharing) -> Sharing:
    return attrs.evolve(sharing, slots=tuple(count for count in sharing.slots if count > 0))


def _aims(points: tuple[FocalPower, ...], sharing: Sharing) -> tuple[Point, ...]:
    return tuple(point.aim_mm for point, count in zip(points, sharing.slots, strict=True) if count > 0)
