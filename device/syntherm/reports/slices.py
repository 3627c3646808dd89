"""Maps in three orthogonal planes through the target's centre, one figure for many moments."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from syntherm.core.plan.values import Guard, Plan, Target
from syntherm.reports import svg
from syntherm.reports.maps import KeyMaps
from syntherm.reports.regions import Volume, axis_mm, nearest, section
from syntherm.reports.wording import moment_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

WIDTH_IN: Final = 7.3
COLUMNS: Final = 3
PER_FIGURE: Final = 9
LOW_degC, HIGH_degC = 36.0, 44.0
"""The one scale of all temperature maps."""
_GAP_MM, _MARGIN_IN, _TITLE_IN, _FOOT_IN, _BAR_IN = 5.0, 0.14, 0.32, 0.16, 0.5
_INVALID, _HATCH = "#f0f2f4", "#aab5bd"


@attrs.frozen(eq=False)
class Picture:
    """One volume, shape (nx, ny, nz), NaN where nothing is known, with its heading."""

    volume: Volume
    heading: str
    under: str


def draw_temperatures(maps: Sequence[KeyMaps], plan: Plan, when: Sequence[str]) -> tuple[str, ...]:
    """The temperature maps of all moments, `when` said of each: one SVG element for each nine of them."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(LOW_degC, HIGH_degC), "inferno")
    pictures = [
        Picture(each.temperature_degC, moment_label(each.moment.label), words)
        for each, words in zip(maps, when, strict=True)
    ]
    groups = [pictures[first : first + PER_FIGURE] for first in range(0, len(pictures), PER_FIGURE)]
    return tuple(
        _draw(group, plan, scale, "temperature / °C", f"maps{index}", COLUMNS, WIDTH_IN)
        for index, group in enumerate(groups)
    )


def draw_dose(maps: KeyMaps, plan: Plan) -> str:
    """The dose map of a moment as an SVG element, on a logarithmic scale up to the decade that holds it all."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    known = maps.dose_min[np.isfinite(maps.dose_min)]
    highest = max(10.0, float(known.max(initial=10.0)))
    scale = ScalarMappable(LogNorm(0.1, 10.0 ** ceil(np.log10(highest))), "viridis")
    # On a logarithmic scale, no dose yet is drawn as the lowest colour, which its bar shows as "or less".
    volume = np.where(maps.dose_min > 0.0, maps.dose_min, np.where(np.isfinite(maps.dose_min), 1e-6, np.nan))
    picture = Picture(volume, "thermal dose", moment_label(maps.moment.label))
    return _draw([picture], plan, scale, "CEM43 / min", "dose", 1, 3.3)


def draw_drug_maps(maps: KeyMaps, plan: Plan) -> tuple[str, ...]:
    """Modelled drug in tissue and co-exposure at a moment: central, lowest and highest, an SVG element each."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    found = (
        (maps.drug_tissue_ug_per_ml, "doxorubicin in tissue / µg/mL", "drug-tissue", 0.1),
        (maps.drug_co_exposure_ug_min_per_ml, "co-exposure / µg min/mL", "drug-exposure", 1.0),
    )
    figures = []
    for volumes, unit, prefix, lowest in found:
        if not volumes:
            continue
        scale = ScalarMappable(LogNorm(lowest, 1000.0 * lowest), "viridis")
        pictures = [
            Picture(np.where(volume < lowest, 1e-3 * lowest, volume), heading, moment_label(maps.moment.label))
            for volume, heading in zip(volumes, ("central", "lowest", "highest"), strict=True)
        ]
        figures.append(_draw(pictures, plan, scale, unit, prefix, COLUMNS, WIDTH_IN))
    return tuple(figures)


