"""The whole experiment: real image, known heating, the session's own answer, and what they differ by."""

from math import pi

import attrs
import numpy as np

from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.prfs import degC_per_radian
from syntherm.qa.errors import bad
from syntherm_sim.images.agreement import Compared, Expected, Figures, Mask, compare, total
from syntherm_sim.images.bars import Bar, judge
from syntherm_sim.images.fitted_plan import Acquisition, fit_plan, read_template
from syntherm_sim.images.heating import Heating, hot_spot
from syntherm_sim.images.noise import noise_floor, noise_sd
from syntherm_sim.images.places import find_places
from syntherm_sim.images.scanner import StillScanner
from syntherm_sim.images.sitting import Seen, hold_session
from syntherm_sim.images.still import Still
from syntherm_sim.timeline import Timeline

CLEAR_OF_LEAST_SNR = 4.0
"""A voxel this far above the plan's least signal-to-noise ratio falls below it in one of 30 000 images."""


@attrs.frozen(eq=False)
class Experiment:
    """What was done and what came out. `last` is the last frame that has temperatures."""

    still: Still
    plan: Plan
    noise: float
    heating: Heating
    seed: int
    wraps: int
    frames: tuple[Figures, ...]
    whole: Figures
    last: Compared
    bars: tuple[Bar, ...]
    ended: SessionState

    @property
    def passed(self) -> bool:
        """Whether every bar is cleared."""
        return all(bar.passed for bar in self.bars)


def heat_images(
    still: Still, acquisition: Acquisition, peak_degC: float, frames: int, seed: int, *, watched: bool = False
) -> Experiment:
    """Do it. Raises BadInput where the images hold too little signal to learn a baseline or measure a temperature.

    `watched`: thermometry matches each image and states its uncertainty as in a treatment.
    """
    noise = noise_sd(still.volume)
    if not noise > 0.0:
        raise bad("magnitude and phase", "images without any noise", "images as measured")
    template = read_template()
    places = find_places(still, template.limits.min_snr * noise)
    plan = fit_plan(template, still, places, acquisition, watched=watched)
    heating = hot_spot(plan, places.hot_sd_mm, peak_degC, frames)
    timeline = Timeline(lambda _from_s, _to_s: None)
    scanner = StillScanner(timeline, still, plan, heating, noise, seed)
    listener = _Listener(still, plan, heating, noise)
    ended = hold_session(plan, timeline, scanner, heating.frames, listener.look)
    if listener.last is None:
        raise bad("magnitude and phase", "no drift that could be fitted, so no temperature", "signal in eight corners")
    whole = total(listener.figures)
    return Experiment(
        still=still,
        plan=plan,
        noise=noise,
        heating=heating,
        seed=seed,
        wraps=count_wraps(still),
        frames=tuple(listener.figures),
        whole=whole,
        last=listener.last,
        bars=judge(whole, frames - len(listener.figures)),
        ended=ended,
    )


class _Listener:
    """Compares each heating frame as the session answers it, and keeps no more than the last one's maps."""

    def __init__(self, still: Still, plan: Plan, heating: Heating, noise: float) -> None:
        self._plan, self._heating = plan, heating
        self._phase_rad = np.angle(still.volume).reshape(-1)
        snr = np.abs(still.volume).reshape(-1) / noise
        self._expected = Expected(snr < noise_floor(1.0), snr >= plan.limits.min_snr + CLEAR_OF_LEAST_SNR)
        self.figures: list[Figures] = []
        self.last: Compared | None = None

    def look(self, seen: Seen) -> None:
        if seen.sequence <= self._heating.unheated_frames:
            return
        if not seen.learned:
            raise bad("magnitude and phase", "a drift that could not be fitted while learning", "signal in the corners")
        if seen.thermal is None:
            return
        put_in = self._heating.rise_at(seen.sequence)
        written_rad = put_in / degC_per_radian(self._plan.scanner)
        crossed: Mask = np.abs(self._phase_rad + written_rad) > pi
        peak_degC = self._heating.peak_at(seen.sequence)
        self.last = Compared(seen.sequence, peak_degC, put_in, crossed, seen.thermal)
        self.figures.append(compare(self.last, self._expected, self._plan))


def count_wraps(still: Still) -> int:
    """Neighbouring voxels between which the stored phase jumps by more than pi, along all three axes."""
    phase = np.angle(still.volume)
    return int(sum((np.abs(np.diff(phase, axis=axis)) > pi).sum() for axis in range(3)))
