"""The heating that is put in: a Gaussian hot spot that rises in even steps."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import geometry_of, grid_points_mm

Map = NDArray[np.float32]


@frozen(eq=False)
class Heating:
    """`profile` is 1 at the hot spot, flat, one entry per voxel; the rise reaches `peak_degC` with the last frame."""

    profile: Map
    peak_degC: float
    unheated_frames: int
    heated_frames: int

    @property
    def frames(self) -> int:
        """All frames, the unheated ones first."""
        return self.unheated_frames + self.heated_frames

    def peak_at(self, sequence: int) -> float:
        """The hot spot's rise in a frame, degC; frames are counted from 1."""
        return self.peak_degC * max(0, sequence - self.unheated_frames) / self.heated_frames

    def rise_at(self, sequence: int) -> Map:
        """Rise of each voxel in a frame, degC; flat."""
        return np.asarray(self.profile * np.float32(self.peak_at(sequence)), dtype=np.float32)


def hot_spot(plan: Plan, sd_mm: float, peak_degC: float, frames: int) -> Heating:
    """A hot spot about the plan's target, after as many unheated frames as the plan learns its baseline from."""
    offset = grid_points_mm(geometry_of(plan)) - np.asarray(plan.target.centre_mm)
    profile = np.exp(-0.5 * (offset**2).sum(axis=1) / sd_mm**2).astype(np.float32)
    return Heating(profile, peak_degC, plan.calibration.baseline_frames, frames)
