"""The last heating frame as a picture: magnitude, what was put in, what came out, error over uncertainty, validity."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from syntherm.core.thermometry.validity import Reason
from syntherm_sim.images.experiment import Experiment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

Image = NDArray[np.float64]
_REASON_COLOURS = ("#ffffff", "#7b3fa0", "#1f5fa8", "#e0b000", "#d98a4a", "#222222", "#c00000")
_COARSEST_DEGC = 0.5
_TITLES = ("magnitude", "put in / degC", "measured / degC (invalid: grey)", "error / uncertainty", "validity")


def draw(path: Path, done: Experiment) -> None:
    """Write the picture (PNG): one row for each of four slices, the hot spot's among them.

    Raises OSError where it cannot be written.
    """
    # Imported here: only the picture needs it, and it takes as long as a small run.
    from matplotlib.figure import Figure

    slices = slices_of(done)
    figure = Figure(figsize=(15.0, 3.0 * len(slices) + 1.2), layout="constrained")
    figure.suptitle(
        f"Real image, echo {done.still.echo}; hot spot of {done.last.peak_degC:g} degC put in; seed {done.seed}: "
        f"{'passed' if done.passed else 'failed'}"
    )
    axes = figure.subplots(len(slices), 5, squeeze=False)
    for row, z in enumerate(slices):
        drawn = _draw_row(list(axes[row]), done, z)
        axes[row][0].set_ylabel(f"slice {z}")
    for column, (title, image) in enumerate(zip(_TITLES, drawn, strict=True)):
        axes[0][column].set_title(title, fontsize=9)
        bar = figure.colorbar(image, ax=axes[:, column], location="bottom", shrink=0.8)
    bar.set_ticks(list(Reason), labels=[reason.name.lower() for reason in Reason], fontsize=6)
    figure.savefig(path, format="png", dpi=80, metadata={"Software": None})


def slices_of(done: Experiment) -> tuple[int, ...]:
    """Slices to show: the hot spot's, the edge of its half peak, the one with most noise, and one near an end."""
    matrix = done.plan.scanner.matrix
    hot = round(done.plan.target.centre_mm[2] / done.plan.scanner.voxel_mm[2])
    aside = round(done.plan.target.radii_mm[2] / done.plan.scanner.voxel_mm[2])
    dark = int(np.argmax((done.last.thermal.validity.reshape(matrix) == Reason.NOISE).sum(axis=(0, 1))))
    return tuple(sorted({hot, min(hot + aside, matrix[2] - 1), dark, matrix[2] - 2}))


def _draw_row(axes: "list[Axes]", done: Experiment, z: int) -> "list[AxesImage]":
    from matplotlib.colors import BoundaryNorm, ListedColormap

    matrix, thermal = done.plan.scanner.matrix, done.last.thermal

    def cut(flat: NDArray[np.float32] | NDArray[np.uint8]) -> Image:
        return np.asarray(flat.reshape(matrix)[:, :, z].T, dtype=np.float64)

    unknown = cut(thermal.validity) != Reason.VALID
    rise = np.where(unknown, np.nan, cut(thermal.temperature_degC) - done.plan.heating.baseline_degC)
    put_in = cut(done.last.put_in_degC)
    score = (rise - put_in) / cut(thermal.uncertainty_degC)
    magnitude = np.abs(done.still.volume).astype(np.float64)
    top = max(done.heating.peak_degC, _COARSEST_DEGC)
    heat = ("inferno", -0.2 * top, top)
    shown = (
        (magnitude[:, :, z].T, ("gray", 0.0, float(np.percentile(magnitude, 99.5)))),
        (put_in, heat),
        (rise, heat),
        (score, ("coolwarm", -3.0, 3.0)),
    )
    aspect = done.plan.scanner.voxel_mm[1] / done.plan.scanner.voxel_mm[0]
    drawn = [
        place.imshow(image, origin="lower", aspect=aspect, cmap=colours, vmin=low, vmax=high)
        for place, (image, (colours, low, high)) in zip(axes, shown, strict=False)
    ]
    reasons = ListedColormap(_REASON_COLOURS)
    norm = BoundaryNorm(np.arange(len(Reason) + 1) - 0.5, reasons.N)
    drawn.append(axes[4].imshow(cut(thermal.validity), origin="lower", aspect=aspect, cmap=reasons, norm=norm))
    for place in axes:
        place.set_facecolor("#9a9a9a")
        place.set_xticks([])
        place.set_yticks([])
    return drawn
