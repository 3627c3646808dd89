"""Rules within the drug model's table, and between it, the tissue that it follows and the heating.

A plan without the table has no model, and each rule then finds nothing.
"""

from math import floor
from typing import Final

import attrs

from syntherm.core.plan.draft import Draft, Finding, Findings, require
from syntherm.core.plan.values import DrugRanges, Guard, Heating, ResidualDose, Scanner, Target

LARGEST_SHARE: Final = 0.1
"""Of the plasma, how much may flow through the followed tissue in the longest step."""
LONGEST_STEP_S: Final = 30.0
CORNERS: Final = 5
"""The central member, and four at the corners of the ranges."""
MOST_WORK: Final = 64_000
"""Voxels around the regions times members: what one step may compute within the time of an image."""


def ranges_ascend(draft: Draft) -> Findings:
    """Lowest, central and highest value stand in this order."""
    ranges = draft.of(DrugRanges)
    named = [(field.name, getattr(ranges, field.name)) for field in attrs.fields(DrugRanges)]
    return tuple(
        Finding(f"drug_model.{name}", f"{list(found)}", "the lowest, the central and the highest value in this order")
        for name, found in named
        if isinstance(found, tuple) and not found[0] <= found[1] <= found[2]
    )


def tissue_holds_vessels_and_interstitium(draft: Draft) -> Findings:
    """Vessels and interstitium are no more than the tissue."""
    ranges = draft.of(DrugRanges)
    together = ranges.plasma_fraction[2] + ranges.interstitial_fraction[2]
    return require(
        together <= 1.0,
        "drug_model.interstitial_fraction",
        f"{together:g} with the highest plasma_fraction",
        "at most 1 together",
    )


def release_begins_below_its_full_rate(draft: Draft) -> Findings:
    """Whatever the onset is, the full rate comes above it."""
    ranges = draft.of(DrugRanges)
    return require(
        ranges.onset_degC[2] < ranges.full_degC[0],
        "drug_model.onset_degC",
        f"up to {ranges.onset_degC[2]} degC",
        f"below the lowest full_degC of {ranges.full_degC[0]} degC",
    )


def onset_is_above_the_baseline(draft: Draft) -> Findings:
    """Unheated tissue opens nothing: what was infused out of heat would else count as released."""
    ranges, heating = draft.of(DrugRanges), draft.of(Heating)
    return require(
        heating.baseline_degC <= ranges.onset_degC[0],
        "drug_model.onset_degC",
        f"from {ranges.onset_degC[0]} degC",
        f"at least baseline_degC of {heating.baseline_degC} degC",
    )


def followed_voxels(draft: Draft) -> int:
    """At most so many voxels have their centres in the target or in a guard region: those of the boxes around them."""
    scanner = draft.of(Scanner)
    count = 0
    regions: list[Target | Guard] = [draft.of(Target), *draft.rows("guard", Guard)]
    for region in regions:
        x, y, z = (
            floor(2.0 * radius / size) + 1 for radius, size in zip(region.radii_mm, scanner.voxel_mm, strict=True)
        )
        count += x * y * z
    return count


def followed_tissue_takes_little_plasma(draft: Draft) -> Findings:
    """The exchange between body and tissue is computed apart from the body's own: a small share of it in a step."""
    ranges, scanner = draft.of(DrugRanges), draft.of(Scanner)
    x, y, z = scanner.voxel_mm
    flow_ml = followed_voxels(draft) * x * y * z / 1000.0 * ranges.plasma_flow_per_s[2] * LONGEST_STEP_S
    most_ml = LARGEST_SHARE * 1000.0 * min(ranges.plasma_volume_l[0], ranges.free_volume_l[0])
    return require(
        flow_ml <= most_ml,
        "drug_model.plasma_flow_per_s",
        f"{flow_ml:.0f} mL through target and guards in {LONGEST_STEP_S:g} s",
        f"at most {most_ml:.0f} mL, {LARGEST_SHARE:g} of the plasma",
    )


def model_keeps_up_with_the_images(draft: Draft) -> Findings:
    """What is computed for each image is bounded."""
    members = CORNERS + draft.of(DrugRanges).sampled_members
    work = followed_voxels(draft) * members
    return require(
        work <= MOST_WORK,
        "drug_model.sampled_members",
        f"{members} members and {work // members} voxels around the regions, {work} in all",
        f"at most {MOST_WORK} in all",
    )


def residual_rise_stays_small(draft: Draft) -> Findings:
    """A rise that brings tissue at rest above 43 degC would end any heating at once."""
    residual, heating = draft.of(ResidualDose), draft.of(Heating)
    return require(
        heating.baseline_degC + residual.rise_degC < 43.0,
        "residual_dose.rise_degC",
        f"{residual.rise_degC} degC",
        f"less than {43.0 - heating.baseline_degC:g} degC (43 degC above baseline_degC)",
    )
