"""The noise of an image must be that of calibration: more hides temperatures, less is an image that repeats."""

from syntherm.core.checks.verdict import Verdict, at_most, failed, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Scatter from one image to the next in unheated tissue, over that of calibration."""
    watching, quality = state.plan.thermometry, state.thermometry.quality
    if watching is None:
        return passed()
    if quality is None or quality.noise_ratio is None:
        return not_yet("noise has not been compared")
    ratio, least = quality.noise_ratio, watching.noise_ratio_min
    if not ratio >= least:
        return failed(Code.IMAGE_NOISE, f"noise is {ratio:.2f} of calibration's, needs {least:.2f}", ratio, least, "1")
    return at_most(ratio, watching.noise_ratio_max, "1", Code.IMAGE_NOISE, "noise over that of calibration is")
