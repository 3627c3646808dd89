"""An OpenLIFU system on two lines: what it is told in frames, it radiates. It is told no aim: it has delays."""

from collections import Counter
from collections.abc import Callable

import attrs
import numpy as np

from syntherm.core.commands import FocalPower
from syntherm_sim.wire.openlifu_aim import aim_of
from syntherm_sim.wire.openlifu_chip import CHANNELS, fundamental, standard_cycle
from syntherm_sim.wire.openlifu_console import ConsolePart
from syntherm_sim.wire.openlifu_frames import FrameWire
from syntherm_sim.wire.openlifu_transmitter import TransmitterPart

Point = tuple[float, float, float]


@attrs.frozen
class Array:
    """The transducer as built: `reference_W` of acoustic power at `reference_V` if it sounds without pause."""

    elements_mm: tuple[Point, ...] = attrs.field(repr=False)
    sound_speed_m_per_s: float
    frequency_Hz: float
    reference_V: float
    reference_W: float


def flat_array(across: int = 8, pitch_mm: float = 4.0) -> tuple[Point, ...]:
    """A square of elements around the origin, in the plane z = 0."""
    places = [(at - (across - 1) / 2.0) * pitch_mm for at in range(across)]
    return tuple((x, y, 0.0) for y in places for x in places)


class OpenLifuSimulator:
    """Transmitter and console. `sounding` and `delivered_J` are what the room asks of any generator."""

    def __init__(self, now_s: Callable[[], float], array: Array, settle_s: float = 0.0) -> None:
        self._now_s, self._array = now_s, array
        self._elements = np.asarray(array.elements_mm)
        self.pulser = TransmitterPart(now_s, len(array.elements_mm) // CHANNELS)
        self.supply = ConsolePart(now_s, settle_s)
        self.transmitter = FrameWire(self.pulser, now_s)
        self.console = FrameWire(self.supply, now_s)
        self.delivered_J = 0.0

    def status(self) -> None:
        """Send the status text that running transmitters send when asked to."""
        if self.pulser.told_status:
            self.transmitter.tell("STATUS:RUNNING,MODE:SEQUENCE,PULSE_TRAIN:[1/2],PULSE:[1/10],TEMP_TX:31.20")

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        """What sounds from `from_s`, and until when (at most `to_s`) that stays so: mean powers over a train."""
        if not self.pulser.runs(from_s) or self.supply.rail_V <= 0.0:
            return (), to_s
        ends_s = self.pulser.ends_s
        profiles = Counter(at - 1 for at in self.pulser.order) or Counter((self.pulser.chips[0].profile,))
        slots = sum(profiles.values())
        # An order switches the pattern with the delays; without one, both were selected in the registers.
        points = tuple(self._point(profile, count / slots) for profile, count in sorted(profiles.items()))
        return points, min(to_s, to_s if ends_s is None else ends_s)

    def _point(self, profile: int, share: float) -> FocalPower:
        return FocalPower(self._aim(profile), self._power_W(profile) * share)

    def _power_W(self, profile: int) -> float:
        pulser = self.pulser
        duty_of_trains = pulser.trigger["TriggerPulseCount"] * pulser.period_s / pulser.train_s
        full_W = self._array.reference_W * (self.supply.rail_V / self._array.reference_V) ** 2 * duty_of_trains
        standard = fundamental(standard_cycle(self._array.frequency_Hz))
        parts = 0.0
        for chip in pulser.chips:
            pattern = profile if pulser.order else chip.registers[0x1F] & 0x3F
            duty = min(1.0, chip.pulse_s(pattern) / pulser.period_s)
            parts += float(chip.sounding.mean()) * duty * (fundamental(chip.cycle(pattern)) / standard) ** 2
        return full_W * parts / len(pulser.chips)

    def _aim(self, profile: int) -> Point:
        delays, elements = [], []
        for at, chip in enumerate(self.pulser.chips):
            first = at // 2 * 2 * CHANNELS + (0 if at % 2 else CHANNELS)
            on = chip.sounding
            delays.append(chip.delays_s(profile)[on])
            elements.append(self._elements[first : first + CHANNELS][on])
        return aim_of(np.concatenate(delays), np.concatenate(elements), self._array.sound_speed_m_per_s)
