"""The day as it really was: true temperatures beside what the session believed. For verification only."""

import attrs
import numpy as np

from syntherm.core.state import SessionState
from syntherm_sim.patient import Patient, Truth


@attrs.frozen
class Sample:
    """One look, once per accepted image."""

    at_s: float
    in_range: bool
    truth: Truth
    guards_degC: tuple[float, ...]


class Witness:
    """Writes down the truth at each image of a heated session."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._last_s: float | None = None
        self.samples: list[Sample] = []

    def watch(self, state: SessionState) -> None:
        """Take a sample when a new image has been accepted."""
        acquired_s = state.imaging.acquired_s
        if acquired_s is None or acquired_s == self._last_s or state.beam.response is None:
            return
        self._last_s = acquired_s
        points = [guard.centre_mm for guard in state.plan.guard]
        radii = [guard.radii_mm for guard in state.plan.guard]
        guards = tuple(self._patient.hottest_within(c, r) for c, r in zip(points, radii, strict=True))
        self.samples.append(Sample(acquired_s, state.range_clock.in_range, self._patient.truth(), guards))

    def summary(self) -> dict[str, float]:
        """True figures over the time that the session called in range, and over all of it."""
        in_range = [sample for sample in self.samples if sample.in_range]
        if not in_range:
            return {}
        means = np.asarray([sample.truth.mean_degC for sample in in_range])
        return {
            "in_range_images": float(len(in_range)),
            "true_mean_degC": float(means.mean()),
            "true_mean_lowest_degC": float(means.min()),
            "true_mean_highest_degC": float(means.max()),
            "true_hot10_degC": float(np.mean([s.truth.hot10_degC for s in in_range])),
            "true_cold90_degC": float(np.mean([s.truth.cold90_degC for s in in_range])),
            "true_hottest_voxel_degC": float(max(s.truth.hottest_degC for s in self.samples)),
            "true_hottest_guard_degC": float(max(max(s.guards_degC) for s in self.samples)),
        }
