"""Every check, by name. All run on every event; one that did not run has failed."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.checks import (
    anatomy,
    breathing,
    channels,
    clock,
    cooling_time,
    drift,
    field_change,
    frame_age,
    frame_identity,
    frames_lost,
    guards_dose,
    guards_hot,
    guards_seen,
    heat_missing,
    heat_unexplained,
    heating_time,
    image_noise,
    image_scale,
    in_range,
    lending,
    monitors,
    motion,
    precision,
    pump_alarm,
    pump_conduct,
    pump_counter,
    pump_link,
    pump_volume,
    sonication_seen,
    stop_loop,
    target_hot,
    target_seen,
    transducer_link,
    transducer_output,
)
from syntherm.core.checks.verdict import Verdict
from syntherm.core.state import SessionState

Check = Callable[[SessionState], Verdict]

EQUIPMENT: Final[Mapping[str, Check]] = {
    "clock": clock.check,
    "monitors": monitors.check,
    "stop-loop": stop_loop.check,
    "transducer-link": transducer_link.check,
    "transducer-output": transducer_output.check,
    "channels": channels.check,
    "lending": lending.check,
    "pump-link": pump_link.check,
    "pump-alarm": pump_alarm.check,
    "pump-conduct": pump_conduct.check,
    "pump-counter": pump_counter.check,
    "pump-volume": pump_volume.check,
    "anatomy": anatomy.check,
}
"""Needed before calibration: they do not rest on images."""

IMAGES: Final[Mapping[str, Check]] = {
    "frame-identity": frame_identity.check,
    "frame-age": frame_age.check,
    "frames-lost": frames_lost.check,
    "precision": precision.check,
    "drift": drift.check,
    "target-seen": target_seen.check,
    "target-hot": target_hot.check,
    "guards-seen": guards_seen.check,
    "guards-hot": guards_hot.check,
    "guards-dose": guards_dose.check,
    "in-range": in_range.check,
    "heating-time": heating_time.check,
    "cooling-time": cooling_time.check,
}

ALL: Final[Mapping[str, Check]] = {**EQUIPMENT, **IMAGES}
"""Needed before any energy."""

WATCHING: Final[Mapping[str, Check]] = {
    "motion": motion.check,
    "breathing": breathing.check,
    "field-change": field_change.check,
    "image-noise": image_noise.check,
    "image-scale": image_scale.check,
    "heat-unexplained": heat_unexplained.check,
    "heat-missing": heat_missing.check,
    "sonication-seen": sonication_seen.check,
}
"""Needed, too, where the plan has thermometry watch itself: all of them or, in plans of earlier releases, none."""


def examine(state: SessionState) -> Mapping[str, Verdict]:
    """The verdict of every check on this state."""
    asked = ALL if state.plan.thermometry is None else {**ALL, **WATCHING}
    return {name: check(state) for name, check in asked.items()}


def due(verdicts: Mapping[str, Verdict], names: Mapping[str, Check]) -> Mapping[str, Check]:
    """`names`, with all that watches thermometry where any of it has answered: one that is missing then has failed."""
    return {**names, **WATCHING} if verdicts.keys() & WATCHING.keys() else names


def may_start(verdicts: Mapping[str, Verdict], names: Mapping[str, Check]) -> bool:
    """Whether every named check ran and lets energy start; one without a verdict does not."""
    asked = due(verdicts, names) if IMAGES.keys() <= names.keys() else names
    return all(name in verdicts and verdicts[name].may_start for name in asked)
