"""The numbers of a model, in whole ticks, and the plan that has them."""

from pathlib import Path
from typing import Final

import attrs

from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan

PLAN: Final = Path(__file__).parents[2] / "plans" / "igo-breast.toml"
_PER_MIN: Final = 60.0
_PER_H: Final = 3600.0


@attrs.frozen
class Constants:
    """Times in ticks; volumes in what the pump gives in a tick; `delay`: how late an accepted image may be."""

    lease: int
    frame_age: int
    frame_loss: int
    clock_step: int
    dwell: int
    prescribed: int
    longest: int
    loss_of_range: int
    watchdog: int
    volume: int
    dead_volume: int
    test_frames: int
    settling: int
    delay: int
    tick_s: float = 1.0


SMALL: Final = Constants(
    lease=2, frame_age=2, frame_loss=3, clock_step=2, dwell=2, prescribed=3, longest=8, loss_of_range=1, watchdog=2,
    volume=1, dead_volume=1, test_frames=2, settling=1, delay=1,
)  # fmt: skip
"""Every limit can be reached, missed and passed; the search stays small."""


def of_plan(plan: Plan, tick_s: float) -> Constants:
    """The constants of a real plan, to the tick below."""

    def ticks(seconds: float) -> int:
        return int(seconds // tick_s)

    drug, heating, limits = plan.prescription, plan.heating, plan.limits
    return Constants(
        lease=ticks(plan.sonication.lease_s),
        frame_age=ticks(limits.frame_age_s),
        frame_loss=ticks(limits.frame_loss_abort_s),
        clock_step=ticks(limits.clock_step_s),
        dwell=ticks(heating.dwell_s),
        prescribed=ticks(heating.prescribed_in_range_min * _PER_MIN),
        longest=ticks(heating.max_heating_min * _PER_MIN),
        loss_of_range=ticks(heating.loss_of_range_s),
        watchdog=ticks(plan.pump.watchdog_s),
        volume=ticks(drug.volume_ml / drug.rate_ml_per_h * _PER_H),
        dead_volume=ticks(drug.line_dead_volume_ml / drug.rate_ml_per_h * _PER_H),
        test_frames=plan.calibration.test_frames,
        settling=ticks(limits.recalibration_wait_min * _PER_MIN),
        delay=ticks(limits.frame_age_s),
        tick_s=tick_s,
    )


def changes(constants: Constants) -> dict[str, float]:
    """The plan's values, by dotted name, for a tick of one second and 1 mL in a tick."""
    return {
        "heating.dwell_s": float(constants.dwell),
        "heating.prescribed_in_range_min": constants.prescribed / _PER_MIN,
        "heating.max_heating_min": constants.longest / _PER_MIN,
        "heating.loss_of_range_s": float(constants.loss_of_range),
        "limits.frame_age_s": float(constants.frame_age),
        "limits.frame_loss_abort_s": float(constants.frame_loss),
        "limits.clock_step_s": float(constants.clock_step),
        "limits.recalibration_wait_min": constants.settling / _PER_MIN,
        "sonication.lease_s": float(constants.lease),
        "calibration.test_frames": constants.test_frames,
        "pump.watchdog_s": float(constants.watchdog),
        "prescription.volume_ml": float(constants.volume),
        "prescription.line_dead_volume_ml": float(constants.dead_volume),
        "prescription.rate_ml_per_h": _PER_H,
    }


def with_changes(plan: Plan, values: dict[str, float]) -> Plan:
    """The plan with values put in by dotted name."""
    for name, value in values.items():
        part, field = name.split(".")
        plan = attrs.evolve(plan, **{part: attrs.evolve(getattr(plan, part), **{field: value})})
    return plan


def plan_of(constants: Constants) -> Plan:
    """The demonstration plan with the model's numbers; a tick is a second."""
    # Images are not modelled: what watches them would have nothing to watch.
    read = read_plan(PLAN.read_text(encoding="utf-8"))
    plan = attrs.evolve(read, thermometry=None, drug_model=None, residual_dose=None, calibration_proof=None)
    return with_changes(plan, changes(constants))
