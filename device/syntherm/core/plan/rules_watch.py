"""Rules of a plan that has thermometry watch itself; without its table there is nothing to judge."""

from syntherm.core.plan.draft import Draft, Findings, require
from syntherm.core.plan.values import Limits, Scanner, Target, Vigilance


def unmatched_images_end_before_the_session(draft: Draft) -> Findings:
    """Images that show no temperature become a fault before the session would be given up for lost ones."""
    watching, scanner, limits = draft.of(Vigilance), draft.of(Scanner), draft.of(Limits)
    lasts_s = watching.unmatched_frames * scanner.frame_period_s
    return require(
        lasts_s < limits.frame_loss_abort_s,
        "thermometry.unmatched_frames",
        f"{watching.unmatched_frames} images, {lasts_s:g} s",
        f"less than frame_loss_abort_s of {limits.frame_loss_abort_s} s",
    )


def movement_stays_in_the_target(draft: Draft) -> Findings:
    """Movement that is corrected leaves the heat where it was planned, by less than half of the smallest radius."""
    watching, target = draft.of(Vigilance), draft.of(Target)
    half_mm = min(target.radii_mm) / 2.0
    return require(
        watching.motion_mm <= half_mm,
        "thermometry.motion_mm",
        f"{watching.motion_mm} mm",
        f"at most half of the target's smallest radius, {half_mm:g} mm",
    )


def memory_outlasts_an_image(draft: Draft) -> Findings:
    """What changes slowly is told from what changes suddenly by more than one image."""
    watching, scanner = draft.of(Vigilance), draft.of(Scanner)
    return require(
        watching.memory_s >= scanner.frame_period_s,
        "thermometry.memory_s",
        f"{watching.memory_s} s",
        f"at least the frame period of {scanner.frame_period_s} s",
    )
