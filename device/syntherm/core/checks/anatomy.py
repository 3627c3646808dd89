"""Target, guards and references must lie in the image, and where fat is must be known."""

from syntherm.core.checks.verdict import Verdict, not_yet, passed
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Every region has voxels, and the fat map is there."""
    regions = (state.layout.target, *state.layout.guards)
    empty = [region.name for region in regions if len(region.voxels) == 0]
    if empty or len(state.layout.reference) == 0:
        return not_yet(f"outside the image: {', '.join(empty) or 'reference'}")
    if state.imaging.fat_fraction is None:
        return not_yet("the fat map has not come")
    return passed()
