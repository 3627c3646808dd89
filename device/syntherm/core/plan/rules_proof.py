"""Rules of a plan whose test sonication proves itself by two shots; without its table there is nothing to judge."""

from syntherm.core.plan.draft import Draft, Findings, require
from syntherm.core.plan.values import Calibration, CalibrationProof, Limits, Sonication


def probe_is_the_weaker_shot(draft: Draft) -> Findings:
    """What comes before anything is known has the least power, and no shot more than the treatment."""
    proof, sonication = draft.of(CalibrationProof), draft.of(Sonication)
    return require(
        proof.probe_power_W <= proof.shot_power_W <= sonication.max_power_W,
        "calibration_proof.shot_power_W",
        f"{proof.shot_power_W} W",
        f"at least probe_power_W of {proof.probe_power_W} W, at most max_power_W of {sonication.max_power_W} W",
    )


def planned_rise_is_accepted(draft: Draft) -> Findings:
    """A shot that goes as planned is not refused for its rise."""
    proof, calibration = draft.of(CalibrationProof), draft.of(Calibration)
    return require(
        calibration.min_rise_degC <= proof.planned_rise_degC <= calibration.max_rise_degC,
        "calibration_proof.planned_rise_degC",
        f"{proof.planned_rise_degC} degC",
        f"{calibration.min_rise_degC} to {calibration.max_rise_degC} degC (min_rise_degC to max_rise_degC)",
    )


def what_remains_is_less_than_what_is_corrected(draft: Draft) -> Findings:
    """A second shot that may be as far off as the first proves nothing."""
    proof, calibration = draft.of(CalibrationProof), draft.of(Calibration)
    return require(
        proof.max_remaining_offset_mm < calibration.max_focus_offset_mm,
        "calibration_proof.max_remaining_offset_mm",
        f"{proof.max_remaining_offset_mm} mm",
        f"below max_focus_offset_mm of {calibration.max_focus_offset_mm} mm",
    )


def accepted_ranges_ascend(draft: Draft) -> Findings:
    """What is accepted has a lower and a higher end."""
    proof = draft.of(CalibrationProof)
    gain = require(
        proof.min_gain_degC_per_J < proof.max_gain_degC_per_J,
        "calibration_proof.min_gain_degC_per_J",
        f"{proof.min_gain_degC_per_J} degC/J",
        f"below max_gain_degC_per_J of {proof.max_gain_degC_per_J} degC/J",
    )
    return gain + require(
        proof.min_time_constant_s < proof.max_time_constant_s,
        "calibration_proof.min_time_constant_s",
        f"{proof.min_time_constant_s} s",
        f"below max_time_constant_s of {proof.max_time_constant_s} s",
    )


def covered_range_is_heated(draft: Draft) -> Findings:
    """What counts as covered can be reached below the target's limit."""
    proof, limits = draft.of(CalibrationProof), draft.of(Limits)
    return require(
        proof.covered_min_degC < proof.covered_max_degC <= limits.target_max_degC,
        "calibration_proof.covered_max_degC",
        f"{proof.covered_max_degC} degC",
        f"above covered_min_degC of {proof.covered_min_degC} degC, at most target_max_degC of "
        f"{limits.target_max_degC} degC",
    )
