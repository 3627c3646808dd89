"""A scanner that sends one real image again and again, heated, drifting and with fresh noise."""

import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.prfs import degC_per_radian
from syntherm.core.thermometry.regions import geometry_of, grid_points_mm
from syntherm_sim.images.heating import Heating
from syntherm_sim.images.still import Still
from syntherm_sim.physics.disturbance import Disturbance, FieldModel
from syntherm_sim.timeline import Timeline

RECONSTRUCTION_S = 0.4
"""From the end of a dynamic to its arrival, as the virtual scanner's."""


class StillScanner:
    """Implements the Scanner port.

    Frame = real image x exp(i (phase of the heating + phase of the drifting, breathing field)) + complex white noise.
    The image's own noise stands still, as anatomy does, and cancels; the added noise is new in each frame.
    """

    def __init__(self, timeline: Timeline, still: Still, plan: Plan, heating: Heating, noise: float, seed: int) -> None:
        """`noise` is the SD that is added to each channel, in the image's units."""
        self._timeline, self._still, self._plan, self._heating = timeline, still, plan, heating
        self._geometry = geometry_of(plan)
        self._offset_mm = grid_points_mm(self._geometry) - np.asarray(plan.target.centre_mm)
        streams = np.random.SeedSequence(seed).spawn(2)
        self._field = FieldModel(np.random.default_rng(streams[0]), Disturbance())
        self._random = np.random.default_rng(streams[1])
        self._noise = noise
        self._arrived: list[FrameReceived | FatMapReceived] = []
        self.sent = 0

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        """What has arrived since the last call."""
        arrived, self._arrived = tuple(self._arrived), []
        return arrived

    def remarks(self) -> tuple[str, ...]:
        """Nothing is ever refused."""
        return ()

    def send_fat_map(self) -> None:
        """No fat map belongs to the images; the brain has none to speak of, so all voxels are declared water."""
        empty = np.zeros(self._geometry.matrix, dtype=np.float32)
        self._arrived.append(FatMapReceived(self._timeline.now_s(), self._geometry, empty))
        self._timeline.wake()

    def start_dynamics(self) -> None:
        """Scan until the heating's last frame."""
        self._timeline.at(self._timeline.now_s() + self._plan.scanner.frame_period_s / 2.0, self._acquire)

    def phase_rad(self, sequence: int, at_s: float) -> NDArray[np.float64]:
        """What is written into a frame's phase: heating and field; flat."""
        constant, x, y, z, curved = self._field.coefficients_degC(at_s)
        offset = self._offset_mm
        apparent_degC = constant + offset @ np.array([x, y, z]) + curved * (offset**2).sum(axis=1)
        rise_degC = self._heating.rise_at(sequence) + apparent_degC
        return np.asarray(rise_degC / degC_per_radian(self._plan.scanner), dtype=np.float64)

    def _acquire(self) -> None:
        now_s, scanner = self._timeline.now_s(), self._plan.scanner
        self.sent += 1
        turned = self._still.volume * np.exp(1j * self.phase_rad(self.sent, now_s)).reshape(self._geometry.matrix)
        noise = self._random.normal(scale=self._noise, size=(2, *self._geometry.matrix))
        frame = FrameReceived(
            at_s=now_s,
            sequence=self.sent,
            acquired_s=now_s,
            field_T=scanner.field_T,
            echo_time_ms=scanner.echo_time_ms,
            geometry=self._geometry,
            volume=np.asarray(turned + noise[0] + 1j * noise[1], dtype=np.complex64),
        )
        self._timeline.at(now_s + scanner.frame_period_s / 2.0 + RECONSTRUCTION_S, lambda: self._arrive(frame))
        if self.sent < self._heating.frames:
            self._timeline.at(now_s + scanner.frame_period_s, self._acquire)

    def _arrive(self, frame: FrameReceived) -> None:
        self._arrived.append(frame)
        self._timeline.wake()
