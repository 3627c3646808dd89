"""No voxel of a guard region may get more than the region's thermal dose, on its upper bound."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The guard region that has used most of its dose."""
    dose = state.thermometry.dose
    if dose is None:
        return not_yet("no dose is counted yet")
    used = [
        (float(dose.upper_min[region.voxels].max(initial=0.0)), guard)
        for region, guard in zip(state.layout.guards, state.plan.guard, strict=True)
    ]
    most, guard = max(used, key=lambda pair: pair[0] / pair[1].max_cem43_min)
    return at_most(most, guard.max_cem43_min, "min", Code.GUARD_DOSE, f"{guard.name} may have had CEM43")
