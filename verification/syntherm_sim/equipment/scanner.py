"""An MR scanner that sends complex dynamics of the virtual patient, after the delays of a real one."""

import numpy as np

from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of
from syntherm_sim.patient import Patient
from syntherm_sim.timeline import Timeline

RECONSTRUCTION_S = 0.4
"""From the end of a dynamic to its arrival; an assumption (2D imaging over a research link: 0.2 s, PMB 2019)."""
COUNTS_AT_BRIGHTEST = 12_000.0
"""Scanners send 16-bit numbers: where the brightest voxel of the first image comes to lie."""


class VirtualScanner:
    """Implements the Scanner port. `lost` and `frozen` are faults that a scenario may set."""

    def __init__(self, timeline: Timeline, patient: Patient, plan: Plan) -> None:
        self._timeline, self._patient, self._plan = timeline, patient, plan
        self._geometry = geometry_of(plan)
        self._arrived: list[FrameReceived | FatMapReceived] = []
        self._sequence = 0
        self._scale: float | None = None
        self._last: FrameReceived | None = None
        self.scanning = False
        self.lost = False
        self.frozen = False

    def send_fat_map(self) -> None:
        """The anatomical scan is done."""
        self._arrived.append(
            FatMapReceived(self._timeline.now_s(), self._geometry, self._patient.signal.fat_fraction_volume())
        )
        self._timeline.wake()

    def start_dynamics(self) -> None:
        """Scan one dynamic after the other until the day ends."""
        if not self.scanning:
            self.scanning = True
            self._timeline.at(self._timeline.now_s() + self._plan.scanner.frame_period_s / 2.0, self._acquire)

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        """What has arrived since the last call."""
        arrived, self._arrived = tuple(self._arrived), []
        return arrived

    def remarks(self) -> tuple[str, ...]:
        """Nothing is ever refused."""
        return ()

    def _acquire(self) -> None:
        now_s, period_s = self._timeline.now_s(), self._plan.scanner.frame_period_s
        self._sequence += 1
        image = self._patient.signal.volume(self._patient.tissue.temperature_degC, now_s)
        if self._scale is None:
            self._scale = COUNTS_AT_BRIGHTEST / float(np.abs(image).max())
        parts = np.rint(image.view(np.float32) * np.float32(self._scale)) + np.float32(0.0)
        frame = FrameReceived(
            at_s=now_s,
            sequence=self._sequence,
            acquired_s=now_s,
            field_T=self._plan.scanner.field_T,
            echo_time_ms=self._plan.scanner.echo_time_ms,
            geometry=self._geometry,
            volume=np.ascontiguousarray(parts, dtype=np.float32).view(np.complex64),
        )
        if not self.lost:
            self._timeline.at(now_s + period_s / 2.0 + RECONSTRUCTION_S, lambda: self._arrive(frame))
        self._timeline.at(now_s + period_s, self._acquire)

    def _arrive(self, frame: FrameReceived) -> None:
        if self.frozen and self._last is not None:
            frame = FrameReceived(
                frame.at_s, frame.sequence, frame.acquired_s, frame.field_T, frame.echo_time_ms, frame.geometry,
                self._last.volume,
            )  # fmt: skip
        self._last = frame
        self._arrived.append(frame)
        self._timeline.wake()
