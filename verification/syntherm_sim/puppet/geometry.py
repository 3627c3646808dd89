"""The plan on a grid so small that an image costs about a millisecond, with two guard regions that play two parts."""

from typing import Final

import attrs

from syntherm.core.plan.values import Guard, Plan, Reference, Target

HOT_SIDE, DOSE_SIDE = "hot-side", "dose-side"
"""One guard is hot long before it has had its dose; the other has its dose long before it is hot."""
_HOT_ABOVE_BASELINE_DEGC: Final = 4.0
_HIGHEST_GUARD_DEGC: Final = 45.0
_SHARE: Final = 0.8
"""Of the dose that one interval of warmth gives: what is enough for the limit, and far from it without warmth."""
_AWAY_MM: Final = 18.0


def dose_side_degC(plan: Plan) -> float:
    """How warm the second guard is shown when it is to have its dose: below its limit on every bound."""
    return plan.guard[1].max_degC - 1.0


def shrunk(plan: Plan, interval_s: float) -> Plan:
    """The plan on 432 voxels and 15 focal points; one image period of `interval_s` gives the second guard its dose."""
    limit_degC = min(_HIGHEST_GUARD_DEGC, plan.limits.target_max_degC)
    warm_rate = 2.0 ** (limit_degC - 1.0 - 43.0)  # minutes of CEM43 per minute, from 43 degC up
    dose_min = _SHARE * warm_rate * 0.5 * interval_s / 60.0
    hot_degC = plan.heating.baseline_degC + _HOT_ABOVE_BASELINE_DEGC
    corners = [(x, y, 0.0) for x in (-_AWAY_MM, _AWAY_MM) for y in (-_AWAY_MM, _AWAY_MM)]
    return attrs.evolve(
        plan,
        calibration_proof=None,
        thermometry=None,  # its images have no edges to match
        drug_model=None,
        residual_dose=None,
        scanner=attrs.evolve(
            plan.scanner, matrix=(12, 12, 3), voxel_mm=(4.0, 4.0, 6.0), first_voxel_mm=(-22.0, -22.0, -6.0)
        ),
        sonication=attrs.evolve(plan.sonication, focal_spacing_mm=6.0, focal_margin_mm=0.0),
        target=Target((0.0, 0.0, 0.0), (7.0, 7.0, 7.0)),
        guard=(
            Guard(HOT_SIDE, (_AWAY_MM, 0.0, 0.0), (5.0, 5.0, 8.0), hot_degC, 9.0, 0.5),
            Guard(DOSE_SIDE, (-_AWAY_MM, 0.0, 0.0), (5.0, 5.0, 8.0), limit_degC, min(dose_min, 9.0), 0.5),
        ),
        reference=tuple(Reference(f"tube-{i}", corner, (6.0, 6.0, 8.0)) for i, corner in enumerate(corners)),
    )
