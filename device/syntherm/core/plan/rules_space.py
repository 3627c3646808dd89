"""Rules between the target, the guard and reference regions, the focal points and the imaged volume."""

import itertools
import math
from collections.abc import Iterator

from syntherm.core.plan.draft import Draft, Finding, Findings, require
from syntherm.core.plan.values import Calibration, Guard, Millimetres3, Reference, Scanner, Sonication, Target

Region = Target | Guard | Reference
MIN_GUARDS = 1
MIN_REFERENCES = 2


def _regions(draft: Draft) -> Iterator[tuple[str, Region]]:
    yield "target", draft.of(Target)
    for index, guard in enumerate(draft.rows("guard", Guard)):
        yield f"guard[{index}]", guard
    for index, reference in enumerate(draft.rows("reference", Reference)):
        yield f"reference[{index}]", reference


def are_apart(one: Region, other: Region) -> bool:
    """Whether two ellipsoids are shown to be apart by a plane across the line of centres or across an axis.

    Conservative: False means "not shown", which near neighbours of odd shape may be without touching.
    """
    between = tuple(b - a for a, b in zip(one.centre_mm, other.centre_mm, strict=True))
    length = math.hypot(*between)
    across_centres = [tuple(step / length for step in between)] if length > 0.0 else []
    for direction in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), *across_centres]:
        gap_mm = abs(sum(d * b for d, b in zip(direction, between, strict=True)))
        if gap_mm > sum(math.hypot(*map(float.__mul__, each.radii_mm, direction)) for each in (one, other)):
            return True
    return False


def _edges_mm(scanner: Scanner) -> tuple[tuple[float, float], ...]:
    """Outer edges of the imaged volume on each axis: half a voxel beyond the centres of the outermost voxels."""
    axes = zip(scanner.first_voxel_mm, scanner.voxel_mm, scanner.matrix, strict=True)
    return tuple((first - size / 2.0, first + (count - 0.5) * size) for first, size, count in axes)


def _shown(position: Millimetres3) -> str:
    return "[" + ", ".join(f"{each:g}" for each in position) + "] mm"


def centres_are_imaged(draft: Draft) -> Findings:
    """A region that is not imaged cannot be watched."""
    edges = _edges_mm(draft.of(Scanner))
    expected = "a centre in the imaged volume, " + " by ".join(f"{low:g} to {high:g}" for low, high in edges) + " mm"
    return tuple(
        Finding(f"{name}.centre_mm", _shown(region.centre_mm), expected)
        for name, region in _regions(draft)
        if not all(low <= x <= high for x, (low, high) in zip(region.centre_mm, edges, strict=True))
    )


def target_is_imaged_whole(draft: Draft) -> Findings:
    """Heated tissue outside the images would be heated unseen."""
    target, edges = draft.of(Target), _edges_mm(draft.of(Scanner))
    axes = list(zip(target.centre_mm, target.radii_mm, edges, strict=True))
    return require(
        all(low <= centre - radius and centre + radius <= high for centre, radius, (low, high) in axes),
        "target.radii_mm",
        _shown(target.radii_mm),
        "a target that lies in the imaged volume as a whole",
    )


def regions_hold_a_voxel(draft: Draft) -> Findings:
    """A region between the centres of voxels has no temperature at all."""
    scanner = draft.of(Scanner)
    return tuple(
        Finding(f"{name}.radii_mm", _shown(region.radii_mm), "an ellipsoid that holds the centre of a voxel")
        for name, region in _regions(draft)
        if not _holds_a_voxel(region, scanner)
    )


def _holds_a_voxel(region: Region, scanner: Scanner) -> bool:
    """The nearest voxel of the scaled ellipsoid is the nearest on each axis, since its axes are the image's."""
    distance = 0.0
    for axis, (centre, radius) in enumerate(zip(region.centre_mm, region.radii_mm, strict=True)):
        first, size, count = scanner.first_voxel_mm[axis], scanner.voxel_mm[axis], scanner.matrix[axis]
        index = min(max(round((centre - first) / size), 0), count - 1)
        distance += ((first + index * size - centre) / radius) ** 2
    return distance <= 1.0


def guards_spare_the_target(draft: Draft) -> Findings:
    """No tissue is both to be heated and to be spared."""
    target = draft.of(Target)
    return tuple(
        Finding(f"guard[{index}].centre_mm", "an ellipsoid that may overlap the target", "one clear of it")
        for index, guard in enumerate(draft.rows("guard", Guard))
        if not are_apart(guard, target)
    )


def references_stay_unheated(draft: Draft) -> Findings:
    """Drift is measured where nothing is heated: clear of the target and of the guards, which may be warmed."""
    warmed: list[tuple[str, Region]] = [("the target", draft.of(Target))]
    warmed += [(f"the guard {guard.name}", guard) for guard in draft.rows("guard", Guard)]
    return tuple(
        Finding(f"reference[{index}].centre_mm", f"an ellipsoid that may overlap {name}", "one clear of it")
        for index, reference in enumerate(draft.rows("reference", Reference))
        for name, region in warmed
        if not are_apart(reference, region)
    )


def guards_are_enough(draft: Draft) -> Findings:
    """Heating without a guard region is not governed."""
    count = len(draft.rows("guard", Guard))
    return require(count >= MIN_GUARDS, "guard", f"{count} regions", f"at least {MIN_GUARDS}")


def references_are_enough(draft: Draft) -> Findings:
    """One region cannot tell a drift from a warmed region."""
    count = len(draft.rows("reference", Reference))
    return require(count >= MIN_REFERENCES, "reference", f"{count} regions", f"at least {MIN_REFERENCES}")


def names_differ(draft: Draft) -> Findings:
    """Operators and the record call regions by name; capitals make no difference to a reader."""
    named = [(f"guard[{index}].name", guard.name) for index, guard in enumerate(draft.rows("guard", Guard))]
    references = draft.rows("reference", Reference)
    named += [(f"reference[{index}].name", reference.name) for index, reference in enumerate(references)]
    pairs = itertools.combinations(named, 2)
    repeated = {field: name for (_, first), (field, name) in pairs if first.casefold() == name.casefold()}
    return tuple(Finding(field, ascii(name), "a name that no other region has") for field, name in repeated.items())


def focal_points_exist(draft: Draft) -> Findings:
    """With the margin taken off, the target still has room for focal points."""
    sonication, target = draft.of(Sonication), draft.of(Target)
    radius_mm = min(target.radii_mm)
    return require(
        radius_mm + sonication.focal_margin_mm > 0.0,
        "sonication.focal_margin_mm",
        f"{sonication.focal_margin_mm} mm",
        f"above {-radius_mm:g} mm (the smallest radius of the target)",
    )


def focal_points_share_the_target(draft: Draft) -> Findings:
    """Focal points farther apart than the target is wide would be one."""
    sonication, target = draft.of(Sonication), draft.of(Target)
    width_mm = 2.0 * min(target.radii_mm)
    return require(
        sonication.focal_spacing_mm < width_mm,
        "sonication.focal_spacing_mm",
        f"{sonication.focal_spacing_mm} mm",
        f"below the target's smallest width of {width_mm:g} mm",
    )


def focus_offset_stays_in_the_target(draft: Draft) -> Findings:
    """A test focus that is accepted has struck the target."""
    calibration, target = draft.of(Calibration), draft.of(Target)
    return require(
        calibration.max_focus_offset_mm < min(target.radii_mm),
        "calibration.max_focus_offset_mm",
        f"{calibration.max_focus_offset_mm} mm",
        f"below the smallest radius of the target, {min(target.radii_mm):g} mm",
    )
