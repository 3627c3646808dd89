"""The last heating frame as a picture: magnitude, what was put in, what came out, error over uncertainty, validity."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from syntherm.core.thermometry.validity import Reason
from syntherm_sim.images.experiment import Experiment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Image = NDArray[np.float64]
_REASON_COLOURS = ("#ffffff", "#7b3fa0", "#1f5fa8", "#e0b000", "#d98a4a", "#222222")
_COARSEST_DEGC = 0.5


def draw(path: Path, done: Experiment) -> None:
    """Write the picture (PNG): one row for each of four slices, the hot spot's among them.

    Raises OSError where it cannot be written.
    """
    # Imported here: only the picture needs it, and it takes as long as a small run.
    from matplotlib.figure import Figure

    slices = slices_of(done)
    figure = Figure(figsize=(15.0, 2.9 * len(slices) + 0.8), layout="constrained")
    figure.suptitle(
        f"Real image, echo {done.still.echo}; hot spot of {done.last.peak_degC:g} degC put in; seed {done.seed}: "
        f"{'passed' if done.passed else 'failed'}"
    )
    axes = figure.subplots(len(slices), 5, squeeze=False)
    for row, z in enumerate(slices):
        _draw_row(list(axes[row]), done, z, first=row == 0)
    figure.savefig(path, format="png", dpi=80, metadata={"Software": None})


def slices_of(done: Experiment) -> tuple[int, ...]:
    """Slices to show: the hot spot's, one SD above it, and one with the most voids; the last near an end."""
    matrix = done.plan.scanner.matrix
    hot = round(done.plan.target.centre_mm[2] / done.plan.scanner.voxel_mm[2])
    aside = round(done.plan.target.radii_mm[2] / done.plan.scanner.voxel_mm[2])
    dark = int(np.argmax((done.last.thermal.validity.reshape(matrix) == Reason.NOISE).sum(axis=(0, 1))))
    return tuple(sorted({hot, min(hot + aside, matrix[2] - 1), dark, matrix[2] - 2}))


def _draw_row(axes: "list[Axes]", done: Experiment, z: int, *, first: bool) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    matrix, thermal = done.plan.scanner.matrix, done.last.thermal

    def cut(flat: NDArray[np.float32] | NDArray[np.uint8]) -> Image:
        return np.asarray(flat.reshape(matrix)[:, :, z].T, dtype=np.float64)

    unknown = cut(thermal.validity) != Reason.VALID
    rise = np.where(unknown, np.nan, cut(thermal.temperature_degC) - done.plan.heating.baseline_degC)
    put_in = cut(done.last.put_in_degC)
    score = (rise - put_in) / cut(thermal.uncertainty_degC)
    top = max(done.heating.peak_degC, _COARSEST_DEGC)
    magnitude = np.abs(done.still.volume[:, :, z]).T.astype(np.float64)
    shown = (
        (magnitude, "magnitude", {"cmap": "gray", "vmin": 0.0}),
        (put_in, "put in / degC", {"cmap": "inferno", "vmin": -0.2 * top, "vmax": top}),
        (rise, "measured / degC (invalid: grey)", {"cmap": "inferno", "vmin": -0.2 * top, "vmax": top}),
        (score, "error / uncertainty", {"cmap": "coolwarm", "vmin": -3.0, "vmax": 3.0}),
    )
    aspect = done.plan.scanner.voxel_mm[1] / done.plan.scanner.voxel_mm[0]
    for place, (image, title, style) in zip(axes, shown, strict=False):
        place.set_facecolor("#9a9a9a")
        drawn = place.imshow(image, origin="lower", aspect=aspect, **style)  # type: ignore[arg-type]
        place.figure.colorbar(drawn, ax=place, shrink=0.8)
        place.set_title(title if first else "", fontsize=9)
    colours = ListedColormap(_REASON_COLOURS)
    norm = BoundaryNorm(np.arange(len(Reason) + 1) - 0.5, colours.N)
    drawn = axes[4].imshow(cut(thermal.validity), origin="lower", aspect=aspect, cmap=colours, norm=norm)
    bar = axes[4].figure.colorbar(drawn, ax=axes[4], shrink=0.8, ticks=list(Reason))
    bar.ax.set_yticklabels([reason.name.lower() for reason in Reason], fontsize=7)
    axes[4].set_title("validity" if first else "", fontsize=9)
    axes[0].set_ylabel(f"slice {z}")
    for place in axes:
        place.set_xticks([])
        place.set_yticks([])