def _draw(
    pictures: Sequence[Picture], plan: Plan, scale: "ScalarMappable", unit: str, prefix: str, columns: int, width: float
) -> str:
    from matplotlib.figure import Figure

    size_mm = [count * spacing for count, spacing in zip(plan.scanner.matrix, plan.scanner.voxel_mm, strict=True)]
    cell = (width - _MARGIN_IN * (columns - 1)) / columns
    per_mm = cell / (size_mm[0] + _GAP_MM + size_mm[2])
    tall = per_mm * (size_mm[1] + _GAP_MM + size_mm[2]) + _TITLE_IN + _FOOT_IN
    rows = ceil(len(pictures) / columns)
    height = rows * tall + _BAR_IN
    with svg.style():
        figure = Figure(figsize=(width, height))
        for index, picture in enumerate(pictures):
            left = (index % columns) * (cell + _MARGIN_IN)
            top = height - (index // columns) * tall
            figure.text(left / width, (top - 0.02) / height, picture.heading, va="top", fontsize=7.2, weight="bold")
            figure.text(left / width, (top - 0.16) / height, picture.under, va="top", fontsize=6.5, color=svg.QUIET)
            _composite(figure, picture, plan, scale, (left, top - _TITLE_IN, per_mm))
        _bar(figure, scale, unit)
        return svg.inline(figure, prefix, f"Maps in three planes through the target's centre, {unit}")


def _composite(
    figure: "Figure", picture: Picture, plan: Plan, scale: "ScalarMappable", place: tuple[float, float, float]
) -> None:
    """x-y above left, z-y beside it, x-z below it; `place` is left, top and the scale, in inches."""
    left, top, per_mm = place
    x, y, z = (n * s * per_mm for n, s in zip(plan.scanner.matrix, plan.scanner.voxel_mm, strict=True))
    gap = _GAP_MM * per_mm
    boxes = {2: (left, top - y, x, y), 0: (left + x + gap, top - y, z, y), 1: (left, top - y - gap - z, x, z)}
    width, height = figure.get_size_inches()
    for normal, (a, b, w, h) in boxes.items():
        axes = figure.add_axes((a / width, b / height, w / width, h / height))
        _plane(axes, picture.volume, plan, normal, scale)
    corner = figure.add_axes(((left + x + gap) / width, (top - y - gap - z) / height, z / width, z / height))
    _scale_bar(corner, per_mm, z)


def _plane(axes: "Axes", volume: Volume, plan: Plan, normal: int, scale: "ScalarMappable") -> None:
    from matplotlib.patches import Rectangle

    index = nearest(plan.scanner, normal, plan.target.centre_mm[normal])
    shown = np.ma.masked_invalid(np.take(volume, index, axis=normal))
    # The plane x = const is drawn with z to the right, so that its y runs beside that of the x-y plane.
    across, up = {2: (0, 1), 1: (0, 2), 0: (2, 1)}[normal]
    (x0, x1), (y0, y1) = _reach(plan, across), _reach(plan, up)
    axes.add_patch(
        Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=_INVALID, edgecolor=_HATCH, hatch="//////", linewidth=0.0)
    )
    colours = scale.to_rgba(shown if normal == 0 else shown.T)
    axes.imshow(colours, extent=(x0, x1, y0, y1), origin="lower", interpolation="none", zorder=1)
    _outlines(axes, plan, normal, float(axis_mm(plan.scanner, normal)[index]))
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_aspect("auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(svg.RULE)


def _reach(plan: Plan, axis: int) -> tuple[float, float]:
    """Where the grid begins and ends along an axis, in mm: the outer faces of its voxels."""
    centres, half = axis_mm(plan.scanner, axis), plan.scanner.voxel_mm[axis] / 2.0
    return float(centres[0]) - half, float(centres[-1]) + half


def _outlines(axes: "Axes", plan: Plan, normal: int, at_mm: float) -> None:
    from matplotlib.patches import Ellipse

    shapes: list[tuple[Target | Guard, str, float]] = [(guard, ":", 0.7) for guard in plan.guard]
    for shape, dashes, width in [*shapes, (plan.target, "-", 1.0)]:
        outline = section(shape, normal, at_mm)
        if outline is None:
            continue
        (x, y), (a, b) = outline.centre_mm, outline.radii_mm
        if normal == 0:
            x, y, a, b = y, x, b, a
        # White on black: seen on every colour of the map.
        for colour, wider in (("black", 0.8), ("white", 0.0)):
            ring = Ellipse((x, y), 2.0 * a, 2.0 * b, fill=False, linestyle=dashes, zorder=2)
            ring.set(edgecolor=colour, linewidth=width + wider)
            axes.add_patch(ring)


def _scale_bar(axes: "Axes", per_mm: float, size_in: float) -> None:
    length = 20.0
    axes.set_xlim(0.0, size_in / per_mm)
    axes.set_ylim(0.0, 1.0)
    axes.plot([1.0, 1.0 + length], [0.8, 0.8], color=svg.INK, linewidth=1.2, solid_capstyle="butt")
    axes.text(1.0, 0.7, "20 mm", fontsize=6, va="top")
    axes.set_axis_off()


def _bar(figure: "Figure", scale: "ScalarMappable", unit: str) -> None:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.04, 0.36 / height, 0.55 if width > 5.0 else 0.92, 0.11 / height))
    bar = figure.colorbar(scale, cax=axes, orientation="horizontal", extend="both", format="%g")
    bar.set_label(unit, labelpad=1.5)
    bar.outline.set_linewidth(0.4)
