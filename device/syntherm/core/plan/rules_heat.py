"""Rules between temperatures, times, the calibration and the imaging."""

import math

from syntherm.core.plan.draft import Draft, Finding, Findings, require
from syntherm.core.plan.values import Calibration, Control, Guard, Heating, HiddenPeak, Limits, Scanner, Sonication

_ROUNDING = 1e-9
_PROTON_MHZ_PER_T = 42.577
FRAMES_OF_AGE = 1.5
"""A frame's age may reach this many periods, so that one late frame is borne."""
FRAMES_OF_DWELL = 2.0
"""A dwell rests on more than one image."""


def band_is_open(draft: Draft) -> Findings:
    """The coldest tenth's limit lies below the hottest tenth's."""
    heating = draft.of(Heating)
    return require(
        heating.range_cold90_min_degC < heating.range_hot10_max_degC,
        "heating.range_cold90_min_degC",
        f"{heating.range_cold90_min_degC} degC",
        f"below range_hot10_max_degC of {heating.range_hot10_max_degC} degC",
    )


def setpoint_is_in_the_band(draft: Draft) -> Findings:
    """The controller is not asked to leave the range."""
    heating = draft.of(Heating)
    low, high = heating.range_cold90_min_degC, heating.range_hot10_max_degC
    return require(
        low <= heating.setpoint_degC <= high,
        "heating.setpoint_degC",
        f"{heating.setpoint_degC} degC",
        f"{low} to {high} degC (range_cold90_min_degC to range_hot10_max_degC)",
    )


def aim_is_in_the_band(draft: Draft) -> Findings:
    """Nor is the one that predicts. A plan without tuning aims at the set point."""
    heating, control = draft.of(Heating), draft.of(Control)
    low, high = heating.range_cold90_min_degC, heating.range_hot10_max_degC
    return require(
        low <= control.aim_degC <= high,
        "control.aim_degC",
        f"{control.aim_degC} degC",
        f"{low} to {high} degC (range_cold90_min_degC to range_hot10_max_degC)",
    )


def release_is_below_the_band(draft: Draft) -> Findings:
    """Below the release temperature the target is no longer in range."""
    heating = draft.of(Heating)
    return require(
        heating.release_degC <= heating.range_cold90_min_degC,
        "heating.release_degC",
        f"{heating.release_degC} degC",
        f"at most range_cold90_min_degC of {heating.range_cold90_min_degC} degC",
    )


def _unheated_upper_degC(draft: Draft) -> float:
    """Upper bound, degC, that unheated tissue shows when the baseline and the images are as uncertain as allowed."""
    heating, limits = draft.of(Heating), draft.of(Limits)
    uncertainty_degC = math.hypot(limits.precision_degC, heating.baseline_uncertainty_degC)
    return heating.baseline_degC + limits.coverage_factor * uncertainty_degC


def cooling_can_be_shown(draft: Draft) -> Findings:
    """Unheated tissue, measured as badly as allowed, still counts as cooled: its upper bound is below release."""
    heating, upper_degC = draft.of(Heating), _unheated_upper_degC(draft)
    return require(
        heating.release_degC > upper_degC,
        "heating.release_degC",
        f"{heating.release_degC} degC",
        f"above {upper_degC:.2f} degC (baseline and its uncertainty at the worst accepted precision)",
    )


def band_is_below_the_target_limit(draft: Draft) -> Findings:
    """Being in range never reaches the limit that ends the session."""
    heating, limits = draft.of(Heating), draft.of(Limits)
    return require(
        heating.range_hot10_max_degC <= limits.target_max_degC,
        "heating.range_hot10_max_degC",
        f"{heating.range_hot10_max_degC} degC",
        f"at most target_max_degC of {limits.target_max_degC} degC",
    )


def precision_suits_the_band(draft: Draft) -> Findings:
    """Half the band exceeds the worst accepted precision, else in and out of range look alike."""
    heating, limits = draft.of(Heating), draft.of(Limits)
    half_degC = (heating.range_hot10_max_degC - heating.range_cold90_min_degC) / 2.0
    return require(
        limits.precision_degC < half_degC,
        "limits.precision_degC",
        f"{limits.precision_degC} degC",
        f"below half the temperature band, {half_degC:.2f} degC",
    )


