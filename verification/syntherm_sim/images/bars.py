"""The bars that the figures must clear. A figure that could not be measured clears none."""

from attrs import frozen

from syntherm_sim.images.agreement import Figures

LEAST_COVERAGE = 0.93
LEAST_SEEN = 0.9


@frozen
class Bar:
    """One bar: what was measured, what is asked, and whether it is cleared."""

    name: str
    measured: str
    asked: str
    passed: bool


def judge(figures: Figures, lost_frames: int) -> tuple[Bar, ...]:
    """All bars. `lost_frames` are heating frames without any temperature.

    The last two keep a thermometer that calls nothing valid from passing. Without heating no heated voxel is asked of.
    """
    floor = figures.floor_voxels
    seen = figures.well_seen_valid / figures.well_seen if figures.well_seen else float("nan")
    bars = [
        _coverage("within stated 95 % bounds", figures.stated.coverage),
        _coverage("the same, of what the images themselves can show", figures.image.coverage),
        Bar(
            "voxels below the noise floor called valid",
            f"{figures.floor_valid} of {floor}",
            "0 of at least 1",
            floor > 0 and figures.floor_valid == 0,
        ),
        Bar(
            "voxels below the noise floor refused for want of signal",
            f"{figures.floor_no_signal} of {floor}",
            "all of at least 1",
            floor > 0 and figures.floor_no_signal == floor,
        ),
        Bar("valid voxels that are a wrap off", f"{figures.wraps_off}", "0", figures.wraps_off == 0),
        Bar("well seen voxels called valid", _percent(seen), _at_least(LEAST_SEEN), seen >= LEAST_SEEN),
        Bar("heating frames without temperatures", f"{lost_frames}", "0", lost_frames == 0),
    ]
    if figures.peak_degC > 0.0:
        bars.insert(1, _coverage("the same, where at least half the peak was put in", figures.heated.coverage))
    return tuple(bars)


def _coverage(name: str, share: float) -> Bar:
    return Bar(name, _percent(share), _at_least(LEAST_COVERAGE), share >= LEAST_COVERAGE)


def _percent(share: float) -> str:
    return f"{100.0 * share:.2f} %"


def _at_least(share: float) -> str:
    return f">= {100.0 * share:.0f} %"
