"""Tissue that a test sonication warms by the thermal model itself, at a place of its own: what images show of it."""

import attrs
import numpy as np

from syntherm.core.commands import GrantLease
from syntherm.core.loan import Loan
from syntherm.core.plan.values import CalibrationProof, Plan
from syntherm.core.response.beam_map import Tissue, read
from syntherm.core.response.trial import Groundwork

PROOF = CalibrationProof(
    probe_power_W=4.0, probe_frames=1, shot_power_W=10.0, shot_frames=4, planned_rise_degC=2.2,
    cooling_frames=6, max_remaining_offset_mm=2.8,
    min_gain_degC_per_J=0.001, max_gain_degC_per_J=0.2, max_gain_difference=0.3, min_time_constant_s=5.0,
    max_time_constant_s=400.0, max_scatter_degC=0.6, covered_min_degC=40.0, covered_max_degC=42.0, wanted_coverage=0.9,
)  # fmt: skip


def proven(plan: Plan, **changes) -> Plan:
    """The plan with a test sonication that proves itself."""
    return attrs.evolve(plan, calibration_proof=attrs.evolve(PROOF, **changes))


@attrs.define
class ShotTissue:
    """Shows what the leases of a Drive have done: a picture like `core_bench.Picture`."""

    drive: object
    ground: Groundwork
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gain: float = 0.12
    second_gain: float | None = None
    tissue: Tissue = attrs.Factory(lambda: Tissue(0.14, 0.004))
    late_s: float = 0.5

    def leases(self):
        """When each lease with energy began, and the lease."""
        return [
            (outcome.records[0].at_s, command)
            for outcome in self.drive.outcomes
            for command in outcome.commands
            if isinstance(command, GrantLease) and command.points
        ]

    def map(self, layout):
        degC = np.full(len(layout.points_mm), 37.0)
        centre = np.asarray(self.drive.plan.target.centre_mm)
        acquired_s = self.drive.at_s - self.late_s
        for begin_s, lease in self.leases():
            if begin_s >= acquired_s:
                continue
            sent = (Loan(begin_s, min(lease.until_s, acquired_s + 100.0), lease.power_W),)
            moved = np.asarray(lease.points[0].aim_mm) - centre
            again = self.second_gain is not None and np.linalg.norm(moved) > 0.0
            shown = self.ground.beam.at(self.ground.beam.driven(sent, np.asarray([acquired_s]), self.tissue)[0])
            heat = read(shown, self.ground.at_mm - (moved + np.asarray(self.offset_mm)))
            degC[self.ground.near] += (self.second_gain if again else self.gain) * heat
        return degC