def guards_are_below_the_target_limit(draft: Draft) -> Findings:
    """Tissue that must not be harmed is never allowed more than the tissue that is heated."""
    limits = draft.of(Limits)
    return tuple(
        Finding(
            f"guard[{index}].max_degC",
            f"{guard.max_degC} degC",
            f"at most target_max_degC of {limits.target_max_degC} degC",
        )
        for index, guard in enumerate(draft.rows("guard", Guard))
        if guard.max_degC > limits.target_max_degC
    )


def guards_bear_the_baseline(draft: Draft) -> Findings:
    """An unheated guard region, measured as badly as allowed, does not end the session."""
    upper_degC = _unheated_upper_degC(draft)
    return tuple(
        Finding(
            f"guard[{index}].max_degC",
            f"{guard.max_degC} degC",
            f"above {upper_degC:.2f} degC (baseline and its uncertainty at the worst accepted precision)",
        )
        for index, guard in enumerate(draft.rows("guard", Guard))
        if guard.max_degC <= upper_degC
    )


def prescribed_time_fits_the_heating(draft: Draft) -> Findings:
    """The longest heating leaves room for the rise, beyond the dwell and the prescribed time in range."""
    heating = draft.of(Heating)
    needed_min = heating.prescribed_in_range_min + heating.dwell_s / 60.0
    return require(
        needed_min * (1 + _ROUNDING) < heating.max_heating_min,
        "heating.max_heating_min",
        f"{heating.max_heating_min} min",
        f"more than {needed_min:.1f} min (prescribed time in range and dwell)",
    )


def dwell_rests_on_images(draft: Draft) -> Findings:
    """One image in range is not "in range for the dwell"."""
    heating, scanner = draft.of(Heating), draft.of(Scanner)
    needed_s = FRAMES_OF_DWELL * scanner.frame_period_s
    return require(
        heating.dwell_s >= needed_s, "heating.dwell_s", f"{heating.dwell_s} s", f"at least two frames, {needed_s:g} s"
    )


def loss_of_range_rests_on_an_image(draft: Draft) -> Findings:
    """Loss of range cannot be judged faster than images come."""
    heating, scanner = draft.of(Heating), draft.of(Scanner)
    return require(
        heating.loss_of_range_s >= scanner.frame_period_s,
        "heating.loss_of_range_s",
        f"{heating.loss_of_range_s} s",
        f"at least the frame period of {scanner.frame_period_s} s",
    )


def one_late_frame_is_borne(draft: Draft) -> Findings:
    """The age limit leaves room for one late frame."""
    limits, scanner = draft.of(Limits), draft.of(Scanner)
    needed_s = FRAMES_OF_AGE * scanner.frame_period_s
    return require(
        limits.frame_age_s >= needed_s * (1 - _ROUNDING),
        "limits.frame_age_s",
        f"{limits.frame_age_s} s",
        f"at least {FRAMES_OF_AGE:g} frame periods, {needed_s:g} s",
    )


def frame_loss_comes_after_age(draft: Draft) -> Findings:
    """Energy pauses for an old frame before the session is given up for lost frames."""
    limits = draft.of(Limits)
    return require(
        limits.frame_loss_abort_s > limits.frame_age_s,
        "limits.frame_loss_abort_s",
        f"{limits.frame_loss_abort_s} s",
        f"more than frame_age_s of {limits.frame_age_s} s",
    )


def lease_ends_with_the_frame(draft: Draft) -> Findings:
    """Images lag and a voxel hides the peak: no energy is granted beyond the next image."""
    sonication, scanner = draft.of(Sonication), draft.of(Scanner)
    return require(
        sonication.lease_s <= scanner.frame_period_s,
        "sonication.lease_s",
        f"{sonication.lease_s} s",
        f"at most the frame period of {scanner.frame_period_s} s",
    )


