"""All rules that compare the plan's values with each other. A rule is judged once its tables are sound."""

from collections.abc import Callable, Iterator

from syntherm.core.plan import rules_drug as drug
from syntherm.core.plan import rules_heat as heat
from syntherm.core.plan import rules_model as model
from syntherm.core.plan import rules_proof as proof
from syntherm.core.plan import rules_space as space
from syntherm.core.plan import rules_watch as watch
from syntherm.core.plan.draft import Draft, Finding, Findings, NotSound

RULES: tuple[Callable[[Draft], Findings], ...] = (
    drug.volume_gives_the_dose,
    drug.syringe_holds_the_volume,
    drug.infusion_fits_the_prescribed_time,
    drug.infusion_fits_the_heating,
    drug.pump_outlives_a_frame,
    drug.pump_stops_itself_in_time,
    drug.pump_is_watched_within_its_watchdog,
    heat.band_is_open,
    heat.setpoint_is_in_the_band,
    heat.aim_is_in_the_band,
    heat.release_is_below_the_band,
    heat.cooling_can_be_shown,
    heat.band_is_below_the_target_limit,
    heat.precision_suits_the_band,
    heat.guards_are_below_the_target_limit,
    heat.guards_bear_the_baseline,
    heat.prescribed_time_fits_the_heating,
    heat.dwell_rests_on_images,
    heat.loss_of_range_rests_on_an_image,
    heat.one_late_frame_is_borne,
    heat.frame_loss_comes_after_age,
    heat.lease_ends_with_the_frame,
    heat.power_of_the_test_is_within_the_maximum,
    heat.rise_of_the_test_is_a_range,
    heat.rise_of_the_test_stays_below_the_band,
    heat.hidden_peak_of_the_test_stays_below_the_limit,
    heat.lease_hides_no_less_than_the_test,
    heat.steps_stay_within_a_wrap,
    heat.phase_sign_is_a_sign,
    space.guards_are_enough,
    space.references_are_enough,
    space.names_differ,
    space.centres_are_imaged,
    space.target_is_imaged_whole,
    space.regions_hold_a_voxel,
    space.guards_spare_the_target,
    space.references_stay_unheated,
    space.focal_points_exist,
    space.focal_points_share_the_target,
    space.focus_offset_stays_in_the_target,
    model.ranges_ascend,
    model.tissue_holds_vessels_and_interstitium,
    model.release_begins_below_its_full_rate,
    model.onset_is_above_the_baseline,
    model.followed_tissue_takes_little_plasma,
    model.model_keeps_up_with_the_images,
    model.residual_rise_stays_small,
    watch.unmatched_images_end_before_the_session,
    watch.movement_stays_in_the_target,
    watch.memory_outlasts_an_image,
    proof.probe_is_the_weaker_shot,
    proof.planned_rise_is_accepted,
    proof.what_remains_is_less_than_what_is_corrected,
    proof.accepted_ranges_ascend,
    proof.covered_range_is_heated,
)


def broken_rules(draft: Draft) -> Iterator[Finding]:
    """What each broken rule has to say, leaving out the rules whose tables are not all sound."""
    for rule in RULES:
        try:
            yield from rule(draft)
        except NotSound:
            continue