def power_of_the_test_is_within_the_maximum(draft: Draft) -> Findings:
    """The test sonication is the weaker one."""
    calibration, sonication = draft.of(Calibration), draft.of(Sonication)
    return require(
        calibration.test_power_W <= sonication.max_power_W,
        "calibration.test_power_W",
        f"{calibration.test_power_W} W",
        f"at most max_power_W of {sonication.max_power_W} W",
    )


def rise_of_the_test_is_a_range(draft: Draft) -> Findings:
    """The accepted rise of the test sonication has a lower and a higher end."""
    calibration = draft.of(Calibration)
    return require(
        calibration.min_rise_degC < calibration.max_rise_degC,
        "calibration.min_rise_degC",
        f"{calibration.min_rise_degC} degC",
        f"below max_rise_degC of {calibration.max_rise_degC} degC",
    )


def rise_of_the_test_stays_below_the_band(draft: Draft) -> Findings:
    """The test sonication measures; it does not treat, nor does it leave the range at its top."""
    calibration, heating = draft.of(Calibration), draft.of(Heating)
    hottest_degC = heating.baseline_degC + calibration.max_rise_degC
    return require(
        hottest_degC <= heating.range_hot10_max_degC,
        "calibration.max_rise_degC",
        f"{calibration.max_rise_degC} degC, to {hottest_degC:.1f} degC",
        f"at most range_hot10_max_degC of {heating.range_hot10_max_degC} degC from the baseline",
    )


def hidden_peak_of_the_test_stays_below_the_limit(draft: Draft) -> Findings:
    """A voxel hides the peak: what the accepted rise implies at the focus must be bearable."""
    calibration, heating, limits = draft.of(Calibration), draft.of(Heating), draft.of(Limits)
    factor = draft.of(Sonication).partial_volume_factor
    peak_degC = heating.baseline_degC + factor * calibration.max_rise_degC
    return require(
        peak_degC <= limits.target_max_degC,
        "calibration.max_rise_degC",
        f"{calibration.max_rise_degC} degC, a peak of {peak_degC:.1f} degC at a partial volume factor of {factor}",
        f"a peak of at most target_max_degC of {limits.target_max_degC} degC",
    )


def lease_hides_no_less_than_the_test(draft: Draft) -> Findings:
    """Heat spreads less in a lease than in the test sonication, which lasts longer."""
    factor, least = draft.of(HiddenPeak).lease_factor, draft.of(Sonication).partial_volume_factor
    return require(
        factor >= least,
        "hidden_peak.lease_factor",
        f"{factor}",
        f"at least sonication.partial_volume_factor of {least}",
    )


def wrap_degC(scanner: Scanner) -> float:
    """Temperature step, degC, at which the phase of one dynamic wraps (half a turn): 1 / (2 gamma B0 |alpha| TE)."""
    turns_per_degC_s = _PROTON_MHZ_PER_T * scanner.field_T * abs(scanner.prf_ppm_per_degC)
    return 0.5 / (turns_per_degC_s * scanner.echo_time_ms / 1000.0)


def steps_stay_within_a_wrap(draft: Draft) -> Findings:
    """A limit beyond the wrap could never be seen broken: the phase would have turned round before."""
    limits, scanner = draft.of(Limits), draft.of(Scanner)
    wrap = wrap_degC(scanner)
    expected = f"below the phase wrap at {wrap:.1f} degC (field, echo time and PRF coefficient)"
    step = require(limits.voxel_step_degC < wrap, "limits.voxel_step_degC", f"{limits.voxel_step_degC} degC", expected)
    return step + require(limits.drift_degC < wrap, "limits.drift_degC", f"{limits.drift_degC} degC", expected)


def phase_sign_is_a_sign(draft: Draft) -> Findings:
    """A sign of zero would show every temperature as the baseline."""
    sign = draft.of(Scanner).phase_sign
    return require(sign != 0, "scanner.phase_sign", f"{sign}", "-1 or 1")
